"""Attacks on the access log: what the database refuses, what an audit finds, and what only a noted head shows."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.access.audit import audited
from adapters.access.encoding import encode_entry, record_hash
from adapters.access.mending import TAKEN_UP, behind_the_head, take_up
from adapters.access.retention import take_away
from domain.access_log import AccessMark
from domain.errors import AccessLogUnavailable
from tests.support.access import AccessBook, access_book, disarm, refused
from tests.support.ledger import CLERK

COLUMNS = "sequence, recorded_at_us, kind, ledger_id, hash, entry"
COPY = "SELECT {place}, kind, ledger_id, hash, entry FROM {}access_record WHERE sequence = 3"

REFUSED_CHANGES = [
    "UPDATE {}access_record SET entry = entry WHERE sequence = 3",
    "UPDATE {}access_record SET sequence = 99 WHERE sequence = 5",
    "DELETE FROM {}access_record",
    "DELETE FROM {}access_record WHERE sequence = 1",
    "DELETE FROM {}access_record WHERE sequence = 3",
    "DELETE FROM {}access_record WHERE sequence = 5",
    f"INSERT INTO {{}}access_record ({COLUMNS}) " + COPY.replace("{place}", "99, recorded_at_us + 1000000000"),
    f"INSERT INTO {{}}access_record ({COLUMNS}) " + COPY.replace("{place}", "6, recorded_at_us"),
    f"INSERT INTO {{}}access_record ({COLUMNS}) " + COPY.replace("{place}", "0, 1"),
    f"INSERT INTO {{}}access_record ({COLUMNS}) " + COPY.replace("{place}", "3, recorded_at_us"),
    "UPDATE {}access_head SET sequence = 2",
    "UPDATE {}access_head SET sequence = 99",
    "UPDATE {}access_head SET hash = (SELECT hash FROM {}access_record WHERE sequence = 3)",
    "DELETE FROM {}access_head",
    "INSERT INTO {}access_head SELECT 2, sequence, recorded_at_us, hash FROM {}access_head",
    "INSERT INTO {}access_beginning SELECT 5, hash, 0 FROM {}access_record WHERE sequence = 5",
    "INSERT INTO {}access_beginning SELECT 3, hash, 0 FROM {}access_record WHERE sequence = 3",
    "INSERT INTO {}access_beginning SELECT 9, hash, 0 FROM {}access_record WHERE sequence = 1",
]
REFUSED_ON_POSTGRESQL = [
    "TRUNCATE {}access_record",
    "TRUNCATE {}access_head",
    "TRUNCATE {}access_beginning",
    "SET session_replication_role = replica; DELETE FROM {}access_record",
    "SET session_replication_role = replica; UPDATE {}access_record SET kind = 'denied'",
    f"INSERT INTO {{}}access_record ({COLUMNS}) "
    + COPY.replace("{place}", "3, recorded_at_us")
    + " ON CONFLICT (sequence) DO UPDATE SET kind = 'denied'",
]
REFUSED_ON_SQLITE = [
    f"INSERT OR REPLACE INTO {{}}access_record ({COLUMNS}) " + COPY.replace("{place}", "3, recorded_at_us"),
    f"INSERT OR REPLACE INTO {{}}access_record ({COLUMNS}) " + COPY.replace("{place}", "5, recorded_at_us + 9000000"),
    "REPLACE INTO access_head SELECT id, 2, recorded_at_us, hash FROM access_head",
    "UPDATE OR REPLACE access_record SET sequence = 4 WHERE sequence = 5",
]

FOUND_CHANGES: list[tuple[str, list[int | None]]] = [
    ("UPDATE {}access_record SET entry = hash WHERE sequence = 3", [3, 3]),
    ("UPDATE {}access_record SET recorded_at_us = recorded_at_us + 1 WHERE sequence = 5", [5, 5]),
    ("UPDATE {}access_record SET recorded_at_us = recorded_at_us + 9000000 WHERE sequence = 3", [3, 4]),
    ("UPDATE {}access_record SET kind = 'denied' WHERE sequence = 2", [2]),
    ("UPDATE {}access_record SET ledger_id = NULL WHERE sequence = 2", [2]),
    ("DELETE FROM {}access_record WHERE sequence = 3", [3]),
    ("DELETE FROM {}access_record WHERE sequence = 1", [1]),
    ("DELETE FROM {}access_record WHERE sequence >= 4", [4]),
    ("DELETE FROM {}access_record", [1]),
    ("DELETE FROM {}access_head", [None]),
    ("UPDATE {}access_head SET sequence = 4", [4]),
    ("UPDATE {}access_head SET recorded_at_us = recorded_at_us + 1", [5]),
    ("UPDATE {}access_head SET recorded_at_us = 9223372036854775807", [5]),
    ("INSERT INTO {}access_beginning SELECT 2, hash, 0 FROM {}access_record WHERE sequence = 2", [1, 2, 2]),
]


@pytest.fixture
def recent(database_url: str) -> Iterator[AccessBook]:
    """Five records of today."""
    with access_book(database_url, datetime.now(UTC) - timedelta(minutes=1)) as book:
        book.keep(*map(refused, range(1, 6)))
        yield book


@pytest.fixture
def old(database_url: str) -> Iterator[AccessBook]:
    """Five records of 2020."""
    with access_book(database_url) as book:
        book.keep(*map(refused, range(1, 6)))
        yield book


def test_no_statement_changes_the_log(recent: AccessBook) -> None:
    only_here = REFUSED_ON_SQLITE if recent.database.is_sqlite else REFUSED_ON_POSTGRESQL
    before = recent.page()
    for statement in [*REFUSED_CHANGES, *only_here]:
        with pytest.raises(DBAPIError):
            recent.execute(statement)
        assert recent.page() == before, statement
    assert recent.differences() == []


def test_old_records_go_from_the_beginning_only_and_not_before_it_is_moved(old: AccessBook) -> None:
    with pytest.raises(DBAPIError):
        old.execute("DELETE FROM {}access_record WHERE sequence = 1")
    old.execute("INSERT INTO {}access_beginning SELECT 3, hash, 0 FROM {}access_record WHERE sequence = 3")
    for beyond in ("sequence = 2", "sequence = 3", "sequence <= 4", "sequence IN (1, 3)"):
        with pytest.raises(DBAPIError):
            old.execute(f"DELETE FROM {{}}access_record WHERE {beyond}")
    old.execute("DELETE FROM {}access_record WHERE sequence <= 3")
    assert old.sequences() == [4, 5]
    for earlier in ("UPDATE {}access_beginning SET sequence = 1", "DELETE FROM {}access_beginning"):
        with pytest.raises(DBAPIError):
            old.execute(earlier)


def test_who_takes_away_without_a_record_of_it_is_found(old: AccessBook) -> None:
    old.execute("INSERT INTO {}access_beginning SELECT 3, hash, 0 FROM {}access_record WHERE sequence = 3")
    old.execute("DELETE FROM {}access_record WHERE sequence <= 3")
    assert [(each.sequence, each.detail) for each in old.differences()] == [
        (3, "no record says who took away what was before")
    ]


def test_what_is_done_with_full_rights_is_found_with_its_place(recent: AccessBook) -> None:
    disarm(recent)
    for attack, expected in FOUND_CHANGES:
        with recent.database.access_writer.connect() as connection, connection.begin() as transaction:
            connection.execute(text(recent.statement(attack)))
            found = [each.sequence for each in audited(connection, ())]
            transaction.rollback()
        assert found == expected, attack
    assert recent.differences() == []


def test_a_record_behind_the_head_stops_the_log_until_it_is_taken_up(recent: AccessBook) -> None:
    """Whoever has the service's role can put one there, with a hash that fits: nothing can take it out."""
    head = recent.page().head
    stray = encode_entry(refused(6))
    with recent.database.access_writer.begin() as connection:
        select = "SELECT recorded_at_us FROM {}access_record WHERE sequence = 5"
        at = connection.scalar(text(recent.statement(select))) + 1
        values = {"at": at, "hash": record_hash(head.hash, 6, at, stray), "entry": stray}
        insert = f"INSERT INTO {{}}access_record ({COLUMNS}) VALUES (6, :at, 'refused', 'qingshi', :hash, :entry)"
        connection.execute(text(recent.statement(insert)), values)
    assert [each.sequence for each in recent.differences()] == [5]
    with pytest.raises(AccessLogUnavailable):
        recent.keep(refused(7))
    assert behind_the_head(recent.database) == take_up(recent.database, recent.clock, CLERK) == (6, 6)
    assert take_up(recent.database, recent.clock, CLERK) is None
    recent.keep(refused(7))
    codes = [each.entry.code for each in recent.page(after=5).records]
    assert codes == ["insufficient-funds", TAKEN_UP, "access-log-resumed", "insufficient-funds"]
    assert recent.differences() == []


