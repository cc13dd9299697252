"""What SQLite says of its own files: whether pages, rows and indexes fit together.

What is stored may be right and not be found: a row that an index lacks is one that the service has never seen.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Connection, Engine, MetaData, Table, text

from adapters.access.tables import metadata as access_metadata
from adapters.database import Database
from adapters.database_faults import database_errors, is_damage, words_of
from adapters.event_log.tables import metadata as log_metadata

_MAX_MESSAGES: Final = 1_000
_OF_ROW: Final = re.compile(r"row (?P<row>\d+) (?:missing from|of) index (?P<name>\S+)")
_OF_NAME: Final = re.compile(r"(?:in index |value in |failed in )(?P<name>[^\s.]+)")
_OF_TREE: Final = re.compile(r"(?:Tree|On tree page|Root) (?P<root>\d+)")
_PLACES: Final = ("position", "size", "sequence")
"""Columns that say where in a log a row belongs."""


class StorageProblem(NamedTuple):
    """What is wrong with a file, in SQLite's words; table, ledger and position as far as they are known."""

    file: str
    detail: str
    table: str | None = None
    ledger_id: str | None = None
    position: int | None = None


def storage_problems(database: Database) -> list[StorageProblem]:
    """What SQLite finds in the files of the log and the access log; none on PostgreSQL, which has no such check."""
    if not database.is_sqlite:
        return []
    files = ((database.log_reader, log_metadata), (database.access_reader, access_metadata))
    return [problem for engine, metadata in files for problem in _of_file(engine, metadata)]


def _of_file(engine: Engine, metadata: MetaData) -> Iterator[StorageProblem]:
    file = Path(engine.url.database or "").name
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql(f"PRAGMA integrity_check({_MAX_MESSAGES})").scalars().all()
            details = [line for message in found if message != "ok" for line in message.splitlines()]
            for detail in details:
                if not detail.startswith("***"):
                    yield _located(connection, file, metadata, detail)
    except database_errors() as error:
        if not is_damage(error):
            raise
        yield StorageProblem(file, words_of(error))


def _located(connection: Connection, file: str, metadata: MetaData, detail: str) -> StorageProblem:
    try:
        name = _table_of(connection, detail)
        table = next((each for each in metadata.tables.values() if each.name == name), None)
        row = _OF_ROW.search(detail)
        if table is None or row is None:
            return StorageProblem(file, detail, name)
        ledger_id, position = _place_of(connection, table, int(row["row"]))
    except database_errors():
        # What tells where it belongs is damaged as well.
        return StorageProblem(file, detail)
    return StorageProblem(file, detail, name, ledger_id, position)


def _table_of(connection: Connection, detail: str) -> str | None:
    named = _OF_ROW.search(detail) or _OF_NAME.search(detail)
    tree = _OF_TREE.search(detail)
    if named is not None:
        condition, value = "name = :value", named["name"]
    elif tree is not None:
        condition, value = "rootpage = :value", tree["root"]
    else:
        return None
    statement = text(f"SELECT tbl_name FROM sqlite_master WHERE {condition}")  # noqa: S608 (one of two constants)
    table: str | None = connection.scalar(statement, {"value": value})
    return table


def _place_of(connection: Connection, table: Table, row: int) -> tuple[str | None, int | None]:
    """Ledger and position of the table's so-manieth row: so SQLite counts them, not by their ids."""
    place = next((each for each in _PLACES if each in table.c), None)
    columns = [each if each in table.c else "NULL" for each in ("ledger_id", place or "")]
    order = "ORDER BY rowid" if table.dialect_options["sqlite"]["with_rowid"] else ""
    statement = text(
        f"SELECT {', '.join(columns)} FROM {table.name} NOT INDEXED {order} LIMIT 1 OFFSET :before"  # noqa: S608 (names of our own)
    )
    found = connection.execute(statement, {"before": row - 1}).first()
    ledger_id, position = (None, None) if found is None else found
    return (
        ledger_id if isinstance(ledger_id, str) else None,
        position if isinstance(position, int) else None,
    )
