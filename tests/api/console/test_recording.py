"""录入: a form for every command, which tries, records once, and says at its fields what is refused."""

from typing import Any, Final

import pytest

from api.console.forms.controls import KEEP, controls_of
from api.console.forms.fields import OF_ENVELOPE, fields_of_command, walk
from api.console.forms.sent import amount_in_fen
from api.console.forms.wording import PURPOSES, SECTIONS, TITLES
from api.console.pages.record import SEND, SHOW, TRY
from api.console.parameter_names import parameter_name
from api.console.posted import MAX_FORM_BYTES, TEXT
from api.schemas.commands import reader_of
from domain.registry import COMMANDS, CommandType
from tests.support.caller import DISBURSEMENT, EVALUATION, LATER, SPRING, Caller
from tests.support.console import Console
from tests.support.effort import full_only, sampled

PAYMENT: Final = {"effective_date": SPRING, "line_id": "L1", "amount": "100", "voucher_no": "支1", "kind": "payment"}


def test_every_command_is_offered_once_with_a_name_and_a_purpose() -> None:
    listed = [name for _, names in SECTIONS for name in names]
    assert sorted(listed) == sorted(TITLES) == sorted(PURPOSES) == sorted(each.name for each in COMMANDS)


@pytest.mark.parametrize("command_type", COMMANDS, ids=lambda each: each.name)
def test_a_form_has_every_field_that_the_interface_takes(console: Console, command_type: CommandType) -> None:
    taken = set(reader_of(command_type.name).model.model_fields) - {"event_key"}
    assert {field.name for field in fields_of_command(command_type)} == taken
    assert set(OF_ENVELOPE) < taken
    shown = console.open(f"record/{command_type.name}")
    assert shown.response.status_code == 200
    drawn = {each["name"] for each in shown.all("#entry [name]")}
    for field in walk(fields_of_command(command_type)):
        if not field.fields:
            assert any(is_drawn(field.path, name) for name in drawn), field.path
    controls = controls_of(fields_of_command(command_type), TRY, SEND, SHOW, KEEP)
    assert {name for name in drawn if controls(name) is None} == set()
    said = {each["value"] for each in shown.all("#entry button")}
    assert said <= set((controls("act") or TEXT).choices)


def is_drawn(path: str, name: str) -> bool:
    """Whether a control is that of the path, in a row or not."""
    return [each for each in name.split("/") if not each.isdecimal()] == path.split("/")


@full_only
def test_every_control_has_a_label(console: Console) -> None:
    for command_type in COMMANDS:
        shown = console.open(f"record/{command_type.name}")
        labelled = {each["for"] for each in shown.all("#entry label[for]")}
        for control in shown.all("#entry input:not([type=hidden], [type=checkbox]), #entry textarea"):
            assert control["id"] in labelled, control


def test_a_payment_is_recorded_and_its_event_follows(console: Console, founded: Caller) -> None:
    form = console.open("record/record-disbursement", line_id="L1")
    action, held = form.action(), form.hidden()
    headers = {"Origin": str(console.client.base_url).rstrip("/")}
    answer = console.client.post(action, data={**held, **PAYMENT, "act": "record"}, headers=headers)
    position = founded.head()
    assert answer.status_code == 303
    assert f"/events/{position}?" in answer.headers["location"]
    assert f"at_position={position}" in answer.headers["location"]
    assert "recorded=record-disbursement" in answer.headers["location"]
    event = founded.read(f"/events/{position}")
    assert (event["data"]["voucher_no"], event["data"]["amount"]) == ("支1", "100.00")
    again = console.client.post(action, data={**held, **PAYMENT, "act": "record"}, headers=headers)
    assert "replayed=true" in again.headers["location"]
    assert founded.head() == position


def test_a_form_that_follows_a_recording_says_so(console: Console, founded: Caller) -> None:
    place = {"at_position": founded.head(), "as_of": "2024-01-02", "unit": "wan", "lang": "zh"}
    shown = console.open("record", recorded="allocate-funds", **place)
    assert f"#{founded.head()}" in shown.text("#recorded")


