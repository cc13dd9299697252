"""来源指标 with what was received, allocated, disbursed and recovered."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from domain.appropriation import BudgetBook, SourceLevel, SourceNature, appropriation_key
from domain.flow import Flow
from projections.balances import as_of_some
from projections.lines import Lines, lines_said_of, some_lines
from projections.measures import NOTHING
from projections.rows import AppropriationRow
from projections.scope import Scope
from projections.things import some_things


def rows(scope: Scope, appropriation_ids: Iterable[str]) -> list[AppropriationRow]:
    """The appropriations of the ids that exist, by id."""
    found = some_things(scope, map(appropriation_key, appropriation_ids))
    return rows_from(scope, some_lines(scope, lines_said_of(found), found))


def rows_from(scope: Scope, lines: Lines) -> list[AppropriationRow]:
    """The appropriations that exist, by id, of lines which are all of theirs."""
    received = as_of_some(scope, lines.sources)
    spent = lines.added_up(lambda line: appropriation_key(line["appropriation_id"]))
    return [
        _row(thing.attributes, received.get(key, NOTHING).plus(spent.get(key, NOTHING)).flow)
        for key, thing in lines.sources.items()
        if thing.exists
    ]


def _row(values: dict[str, Any], flow: Flow) -> AppropriationRow:
    day = values["document_date"]
    return AppropriationRow(
        appropriation_id=values["appropriation_id"],
        name=values["name"],
        source_level=SourceLevel(values["source_level"]),
        source_nature=SourceNature(values["source_nature"]),
        budget_book=BudgetBook(values["budget_book"]),
        instrument=values["instrument"],
        direct=values["direct"],
        fiscal_year=values["fiscal_year"],
        amount=values["amount"],
        document_no=values["document_no"],
        document_date=None if day is None else date.fromisoformat(day),
        received=flow.received,
        allocated=flow.allocated,
        unallocated=flow.unallocated,
        disbursed=flow.disbursed,
        recovered=flow.recovered,
    )
