"""The comparison of two business dates, and what was learned later of one."""

import csv
from io import BytesIO, StringIO

import openpyxl
import pytest

from api.console.pages.diff import differences_of
from tests.support.caller import APPROPRIATION, DISBURSEMENT, LATER, UNIT, Caller
from tests.support.console import Console
from tests.support.effort import full_only


@pytest.fixture
def spent(founded: Caller) -> Caller:
    """600 allocated in spring; 100 paid in spring, 150 in autumn."""
    founded.record("/disbursements", DISBURSEMENT)
    founded.record("/disbursements", DISBURSEMENT | {"voucher_no": "V2", "amount": "150.00", "effective_date": LATER})
    return founded


@full_only
@pytest.mark.usefixtures("spent")
def test_two_business_dates_are_compared_project_by_project(console: Console) -> None:
    shown = console.open("diff", from_as_of="2023-06-30", as_of="2023-12-31", unit="yuan")
    (row,) = shown.texts(".dt tbody tr")
    assert "100.00 250.00 +150.00" in row
    assert "16.67→ 41.67%" in row
    assert "+25.00" in row
    assert row.endswith("#8")
    assert shown.url.params["from_as_of"] == "2023-06-30"
    assert "1 笔单边计入的流水" in shown.text(".ph")
    assert "业务日期 2023-06-30 → 2023-12-31" in shown.text(".pastbar")
    of_sides = shown.texts(".evi div")
    assert [text.split()[:5] for text in of_sides] == [
        ["取证信息", "·", side, "业务日期", day] for side, day in (("期初", "2023-06-30"), ("期末", "2023-12-31"))
    ]
    latest = console.open("diff", from_as_of="2023-06-30")
    assert "期初一端是过去的账面" in latest.text(".pastbar")
    assert not latest.all(".pastbar a")


def test_the_figures_are_those_of_the_interface(spent: Caller, console: Console) -> None:
    question = {"from_as_of": "2023-06-30", "to_as_of": "2023-12-31"}
    (item,) = spent.read("/diff", **question)["items"]
    answer = console.open("diff.json", from_as_of="2023-06-30", as_of="2023-12-31").response.json()
    (row,) = answer["items"]
    assert (row["before"], row["after"], row["events"]) == (item["before"], item["after"], item["events"])
    assert {end: place["as_of"] for end, place in answer["coordinates"].items()} == {
        "from": "2023-06-30",
        "to": "2023-12-31",
    }
    content = console.open("diff.xlsx", from_as_of="2023-06-30", as_of="2023-12-31").response.content
    told = [[cell.value for cell in row] for row in openpyxl.load_workbook(BytesIO(content))["取证信息"]]
    assert ["期初 业务日期", "2023-06-30"] in told
    assert ["期末 业务日期", "2023-12-31"] in told


@pytest.mark.usefixtures("spent")
def test_a_project_that_was_not_there_is_absent_and_not_zero(console: Console) -> None:
    shown = console.open("diff", from_as_of="2022-12-31", as_of="2023-12-31", unit="yuan")
    assert "期初尚无" in shown.text(".dt tbody")
    rows = list(csv.reader(StringIO(console.open("diff.csv", from_as_of="2022-12-31").response.text)))
    assert rows[1][2] == ""


@pytest.mark.usefixtures("spent")
def test_what_was_learned_later_of_one_date_is_shown(console: Console) -> None:
    shown = console.open("diff", mode="knowledge", from_known_at="2000-01-01", as_of="2023-12-31")
    assert shown.text("h1") == "事后得知"
    assert "#0 → #8" in shown.text(".ph")
    assert "录入截止 2000-01-01 → #8" in shown.text(".pastbar")
    assert "#0" in shown.texts(".evi div")[0]
    timed = console.open("diff", mode="knowledge", from_known_at="2000年1月1日 18:00", as_of="2023-12-31")
    assert timed.one("#from_known_at")["value"] == "2000-01-01 18:00"
    assert "录入截止 2000-01-01 18:00 → #8" in timed.text(".pastbar")
    other = console.open("diff", mode="dates", from_known_at="2000-01-01")
    assert other.texts(".notice li") == ["起始录入截止：不能与 两个业务日期 同时使用"]
    # Without a mode the earlier side says which it is.
    assert console.open("diff", from_known_at="2000-01-01", as_of="2023-12-31").text("h1") == shown.text("h1")
    nothing = console.open("diff", mode="knowledge", from_known_at="2100-01-01", as_of="2023-12-31")
    assert "请把上面的“当时所知”改为更早的日期或时间" in nothing.text("main .empty")
    assert nothing.text(".ph p") == "2023-12-31 · #8 → #8 · 两端所知相同"
    assert "当时所知" in console.open("diff", mode="knowledge").text("main .empty"), "as it opens"
    unchanged = console.open("diff", mode="knowledge", from_known_at="2000-01-01", as_of="2022-01-01")
    assert "没有任何项目有变化" in unchanged.text("main .empty")


