"""The reports that are filed: their figures against a replay of all events of the example ledgers, and their files."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, Final

import openpyxl
import pytest

from adapters.database import open_database
from adapters.migrations.schema import migrate
from api.console.figures import hundredths_of
from api.demo import EXAMPLE_LEDGERS, build_examples
from domain.appropriation import AppropriationReceived
from domain.money import format_hundredths, percent
from domain.ports import Coordinates, EventQuery
from tests.support.caller import ALLOCATION, APPROPRIATION, DISBURSEMENT, EVALUATION, LINE, PROJECT, UNIT, Caller
from tests.support.console import Console
from tests.support.effort import full_but, sampled
from tests.support.replay import Replay
from tests.support.server import RunningServer, running_server

EVERY_EVENT: Final = 10_000
DAYS: Final = (date(2023, 6, 30), date(2023, 12, 31), date(2024, 12, 31))
GROUPINGS: Final = ("unit", "source", "programme", "function", "economic")

each_ledger = pytest.mark.parametrize("ledger_id", [each.ledger_id for each in EXAMPLE_LEDGERS])
each_day = pytest.mark.parametrize("day", full_but(DAYS, quick={DAYS[1]}))


@dataclass(frozen=True)
class Examples:
    """The example ledgers, as pages and as what a replay of their events gives."""

    server: RunningServer

    def console(self, ledger_id: str) -> Console:
        return Console(self.server.client, ledger_id)

    def report(self, ledger_id: str, kind: str, day: date, **parameters: Any) -> list[dict[str, Any]]:
        answer = self.console(ledger_id).open(f"reports/{kind}.json", as_of=day, **parameters).response
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["items"]
        return rows

    def replay(self, ledger_id: str, day: date) -> Replay:
        feed = self.server.services.feed
        head = feed.head(ledger_id)
        events = feed.find(ledger_id, EventQuery(until=head, limit=EVERY_EVENT))
        return Replay(events, Coordinates(as_of=day, position=head))


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Examples]:
    """The ledgers of the demo."""
    folder: Path = tmp_path_factory.mktemp("examples")
    url = f"sqlite:///{folder}/fundtrail.db"
    database = open_database(url)
    migrate(database)
    build_examples(database)
    database.dispose()
    with running_server(url) as running:
        yield Examples(running)


def lines_of(replay: Replay) -> dict[str, int]:
    """The fiscal year by line."""
    received = [event.data for event in replay.standing if isinstance(event.data, AppropriationReceived)]
    years = {data.appropriation_id: data.fiscal_year for data in received}
    return {line_id: years[line.appropriation_id] for line_id, line in replay.lines().items()}


def disbursed(replay: Replay, line_ids: Any) -> int:
    return sum(replay.sums(f"line:{line_id}").disbursed for line_id in line_ids)


def sheet_of(content: bytes) -> Any:
    return openpyxl.load_workbook(BytesIO(content)).active


def role(rows: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["role"] == name]


def fen(rows: list[dict[str, Any]], name: str) -> int:
    return sum(hundredths_of(row[name]) for row in rows if row.get(name) is not None)


@each_ledger
@each_day
@pytest.mark.parametrize("grouping", sampled(GROUPINGS, one_in=2))
def test_the_progress_is_that_of_a_replay_and_its_parts_add_up(
    examples: Examples, ledger_id: str, day: date, grouping: str
) -> None:
    replay = examples.replay(ledger_id, day)
    years = lines_of(replay)
    rows = examples.report(ledger_id, "progress", day, group_by=grouping)
    if not years:
        assert rows == []
        return
    fiscal_year = max(years.values())
    own = [line_id for line_id, year in years.items() if year == fiscal_year]
    (total,) = role(rows, "total")
    adjusted = sum(replay.sums(f"line:{line_id}").adjusted for line_id in own)
    spent = disbursed(replay, own)
    month = spent - disbursed(examples.replay(ledger_id, day.replace(day=1) - timedelta(days=1)), own)
    assert (total["adjusted"], total["disbursed"]) == (format_hundredths(adjusted), format_hundredths(spent))
    assert total["month"] == format_hundredths(month)
    assert total["rate"] == (percent(spent, adjusted) or "—")
    for name in ("initial", "adjusted", "disbursed", "month"):
        assert fen(role(rows, "detail"), name) == fen([total], name)
        outermost = [row for row in rows if row["depth"] == 0 and row["role"] != "total"]
        assert fen(outermost, name) == fen([total], name)


@each_ledger
def test_the_progress_agrees_with_the_interface_by_unit(examples: Examples, ledger_id: str) -> None:
    caller = Caller(examples.server.client, ledger_id)
    rows = examples.report(ledger_id, "progress", DAYS[1])
    (year,) = {item["key"] for item in caller.read("/execution", group_by="fiscal_year", as_of="2023-12-31")["items"]}
    groups = caller.read("/execution", group_by="unit", as_of="2023-12-31", fiscal_year=year)["items"]
    shown = {row["label"]: (row["adjusted"], row["disbursed"]) for row in rows if row["role"] != "total"}
    assert shown == {item["name"]: (item["adjusted_budget"], item["disbursed"]) for item in groups}


@each_ledger
@each_day
@pytest.mark.parametrize("first", [None, date(2023, 5, 1)])
def test_the_line_ledger_leads_from_opening_to_closing(
    examples: Examples, ledger_id: str, day: date, first: date | None
) -> None:
    rows = examples.report(ledger_id, "budget-lines", day, fiscal_year="all", **({"from": first} if first else {}))
    if not lines_of(examples.replay(ledger_id, day)):
        assert rows == []
        return
    (total,) = role(rows, "total")
    openings, details = role(rows, "opening"), role(rows, "detail")
    changes = fen(details, "initial") + fen(details, "added") - fen(details, "reduced") - fen(details, "recovered")
    assert fen(openings, "balance") + changes == fen([total], "balance")
    balance = 0
    for row in rows:
        if row["role"] == "opening":
            balance = hundredths_of(row["balance"])
        elif row["role"] == "detail":
            added = fen([row], "initial") + fen([row], "added")
            balance += added - fen([row], "reduced") - fen([row], "recovered")
            assert hundredths_of(row["balance"]) == balance
        elif row["role"] == "subtotal" and row["depth"] == 1:
            assert hundredths_of(row["balance"]) == balance
    totals = Caller(examples.server.client, ledger_id).read("/lines", limit=1, as_of=day)["totals"]
    interface = hundredths_of(totals["adjusted_budget"]) - hundredths_of(totals["recovered"])
    assert hundredths_of(total["balance"]) == interface
    assert (total["spent"], total["available"]) == (totals["disbursed"], totals["available"])


@each_ledger
@each_day
@pytest.mark.parametrize("grouping", ["month", "unit"])
def test_payments_add_up_to_the_change_of_what_was_disbursed(
    examples: Examples, ledger_id: str, day: date, grouping: str
) -> None:
    first = date(2023, 5, 1)
    rows = examples.report(
        ledger_id, "payments", day, fiscal_year="all", group_by=grouping, **{"from": first.isoformat()}
    )
    before, after = examples.replay(ledger_id, first - timedelta(days=1)), examples.replay(ledger_id, day)
    change = disbursed(after, after.lines()) - disbursed(before, before.lines())
    assert fen(role(rows, "total"), "net") == change
    assert fen(role(rows, "subtotal"), "net") == change
    assert fen(role(rows, "detail"), "paid") - fen(role(rows, "detail"), "returned") == change


def test_a_reversed_payment_stands_with_its_reversal(examples: Examples) -> None:
    rows = role(examples.report("story", "payments", DAYS[1]), "detail")
    wrong, undone = [row for row in rows if hundredths_of(row["net"]) in {30_000_000, -30_000_000}]
    assert (wrong["paid"], undone["paid"]) == ("300000.00", "-300000.00")
    assert f"已被 {undone['position']} 冲销" in wrong["marks"]
    assert f"冲销 {wrong['position']}" in undone["marks"]


def test_a_reversal_that_is_yet_to_take_effect_is_told_as_one_to_come(examples: Examples) -> None:
    (row,) = role(examples.report("story", "payments", date(2023, 4, 17)), "detail")
    assert re.fullmatch("此后被 #[0-9]+ 冲销", row["marks"])


def test_a_return_names_the_voucher_of_its_payment_though_it_is_of_an_earlier_period(examples: Examples) -> None:
    rows = role(examples.report("story", "payments", date(2023, 8, 31), **{"from": "2023-08-01"}), "detail")
    (back,) = [row for row in rows if row["returned"] is not None]
    assert (back["voucher"], back["returned"], back["net"]) == ("支-0615", "100000.00", "-100000.00")


def test_function_codes_have_their_levels(examples: Examples) -> None:
    rows = examples.report("story", "progress", DAYS[1], group_by="function")
    roads = [(row["role"], row["depth"], row["label"]) for row in rows if row["label"].startswith("214")]
    assert roads == [("subtotal", 0, "214"), ("subtotal", 1, "21401"), ("detail", 2, "2140104")]


def test_last_year_is_blank_where_there_was_none_and_a_figure_where_there_was(founded: Caller) -> None:
    console = Console(founded.client, founded.ledger_id)
    founded.record("/disbursements", DISBURSEMENT)
    (total,) = role(console.open("reports/progress.json", as_of="2023-03-31").response.json()["items"], "total")
    assert total["last_year"] is None
    _second_year(founded)
    page = console.open("reports/progress.json", as_of="2024-01-02", fiscal_year=2024).response.json()["items"]
    (total,) = role(page, "total")
    assert (total["disbursed"], total["last_year"], total["growth"]) == ("50.00", "0.00", "—")
    assert console.open("reports/progress", as_of="2023-03-31").texts(".total td")[-2:] == ["", ""]


def _second_year(founded: Caller) -> None:
    new_year = {"effective_date": "2024-01-01"}
    founded.record("/appropriations", {**APPROPRIATION, **new_year, "appropriation_id": "A2", "fiscal_year": 2024})
    founded.record("/lines", {**LINE, **new_year, "line_id": "L2", "appropriation_id": "A2"})
    founded.record("/allocations", {**ALLOCATION, **new_year, "line_id": "L2"})
    founded.record("/disbursements", {**DISBURSEMENT, **new_year, "line_id": "L2", "amount": "50.00"})


def test_a_unit_is_added_up_with_those_below_it_and_its_own_lines_stand_apart(founded: Caller) -> None:
    founded.record("/units", {**UNIT, "unit_id": "U2", "name": "国库股", "parent_unit_id": "U1"})
    founded.record("/lines", {**LINE, "line_id": "L2", "unit_id": "U2", "function_code": "21401"})
    founded.record("/allocations", {**ALLOCATION, "line_id": "L2", "amount": "0.01"})
    founded.record("/lines", {**LINE, "line_id": "L3", "unit_id": "U2", "function_code": "2140104"})
    console = Console(founded.client, founded.ledger_id)
    rows = console.open("reports/progress.json", as_of="2023-12-31").response.json()["items"]
    assert [(row["role"], row["depth"], row["label"], row["adjusted"]) for row in rows] == [
        ("total", 0, "合计", "600.01"),
        ("subtotal", 0, "青石县财政局", "600.01"),
        ("detail", 1, "本级", "600.00"),
        ("detail", 1, "国库股", "0.01"),
    ]
    codes = console.open("reports/progress.json", as_of="2023-12-31", group_by="function").response.json()["items"]
    assert ("detail", 2, "本科目", "0.01") in [
        (row["role"], row["depth"], row["label"], row["adjusted"]) for row in codes
    ]


def test_a_tail_of_rounding_is_said_and_only_where_it_is(founded: Caller) -> None:
    console = Console(founded.client, founded.ledger_id)
    assert "四舍五入" not in console.open("reports/progress", as_of="2023-12-31").text(".foot-of-screen .report-notes")
    founded.record("/projects", {**PROJECT, "project_id": "P2"})
    founded.record("/lines", {**LINE, "line_id": "L2", "project_id": "P2"})
    founded.record("/allocations", {**ALLOCATION, "line_id": "L2", "amount": "50.00"})
    founded.record("/projects", {**PROJECT, "project_id": "P3"})
    founded.record("/lines", {**LINE, "line_id": "L3", "project_id": "P3"})
    founded.record("/allocations", {**ALLOCATION, "line_id": "L3", "amount": "50.00"})
    shown = console.open("reports/progress", as_of="2023-12-31", group_by="programme")
    assert "四舍五入" in shown.text(".foot-of-screen .report-notes")
    yuan = console.open("reports/progress", as_of="2023-12-31", group_by="programme", unit="yuan")
    assert "四舍五入" not in yuan.text(".foot-of-screen .report-notes")


def test_the_form_has_the_points_of_the_execution_and_blank_cells(examples: Examples) -> None:
    shown = examples.console("story").open("reports/self-evaluation", project="road", as_of="2023-12-31")
    cells = shown.texts(".form-sheet th, .form-sheet td")
    begin = cells.index("年度资金总额")
    assert cells[begin + 1 : begin + 7] == ["250.00", "280.00", "213.00", "10.00", "76.07", "7.61"]
    assert cells[cells.index("总分") :] == ["总分", "", "", ""]
    assert "没有该项目本年度的单位自评" in shown.text(".report-notes")


def test_a_form_from_another_evaluation_says_so(examples: Examples) -> None:
    shown = examples.console("story").open(
        "reports/self-evaluation", evaluation="road-2023", as_of="2023-12-31", fiscal_year=2024
    )
    cells = shown.texts(".form-sheet th, .form-sheet td")
    assert cells[cells.index("总分") :] == ["总分", "100.00", "76.00", "等级：中"]
    assert "不是单位自评" in shown.text(".report-notes")
    assert "2023年度" in shown.text(".report-head")


def test_points_are_capped_and_a_self_evaluation_fills_the_indicators(founded: Caller) -> None:
    indicators = [
        {"code": "e", "name": "预算执行率", "level1": "预算执行率", "max_points": "10"},
        {"code": "a", "name": "里程", "level1": "产出", "max_points": "90", "target": "12", "unit": "公里"},
    ]
    founded.record("/evaluations", {**EVALUATION, "indicators": indicators})
    score = {"effective_date": "2023-12-01", "evaluation_id": "E1"}
    founded.record("/scores", {**score, "indicator": "a", "score": "80", "actual": "11.5"})
    overrun = {"authority": "县政府", "reason": "抢修"}
    founded.record("/disbursements", {**DISBURSEMENT, "amount": "700.00", "overrun": overrun})
    console = Console(founded.client, founded.ledger_id)
    unscored = console.open("reports/self-evaluation", project="P1", as_of="2023-12-31")
    cells = unscored.texts(".form-sheet th, .form-sheet td")
    assert (cells[cells.index("年度资金总额") + 6], cells[cells.index("总分") + 2]) == ("10.00", "80.00")
    assert "表中 10.00 按账面计算，未计入总分" in unscored.text(".report-notes")
    founded.record("/scores", {**score, "indicator": "e", "score": "9"})
    shown = console.open("reports/self-evaluation", project="P1", as_of="2023-12-31", unit="yuan")
    cells = shown.texts(".form-sheet th, .form-sheet td")
    begin = cells.index("年度资金总额")
    assert cells[begin + 3 : begin + 7] == ["700.00", "10.00", "116.67", "9.00"]
    assert {"12公里", "11.5"} <= set(cells)
    assert cells.count("预算执行率") == 0
    assert cells[cells.index("总分") + 2] == "89.00"
    assert "按账面计算应为 10.00" in shown.text(".report-notes")


@pytest.mark.parametrize("kind", ["progress", "budget-lines", "payments"])
@pytest.mark.parametrize("unit", sampled(["wan", "yuan"], one_in=2))
def test_the_workbook_can_be_printed_and_has_the_figures(examples: Examples, kind: str, unit: str) -> None:
    console = examples.console("story")
    answer = console.open(f"reports/{kind}.xlsx", as_of="2023-12-31", unit=unit).response
    sheet = sheet_of(answer.content)
    texts = [cell.value for line in sheet.iter_rows() for cell in line if isinstance(cell.value, str)]
    amounts = "万元" if unit == "wan" else "元"
    assert {"编制单位：青石县财政局", "编制日期：2024-01-12", f"金额单位：{amounts}"} <= set(texts)
    assert any(text.startswith("单位负责人：") for text in texts)
    evidence = "\n".join(texts)
    assert re.search(r"账套：青石县财政局演示账套 \(story\)\n.*\n录入截止：2024-01-12 10:00\n", evidence)
    assert "校验：已校验，与签名检查点 #56 一致" in evidence
    assert any("/console/ledgers/story/reports/" in text and "at_position=" in text for text in texts)
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    # One page wide is what a file says by saying nothing; 0 is as many pages as it takes.
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (None, 0)
    assert sheet.print_title_rows == "$4:$4"
    assert sheet.oddFooter.center.text == "第 &P 页 共 &N 页"
    (total,) = [line for line in sheet.iter_rows() if line[0].value == "合计"]
    rows = examples.report("story", kind, DAYS[1])
    names = {"progress": "disbursed", "budget-lines": "spent", "payments": "net"}
    exact = hundredths_of(role(rows, "total")[0][names[kind]]) / (1_000_000 if unit == "wan" else 100)
    assert exact in [cell.value for cell in total]


def test_the_form_is_a_workbook_too(examples: Examples) -> None:
    console, address = examples.console("story"), "reports/self-evaluation.xlsx"
    answer = console.open(address, project="road", as_of="2023-12-31").response
    sheet = sheet_of(answer.content)
    values = [cell.value for line in sheet.iter_rows() for cell in line]
    assert {"项目支出绩效自评表", "年度总体目标", 280, 7.61} <= set(values)
    assert sheet.page_setup.orientation != "landscape"
    english = console.open(address, project="road", as_of="2023-12-31", lang="en").response
    assert sheet_of(english.content).title == "Project performance", "no part of a word"


@pytest.mark.parametrize(("unit", "name", "amount"), [("wan", "万元", "280.00"), ("yuan", "元", "2800000.00")])
def test_the_form_as_a_plain_file_names_its_unit(examples: Examples, unit: str, name: str, amount: str) -> None:
    asked = {"evaluation": "road-2023", "as_of": "2023-12-31", "unit": unit}
    answer = examples.console("story").open("reports/self-evaluation.csv", **asked).response
    rows = list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))
    (money,) = [row for row in rows if row["分项"] == "年度资金总额"]
    assert (money[f"全年预算数（{name}）"], money["执行率（%）"]) == (amount, "76.07")
    assert (rows[-1]["栏目"], rows[-1]["得分"]) == ("总分", "76.00")


def test_the_plain_file_says_what_each_row_is(examples: Examples) -> None:
    answer = examples.console("story").open("reports/payments.csv", as_of="2023-12-31", unit="yuan").response
    heading, *rows = answer.content.decode("utf-8-sig").splitlines()
    assert heading.startswith("行别,日期,流水号,凭证号")
    assert {row.partition(",")[0] for row in rows} == {"明细", "小计", "合计"}
    assert rows[-1].endswith("5670000.00,100000.00,5570000.00,")


def test_no_cell_of_a_workbook_is_a_formula(founded: Caller) -> None:
    founded.record("/disbursements", {**DISBURSEMENT, "purpose": "=1+1"})
    answer = Console(founded.client, founded.ledger_id).open("reports/payments.xlsx", as_of="2023-12-31").response
    sheet = sheet_of(answer.content)
    assert [cell.data_type for line in sheet.iter_rows() for cell in line if cell.value == "=1+1"] == ["s"]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "path", ["reports", "reports/progress", "reports/budget-lines", "reports/payments", "reports/self-evaluation"]
)
def test_every_report_is_a_page_in_both_languages(examples: Examples, path: str, language: str) -> None:
    shown = examples.console("tianjiaan-2023").open(path, as_of="2023-12-31", lang=language)
    assert shown.response.status_code == 200
    assert len(shown.all("h1")) == 1


def test_bad_choices_are_refused_and_not_echoed(founded: Caller) -> None:
    console = Console(founded.client, founded.ledger_id)
    for parameters in ({"fiscal_year": "magenta"}, {"group_by": "magenta"}, {"from": "magenta"}):
        answer = console.open("reports/payments", **parameters).response
        assert answer.status_code == 422
        assert "magenta" not in answer.text
    backwards = console.open("reports/payments", as_of="2023-01-01", **{"from": "2023-05-01"})
    assert backwards.response.status_code == 422
    assert backwards.texts(".notice li") == ["起始日期：须不晚于业务日期 2023-01-01"]
    assert console.open("reports/progress", as_of="0001-01-01").response.status_code == 200
    unknown = console.open("reports/self-evaluation", project="magenta")
    assert unknown.response.status_code == 404
    assert "没有这个项目" in unknown.text(".notice")
