"""Where a query stands: one ledger, at one pair of coordinates, inside one snapshot of the views."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, Row, Table, and_, bindparam

from domain.ports import Coordinates
from projections.tables import FactTables


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The connection holds the snapshot; the tables are of the generations that were active when it was opened."""

    connection: Connection
    balances: Table
    facts: FactTables
    ledger_id: str
    at: Coordinates

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