def test_a_dry_run_shows_the_figures_before_and_after_and_writes_nothing(console: Console, founded: Caller) -> None:
    head = founded.head()
    shown = console.fill("record-disbursement", PAYMENT, act="try")
    assert shown.response.status_code == 200
    assert "可以录入" in shown.text("#tried")
    assert "可用余额 600.00 500.00" in shown.texts(".moved tr")
    assert founded.head() == head
    assert shown.text("output.capital") == "人民币壹佰元整"


def test_a_reversal_shows_the_event_and_what_comes_back(console: Console, founded: Caller) -> None:
    position = founded.record("/disbursements", DISBURSEMENT)["position"]
    fields = {"effective_date": LATER, "event_id": f"#{position}", "reason": "误录"}
    shown = console.fill("reverse-event", fields, act="try")
    assert "支出" in shown.text("#named-event h2")
    assert "可用余额 500.00 600.00" in shown.texts(".moved tr")
    console.fill("reverse-event", fields)
    assert founded.read(f"/events/{position}")["reversed_by"] == founded.head()


@pytest.mark.parametrize("act", ["try", "record"])
def test_a_position_that_leads_nowhere_is_said_at_its_field_and_nothing_is_sent(
    console: Console, founded: Caller, act: str
) -> None:
    head = founded.head()
    refusals = len(founded.read("/refusals")["items"])
    fields = {"effective_date": LATER, "event_id": "９９９", "reason": "误录"}
    shown = console.fill("reverse-event", fields, act)
    assert shown.response.status_code == 422
    assert shown.text("#field-event_id-wrong") == "未找到流水 #999"
    rows = {"effective_date": LATER, "event_ids/0": "1", "event_ids/1": "#0", "legal_basis": "retention_ended"}
    assert "未找到流水 #0" in console.fill("erase-private-values", rows, act).text("main")
    for command in ("reverse-event", "return-disbursement"):
        blank = console.fill(command, {"effective_date": LATER, "reason": "误录"}, act)
        assert blank.response.status_code == 422
        assert blank.text("#field-event_id-wrong") == "必填"
        assert "event_key" not in blank.text("main")
        # What else is wrong is named at once.
        assert len(blank.all("#field-amount-wrong")) == (command == "return-disbursement")
    assert (founded.head(), len(founded.read("/refusals")["items"])) == (head, refusals)


def test_what_is_wrong_with_a_field_is_said_in_the_words_of_people(console: Console) -> None:
    typed = {
        "effective_date": "2月30日",
        "appropriation_id": "指标一",
        "fiscal_year": "x",
        "amount": "-1e9",
        "unit:amount": "wan",
        "source/sha256": "00",
    }
    shown = console.fill("receive-appropriation", typed, "try")
    wrong = {
        name: shown.text(f"[id='field-{name}-wrong']") for name in ("effective_date", "fiscal_year", "amount", "name")
    }
    assert wrong == {
        "effective_date": "须为日期，如 2024-01-31",
        "fiscal_year": "须为 1949 至 2100 的整数",
        "amount": "不能为负数",
        "name": "必填",
    }
    assert "只能用英文字母、数字" in shown.text("#field-appropriation_id-wrong")
    assert "须为 64 位十六进制" in shown.text("#complaints")
    score = console.fill("record-score", {"evaluation_id": "E", "indicator": "Q", "score": "x"}, "try")
    assert score.text("#field-score-wrong") == "须为分数，最多两位小数，如 89.93"
    score = console.fill("record-score", {"evaluation_id": "E", "indicator": "Q", "score": "1000"}, "try")
    assert score.text("#field-score-wrong") == "分数过大，须小于 1000"
    for unit, many in {"yuan": "99,999,999,999,999", "wan": "9999999999"}.items():
        paid = console.fill("record-disbursement", PAYMENT | {"amount": many, "unit:amount": unit}, "try")
        assert paid.text("#field-amount-wrong") == "金额过大，须小于 10 万亿元"
    rows = {"indicators/0/level1": "产出", "indicators/1/name": "里程"}
    shown = console.fill("open-evaluation", rows, "try", lang="en")
    assert [text.removesuffix(" : Required") for text in shown.texts("#complaints li") if "row" in text] == [
        "Indicators, row 1 / Code",
        "Indicators, row 1 / Indicator (level 3)",
        "Indicators, row 2 / Code",
        "Indicators, row 2 / First-level indicator",
    ]


