"""The overview, and what every page has: an address that holds all coordinates, and the evidence below."""

import csv
import json
from datetime import date
from io import StringIO
from typing import Any

import pytest

from api.console.figures import hundredths_of
from api.console.frame import BAR_COUNT, strip_of
from api.console.parameter_names import parameter_name
from api.console.site import PAGES
from api.console.view import VIEW_PARAMETERS
from tests.support.caller import ALLOCATION, APPROPRIATION, DISBURSEMENT, LINE, PROJECT, SPRING, Caller
from tests.support.console import Console, Shown
from tests.support.effort import full_only, sampled


def test_an_address_that_leaves_something_open_leads_to_one_that_does_not(console: Console, founded: Caller) -> None:
    shown = console.open("overview")
    assert shown.response.status_code == 200
    assert dict(shown.url.params) == {
        "as_of": "2024-01-02",
        "at_position": str(founded.head()),
        "unit": "wan",
        "lang": "zh",
    }
    assert console.follow(str(shown.url)).text("main") == shown.text("main")


def test_an_address_without_unit_and_language_leads_to_one_that_has_them(console: Console) -> None:
    shown = console.open("overview", as_of="2024-01-02", at_position=3)
    assert (shown.url.params["unit"], shown.url.params["lang"]) == ("wan", "zh")


def test_the_sums_are_those_of_the_interface(console: Console, founded: Caller) -> None:
    totals = founded.read("/projects", limit=1)["totals"]
    shown = console.open("overview", unit="yuan")
    assert shown.texts(".fig")[0].replace(",", "") == f"{totals['adjusted_budget']} 元"


def test_a_page_of_the_past_says_so_and_what_it_does_not_know(console: Console) -> None:
    shown = console.open("overview", at_position=1)
    assert "此后又录入" in shown.text(".pastbar")
    assert "past" in shown.one("#clock")["class"]


def test_what_is_dated_after_the_business_date_is_counted_apart(console: Console, founded: Caller) -> None:
    days = founded.read("/calendar")["items"]
    by_then = sum(each["event_count"] for each in days if each["effective_date"] < SPRING)
    later = founded.head() - by_then
    shown = console.open("overview", as_of="2023-02-28")
    assert f"{by_then} 笔流水已发生 · 另有 {later} 笔在此日期之后" in shown.text(".ph")
    assert f"业务日期在此之后的 {later} 笔，未计入本页" in shown.text(".pastbar")
    assert "此后又录入" not in shown.text(".pastbar")
    assert f"{founded.head()} 笔流水" in console.open("overview").text(".ph")


def test_a_list_that_follows_not_both_clocks_says_so(console: Console) -> None:
    for path in ("events", "events/1", "search"):
        told = console.open(path, as_of="2023-02-28", at_position=3).text(".pastbar")
        assert "业务日期不限" in told
        assert "此后又录入" in told
        assert "业务日期在此之后" not in told
    for path in ("refusals", "access-log", "import"):
        assert "本页不随两个时钟变化" in console.open(path, as_of="2023-02-28").text(".pastbar")


def clock_of(shown: Shown) -> dict[str, str]:
    """What the form of the two clocks sends."""
    return {each["name"]: each["value"] for each in shown.all("#clock input[name]")}


def test_the_knowledge_date_that_was_not_touched_leaves_the_place(console: Console) -> None:
    shown = console.open("overview", at_position=3, known_at="2024-01-02", shown_known_at="2024-01-02")
    assert shown.url.params["at_position"] == "3"
    assert "known_at" not in shown.url.params
    for known_at in ("2024-01-01", "2024-01-01 18:00", "2024-01-01T01:00:07Z"):
        before = console.open("overview", known_at=known_at)
        after = console.open("overview", **clock_of(before) | {"as_of": "2023-06-30"})
        assert after.url.params["known_at"] == before.url.params["known_at"]
        assert after.one("#known_at")["value"] == before.one("#known_at")["value"]


