"""The recorded events: the list with its filters, and the page of one event with its proof."""

import csv
import hashlib
from io import StringIO

import pytest

from api.console.field_names import FIELD_NAMES
from api.console.pages import events as events_page
from api.console.telling import TELLINGS
from api.console.words import EVENT_TYPES
from domain import registry
from tests.support.caller import DISBURSEMENT, EVALUATION, LATER, SPRING, UNIT, Caller
from tests.support.console import Console
from tests.support.signing import wait_until_signed


@pytest.fixture
def corrected(founded: Caller) -> Caller:
    """A payment at position 7, taken back at position 8."""
    paid = founded.record("/disbursements", DISBURSEMENT)
    founded.record("/reversals", {"effective_date": LATER, "event_id": paid["event_id"], "reason": "误录"})
    return founded


def positions(texts: list[str]) -> list[int]:
    return [int(text.removeprefix("#")) for text in texts]


def test_every_type_of_event_is_told_and_called_something() -> None:
    assert TELLINGS.keys() == registry.EVENT_TYPES.keys() == EVENT_TYPES.keys()


def test_every_field_of_every_event_has_a_name() -> None:
    fields = {name for data in registry.EVENT_TYPES.values() for name in data.__dataclass_fields__}
    assert fields - FIELD_NAMES.keys() == set()


@pytest.mark.usefixtures("corrected")
def test_events_come_the_newest_first_and_the_other_way_round(console: Console) -> None:
    shown = console.open("events")
    assert positions(shown.texts(".ev tbody th")) == [8, 7, 6, 5, 4, 3, 2, 1]
    assert positions(console.open("events", sort="position").texts(".ev tbody th")) == list(range(1, 9))
    assert "已被 #8 冲销" in shown.texts(".ev tbody tr")[1]
    assert "补录" in shown.texts(".ev tbody tr")[0]


@pytest.mark.usefixtures("corrected")
def test_events_are_filtered_by_what_was_filled_in_and_empty_fields_mean_nothing(console: Console) -> None:
    empty = {"project": "", "appropriation": "", "of_unit": "", "type": "", "until": ""}
    shown = console.open("events", line="L1", **{**empty, "from": SPRING})
    assert positions(shown.texts(".ev tbody th")) == [8, 7, 6]
    assert positions(console.open("events", of_unit="U1").texts(".ev tbody th")) == [5, 4, 2]
    assert positions(console.open("events", type="funds-disbursed.v1").texts(".ev tbody th")) == [7]
    between = {"from_position": "#3", "until_position": "5"}
    assert positions(console.open("events", **between).texts(".ev tbody th")) == [5, 4, 3]
    assert positions(console.open("events", **between, before=5).texts(".ev tbody th")) == [4, 3]
    rows = list(csv.reader(StringIO(console.open("events.csv", **between).response.text)))
    assert [row[0] for row in rows[1:]] == ["5", "4", "3"]
    turned = console.open("events", from_position="#5", until_position="3")
    assert "流水号自：须不超过 流水号至（3）" in turned.text(".notice")
    assert "截止日期（2023-01-01）" in console.open("events", **{"from": SPRING, "until": "2023-01-01"}).text(".notice")


@pytest.mark.usefixtures("corrected")
def test_a_long_list_goes_on_where_the_page_ended(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_page, "SHOWN", 5)
    first = console.open("events")
    second = console.follow(first.link("下一页"))
    assert positions(second.texts(".ev tbody th")) == [3, 2, 1]
    assert console.follow(second.link("第一页")).texts(".ev tbody th") == first.texts(".ev tbody th")


