"""The database itself refuses to change what was recorded, whoever is connected."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.event_log.audit import audit_log
from tests.support.commands import disburse, ready_line
from tests.support.ledger import LEDGER, Ledger, opened_ledger

ENTRY_COLUMNS = "ledger_id, position, event_id, type, effective_date, recorded_at_us, corrects, leaf_hash, entry"
COPY = (
    "SELECT ledger_id, {position}, {event_id}, type, effective_date, recorded_at_us, corrects, leaf_hash, entry "
    "FROM {table} WHERE position = 7"
)

CHANGES = [
    "UPDATE {log}log_entry SET entry = entry WHERE position = 7",
    "UPDATE {log}log_entry SET effective_date = '2022-01-01'",
    "DELETE FROM {log}log_entry WHERE position = 7",
    "DELETE FROM {log}log_entry",
    "UPDATE {log}log_tag SET n = 1",
    "DELETE FROM {log}log_tag",
]
POSTGRESQL_CHANGES = [
    *CHANGES,
    "TRUNCATE log.log_entry",
    "TRUNCATE log.log_tag CASCADE",
    "SET session_replication_role = replica; DELETE FROM log.log_entry",
    "INSERT INTO log.log_tag SELECT ledger_id, tag, 1, 99 FROM log.log_tag WHERE tag = 'line:L1' LIMIT 1",
    "INSERT INTO log.log_tag SELECT ledger_id, tag, 1, 1 FROM log.log_tag WHERE tag = 'line:L1' LIMIT 1",
    "INSERT INTO log.log_tag SELECT ledger_id, tag, 99, 99 FROM log.log_tag WHERE tag = 'line:L1' LIMIT 1",
    f"INSERT INTO log.log_entry ({ENTRY_COLUMNS}) "
    + COPY.format(position=99, event_id="decode(repeat('00', 16), 'hex')", table="log.log_entry"),
]
SQLITE_CHANGES = [
    *CHANGES,
    f"INSERT OR REPLACE INTO log_entry ({ENTRY_COLUMNS}) SELECT {ENTRY_COLUMNS} FROM log_entry WHERE position = 7",
    f"INSERT OR REPLACE INTO log_entry ({ENTRY_COLUMNS}) "
    + COPY.format(position=9, event_id="event_id", table="log_entry"),
    f"INSERT OR REPLACE INTO log_entry (rowid, {ENTRY_COLUMNS}) SELECT rowid, "
    + COPY.format(position=9, event_id="zeroblob(16)", table="log_entry")[len("SELECT ") :],
    f"INSERT INTO log_entry ({ENTRY_COLUMNS}) " + COPY.format(position=99, event_id="zeroblob(16)", table="log_entry"),
    "INSERT OR REPLACE INTO log_tag SELECT ledger_id, tag, position, 5 FROM log_tag WHERE position = 7",
]


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    with opened_ledger(database_url) as opened:
        opened.submit(*ready_line())
        opened.submit(disburse(100, "1"), disburse(200, "2"))
        yield opened


def test_no_statement_changes_the_log(ledger: Ledger) -> None:
    statements = SQLITE_CHANGES if ledger.database.is_sqlite else POSTGRESQL_CHANGES
    prefix = "" if ledger.database.is_sqlite else "log."
    before = ledger.feed.page(LEDGER, after=0, limit=100)
    for statement in statements:
        with pytest.raises(DBAPIError), ledger.database.log_writer.begin() as connection:
            connection.execute(text(statement.format(log=prefix)))
    assert ledger.feed.page(LEDGER, after=0, limit=100) == before
    assert list(audit_log(ledger.database, LEDGER)) == []