@full_only
def test_what_the_rules_allow_and_a_reader_doubts_is_said_before_and_after(console: Console) -> None:
    project = {
        "effective_date": SPRING,
        "project_id": "P9",
        "name": "水渠",
        "category": "road",
        "lead_unit_id": "U1",
        "start_year": "2026",
        "end_year": "2020",
    }
    tried = console.fill("register-project", project, "try")
    assert (tried.response.status_code, tried.texts(".doubt")) == (200, ["请再核对：终止年度早于起始年度"])
    assert not console.fill("register-project", project | {"end_year": "2026"}, "try").all(".doubt")
    assert console.fill("register-project", project).texts(".notice .doubt") == ["终止年度早于起始年度"]
    change = {"effective_date": SPRING, "project_id": "P9", "changes/end_year": "2021", "reason": "延期"}
    assert console.fill("amend-project", change, "try").texts(".doubt") == ["请再核对：终止年度早于起始年度"]
    assert not console.fill("amend-project", change | {"changes/end_year": "2027"}, "try").all(".doubt")
    assert console.fill("amend-project", change).texts(".notice .doubt") == ["终止年度早于起始年度"]
    document = {
        "effective_date": SPRING,
        "document_date": "2027.1.8",
        "appropriation_id": "A9",
        "name": "奖补资金",
        "source_level": "central",
        "budget_book": "general_public",
        "fiscal_year": "2023",
        "amount": "1",
        "document_no": "财〔2023〕9号",
    }
    assert console.fill("receive-appropriation", document, "try").texts(".doubt") == ["请再核对：成文日期晚于业务日期"]


def test_a_form_calls_one_thing_by_a_name_for_one(console: Console) -> None:
    shown = console.fill("record-score", {}, lang="en")
    assert shown.text("#complaints h2") == "Please check what you entered"
    labels = [text.removesuffix(" *") for text in shown.texts("#entry label")]
    assert {"Evaluation", "Indicator (level 3)"} <= {*labels}
    assert {"Evaluations", "Indicators"}.isdisjoint(labels)


def test_an_event_of_the_address_is_said_in_words(console: Console, founded: Caller) -> None:
    event_id = founded.record("/disbursements", DISBURSEMENT)["event_id"]
    shown = console.open("record/return-disbursement", event_id=event_id)
    assert "100.00 元" in shown.text("#named-event")
    assert shown.one("#field-event_id")["value"] == event_id


def test_a_refusal_stands_at_its_field_with_its_figures_and_what_was_typed_stays(console: Console) -> None:
    shown = console.fill("record-disbursement", PAYMENT | {"amount": "900", "purpose": "汛期抢修"})
    assert shown.response.status_code == 409
    assert "600.00" in shown.text("#field-amount-wrong")
    dearer = console.fill("record-disbursement", PAYMENT | {"amount": "184900"}, "try")
    assert "184,900.00" in dearer.text("#field-amount-wrong")
    assert not dearer.all(".moved")
    assert not dearer.all(".evi")
    assert shown.one("#field-amount")["aria-invalid"] == "true"
    assert shown.one("#complaints")["role"] == "alert"
    assert shown.one("#complaints li a")["href"] == "#field-amount"
    assert shown.text("#field-purpose") == "汛期抢修"
    assert "超指标支付" in shown.text("#complaints")
    assert len(shown.all("#field-overrun-authority")) == 1
    assert not shown.all("details #field-overrun-authority"), "what has to be filled in now is open"


def test_an_overrun_is_recorded_at_once_by_who_opens_its_part_of_the_form(console: Console, founded: Caller) -> None:
    folded = console.open("record/record-disbursement").one("details:has(#field-overrun-authority)")
    assert folded.get("open") is None
    grounds = {"overrun/authority": "县长办公会", "overrun/reason": "抢修"}
    console.fill("record-disbursement", PAYMENT | {"amount": "900"} | grounds)
    assert founded.read("/lines/L1")["available"] == "-300.00"
    assert console.open("refusals").texts(".ev tbody tr") == [], "it leaves no refusal"