def test_a_tail_cut_off_with_its_head_is_seen_only_by_who_noted_the_head(recent: AccessBook) -> None:
    noted = recent.page().head
    disarm(recent)
    recent.execute("DELETE FROM {}access_record WHERE sequence > 3")
    recent.execute(
        "UPDATE {}access_head SET (sequence, recorded_at_us, hash) = "
        "(SELECT sequence, recorded_at_us, hash FROM {}access_record WHERE sequence = 3)"
    )
    assert recent.differences() == [], "nothing in the database tells it from a log that never had more"
    assert [(each.sequence, each.detail) for each in recent.differences(noted)] == [
        (5, "was noted down, and is not there")
    ]


def test_a_chain_that_was_forged_anew_is_seen_only_by_who_noted_a_head(recent: AccessBook) -> None:
    noted = recent.page().head
    disarm(recent)
    forge(recent, 2)
    assert recent.differences() == []
    assert [(each.sequence, each.detail) for each in recent.differences(noted)] == [
        (5, "is not the record that was noted down")
    ]


def test_a_head_that_was_noted_before_it_was_taken_away_counts_for_nothing(old: AccessBook) -> None:
    third = old.page().records[2]
    old.clock.instant = datetime.now(UTC)
    assert take_away(old.database, old.clock, 183, CLERK) == 5
    fifth = old.page().beginning
    assert old.differences(AccessMark(sequence=3, hash=third.hash), fifth) == []
    assert [each.sequence for each in old.differences(AccessMark(sequence=5, hash=bytes(32)))] == [5]


def forge(book: AccessBook, sequence: int) -> None:
    """Another record at the place, and every hash after it worked out again."""
    with book.database.access_writer.begin() as connection:
        select = "SELECT sequence, recorded_at_us, entry FROM {}access_record ORDER BY 1"
        rows = connection.execute(text(book.statement(select))).all()
        previous = bytes(32)
        for row in rows:
            entry = encode_entry(refused(77)) if row.sequence == sequence else bytes(row.entry)
            previous = record_hash(previous, row.sequence, row.recorded_at_us, entry)
            update = "UPDATE {}access_record SET hash = :hash, entry = :entry WHERE sequence = :sequence"
            connection.execute(
                text(book.statement(update)), {"hash": previous, "entry": entry, "sequence": row.sequence}
            )
        connection.execute(text(book.statement("UPDATE {}access_head SET hash = :hash")), {"hash": previous})
