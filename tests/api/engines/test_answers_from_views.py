"""One thing, execution by group, differences, the whole ledger."""

from typing import Any

import pytest

from tests.support.caller import (
    ALLOCATION,
    APPROPRIATION,
    DISBURSEMENT,
    EVALUATION,
    LATER,
    LINE,
    PROJECT,
    SPRING,
    Caller,
    problem,
)
from tests.support.effort import sampled


@pytest.fixture
def busy(founded: Caller) -> Caller:
    """Two projects, a payment, a status and a scored evaluation."""
    score = {"effective_date": SPRING, "evaluation_id": "E1", "score": "50.5", "indicator": "a", "actual": "12 公里"}
    adjusted = {"effective_date": LATER, "evaluation_id": "E1", "indicator": "a", "score": "48", "reason": "复核"}
    founded.record_all(
        [
            ("/projects", PROJECT | {"project_id": "P2", "name": "敬老院", "category": "welfare"}),
            ("/lines", LINE | {"line_id": "L2", "project_id": "P2"}),
            ("/allocations", ALLOCATION | {"line_id": "L2", "amount": "200.00"}),
            ("/disbursements", DISBURSEMENT),
            ("/project-status-changes", {"effective_date": SPRING, "project_id": "P1", "status": "started"}),
            ("/evaluations", EVALUATION),
            ("/scores", score),
            ("/score-adjustments", adjusted),
        ]
    )
    return founded


def test_a_project_is_shown_with_its_lines_evaluations_and_milestones(busy: Caller) -> None:
    document = busy.read("/projects/P1")
    listed = next(row for row in busy.read("/projects")["items"] if row["project_id"] == "P1")
    assert {name: document[name] for name in listed} == listed
    assert [line["line_id"] for line in document["lines"]] == ["L1"]
    assert [each["evaluation_id"] for each in document["evaluations"]] == ["E1"]
    assert [(each["status"], each["effective_date"]) for each in document["milestones"]] == [("started", SPRING)]
    assert document["coordinates"]["position"] == busy.head()


def test_an_evaluation_is_shown_with_its_indicators_and_their_adjustments(busy: Caller) -> None:
    document = busy.read("/evaluations/E1")
    first, second = document["indicators"]
    assert (first["max_points"], first["score"], first["actual"]) == ("60.00", "48.00", "12 公里")
    assert first["adjustments"] == [{"position": 14, "previous": "50.50", "score": "48.00", "reason": "复核"}]
    assert (second["score"], second["adjustments"]) == (None, [])
    assert (document["total"], document["grade"], document["points"]) == ("48.00", None, "0.00")
    assert document["subject"] == {"kind": "project", "id": "P1"}


def test_one_line_and_one_appropriation_are_shown_as_in_their_lists(busy: Caller) -> None:
    for path, identifier in (("/lines", "line_id"), ("/appropriations", "appropriation_id")):
        for row in busy.read(path)["items"]:
            document = busy.read(f"{path}/{row[identifier]}")
            assert document == row | {"coordinates": document["coordinates"]}


@pytest.mark.parametrize(
    ("path", "code"),
    sampled(
        [
            ("/projects/P9", "unknown-project"),
            ("/lines/L9", "unknown-line"),
            ("/appropriations/A9", "unknown-appropriation"),
            ("/evaluations/E9", "unknown-evaluation"),
        ],
        one_in=2,
    ),
)
def test_what_is_not_there_is_not_found(busy: Caller, path: str, code: str) -> None:
    problem(busy.ask(path), 404, code)


def test_what_is_registered_later_is_not_found_before(busy: Caller) -> None:
    problem(busy.ask("/projects/P1", as_of="2022-12-31"), 404, "unknown-project")
    problem(busy.ask("/projects/P1", at_position=3), 404, "unknown-project")


def test_execution_is_grouped_and_every_line_counts_once(busy: Caller) -> None:
    document = busy.read("/execution", group_by="project")
    assert [(group["key"], group["name"], group["disbursed"]) for group in document["items"]] == [
        ("P1", "村村通公路", "100.00"),
        ("P2", "敬老院", "0.00"),
    ]
    assert [group["share"] for group in document["items"]] == ["75.00", "25.00"]
    assert document["total"]["adjusted_budget"] == "800.00"
    assert (document["total"]["project_count"], document["total"]["line_count"]) == (2, 2)


def test_a_key_that_is_a_year_is_a_number_and_one_not_stated_is_null(busy: Caller) -> None:
    assert busy.read("/execution", group_by="fiscal_year")["items"][0]["key"] == 2023
    assert busy.read("/execution", group_by="function_code")["items"][0]["key"] is None


def test_execution_of_a_fiscal_year_leaves_others_out(busy: Caller) -> None:
    busy.record("/appropriations", APPROPRIATION | {"appropriation_id": "A2", "fiscal_year": 2024})
    busy.record("/lines", LINE | {"line_id": "L3", "appropriation_id": "A2"})
    assert busy.read("/execution", group_by="unit", fiscal_year=2024)["total"]["line_count"] == 1


def test_a_difference_names_the_events_that_explain_it(busy: Caller) -> None:
    document = busy.read("/diff", from_position=9, to_position=10, to_as_of=LATER)
    (item,) = document["items"]
    assert (item["project_id"], item["events"]) == ("P1", [10])
    assert (item["before"]["disbursed"], item["after"]["disbursed"]) == ("0.00", "100.00")
    coordinates = document["coordinates"]
    assert (coordinates["from"]["position"], coordinates["to"]["position"]) == (9, 10)
    assert coordinates["from"]["as_of"] == coordinates["to"]["as_of"] == LATER


def test_a_difference_between_two_dates_is_at_one_position(busy: Caller) -> None:
    document = busy.read("/diff", from_as_of="2023-02-01", to_as_of=LATER)
    assert document["coordinates"]["from"]["position"] == document["coordinates"]["to"]["position"] == busy.head()
    assert [item["project_id"] for item in document["items"]] == ["P1", "P2"]
    assert document["items"][0]["events"] == [6, 10, 11, 12, 13, 14]


def test_nothing_differs_from_itself(busy: Caller) -> None:
    assert busy.read("/diff")["items"] == []


def test_a_project_that_was_not_there_before_has_no_row_before(busy: Caller) -> None:
    (item,) = busy.read("/diff", from_position=6, to_position=7)["items"]
    assert (item["project_id"], item["before"]) == ("P2", None)


def test_a_snapshot_is_all_the_lists_at_once(busy: Caller) -> None:
    document = busy.read("/snapshot")
    lists: dict[str, Any] = {
        name: busy.read(f"/{name}") for name in ("units", "appropriations", "projects", "lines", "evaluations")
    }
    for name, listed in lists.items():
        assert document[name] == listed["items"]
    assert document["totals"] == {
        "lines": lists["lines"]["totals"],
        "appropriations": lists["appropriations"]["totals"],
    }
    assert document["coordinates"] == lists["units"]["coordinates"]