def test_every_wrong_field_is_named_at_once(console: Console) -> None:
    shown = console.fill("record-disbursement", {"line_id": "L1", "amount": "1e3", "effective_date": "昨天"})
    assert shown.response.status_code == 422
    wrong = {each["id"] for each in shown.all(".wrong")}
    assert wrong == {"field-amount-wrong", "field-effective_date-wrong", "field-voucher_no-wrong"}


@pytest.mark.parametrize(
    ("typed", "unit", "recorded"),
    [("0.01", "wan", "100.00"), ("１２３．４５", "yuan", "123.45")],
)
def test_an_amount_is_read_as_it_is_typed(
    console: Console, founded: Caller, typed: str, unit: str, recorded: str
) -> None:
    console.fill("record-disbursement", PAYMENT | {"amount": typed, "unit:amount": unit})
    assert founded.read(f"/events/{founded.head()}")["data"]["amount"] == recorded


@pytest.mark.parametrize("typed", sampled(["1,5", "1,00", "1,23,4.50", ",100"], one_in=2))
def test_commas_elsewhere_than_before_every_three_digits_are_refused(
    console: Console, founded: Caller, typed: str
) -> None:
    head = founded.head()
    assert console.fill("record-disbursement", PAYMENT | {"amount": typed}).response.status_code == 422
    assert founded.head() == head


def test_commas_before_every_three_digits_only_part_the_number() -> None:
    assert amount_in_fen("1,234,000.5", "yuan") == 123_400_050


def test_a_part_of_a_fen_in_wan_is_refused_and_kept(console: Console, founded: Caller) -> None:
    head = founded.head()
    shown = console.fill("record-disbursement", PAYMENT | {"amount": "0.0000001", "unit:amount": "wan"})
    assert shown.response.status_code == 422
    assert shown.text("#field-amount-wrong")
    assert len(shown.all(".wrong")) == 1
    worse = PAYMENT | {"amount": "0.0000001", "unit:amount": "wan", "voucher_no": "", "effective_date": "昨天"}
    wrong = {each["id"] for each in console.fill("record-disbursement", worse).all(".wrong")}
    assert wrong == {"field-amount-wrong", "field-effective_date-wrong", "field-voucher_no-wrong"}
    assert (shown.one("#field-amount")["value"], founded.head()) == ("0.0000001", head)


UNKNOWN = [
    {"canary": "1"},
    {"amount/canary": "1"},
    {"overrun": "1"},
    {"unit:voucher_no": "yuan"},
    {"clear:amount": "true"},
    {"kind": ["payment", "payment"]},
    {"unit:amount": "canary"},
    {"unit:amount": ""},
    {"act": "canary"},
    {"act": "add:amount"},
    {"act": ["record", "record"]},
    {"key": ["a", "b"]},
]
"""Fields that the form of a payment does not send, or sends once, or with other texts."""


@pytest.mark.parametrize("fields", sampled(UNKNOWN, one_in=4), ids=str)
def test_a_form_that_says_more_than_its_page_has_controls_for_is_refused(
    console: Console, founded: Caller, fields: dict[str, Any]
) -> None:
    form = console.open("record/record-disbursement")
    action, held = form.action(), form.hidden()
    head = founded.head()
    shown = console.send(action, {**held, **PAYMENT, "act": "record", **fields})
    assert (shown.response.status_code, founded.head()) == (422, head)
    assert "canary" not in shown.response.text
    (name,) = fields
    said = shown.text("main li")
    assert ((parameter_name(name) or name) in said) == (name in {"kind", "unit:amount", "act", "key"}), said


def test_rows_are_added_by_a_button_and_empty_ones_are_left_out(console: Console, founded: Caller) -> None:
    rows = {"indicators/0/code": "a", "indicators/0/name": "里程", "indicators/0/level1": "产出"}
    shown = console.fill("open-evaluation", rows, act="add:indicators")
    assert [each["value"] for each in shown.all("[name$='/code']")] == ["a", ""]
    last = {f"indicators/2/{name}": value for name, value in (("code", "b"), ("name", "满意度"), ("level1", "效果"))}
    about = {"subject/kind": "project", "subject/id": "P1", "evaluation_id": "E9", "fiscal_year": "2023"}
    console.fill("open-evaluation", {**rows, **last, **about, "kind": "self", "effective_date": "2023年3月1日"})
    assert [each["code"] for each in founded.read("/evaluations/E9")["indicators"]] == ["a", "b"]


