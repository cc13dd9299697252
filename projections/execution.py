"""Budget execution: the lines grouped by one of their traits, each line in exactly one group."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, assert_never

from domain.boundary import Kind
from domain.money import percent
from projections.projects import Traits
from projections.rows import Execution, ExecutionGroup, ExecutionTotal, LineRow, sum_amounts
from projections.scope import Scope
from projections.selection import id_of
from projections.things import every_thing
from projections.whole import Whole

Key = str | int | None
Projects = Mapping[str, Traits]
"""By project id."""


class GroupBy(StrEnum):
    """The traits of a line by which execution can be grouped."""

    PROJECT = "project"
    PROGRAMME = "programme"
    CATEGORY = "category"
    UNIT = "unit"
    LEAD_UNIT = "lead_unit"
    SOURCE_LEVEL = "source_level"
    SOURCE_NATURE = "source_nature"
    BUDGET_BOOK = "budget_book"
    FISCAL_YEAR = "fiscal_year"
    APPROPRIATION = "appropriation"
    FUNCTION_CODE = "function_code"
    ECONOMIC_CODE = "economic_code"
    EXPENDITURE_KIND = "expenditure_kind"


def execution(scope: Scope, whole: Whole, group_by: GroupBy, fiscal_year: int | None = None) -> Execution:
    """The groups that have a line at the coordinates, by key with None last; of one fiscal year when it is given."""
    known = {project.project_id: project for project in whole.traits(scope)}
    counted = [line for line in whole.lines(scope) if fiscal_year is None or line.fiscal_year == fiscal_year]
    grouped: dict[Key, list[LineRow]] = defaultdict(list)
    for line in counted:
        grouped[_key(line, group_by, known)].append(line)
    total = ExecutionTotal(
        amounts=sum_amounts(line.amounts for line in counted),
        project_count=_project_count(counted, known),
        line_count=len(counted),
    )
    names = _names(scope, group_by, known)
    items = (_group(key, names.get(key), grouped[key], total, known) for key in sorted(grouped, key=_none_last))
    return Execution(items=tuple(items), total=total)


def _group(
    key: Key, name: str | None, members: list[LineRow], total: ExecutionTotal, known: Projects
) -> ExecutionGroup:
    amounts = sum_amounts(line.amounts for line in members)
    return ExecutionGroup(
        key=key,
        name=name,
        amounts=amounts,
        share=percent(amounts.adjusted_budget, total.amounts.adjusted_budget),
        project_count=_project_count(members, known),
        line_count=len(members),
    )


def _project_count(members: Iterable[LineRow], known: Projects) -> int:
    """The projects behind the printed rows of the distinct projects of the lines."""
    return sum(known[project_id].represents for project_id in {line.project_id for line in members})


def _key(line: LineRow, group_by: GroupBy, known: Projects) -> Key:
    match group_by:
        case GroupBy.PROJECT | GroupBy.UNIT | GroupBy.APPROPRIATION:
            key: Key = getattr(line, f"{group_by}_id")
        case GroupBy.PROGRAMME | GroupBy.CATEGORY:
            key = getattr(known[line.project_id], group_by)
        case GroupBy.LEAD_UNIT:
            key = known[line.project_id].lead_unit_id
        case GroupBy.SOURCE_LEVEL | GroupBy.SOURCE_NATURE | GroupBy.BUDGET_BOOK | GroupBy.FISCAL_YEAR:
            key = getattr(line, group_by)
        case GroupBy.FUNCTION_CODE | GroupBy.ECONOMIC_CODE | GroupBy.EXPENDITURE_KIND:
            key = getattr(line, group_by)
        case _:
            assert_never(group_by)
    return key


def _names(scope: Scope, group_by: GroupBy, known: Projects) -> dict[Key, str]:
    """The name behind a key; none where the key is the word itself."""
    match group_by:
        case GroupBy.PROJECT:
            return {project_id: project.name for project_id, project in known.items()}
        case GroupBy.UNIT | GroupBy.LEAD_UNIT:
            return _registered_names(scope, Kind.UNIT)
        case GroupBy.APPROPRIATION:
            return _registered_names(scope, Kind.APPROPRIATION)
        case _:
            return {}


def _registered_names(scope: Scope, kind: Kind) -> dict[Key, str]:
    return {id_of(key): thing.attributes["name"] for key, thing in every_thing(scope, kind).items()}


def _none_last(key: Key) -> tuple[bool, Any]:
    return key is None, key
