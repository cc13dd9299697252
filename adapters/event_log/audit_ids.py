"""Which ledgers the tables of the log speak of."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, Table, func, select

from adapters.event_log.audit_types import audited_tables
from adapters.stored_types import in_words

LEDGER_TABLES: Final = tuple(table for table, _ in audited_tables())


def ids_in(connection: Connection, table: Table) -> Iterator[str]:
    """The ledgers that have rows in the table, by id; one that is no text as it is written in a statement."""
    column = table.c.ledger_id
    if next(iter(table.primary_key)) is not column:
        yield from connection.scalars(select(in_words(column)).distinct())
        return
    # From one id to the next by the index: there are few ledgers, and many rows of each.
    ids = select(func.min(column).label("id")).cte("ids", recursive=True)
    ids = ids.union_all(
        select(select(func.min(column)).where(column > ids.c.id).scalar_subquery()).where(ids.c.id.is_not(None))
    )
    yield from connection.scalars(select(in_words(ids.c.id)).where(ids.c.id.is_not(None)))
