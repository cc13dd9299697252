"""Execution by any trait of a line."""

from dataclasses import replace

import pytest

from domain.appropriation import AppropriationReceived
from domain.budget_line import LineOpened
from domain.project import ProjectRegistered
from projections.execution import GroupBy
from projections.rows import ExecutionGroup
from tests.support.builders import (
    allocation,
    amendment,
    appropriation,
    disbursement,
    line,
    on,
    project,
    reversal_of,
    unit,
)
from tests.support.effort import sampled
from tests.support.views import LEDGER, Desk


@pytest.fixture
def busy(desk: Desk) -> Desk:
    """P1 stands for three projects and has L1 and L2 (of another year); P2 has L3."""
    other_year = appropriation("A2", "500.00")
    assert isinstance(other_year.body, AppropriationReceived)
    roads = project("P1")
    assert isinstance(roads.body, ProjectRegistered)
    coded = line("L3", project_id="P2", unit_id="U2")
    assert isinstance(coded.body, LineOpened)
    desk.record(
        unit(),
        unit("U2"),
        appropriation(),
        replace(other_year, body=replace(other_year.body, fiscal_year=2024, name="省级资金")),
        replace(roads, body=replace(roads.body, represents=3, programme="乡村振兴")),
        project("P2"),
        line("L1"),
        line("L2", appropriation_id="A2"),
        replace(coded, body=replace(coded.body, function_code="2130505")),
    )
    desk.record(allocation("300.00"), allocation("100.00", line_id="L2"), allocation("200.00", line_id="L3"))
    desk.record(disbursement("30.00"), disbursement("100.00", line_id="L3"))
    return desk


def groups(desk: Desk, group_by: GroupBy, fiscal_year: int | None = None) -> dict[str | int | None, ExecutionGroup]:
    answer = desk.views.execution(LEDGER, desk.at(), group_by, fiscal_year)
    assert sum(group.amounts.adjusted_budget for group in answer.items) == answer.total.amounts.adjusted_budget
    assert sum(group.line_count for group in answer.items) == answer.total.line_count
    return {group.key: group for group in answer.items}


@pytest.mark.parametrize(
    ("group_by", "expected"),
    sampled(
        [
            (GroupBy.PROJECT, {"P1": ("村村通公路", 400_00, 3, 2), "P2": ("村村通公路", 200_00, 1, 1)}),
            (GroupBy.PROGRAMME, {"乡村振兴": (None, 400_00, 3, 2), None: (None, 200_00, 1, 1)}),
            (GroupBy.CATEGORY, {"road": (None, 600_00, 4, 3)}),
            (GroupBy.UNIT, {"U1": ("青石县财政局", 400_00, 3, 2), "U2": ("青石县财政局", 200_00, 1, 1)}),
            (GroupBy.LEAD_UNIT, {"U1": ("青石县财政局", 600_00, 4, 3)}),
            (GroupBy.SOURCE_LEVEL, {"central": (None, 600_00, 4, 3)}),
            (GroupBy.SOURCE_NATURE, {"budget": (None, 600_00, 4, 3)}),
            (GroupBy.BUDGET_BOOK, {"general_public": (None, 600_00, 4, 3)}),
            (GroupBy.FISCAL_YEAR, {2023: (None, 500_00, 4, 2), 2024: (None, 100_00, 3, 1)}),
            (GroupBy.APPROPRIATION, {"A1": ("中央衔接资金", 500_00, 4, 2), "A2": ("省级资金", 100_00, 3, 1)}),
            (GroupBy.FUNCTION_CODE, {"2130505": (None, 200_00, 1, 1), None: (None, 400_00, 3, 2)}),
            (GroupBy.ECONOMIC_CODE, {None: (None, 600_00, 4, 3)}),
            (GroupBy.EXPENDITURE_KIND, {None: (None, 600_00, 4, 3)}),
        ],
        one_in=2,
    ),
)
def test_lines_are_grouped_by_each_trait(
    busy: Desk, group_by: GroupBy, expected: dict[str | int | None, tuple[str | None, int, int, int]]
) -> None:
    found = groups(busy, group_by)
    assert list(found) == list(expected)
    assert {
        key: (group.name, group.amounts.adjusted_budget, group.project_count, group.line_count)
        for key, group in found.items()
    } == expected


def test_a_share_is_of_all_that_is_counted_and_a_rate_is_sum_over_sum(busy: Desk) -> None:
    found = groups(busy, GroupBy.PROJECT)
    assert [group.share for group in found.values()] == ["66.67", "33.33"]
    assert [group.amounts.execution_rate for group in found.values()] == ["7.50", "50.00"]
    total = busy.views.execution(LEDGER, busy.at(), GroupBy.PROJECT).total
    assert (total.amounts.execution_rate, total.project_count, total.line_count) == ("21.67", 4, 3)


def test_only_lines_of_the_fiscal_year_are_counted(busy: Desk) -> None:
    found = groups(busy, GroupBy.PROJECT, 2024)
    assert list(found) == ["P1"]
    assert (found["P1"].share, found["P1"].amounts.adjusted_budget) == ("100.00", 100_00)
    assert groups(busy, GroupBy.PROJECT, 1999) == {}


def test_attributes_are_those_at_the_coordinates(busy: Desk) -> None:
    amended = busy.record(amendment({"programme": "防汛"}, project_id="P2", at=on("2023-05-01")))
    assert list(groups(busy, GroupBy.PROGRAMME)) == ["乡村振兴", "防汛"]
    earlier = busy.views.execution(LEDGER, busy.at(on("2023-04-30")), GroupBy.PROGRAMME)
    assert [group.key for group in earlier.items] == ["乡村振兴", None]
    busy.record(reversal_of(amended.id))
    assert list(groups(busy, GroupBy.PROGRAMME)) == ["乡村振兴", None]
