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
from projections.things import Marks, Thing, every_mark, every_thing, some_marks, some_things


def rows(scope: Scope) -> list[LineRow]:
    """Every line, by id."""
    return described(
        every_thing(scope, Kind.LINE),
        every_thing(scope, Kind.APPROPRIATION),
        as_of_all(scope, Kind.LINE),
        every_mark(scope, Kind.LINE),
    )


def row(scope: Scope, line_id: str) -> LineRow | None:
    """One line, or None where it does not exist."""
    keys = [line_key(line_id)]
    found = some_things(scope, keys)
    sources = some_things(scope, appropriation_keys(found))
    return next(iter(described(found, sources, as_of_some(scope, keys), some_marks(scope, keys))), None)


def appropriation_keys(lines: Mapping[str, Thing]) -> set[str]:
    """The appropriations of the lines."""
    return {appropriation_key(line.attributes["appropriation_id"]) for line in lines.values()}


def described(
    lines: Mapping[str, Thing], sources: Mapping[str, Thing], flows: Mapping[str, Flow], marks: Marks
) -> list[LineRow]:
    """The rows of those of the lines that exist, in their order; `sources` holds their appropriations."""
    return [
        _row(line.attributes, _source_of(line, sources), flows.get(key, NO_FLOW), marks.get(key, frozenset()))
        for key, line in lines.items()
        if line.exists
    ]


def _source_of(line: Thing, sources: Mapping[str, Thing]) -> Mapping[str, Any]:
    # No line is dated before its appropriation; a reversal dated before the line's own leaves it still describable.
    return sources[appropriation_key(line.attributes["appropriation_id"])].attributes


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