def test_a_knowledge_date_that_is_not_over_becomes_the_position_it_means(console: Console, founded: Caller) -> None:
    shown = console.open("overview", known_at="2024-01-02")
    assert shown.url.params["at_position"] == str(founded.head())
    assert "known_at" not in shown.url.params


def test_the_time_that_was_typed_is_shown_as_long_as_the_position_is_what_it_means(
    console: Console, founded: Caller
) -> None:
    head = founded.head()
    for typed in ("2024-01-02", "2024-01-02 23:59"):
        shown = console.open("overview", known_at=typed)
        assert shown.url.params["at_position"] == str(head)
        assert shown.one("#known_at")["value"] == typed
        again = console.open("overview", **clock_of(shown) | {"as_of": "2023-06-30"})
        assert (again.url.params["at_position"], again.one("#known_at")["value"]) == (str(head), typed)
        assert "known_as" not in console.open("overview", **dict(shown.url.params) | {"at_position": 3}).url.params
    to_come = console.open("overview", known_at="2099-12-31")
    assert to_come.one("#known_at")["value"] == "2024-01-02"
    founded.record("/disbursements", DISBURSEMENT)
    later = console.open("overview", at_position=head, known_as="2024-01-02")
    assert (later.url.params["at_position"], "known_as" in later.url.params) == (str(head), False)


def test_a_time_means_the_end_of_its_minute_on_the_clocks_of_the_ledger(console: Console) -> None:
    recorded = console.open("overview").texts(".evi em")[1]
    shown = console.open("overview", known_at="2024年1月1日 18:00")
    assert shown.url.params["known_at"] == "2024-01-01T10:00:59.999999Z"
    assert shown.one("#known_at")["value"] == "2024-01-01 18:00"
    assert "录入截止 2024-01-01 18:00" in shown.text(".pastbar")
    assert "at_position" in console.open("overview", known_at=recorded).url.params, "as the footer shows it"
    exact = console.open("overview", known_at="2024-01-01T10:00:07Z")
    assert exact.one("#known_at")["value"] == "2024-01-01T10:00:07.000000Z"
    assert "2025-12-31 18:00" in console.open("overview", known_at="2024-01-01 25:00").text(".notice")


def test_a_knowledge_date_that_is_over_stays(console: Console) -> None:
    shown = console.open("overview", known_at="2024-01-01")
    assert shown.url.params["known_at"] == "2024-01-01"
    assert "录入截止 2024-01-01" in shown.text(".pastbar")
    assert "at_position" not in shown.url.params


def test_the_table_of_the_page_is_a_file_at_its_address(console: Console) -> None:
    answer = console.open("overview.csv", unit="yuan").response
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][:3] == ["项目编号", "项目名称", "全年预算（元）"]
    assert rows[-1][0] == "合计"


def test_the_ledgers_are_a_file_too(console: Console) -> None:
    first = console.follow("/console", lang="zh")
    given = console.follow(first.link(".csv")).response.content.decode("utf-8-sig")
    rows = list(csv.reader(StringIO(given)))
    assert rows[0] == ["账套编号", "名称", "币种", "时区", "流水号"]
    assert console.ledger_id in {row[0] for row in rows[1:]}
    assert console.ledger_id in {
        each["ledger_id"] for each in console.follow(first.link(".json")).response.json()["items"]
    }
    assert console.follow(first.link(".xlsx")).response.status_code == 200
    assert console.follow("/console/ledgers.exe").response.status_code == 404


@full_only
def test_where_there_is_nothing_yet_no_figure_is_said_to_be_zero(console: Console) -> None:
    fields = {"ledger_id": "nothing-yet", "name": "新账套", "currency": "CNY", "time_zone": "Asia/Shanghai"}
    fields["key"] = "nothing-yet"
    shown = console.send("/console/open-ledger", fields)
    assert [text.split()[0] for text in shown.texts(".kpi .fig")] == ["—", "—", "—", "—"]
    assert "0.00" not in shown.text("main")
    new = Console(console.client, "nothing-yet")
    assert "合计" not in new.open("overview.csv").response.text
    assert new.open("overview", as_of="2020-01-01").response.status_code == 200
    form = new.open("record/record-disbursement")
    assert form.texts(".none-yet") == ["尚无可选项，请先录入： 开立项目指标"]
    assert "/record/open-line?" in form.one(".none-yet a")["href"]
    assert not console.open("record/record-disbursement").all(".none-yet")


