"""Lists: filters, order, pages and totals."""

from dataclasses import replace

import pytest

from domain.appropriation import AppropriationReceived, SourceLevel
from projections import listing
from projections.listing import ListQuery
from tests.support.builders import (
    allocation,
    amendment,
    appropriation,
    disbursement,
    evaluation,
    line,
    project,
    result,
    status,
    unit,
)
from tests.support.effort import sampled
from tests.support.views import LEDGER, Desk


@pytest.fixture
def stocked(desk: Desk) -> Desk:
    """Four projects; P1 and P2 have lines, from different levels."""
    provincial = appropriation("A2", "500.00")
    assert isinstance(provincial.body, AppropriationReceived)
    desk.record(unit(), unit("U2", parent="U1"), appropriation())
    desk.record(replace(provincial, body=replace(provincial.body, source_level=SourceLevel.PROVINCIAL)))
    desk.record(*(project(f"P{number}") for number in (3, 1, 4, 2)))
    desk.record(line("L1"), line("L2", project_id="P2"), line("L3", project_id="P2", appropriation_id="A2"))
    desk.record(allocation("100.00"), allocation("300.00", line_id="L2"))
    desk.record(disbursement("50.00"), disbursement("30.00", line_id="L2"), status("started", project_id="P2"))
    desk.record(amendment({"lead_unit_id": "U2", "programme": "防汛"}, project_id="P2"))
    return desk


def ids(desk: Desk, query: ListQuery) -> list[str]:
    return [row.project_id for row in desk.views.projects(LEDGER, desk.at(), query).items]


@pytest.mark.parametrize(
    ("sort", "expected"),
    sampled(
        [
            (None, "P1 P2 P3 P4"),
            ("-project_id", "P4 P3 P2 P1"),
            ("execution_rate", "P2 P1 P3 P4"),
            ("-execution_rate", "P1 P2 P3 P4"),
            ("-adjusted_budget", "P2 P1 P3 P4"),
            ("adjusted_budget", "P3 P4 P1 P2"),
            ("status_date", "P2 P1 P3 P4"),
            ("-programme", "P2 P1 P3 P4"),
            ("category", "P1 P2 P3 P4"),
        ],
        one_in=2,
    ),
)
def test_rows_are_sorted_by_any_field_with_ties_by_id_and_nulls_last(
    stocked: Desk, sort: str | None, expected: str
) -> None:
    assert ids(stocked, ListQuery(sort=sort)) == expected.split()


def test_a_rate_is_sorted_as_a_number(stocked: Desk) -> None:
    stocked.record(line("L4", project_id="P3"), allocation("100.00", line_id="L4"))
    stocked.record(disbursement("9.50", line_id="L4"), line("L5", project_id="P4"), allocation("1.00", line_id="L5"))
    stocked.record(disbursement("1.24", line_id="L5", overrun=True))
    assert ids(stocked, ListQuery(sort="execution_rate")) == ["P3", "P2", "P1", "P4"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    sampled(
        [
            ({"category": "road"}, "P1 P2 P3 P4"),
            ({"lead_unit_id": "U2"}, "P2"),
            ({"status": "started", "programme": "防汛"}, "P2"),
            ({"status": "started", "lead_unit_id": "U1"}, ""),
            ({"source_level": SourceLevel.PROVINCIAL}, "P2"),
            ({"source_level": "central"}, "P1 P2"),
            ({"represents": 1, "start_year": 2023}, "P1 P2 P3 P4"),
            ({"start_year": 2022}, ""),
        ],
        one_in=2,
    ),
)
def test_rows_are_filtered_by_equality(stocked: Desk, filters: dict[str, listing.FilterValue], expected: str) -> None:
    assert ids(stocked, ListQuery(filters=filters)) == expected.split()


def test_rows_are_filtered_by_one_of_their_flags_and_the_totals_are_of_those(stocked: Desk) -> None:
    stocked.record(disbursement("500.00", line_id="L2", voucher="V9", overrun=True))
    overrun = ListQuery(filters={"flag": "overrun"})
    assert ids(stocked, overrun) == ["P2"]
    assert ids(stocked, ListQuery(filters={"flag": "overrun", "lead_unit_id": "U1"})) == []
    projects = stocked.views.projects(LEDGER, stocked.at(), overrun)
    lines = stocked.views.lines(LEDGER, stocked.at(), overrun)
    assert [row.line_id for row in lines.items] == ["L2"]
    assert projects.totals == projects.items[0].amounts
    assert lines.totals == lines.items[0].amounts