def test_the_indicators_of_the_chosen_evaluation_are_offered(console: Console, founded: Caller) -> None:
    founded.record("/evaluations", EVALUATION)
    shown = console.fill("record-score", {"evaluation_id": "E1"}, act="show")
    assert shown.texts("#field-indicator option")[1:] == ["a · 里程 · 分值 60.00", "b · 满意度 · 分值 40.00"]


def test_an_amendment_changes_what_is_filled_in_and_clears_what_is_ticked(console: Console, founded: Caller) -> None:
    fields = {"effective_date": SPRING, "project_id": "P1", "reason": "调整"}
    console.fill("amend-project", fields | {"changes/programme": "交通", "changes/location": "柳林镇"})
    console.fill("amend-project", fields | {"clear:changes/location": "true", "changes/end_year": "2025"})
    project = founded.read("/projects/P1")
    assert (project["programme"], project["location"], project["end_year"]) == ("交通", None, 2025)
    shown = console.open("record/amend-project", project_id="P1")
    assert "现为：交通" in shown.text("main")


def test_what_is_wrong_is_told_in_the_order_of_the_form(console: Console) -> None:
    shown = console.fill("record-disbursement", {"kind": "payment"})
    assert [text.partition(" ")[0] for text in shown.texts("#complaints li a")] == [
        "业务日期",
        "项目指标",
        "金额",
        "凭证号",
    ]


def test_what_is_no_form_becomes_a_page(console: Console) -> None:
    action = console.open("record/record-disbursement").action()
    headers = {"Origin": str(console.client.base_url).rstrip("/")}
    form = {"content-type": "application/x-www-form-urlencoded"}
    sent: list[tuple[bytes, dict[str, str], int]] = [
        (b"x=" + b"a" * MAX_FORM_BYTES, form, 413),
        (b"{}", {"content-type": "application/json"}, 400),
        (b"&".join(b"a=%d" % number for number in range(3_000)), form, 400),
        (b"a=%FF", form, 400),
        (b"a=\xff", form, 400),
    ]
    for body, declared, status in sent:
        answer = console.client.post(action, content=body, headers=headers | declared)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")


def test_a_form_of_another_host_is_refused_on_a_page(console: Console, founded: Caller) -> None:
    form = console.open("record/record-disbursement")
    action, held = form.action(), form.hidden()
    head = founded.head()
    fields = {**held, **PAYMENT, "act": "record"}
    answer = console.client.post(action, data=fields, headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")
    assert founded.head() == head


def test_an_unknown_command_is_said_on_a_page(console: Console) -> None:
    answer = console.open("record/sell-the-town-hall").response
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


def test_a_new_ledger_is_opened_by_a_form(console: Console) -> None:
    shown = console.follow("/console/open-ledger")
    held = {each["name"]: each["value"] for each in shown.all("input[type=hidden]")}
    fields = {**held, "ledger_id": "by-form", "name": "柳林县财政局", "currency": "CNY", "time_zone": "Asia/Shanghai"}
    english = shown.one("button[lang=en]")
    kept = console.send(english["formaction"], fields | {"act": english["value"]})
    assert (kept.text("h1"), kept.one("#field-name")["value"]) == ("Open a ledger", "柳林县财政局")
    assert console.send("/console/open-ledger", fields).url.path == "/console/ledgers/by-form/overview"
    for wrong in ({"canary": "1"}, {"act": "try"}, {"name": ["a", "b"]}):
        refused = console.send("/console/open-ledger", fields | {"ledger_id": "by-wrong-form"} | wrong)
        assert (refused.response.status_code, "canary" in refused.response.text) == (422, False), wrong
    assert console.client.get("/v1/ledgers/by-wrong-form").status_code == 404
    taken = console.send("/console/open-ledger", fields | {"key": "another"})
    assert taken.response.status_code == 409
    assert taken.text("#field-ledger_id-wrong")


def test_where_nobody_is_asked_who_they_are_nothing_of_it_shows(console: Console) -> None:
    assert not console.open("overview").all(".who")
    assert console.follow("/console/sign-in").url.path == "/console"