def test_a_day_stands_in_the_strip_where_the_handle_stands() -> None:
    today = date(2026, 11, 27)
    new = strip_of({today: 3}, today, today)
    assert (new.heights.index(1.0), new.through) == (BAR_COUNT - 1, BAR_COUNT)
    first, middle = date(2026, 1, 1), date(2026, 6, 15)
    long = strip_of({first: 1, middle: 1, today: 1}, middle, today)
    shown = [place for place, height in enumerate(long.heights) if height]
    place = round((middle - first).days / long.length * (BAR_COUNT - 1))
    assert (shown, long.through) == ([0, place, BAR_COUNT - 1], place + 1)


def test_a_parameter_that_no_page_knows_is_refused_and_not_echoed(console: Console) -> None:
    answer = console.open("overview", colour="magenta").response
    assert answer.status_code == 422
    assert "magenta" not in answer.text


def test_an_unknown_ledger_is_said(console: Console) -> None:
    assert console.follow("/console/ledgers/nowhere/overview").response.status_code == 404


def test_the_evidence_names_the_root_of_the_position(console: Console, founded: Caller) -> None:
    root = founded.read("/units", limit=1)["coordinates"]["root"]
    assert root[:16] in console.open("overview").text(".evi")


def another_line(ledger: Caller, number: int, year: int, amount: str = "100.00") -> None:
    """A project with a line of a fiscal year, and that much money on it."""
    source = {**APPROPRIATION, "appropriation_id": f"A-{number}", "fiscal_year": year, "source_level": "county"}
    ledger.record("/appropriations", source)
    ledger.record("/projects", {**PROJECT, "project_id": f"P-{number}", "name": f"项目{number}"})
    names = {"line_id": f"L-{number}", "appropriation_id": f"A-{number}", "project_id": f"P-{number}"}
    ledger.record("/lines", {**LINE, **names})
    ledger.record("/allocations", {**ALLOCATION, "line_id": f"L-{number}", "amount": amount})


def flow_of(shown: Shown) -> dict[str, Any]:
    return dict(json.loads(shown.one("#flow-chart")["data-chart"]))


def test_a_fiscal_year_that_is_over_has_elapsed_whole(console: Console) -> None:
    assert "2023 年序时进度 100.00%" in console.open("overview").text(".kpis")


def test_within_its_fiscal_year_the_share_is_that_of_its_days(console: Console) -> None:
    assert "2023 年序时进度 49.59%" in console.open("overview", as_of="2023-06-30").text(".kpis")


def test_of_several_fiscal_years_the_latest_is_shown_and_each_can_be_asked_for(
    console: Console, founded: Caller
) -> None:
    another_line(founded, 2, 2022, "50.00")
    latest = console.open("overview", unit="yuan")
    assert latest.texts(".fig")[0] == "600.00 元"
    assert "村村通公路" in latest.text(".bars")
    assert "项目2" not in latest.text(".bars")
    earlier = console.follow(latest.link("2022"))
    assert earlier.texts(".fig")[0] == "50.00 元"
    assert earlier.url.params["fiscal_year"] == "2022"
    of_all = console.follow(latest.link("各年度"))
    assert of_all.texts(".fig")[0] == "650.00 元"
    assert "序时进度 1" not in of_all.text(".kpis")


def test_the_sums_of_one_fiscal_year_are_those_of_the_interface(console: Console, founded: Caller) -> None:
    another_line(founded, 2, 2022, "50.00")
    founded.record("/disbursements", {**DISBURSEMENT, "amount": "33.33"})
    found = founded.read("/execution", group_by="fiscal_year", fiscal_year=2023)["total"]
    shown = console.open("overview", unit="yuan", fiscal_year=2023)
    names = ("adjusted_budget", "disbursed", "available", "execution_rate")
    assert [text.split()[0] for text in shown.texts(".fig")] == [found[name] for name in names]