@pytest.mark.usefixtures("corrected")
def test_the_export_has_every_event_that_the_filter_lets_through(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = console.open("events.csv", line="L1", unit="yuan", before=6).response
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == ["8", "7", "6", "5"]
    assert [row[5] for row in rows[1:]] == ["-100.00", "100.00", "600.00", ""]
    monkeypatch.setattr(events_page, "MOST_EXPORTED", 3)
    refused = console.open("events.csv").response
    assert refused.status_code == 422
    assert "导出的流水过多" in refused.text


@pytest.mark.usefixtures("corrected")
def test_an_event_is_shown_with_its_fields_and_what_reverses_it(console: Console) -> None:
    shown = console.open("events/7", unit="yuan")
    assert "凭证号 V1" in shown.text("main")
    assert "100.00 元" in shown.text("main")
    assert "已被冲销，见 #8" in shown.text(".notice")
    assert "/events/8?" in shown.link("#8")
    assert "冲销这笔流水" not in shown.text("main")
    assert "更正的是 #7" in console.open("events/8").text(".notice")
    assert "record/reverse-event" in console.open("events/6").link("冲销这笔流水")
    assert "已被冲销" not in console.open("events/7", at_position=7).text("main")


def facts_shown(console: Console, position: int) -> list[str]:
    """The fields of an event as its page shows them."""
    return console.open(f"events/{position}").texts(".facts div")


def test_a_word_is_of_the_list_that_its_field_is_of(founded: Caller, console: Console) -> None:
    for kind, called in {"third_party": "第三方机构", "finance": "财政部门"}.items():
        other = founded.record("/units", {**UNIT, "unit_id": f"U-{kind}", "kind": kind})
        assert f"类型 {called}" in facts_shown(console, other["position"])
    department = {**UNIT, "unit_id": "U-department", "kind": "department", "date_precision": "month"}
    unit = founded.record("/units", department)
    assert f"业务日期 {UNIT['effective_date']}（精确到月）" in facts_shown(console, unit["position"])
    assert f"业务日期 {UNIT['effective_date']}" in facts_shown(console, 2)
    assert "(to the month)" in console.open(f"events/{unit['position']}", lang="en").text("main")
    assert "类型 主管部门" in facts_shown(console, unit["position"])
    undone = {"effective_date": LATER, "event_id": unit["event_id"], "reason": "误录"}
    reversal = founded.record("/reversals", undone)
    assert "原记录 · 类型 主管部门" in facts_shown(console, reversal["position"])
    opened = founded.record("/evaluations", {**EVALUATION, "kind": "third_party"})
    shown = facts_shown(console, opened["position"])
    assert {"类型 第三方评价", "评价对象 · 类型 项目"} <= set(shown)
    points = {"effective_date": LATER, "evaluation_id": "E1", "points": "-3.00", "reason": "未公示"}
    granted = founded.record("/points", points)
    assert "加减分 \N{MINUS SIGN}3.00" in facts_shown(console, granted["position"])
    changed = {"effective_date": LATER, "project_id": "P1", "changes": {"recurrence": "recurrent"}, "reason": "更正"}
    amended = founded.record("/project-amendments", changed)
    assert "变更内容 · 项目性质 经常性" in facts_shown(console, amended["position"])


def test_who_was_paid_is_shown_on_request_until_it_is_erased(founded: Caller, console: Console) -> None:
    paid = founded.record("/disbursements", DISBURSEMENT | {"payee": "某某公司"})
    path = f"events/{paid['position']}"
    first = console.open(path)
    assert "收款人 未显示" in first.texts("#private .facts div")
    assert "某某公司" not in first.response.text
    assert "收款人 某某公司" in console.follow(first.link("显示私密内容")).texts("#private .facts div")
    erased = {"effective_date": LATER, "event_ids": [paid["event_id"]], "legal_basis": "retention_ended"}
    founded.record("/erasures", erased)
    assert "收款人 已清除" in console.open(path, opening="true").texts("#private .facts div")
    assert not console.open("events/1").all("#private")


def test_the_stored_bytes_are_shown_and_given_away_exactly(corrected: Caller, console: Console) -> None:
    stored = corrected.client.get(f"{corrected.base}/events/7", headers={"Accept": "application/octet-stream"}).content
    assert console.open("events/7").one("#raw").exact == stored.decode()
    assert console.open("events/7/entry.json").response.content == stored
    assert hashlib.sha256(b"\x00" + stored).hexdigest() in console.open("events/7").text("main")


def test_the_proof_leads_step_by_step_to_the_signed_root(corrected: Caller, console: Console) -> None:
    wait_until_signed(corrected)
    shown = console.open("events/7")
    steps = shown.all(".proof tbody tr")
    result = steps[0].all("code")[0].exact
    for step in steps[1:-1]:
        beside, expected = (code.exact for code in step.all("code"))
        left, right = (beside, result) if step.all("td")[0].exact == "左" else (result, beside)
        result = hashlib.sha256(b"\x01" + bytes.fromhex(left) + bytes.fromhex(right)).hexdigest()
        assert result == expected
    assert steps[-1].all("code")[0].exact == result
    halves = [[len(piece) for piece in code.pieces()] for code in shown.all(".proof code")]
    assert {*map(tuple, halves)} == {(32, 32)}, "a hash that is too long for its line is broken in its middle"
    assert "到达已签名的校验值" in shown.text("main")
    assert console.open("events/7/proof.txt").response.text.startswith("c2sp.org/tlog-proof@v1")


def test_a_return_names_the_payment_that_it_gives_back(founded: Caller, console: Console) -> None:
    paid = founded.record("/disbursements", DISBURSEMENT)
    given_back = {"effective_date": LATER, "event_id": paid["event_id"], "amount": "40.00", "reason": "多付"}
    founded.record("/disbursement-returns", given_back)
    assert "流水 #7 的支出退回项目指标 L1：多付" in console.open("events").texts(".ev tbody tr")[0]
    assert "退回的支出是 #7" in console.open("events/8").text(".notice")


def test_a_payment_names_its_returns_and_leads_to_the_form_for_another(founded: Caller, console: Console) -> None:
    paid = founded.record("/disbursements", DISBURSEMENT)
    given_back = {"effective_date": LATER, "event_id": paid["event_id"], "amount": "40.00", "reason": "多付"}
    founded.record("/disbursement-returns", given_back)
    shown = console.open("events/7", unit="yuan")
    assert f"退回 #8 {LATER} 40.00 元" in shown.text(".notice")
    assert not shown.all("a[href*='/record/reverse-event']"), "its return must be reversed first"
    form = console.follow(shown.link("录入这笔支出的退回"))
    assert form.one("#field-event_id")["value"] == f"#{paid['position']}"
    assert "部分退回 #8" in console.open("projects/P1").text("#e7")
    assert "部分退回" not in console.open("projects/P1", as_of=SPRING).text("#e7")
    for path in ("events", "search?q=7"):
        assert "部分退回 #8" in console.open(path).text(".ev tbody tr:has(a[href*='/events/7'])"), path
    assert "部分退回" not in console.open("events", at_position=7).text(".ev"), "not known then"
    for file in ("events.csv", "projects/P1/events.csv", "lines/L1/history.csv", "reports/payments.csv"):
        text = console.open(file).response.text
        assert ("部分退回 #8" in text, "退回 #7" in text) == (True, True), file
    of_line = console.open("lines/L1").text("#table-history")
    assert ("部分退回 #8" in of_line, "退回 #7" in of_line) == (True, True)
    rest = founded.record("/disbursement-returns", given_back | {"amount": "60.00"})
    whole = console.open("events/7", unit="yuan")
    assert "录入这笔支出的退回" not in whole.text("main")
    assert "已全部退回 #8 #9" in console.open("projects/P1").text("#e7")
    founded.record("/reversals", {"effective_date": LATER, "event_id": rest["event_id"], "reason": "误录"})
    assert f"#9 {LATER} 60.00 元 （已冲销）" in console.open("events/7", unit="yuan").text(".notice")
    assert "部分退回 #8" in console.open("projects/P1").text("#e7")
    assert "部分退回 #8" in console.open("events").text(".ev tbody tr:has(a[href*='/events/7'])")


def test_the_amount_of_an_event_is_not_rounded(founded: Caller, console: Console) -> None:
    paid = founded.record("/disbursements", DISBURSEMENT | {"amount": "3.05"})
    shown = console.open(f"events/{paid['position']}", unit="wan")
    assert "0.000305 万元" in shown.texts("dd.num")


def test_an_event_that_is_not_there_is_said(console: Console) -> None:
    for position in ("99", "0", "x"):
        assert console.open(f"events/{position}").response.status_code == 404
    assert console.open("events/2/entry.exe").response.status_code == 404


@pytest.mark.usefixtures("corrected")
def test_the_pages_speak_english_too(console: Console) -> None:
    shown = console.open("events", lang="en")
    assert "Budget line L1: " in shown.text("main")
    assert "Reversed by #8" in shown.text("main")
