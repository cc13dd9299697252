"""Where a query stands: one ledger, at one pair of coordinates, inside one snapshot of the views."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, and_

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

    @property
    def day(self) -> int:
        """The business date as it is stored."""
        return self.at.as_of.toordinal()

    def counted(self, table: Table) -> ColumnElement[bool]:
        """Whether a row counts at the coordinates."""
        return and_(
            table.c.ledger_id == self.ledger_id,
            table.c.effective_day <= self.day,
            table.c.position <= self.at.position,
        )