@full_only
def test_last_year_is_shown_only_where_the_ledger_held_it_on_that_day(console: Console, founded: Caller) -> None:
    another_line(founded, 2, 2022, "50.00")
    assert "去年同期" in console.open("overview", as_of="2024-01-01").text(".kpis")
    assert "去年同期" not in console.open("overview", as_of="2023-06-30").text(".kpis")


def test_a_fiscal_year_that_is_none_is_refused(console: Console) -> None:
    assert console.open("overview", fiscal_year="soon").response.status_code == 422


def test_the_flow_runs_from_source_over_unit_to_project(console: Console) -> None:
    chart = flow_of(console.open("overview", unit="yuan"))
    assert [(node["name"], node["amount"]) for node in chart["nodes"]] == [
        ("中央预算资金", "600.00"),
        ("青石县财政局", "600.00"),
        ("村村通公路", "600.00"),
    ]
    assert [link["value"] for link in chart["links"]] == [60_000, 60_000]


def test_the_flow_by_disbursements_has_what_was_paid(console: Console, founded: Caller) -> None:
    founded.record("/disbursements", DISBURSEMENT)
    chart = flow_of(console.follow(console.open("overview", unit="yuan").link("按累计支出")))
    assert {link["amount"] for link in chart["links"]} == {"100.00"}


def test_small_projects_are_joined_and_no_sum_loses_anything(console: Console, founded: Caller) -> None:
    for number in range(22):
        another_line(founded, number, 2023, f"{number + 1}.00")
    shown = console.open("overview", unit="yuan")
    chart = flow_of(shown)
    others = next(node for node in chart["nodes"] if node["name"] == "其他项目")
    assert others["amount"] == "6.00"
    assert "其余 3 个项目合并为“其他项目”" in shown.text("main")
    into_projects = [link["value"] for link in chart["links"] if link["target"].startswith("p:")]
    assert sum(into_projects) == hundredths_of(founded.read("/projects")["totals"]["adjusted_budget"])


def test_the_table_of_the_flow_is_there_without_scripts_and_as_a_file(console: Console, founded: Caller) -> None:
    shown = console.open("overview", unit="yuan")
    assert "中央预算资金" in shown.text("details #table-flow")
    answer = console.open("overview/flow.json").response.json()
    assert answer["total"]["adjusted_budget"] == founded.read("/lines")["totals"]["adjusted_budget"]


def test_what_most_projects_bear_does_not_hide_an_overrun(console: Console, founded: Caller) -> None:
    for number in range(3):
        another_line(founded, number, 2023)
    overrun = {"authority": "县政府会议纪要", "reason": "抢修"}
    payment = {**DISBURSEMENT, "amount": "700.00", "overrun": overrun}
    founded.record("/disbursements", payment)
    shown = console.open("overview", unit="yuan")
    assert "超指标支付" in shown.texts(".att ul:not(.mild) li")[0]
    assert "−100.00 元" in shown.texts(".att ul:not(.mild) li")[0]
    (late,) = shown.texts(".att .mild li")
    assert late == "含补录 4 个项目"
    assert "flag=late-entry" in shown.one(".att .mild a")["href"]
    assert [node["name"] for node in flow_of(shown)["nodes"] if node["colour"] == "over"] == ["村村通公路"]


def test_a_line_that_is_short_is_named_where_its_project_is_not(console: Console, founded: Caller) -> None:
    founded.record("/lines", {**LINE, "line_id": "L2"})
    founded.record("/allocations", {**ALLOCATION, "line_id": "L2", "amount": "100.00"})
    founded.record("/disbursements", {**DISBURSEMENT, "line_id": "L2", "effective_date": "2023-01-31"})
    shown = console.open("overview", unit="yuan", as_of="2023-01-31")
    assert "可用余额为负" in shown_attention(shown)
    assert "村村通公路 可用余额 −100.00 元" in shown_attention(shown)
    more = {**ALLOCATION, "effective_date": "2023-01-31", "stage": "additional", "amount": "300.00"}
    founded.record("/allocations", more)
    shown = console.open("overview", unit="yuan", as_of="2023-01-31")
    assert "村村通公路 项目指标 L2 可用余额 −100.00 元" in shown_attention(shown)
    assert "/lines/L2?" in shown.one(".att .num a")["href"]


