"""来源指标 with what was received, allocated, disbursed and recovered."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from domain.appropriation import BudgetBook, SourceLevel, SourceNature, appropriation_key
from domain.boundary import Kind
from domain.flow import NO_FLOW, Flow
from projections.balances import as_of_all, as_of_some
from projections.rows import AppropriationRow
from projections.scope import Scope
from projections.things import every_thing, some_things


def rows(scope: Scope, appropriation_ids: Iterable[str] | None) -> list[AppropriationRow]:
    """The appropriations of the ids that exist, by id; with None every one."""
    if appropriation_ids is None:
        found, flows = every_thing(scope, Kind.APPROPRIATION), as_of_all(scope, Kind.APPROPRIATION)
    else:
        keys = [appropriation_key(each) for each in appropriation_ids]
        found, flows = some_things(scope, keys), as_of_some(scope, keys)
    return [_row(thing.attributes, flows.get(key, NO_FLOW)) for key, thing in found.items() if thing.exists]


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
