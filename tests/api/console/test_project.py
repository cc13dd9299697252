"""The page of one project: its sums, its events by business date, and how its score came about."""

import csv
import json
import zipfile
from io import BytesIO, StringIO
from typing import Any

import pytest

from api.console.figures import local_time
from tests.support.caller import DISBURSEMENT, EVALUATION, LATER, NEW_YEAR, SPRING, Caller
from tests.support.console import Console, Shown
from tests.support.effort import full_only, sampled


@pytest.fixture
def paid(founded: Caller) -> Caller:
    """A ledger whose project paid 100 and 50 yuan, of which the 100 were taken back, and 20 of which were recovered."""
    first = founded.record("/disbursements", DISBURSEMENT)
    founded.record(
        "/disbursements", {**DISBURSEMENT, "effective_date": "2023-06-30", "amount": "50", "voucher_no": "V2"}
    )
    reversal = {"effective_date": LATER, "event_id": first["event_id"], "reason": "重复支付"}
    founded.record("/reversals", reversal)
    recovery = {"effective_date": "2023-10-01", "line_id": "L1", "amount": "20", "destination": "treasury"}
    founded.record("/recoveries", {**recovery, "document_no": "青财〔2023〕9号"})
    return founded


def rows_of(shown: Shown) -> list[dict[str, Any]]:
    document = json.loads(shown.response.text)
    return list(document["items"])


def test_the_sums_are_those_of_the_project(console: Console, paid: Caller) -> None:
    project = paid.read("/projects/P1")
    shown = console.open("projects/P1", unit="yuan")
    assert shown.text("h1") == "村村通公路"
    assert [text.split()[0] for text in shown.texts(".fig")] == [
        project["adjusted_budget"],
        project["disbursed"],
        project["available"],
        project["execution_rate"],
    ]


@pytest.mark.parametrize("as_of", sampled(["2023-03-01", "2023-08-31", LATER, "2023-12-31"], one_in=2))
def test_the_trend_ends_at_the_sums_of_the_project_at_every_date(console: Console, paid: Caller, as_of: str) -> None:
    project = paid.read("/projects/P1", as_of=as_of)
    last = rows_of(console.open("projects/P1/trend.json", as_of=as_of))[-1]
    for name in ("adjusted_budget", "disbursed", "recovered", "available"):
        assert last[name] == project[name], name


def test_each_day_of_the_trend_has_the_sums_of_the_project_on_that_day(console: Console, paid: Caller) -> None:
    rows = rows_of(console.open("projects/P1/trend.json"))
    assert [row["effective_date"] for row in rows] == [SPRING, "2023-06-30", LATER, "2023-10-01"]
    for row in rows:
        project = paid.read("/projects/P1", as_of=row["effective_date"])
        assert (row["disbursed"], row["available"]) == (project["disbursed"], project["available"])


def test_the_drawn_lines_end_at_the_same_sums(console: Console, paid: Caller) -> None:
    project = paid.read("/projects/P1")
    chart = json.loads(console.open("projects/P1", unit="yuan").one("#trend")["data-chart"])
    assert [each["amount"] for each in chart["series"]] == [project["adjusted_budget"], project["disbursed"]]
    assert [each["values"][-1] for each in chart["series"]] == [60_000, 5_000]


@pytest.mark.usefixtures("paid")
def test_what_was_reversed_is_struck_through_and_leads_to_its_reversal_and_back(console: Console) -> None:
    shown = console.open("projects/P1")
    undone = shown.one(".tl li.undone")
    reversal = shown.one(".tl li.reversed")
    assert undone.all("s")
    assert any(f"/events/{reversal['id'][1:]}?" in link["href"] for link in undone.all("a"))
    assert any(f"/events/{undone['id'][1:]}?" in link["href"] for link in reversal.all("a"))


@pytest.mark.usefixtures("paid")
def test_before_the_date_of_the_reversal_the_event_still_counts(console: Console) -> None:
    shown = console.open("projects/P1", as_of="2023-08-31")
    assert not shown.all(".tl li.undone")
    assert "此后冲销" in shown.text(".tl")
    rows = list(csv.DictReader(StringIO(console.open("projects/P1/events.csv", as_of="2023-08-31").response.text)))
    assert len([row for row in rows if row["此后被流水号冲销"]]) == 1
    assert not any(row["被流水号冲销"] for row in rows)


def test_the_newest_business_date_comes_first_whatever_was_recorded_last(console: Console, paid: Caller) -> None:
    status = {"effective_date": NEW_YEAR, "project_id": "P1", "status": "approved"}
    paid.record("/project-status-changes", status)
    days = [each["datetime"] for each in console.open("projects/P1").all(".tl time")]
    assert days == sorted(days, reverse=True)
    assert days[0] == "2023-10-01"


def test_a_late_entry_says_by_how_many_days(console: Console, founded: Caller) -> None:
    event = founded.record("/disbursements", DISBURSEMENT)
    assert event["late_days"] > 31
    assert f"补录 +{event['late_days']} 天" in console.open("projects/P1").text(f"#e{event['position']}")
    told = console.open("projects/P1", lang="en").text(f"#e{event['position']}")
    assert f"by {event['actor']['subject']}" in told
    assert "Clerk" not in told


def test_the_available_balance_beside_the_newest_money_event_is_that_of_the_project(
    console: Console, paid: Caller
) -> None:
    shown = console.open("projects/P1", unit="yuan")
    assert shown.texts(".tl .bal span")[0] == paid.read("/projects/P1")["available"]


