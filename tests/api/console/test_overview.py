"""The overview, and what every page has: an address that holds all coordinates, and the evidence below."""

import csv
from io import StringIO

from tests.support.caller import Caller
from tests.support.console import Console


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


def test_the_sums_are_those_of_the_interface(console: Console, founded: Caller) -> None:
    totals = founded.read("/projects", limit=1)["totals"]
    shown = console.open("overview", unit="yuan")
    assert shown.texts(".fig")[0].replace(",", "") == f"{totals['adjusted_budget']} 元"


def test_a_page_of_the_past_says_so_and_what_it_does_not_know(console: Console) -> None:
    shown = console.open("overview", at_position=1)
    assert "此后又录入" in shown.text(".pastbar")
    assert "past" in shown.one("#clock")["class"]


def test_the_knowledge_date_that_was_not_touched_leaves_the_position(console: Console) -> None:
    shown = console.open("overview", at_position=3, known_at="2024-01-02", shown_known_at="2024-01-02")
    assert shown.url.params["at_position"] == "3"
    assert "known_at" not in shown.url.params


def test_a_knowledge_date_that_is_not_over_becomes_the_position_it_means(console: Console, founded: Caller) -> None:
    shown = console.open("overview", known_at="2024-01-02")
    assert shown.url.params["at_position"] == str(founded.head())
    assert "known_at" not in shown.url.params


def test_a_knowledge_date_that_is_over_stays(console: Console) -> None:
    shown = console.open("overview", known_at="2024-01-01")
    assert shown.url.params["known_at"] == "2024-01-01"
    assert "at_position" not in shown.url.params


def test_the_table_of_the_page_is_a_file_at_its_address(console: Console) -> None:
    answer = console.open("overview.csv", unit="yuan").response
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][:3] == ["项目编号", "项目名称", "全年预算（元）"]
    assert rows[-1][0] == "合计"


def test_a_parameter_that_no_page_knows_is_refused_and_not_echoed(console: Console) -> None:
    answer = console.open("overview", colour="magenta").response
    assert answer.status_code == 422
    assert "magenta" not in answer.text


def test_an_unknown_ledger_is_said(console: Console) -> None:
    assert console.follow("/console/ledgers/nowhere/overview").response.status_code == 404


def test_the_evidence_names_the_root_of_the_position(console: Console, founded: Caller) -> None:
    root = founded.read("/units", limit=1)["coordinates"]["root"]
    assert root[:16] in console.open("overview").text(".evi")
