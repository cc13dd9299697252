"""Where a query stands: one ledger, at one pair of coordinates, inside one snapshot of the views."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Executable, Row, Table, and_, bindparam

from domain.ports import Coordinates
from projections.tables import FactTables, fact_tables


class Place(NamedTuple):
    """All that a row of the views depends on: ledger, coordinates, and the generations it is read from."""

    ledger_id: str
    at: Coordinates
    balances_generation: int
    facts_generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A place, and the connection that holds the snapshot."""

    connection: Connection
    place: Place

    @property
    def ledger_id(self) -> str:
        """The ledger that is read."""
        return self.place.ledger_id

    @property
    def at(self) -> Coordinates:
        """The coordinates it is read at."""
        return self.place.at

    @property
    def facts(self) -> FactTables:
        """The tables of the facts."""
        return fact_tables(self.place.facts_generation)

    def moved_to(self, at: Coordinates) -> "Scope":
        """The same snapshot at other coordinates."""
        return replace(self, place=self.place._replace(at=at))

    def read(self, statement: Executable, **parameters: object) -> Sequence[Row[Any]]:
        """All rows of a statement whose conditions are those of `counted`, and the given parameters."""
        coordinates = {"ledger": self.ledger_id, "day": self.at.as_of.toordinal(), "position": self.at.position}
        return self.connection.execute(statement, coordinates | parameters).all()


def counted(table: Table) -> ColumnElement[bool]:
    """Whether a row counts at the coordinates that `Scope.read` gives."""
    return and_(
        table.c.ledger_id == bindparam("ledger"),
        table.c.effective_day <= bindparam("day"),
        table.c.position <= bindparam("position"),
    )
