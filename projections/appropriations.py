"""来源指标 with what was received, allocated, disbursed and recovered."""

from datetime import date
from typing import Any

from domain.appropriation import BudgetBook, SourceLevel, SourceNature, appropriation_key
from domain.boundary import Kind
from domain.flow import NO_FLOW, Flow
from projections.balances import as_of, as_of_all
from projections.rows import AppropriationRow
from projections.scope import Scope
from projections.things import every_thing, some_things


def rows(scope: Scope) -> list[AppropriationRow]:
    """Every appropriation, by id."""
    flows = as_of_all(scope, Kind.APPROPRIATION)
    found = every_thing(scope, Kind.APPROPRIATION)
    return [_row(thing.attributes, flows.get(key, NO_FLOW)) for key, thing in found.items() if thing.exists]


def row(scope: Scope, appropriation_id: str) -> AppropriationRow | None:
    """One appropriation, or None where it does not exist."""
    key = appropriation_key(appropriation_id)
    thing = some_things(scope, [key]).get(key)
    return _row(thing.attributes, as_of(scope, key)) if thing is not None and thing.exists else None


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