@full_only
def test_a_long_history_is_paged_and_no_event_is_lost(console: Console, founded: Caller) -> None:
    payment = {**DISBURSEMENT, "command": "record-disbursement", "amount": "1"}
    commands = [{**payment, "voucher_no": f"B{number}"} for number in range(60)]
    assert founded.post("/batch", {"commands": commands}).status_code == 201
    shown = console.open("projects/P1")
    ids = [each["id"] for each in shown.all(".tl li")]
    older = console.follow(shown.link("更早"))
    ids += [each["id"] for each in older.all(".tl li")]
    expected = founded.read("/projects/P1/history", limit=1000)["items"]
    assert sorted(ids) == sorted(f"e{each['position']}" for each in expected)
    assert console.follow(older.link("最新")).texts(".tl li") == shown.texts(".tl li")
    of_line = console.open("lines/L1")
    rows = of_line.texts("#table-history tbody tr")
    assert " B59 " in rows[0], "the newest come first"
    rows += console.follow(of_line.link("更早")).texts("#table-history tbody tr")
    expected = founded.read("/lines/L1/history", limit=1000)["items"]
    assert sorted(row.split()[-1] for row in rows) == sorted(f"#{each['position']}" for each in expected)


def evaluate(ledger: Caller) -> None:
    ledger.record("/evaluations", EVALUATION)
    common = {"effective_date": LATER, "evaluation_id": "E1"}
    ledger.record("/scores", {**common, "indicator": "a", "score": "50"})
    ledger.record("/scores", {**common, "indicator": "b", "score": "30"})
    ledger.record("/score-adjustments", {**common, "indicator": "a", "score": "46", "reason": "里程不足"})
    ledger.record("/points", {**common, "points": "-1.5", "reason": "资料不全"})


def test_the_score_runs_from_the_maximum_over_the_adjustment_to_the_total(console: Console, founded: Caller) -> None:
    evaluate(founded)
    rows = rows_of(console.open("projects/P1/score.json"))
    assert [(row["step"], row["change"], row["after"]) for row in rows] == [
        ("满分", None, "100.00"),
        ("产出", "-10.00", "90.00"),
        ("效果", "-10.00", "80.00"),
        ("原始得分", None, "80.00"),
        ("得分调整 a 里程", "-4.00", "76.00"),
        ("加分/减分", "-1.50", "74.50"),
        ("总分", None, "74.50"),
    ]
    assert founded.read("/projects/P1")["score"] == "74.50"
    assert "80.00→76.00 · 里程不足" in console.open("projects/P1").text(".fall .adjusted th")
    founded.record("/project-status-changes", {"effective_date": NEW_YEAR, "project_id": "P1", "status": "approved"})
    content = console.open("projects/P1/events.csv").response.content.decode("utf-8-sig")
    told = [(row["内容"], row["得分变动"]) for row in csv.DictReader(StringIO(content))]
    assert ("评价 E1 指标 a 得分 50.00→46.00：里程不足", "-4.00") in told
    assert ("项目 P1：批复", "") in told


def test_of_several_evaluations_the_one_that_gives_the_project_its_score_is_shown(
    console: Console, founded: Caller
) -> None:
    evaluate(founded)
    outside = {**EVALUATION, "evaluation_id": "E2", "kind": "finance", "indicators": []}
    founded.record("/evaluations", outside)
    founded.record("/results", {"effective_date": LATER, "evaluation_id": "E2", "total": "91"})
    assert founded.read("/projects/P1")["score"] == "91.00"
    shown = console.open("projects/P1")
    assert "财政评价 · 2023 · 总分 91.00 优" in shown.text("main")
    assert not shown.all(".fall")
    assert len(shown.all("#table-evaluations tbody tr")) == 2


def test_a_project_of_which_nothing_is_scored_or_paid_has_a_page(console: Console) -> None:
    shown = console.open("projects/P1", as_of=NEW_YEAR)
    assert shown.response.status_code == 200
    assert not shown.all("[data-chart]")
    assert shown.texts(".fig")[3] == "—"


def test_every_table_is_a_file_at_the_address_of_the_page(console: Console, paid: Caller) -> None:
    content = console.open("projects/P1/events.csv", unit="yuan").response.content
    rows = list(csv.DictReader(StringIO(content.decode("utf-8-sig"))))
    assert rows[0]["可用余额变动（元）"] == "-20.00"
    history = paid.read("/projects/P1/history")["items"]
    assert len(rows) == len(history)
    (reversal,) = (row for row in rows if row["所冲销的流水号"])
    (undone,) = (row for row in rows if row["被流水号冲销"])
    assert (reversal["所冲销的流水号"], undone["被流水号冲销"]) == (undone["流水号"], reversal["流水号"])
    told = {row["流水号"]: row["录入时间"] for row in rows}
    assert told == {str(each["position"]): local_time(each["recorded_at"], "Asia/Shanghai") for each in history}
    lines = list(csv.reader(StringIO(console.open("projects/P1/lines.csv", unit="yuan").response.text)))
    assert lines[-1][0] == "合计"
    assert paid.read("/projects/P1")["available"] in lines[-1]


@pytest.mark.usefixtures("paid")
def test_the_evidence_bundle_is_given_at_the_coordinates_of_the_page(console: Console) -> None:
    shown = console.open("projects/P1")
    answer = console.client.get(shown.link("证据包"))
    assert answer.status_code == 200, answer.text
    assert shown.url.params["at_position"] in answer.headers["content-disposition"]
    assert zipfile.ZipFile(BytesIO(answer.content)).namelist()


def test_an_unknown_project_is_said(console: Console) -> None:
    assert console.open("projects/nothing").response.status_code == 404


@pytest.mark.usefixtures("paid")
def test_the_page_speaks_english(console: Console) -> None:
    shown = console.open("projects/P1", lang="en")
    assert "Adjusted budget" in shown.texts(".kpi h2")
    assert "reverses #" in shown.text(".tl")
