"""A copy of one ledger in another database, to try on it what may not be done to the ledger itself."""

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, Engine, Table, func, select

from adapters.event_log.bulk import insert_rows
from adapters.event_log.tables import (
    boundary_state,
    ledger_head,
    ledger_receipt,
    log_entry,
    log_tag,
    log_tile,
)

_TABLES: Final = (ledger_head, log_entry, log_tag, ledger_receipt, boundary_state, log_tile)
"""What decisions and appending read. Not the openings of private values: what is erased must not live on in a copy."""
_ROWS_AT_ONCE: Final = 2_000


def row_count(source: Engine, ledger_id: str) -> int:
    """About how many rows a copy has; the ledger may grow before it is made."""
    counts = [select(func.count()).select_from(table).where(table.c.ledger_id == ledger_id) for table in _TABLES]
    with source.connect() as connection:
        return sum(connection.execute(count).scalar_one() for count in counts)


def copy_ledger(source: Engine, target: Engine, ledger_id: str, advance: Callable[[int], None]) -> None:
    """Copies the ledger as one snapshot of a reader shows it, some thousand rows at a time.

    Nobody waits for it. The target has the schema and no such ledger. `advance` is called with the rows copied.
    """
    with source.connect() as reading:
        for table in _TABLES:
            _copy_table(reading, target, table, ledger_id, advance)


def _copy_table(
    reading: Connection, target: Engine, table: Table, ledger_id: str, advance: Callable[[int], None]
) -> None:
    # By the key: the log's triggers take entries and tags in their order only.
    statement = select(table).where(table.c.ledger_id == ledger_id).order_by(*table.primary_key)
    for part in reading.execute(statement, execution_options={"yield_per": _ROWS_AT_ONCE}).partitions():
        with target.begin() as writing:
            insert_rows(writing, table, [tuple(row) for row in part])
        advance(len(part))
