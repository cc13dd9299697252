"""项目指标 with their amounts, what they have from their appropriations, and their flags."""

from collections.abc import Iterable, Mapping
from typing import Any

from domain.appropriation import BudgetBook, SourceLevel, SourceNature, appropriation_key
from domain.boundary import Kind
from domain.budget_line import ExpenditureKind, line_key
from domain.flow import NO_FLOW, Flow
from projections import flags
from projections.balances import as_of_all, as_of_some
from projections.facts import MarkKind
from projections.rows import LineRow, amounts_of
from projections.scope import Scope
from projections.things import Thing, marks, things


def rows(scope: Scope) -> list[LineRow]:
    """Every line, by id."""
    found = things(scope, Kind.LINE)
    appropriations = things(scope, Kind.APPROPRIATION)
    return _rows(found, appropriations, as_of_all(scope, Kind.LINE), marks(scope, Kind.LINE))


def rows_of(scope: Scope, line_ids: Iterable[str]) -> list[LineRow]:
    """Those of the lines that exist, by id."""
    keys = [line_key(line_id) for line_id in line_ids]
    if not keys:
        return []
    found = things(scope, Kind.LINE, keys)
    named = (appropriation_key(thing.attributes["appropriation_id"]) for thing in found.values())
    appropriations = things(scope, Kind.APPROPRIATION, named)
    return _rows(found, appropriations, as_of_some(scope, keys), marks(scope, Kind.LINE, keys))


def row(scope: Scope, line_id: str) -> LineRow | None:
    """One line, or None where it does not exist."""
    found = rows_of(scope, [line_id])
    return found[0] if found else None


def projects_with_source(scope: Scope, source_level: SourceLevel) -> set[str]:
    """Ids of the projects that have a line from that level."""
    appropriations = things(scope, Kind.APPROPRIATION)
    lines = (thing.attributes for thing in things(scope, Kind.LINE).values() if thing.exists)
    return {
        line["project_id"]
        for line in lines
        if _appropriation_of(line, appropriations)["source_level"] == source_level
    }


def _rows(
    lines: Mapping[str, Thing],
    appropriations: Mapping[str, Thing],
    flows: Mapping[str, Flow],
    marked: Mapping[str, frozenset[MarkKind]],
) -> list[LineRow]:
    return [
        _row(thing.attributes, _appropriation_of(thing.attributes, appropriations), flows.get(key, NO_FLOW), marked.get(key, frozenset()))
        for key, thing in lines.items()
        if thing.exists
    ]


def _appropriation_of(line: Mapping[str, Any], appropriations: Mapping[str, Thing]) -> Mapping[str, Any]:
    # No line is dated before its appropriation; a reversal dated before the line's own leaves it still describable.
    return appropriations[appropriation_key(line["appropriation_id"])].attributes


def _row(line: Mapping[str, Any], source: Mapping[str, Any], flow: Flow, marked: Iterable[MarkKind]) -> LineRow:
    kind = line["expenditure_kind"]
    return LineRow(
        line_id=line["line_id"],
        appropriation_id=line["appropriation_id"],
        project_id=line["project_id"],
        unit_id=line["unit_id"],
        function_code=line["function_code"],
        economic_code=line["economic_code"],
        expenditure_kind=None if kind is None else ExpenditureKind(kind),
        fiscal_year=source["fiscal_year"],
        source_level=SourceLevel(source["source_level"]),
        source_nature=SourceNature(source["source_nature"]),
        budget_book=BudgetBook(source["budget_book"]),
        flags=flags.in_order(flags.of_account(flow, marked)),
        amounts=amounts_of(flow),
    )