def test_a_suspended_project_needs_attention(console: Console, founded: Caller) -> None:
    founded.record("/project-status-changes", {"effective_date": SPRING, "project_id": "P1", "status": "suspended"})
    assert "暂停" in shown_attention(console.open("overview"))


def shown_attention(shown: Shown) -> str:
    return shown.texts(".att ul:not(.mild) li")[0]


def test_the_page_speaks_english(console: Console) -> None:
    shown = console.open("overview", lang="en")
    assert "1 project · " in shown.text(".ph")
    assert shown.texts(".kpi h2") == ["Adjusted budget", "Disbursed", "Available", "Execution rate"]
    assert "Central, Budget" in flow_of(shown)["nodes"][0]["name"]


def test_a_name_that_looks_like_markup_is_shown_as_it_is(console: Console, founded: Caller) -> None:
    name = "甲\"><i>乙</i>'&quot;"
    change = {"effective_date": SPRING, "project_id": "P1", "changes": {"name": name}, "reason": "更名"}
    founded.record("/project-amendments", change)
    shown = console.open("overview")
    assert flow_of(shown)["nodes"][-1]["name"] == name
    assert shown.texts(".bars tbody th a") == [name]
    assert not shown.all("i:not(.bar i):not(.mini i)")


@full_only
def test_the_year_that_is_shown_is_that_of_the_business_date(console: Console, founded: Caller) -> None:
    december = {"effective_date": "2023-12-01"}
    founded.record("/appropriations", APPROPRIATION | december | {"appropriation_id": "A24", "fiscal_year": 2024})
    founded.record("/lines", LINE | december | {"line_id": "L24", "appropriation_id": "A24"})
    for day, year in (("2022-12-31", None), ("2023-12-31", "2023"), ("2024-01-02", "2024"), ("2025-06-30", "2024")):
        chosen = console.open("overview", as_of=day).texts('.seg[aria-label="预算年度"] [aria-current]')
        assert chosen == ([] if year is None else [year])
        report = console.open("reports/progress", as_of=day).texts("#fiscal_year [selected]")
        assert report == ([] if year is None else [year])


@pytest.mark.parametrize(
    "typed", sampled(["2023.2.28", "2023/2/28", "2023年2月28日", "２０２３-02-28", "20230228"], one_in=3)
)
def test_a_day_is_read_as_it_is_typed_and_the_address_spells_it_one_way(console: Console, typed: str) -> None:
    shown = console.open("overview", as_of=typed, known_at=typed, unit="wan", lang="zh")
    assert (shown.url.params["as_of"], shown.one("#as_of")["value"]) == ("2023-02-28", "2023-02-28")
    assert shown.url.params["known_at"] == "2023-02-28"
    assert console.open("events", **{"from": typed}).one("#from")["value"] == "2023-02-28"
    assert console.open("reports/payments", **{"from": typed}).one("#from")["value"] == "2023-02-28"


def test_what_is_wrong_with_an_address_is_said_in_words(console: Console) -> None:
    wrong = {"as_of": "2023-02-31", "known_at": "yesterday", "fiscal_year": "x"}
    told = console.open("overview", **wrong).texts(".notice li")
    assert [each.partition("：")[0] for each in told] == ["业务日期", "录入截止", "预算年度"]
    assert console.open("projects", start_year="x", lang="en").texts(".notice li")[0].startswith("Start year: ")
    assert console.open("overview", canary="1").texts(".notice li") == ["canary：未知参数"]


def test_every_parameter_of_a_page_has_a_name() -> None:
    every = {each.name for page in PAGES for each in (*VIEW_PARAMETERS, *page.parameters)}
    assert {name for name in every if parameter_name(name) is None} == set()