def test_entries_that_concern_no_project_are_counted_and_listed(spent: Caller, console: Console) -> None:
    spent.record("/appropriations", APPROPRIATION | {"appropriation_id": "A2", "effective_date": "2023-11-01"})
    spent.record("/units", UNIT | {"unit_id": "U2", "effective_date": "2024-01-01"})
    dates = console.open("diff", from_as_of="2023-10-31", as_of="2023-12-31")
    assert "1 笔单边计入的流水" in dates.text(".ph")
    assert "其中 1 笔不涉及项目" in dates.text(".no-project")
    assert "没有任何项目有变化" in dates.text("main")
    assert console.follow(dates.link("1 笔单边计入的流水")).texts(".ev tbody th") == ["#9"]
    # The opening of the ledger and the second unit are dated after that day.
    learned = console.open("diff", mode="knowledge", from_known_at="2000-01-01", as_of="2023-12-31")
    assert "#0 → #10" in learned.text(".ph")
    counted = console.follow(learned.link("查看全部")).texts(".ev tbody th")
    assert f"{len(counted)} 笔单边计入的流水" in learned.text(".ph")
    assert "#9" in counted
    assert "#10" not in counted
    assert "此间另录入 2 笔业务日期更晚的流水" in learned.text(".ph")


@pytest.mark.usefixtures("spent")
def test_the_comparisons_of_every_month_are_one_click_away(console: Console) -> None:
    shown = console.open("diff", as_of="2023-09-15")
    assert "from_as_of=2023-08-31" in shown.link("本月以来")
    assert "from_as_of=2023-06-30" in shown.link("本季以来")
    assert "from_as_of=2022-12-31" in shown.link("本年以来")
    assert "as_of=2023-08-31" in shown.link("上月报表报出后得知")
    assert console.follow(shown.link("上月报表报出后得知")).text("h1") == "事后得知"


@pytest.mark.usefixtures("spent")
def test_the_form_that_compares_keeps_the_position_that_was_not_touched(console: Console) -> None:
    shown = console.open("diff", at_position=7, from_as_of="2023-01-31")
    fields = {each["name"]: each["value"] for each in shown.all("#clock input")}
    again = console.open("diff", **(fields | {"from_as_of": "2023-02-28"}))
    assert again.url.params["at_position"] == "7"
    assert again.url.params["from_as_of"] == "2023-02-28"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_are_dates_as_any(console: Console, day: str) -> None:
    for minute in (f"{day} 00:00", f"{day} 23:59"):
        timed = console.open("diff", mode="knowledge", from_known_at=minute, known_at=minute)
        assert timed.response.status_code == 200
    assert console.open("diff", as_of=day).response.status_code == 200
    assert console.open("diff", from_as_of=day).response.status_code == 200
    assert console.open("diff", mode="knowledge", from_known_at=day).response.status_code == 200


def test_every_row_shows_what_differs(spent: Caller, console: Console) -> None:
    recovery = {"line_id": "L1", "amount": "0.40", "document_no": "收-1", "destination": "treasury"}
    spent.record("/recoveries", recovery | {"effective_date": "2023-12-01"})
    spent.record(
        "/project-amendments",
        {"project_id": "P1", "effective_date": "2023-12-02", "changes": {"name": "村村通二期"}, "reason": "更名"},
    )
    dates = {"from_as_of": "2023-11-30", "as_of": "2023-12-31"}
    row = console.open("diff", **dates, unit="wan").text(".dt tbody tr")
    assert "+0.00004" in row, "a recovery smaller than what is shown is shown"
    assert "−0.00004" in row
    assert "→ 村村通二期" in row
    content = console.open("diff.csv", **dates, unit="yuan").response.content.decode("utf-8-sig")
    named, total = csv.DictReader(StringIO(content))
    assert (named["收回 变化（元）"], named["可用余额 变化（元）"]) == ("0.40", "-0.40")
    assert "村村通二期" in named["其他变化"]
    assert total["项目编号"] == "全账套合计"
    assert (total["收回 变化（元）"], total["绩效得分 期末"], total["单边计入的流水"]) == ("0.40", "", "")
    shown = console.open("diff", **dates, unit="yuan").text(".dt tfoot")
    assert total["累计支出 期末（元）"] in shown
    assert total["可用余额 期末（元）"] in shown
    assert f"→{total['执行率 期末']}%" in shown, "a rate of the total is written as those of the rows"


def test_the_longest_bar_belongs_to_the_largest_change() -> None:
    def row(spent: str) -> dict[str, object]:
        amounts = {"adjusted_budget": "0.00", "available": "0.00", "recovered": "0.00", "disbursed": spent}
        return {"name": "x", "lead_unit_id": "U", "execution_rate": None, **amounts}

    items = [
        {"project_id": name, "before": row("0.00"), "after": row(spent), "events": [1]}
        for name, spent in (("a", "5.00"), ("b", "-10.00"))
    ]
    found = differences_of(items, {}, [(), ()])
    assert [(each.project_id, each.width) for each in found] == [("b", 1.0), ("a", 0.5)]