def test_figures_stay_whole_when_filtered_by_a_source_and_totals_are_of_all_that_match(stocked: Desk) -> None:
    answer = stocked.views.projects(LEDGER, stocked.at(), ListQuery(filters={"source_level": "provincial"}))
    assert answer.items[0].amounts.adjusted_budget == 300_00
    answer = stocked.views.projects(LEDGER, stocked.at(), ListQuery(limit=1))
    assert (len(answer.items), answer.next_id) == (1, "P1")
    assert (answer.totals.adjusted_budget, answer.totals.execution_rate) == (400_00, "20.00")
    assert answer.totals.initial_budget == 400_00
    nothing = stocked.views.projects(LEDGER, stocked.at(), ListQuery(filters={"start_year": 1999}))
    assert (nothing.items, nothing.next_id, nothing.totals.initial_budget) == ((), None, None)


@pytest.mark.parametrize("limit", sampled([1, 2, 3, 4, 5], one_in=3))
@pytest.mark.parametrize("sort", [None, "-execution_rate", "status"])
def test_pages_of_any_size_make_the_whole(stocked: Desk, sort: str | None, limit: int) -> None:
    found: list[str] = []
    after_id = None
    for _ in range(5):
        query = ListQuery(sort=sort, limit=limit, after_id=after_id)
        page = stocked.views.projects(LEDGER, stocked.at(), query)
        found += [row.project_id for row in page.items]
        after_id = page.next_id
        if after_id is None:
            break
    assert found == ids(stocked, ListQuery(sort=sort))


def test_a_field_or_a_place_that_is_not_there_is_refused(stocked: Desk) -> None:
    for query in (ListQuery(sort="flags"), ListQuery(filters={"adjusted_budget": 1}), ListQuery(filters={"x": 1})):
        with pytest.raises(listing.UnknownFieldError):
            ids(stocked, query)
    with pytest.raises(listing.UnknownPlaceError):
        ids(stocked, ListQuery(after_id="P9"))


def test_amounts_rates_dates_and_lists_are_no_filters() -> None:
    filters = set(listing.PROJECTS.filters)
    sorts = set(listing.PROJECTS.columns)
    assert {"adjusted_budget", "execution_rate", "status_date", "planned_amount"} <= sorts - filters
    assert not {"flags", "implementing_unit_ids", "amounts"} & (sorts | filters)
    assert {"score", "grade", "status", "represents", "source_level", "flag"} <= filters
    assert {"document_date", "amount", "received"} & set(listing.APPROPRIATIONS.filters) == set()
    assert [collection.id.name for collection in (listing.UNITS, listing.LINES, listing.EVALUATIONS)] == [
        "unit_id",
        "line_id",
        "evaluation_id",
    ]


def test_every_kind_of_row_is_listed_with_its_totals(stocked: Desk) -> None:
    at = stocked.at()
    units = stocked.views.units(LEDGER, at, ListQuery(filters={"parent_unit_id": "U1"}))
    assert [row.unit_id for row in units.items] == ["U2"]
    lines = stocked.views.lines(LEDGER, at, ListQuery(filters={"project_id": "P2"}, sort="-disbursed"))
    assert [row.line_id for row in lines.items] == ["L2", "L3"]
    assert lines.totals.disbursed == 30_00
    appropriations = stocked.views.appropriations(LEDGER, at, ListQuery(filters={"direct": False}))
    totals = appropriations.totals
    assert [row.appropriation_id for row in appropriations.items] == ["A1", "A2"]
    assert (totals.received, totals.allocated, totals.unallocated) == (1500_00, 400_00, 1100_00)
    assert (totals.disbursed, totals.recovered) == (80_00, 0)


def test_evaluations_are_found_by_their_subject(stocked: Desk) -> None:
    stocked.record(evaluation("E1", indicators=()), evaluation("E2", subject="unit:U1", indicators=()))
    stocked.record(result("90.5", evaluation_id="E2"))

    def found(filters: dict[str, listing.FilterValue]) -> list[str]:
        rows = stocked.views.evaluations(LEDGER, stocked.at(), ListQuery(filters=filters)).items
        return [row.evaluation_id for row in rows]

    assert found({"subject_kind": "unit"}) == ["E2"]
    assert found({"subject_kind": "project", "subject_id": "P1"}) == ["E1"]
    assert found({"total": 90_50}) == ["E2"]
    assert found({"finalised": False}) == ["E1", "E2"]
