"""A form that is sent again: recorded once, refused with other contents, kept in the other language."""

from api.console.forms.controls import KEEP
from tests.api.console.test_recording import PAYMENT
from tests.support.caller import Caller
from tests.support.console import Console
from tests.support.effort import full_only


def test_a_form_that_was_used_for_something_else_says_so(console: Console, founded: Caller) -> None:
    form = console.open("record/record-disbursement")
    action, held = form.action(), form.hidden()
    console.send(action, {**held, **PAYMENT, "act": "record"})
    head = founded.head()
    shown = console.send(action, {**held, **PAYMENT, "amount": "7", "voucher_no": "支2", "act": "record"})
    assert shown.response.status_code == 422
    assert shown.text("#complaints h2") == "这张表已录入过"
    assert "幂等" not in shown.text("main")
    assert founded.head() == head
    kept = {**shown.hidden(), **PAYMENT, "amount": "7", "voucher_no": "支2", "act": "record"}
    assert "/events/" in console.send(shown.action(), kept).url.path
    assert founded.head() == head + 1


def test_a_form_without_a_key_of_its_own_records_nothing(console: Console, founded: Caller) -> None:
    action = console.open("record/record-disbursement").action()
    head = founded.head()
    for key in ("", "键", "a b", "k" * 200):
        shown = console.send(action, {**PAYMENT, "key": key, "act": "record"})
        assert shown.response.status_code == 400
    assert founded.head() == head


def test_the_other_language_keeps_what_is_typed_in_the_form(console: Console, founded: Caller) -> None:
    head = founded.read("/events", limit=1, sort="-position")["items"][0]["position"]
    blank = console.open("record/record-disbursement")
    english = blank.one(".rail .seg button[lang=en]")
    assert (english["form"], english["value"], english.get("formnovalidate")) == ("entry", KEEP, "")
    fields = {**blank.hidden(), **PAYMENT, "amount": "9000", "purpose": "修路", "act": KEEP}
    shown = console.send(english["formaction"], fields)
    assert (shown.response.status_code, shown.text("h1")) == (200, "Record a disbursement")
    assert (shown.one("#field-amount")["value"], shown.text("#field-purpose")) == ("9000", "修路")
    assert shown.hidden() == blank.hidden()
    first = shown.all("[form=entry], #entry button")[0]
    assert (first["value"], first["aria-hidden"]) == ("try", "true"), "Enter presses the first button of a form"
    assert founded.read("/events", limit=1, sort="-position")["items"][0]["position"] == head


@full_only
def test_the_other_language_says_again_what_was_answered_to_the_form(console: Console, founded: Caller) -> None:
    head = founded.head()
    for amount, act, answer in (
        ("9000", "try", "Insufficient funds"),
        ("9000", "record", "Insufficient funds"),
        ("x", "record", "Please check what you entered"),
        ("7", "try", "Would be recorded"),
    ):
        answered = console.fill("record-disbursement", PAYMENT | {"amount": amount}, act)
        english = answered.one(".rail .seg button[lang=en]")
        fields = {**answered.hidden(), **PAYMENT, "amount": amount, "act": english["value"]}
        shown = console.send(english["formaction"], fields)
        assert answer in shown.text("main"), (amount, act)
        assert len(shown.all("#field-overrun")) == len(answered.all("#field-overrun"))
        assert len(shown.all("details #field-overrun")) == len(answered.all("details #field-overrun"))
    assert founded.head() == head, "asked again is not recorded"
