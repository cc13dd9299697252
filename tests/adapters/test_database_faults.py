"""What each failure of a database is said to be."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from adapters.database import open_database
from adapters.database_faults import database_errors, fault_of, is_damage, words_of
from domain.errors import DatabaseUnavailable, StorageFull
from tests.support.commands import ready_line, register_unit
from tests.support.ledger import LEDGER, Ledger, opened_ledger

NOBODY = "postgresql+psycopg://postgres@/postgres?host=/nowhere"
SMALL_PAGES = 60


def failure_of(engine: Engine, statement: str) -> BaseException:
    with pytest.raises(database_errors()) as failure, engine.connect() as connection:
        connection.execute(text(statement)).all()
    return failure.value


def test_a_server_that_cannot_be_reached_is_unavailable() -> None:
    assert isinstance(fault_of(failure_of(create_engine(NOBODY), "SELECT 1")), DatabaseUnavailable)


def test_a_file_that_is_no_database_or_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database" * 100, "utf-8")
    for name in ("text.db", "no-folder/fundtrail.db"):
        database = open_database(f"sqlite:///{tmp_path}/{name}")
        fault = fault_of(failure_of(database.log_reader, "SELECT 1 FROM log_entry"))
        database.dispose()
        assert isinstance(fault, DatabaseUnavailable), name


def test_bytes_that_are_no_text_are_damage_and_not_repeated(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    failure = failure_of(database.log_reader, "SELECT CAST(x'53656372657400ff' AS TEXT) AS payee")
    database.dispose()
    assert isinstance(fault_of(failure), DatabaseUnavailable)
    assert is_damage(failure)
    assert words_of(failure) == "Could not decode to UTF-8 column 'payee'"


def test_a_database_that_another_holds_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "held.db"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("CREATE TABLE kept (n)")
    holder.execute("BEGIN EXCLUSIVE")
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 0})
    failure = failure_of(engine, "INSERT INTO kept VALUES (1)")
    holder.close()
    engine.dispose()
    assert isinstance(fault_of(failure), DatabaseUnavailable)


def test_what_the_program_got_wrong_is_no_fault_of_the_database(database_url: str) -> None:
    database = open_database(database_url)
    failure = failure_of(database.log_reader, "SELECT * FROM nothing_of_that_name")
    database.dispose()
    assert isinstance(failure, DBAPIError)
    assert fault_of(failure) is None


def test_a_full_database_refuses_to_record_reads_on_and_goes_on_with_more_room(sqlite_url: str) -> None:
    with opened_ledger(sqlite_url) as ledger:
        ledger.submit(*ready_line())
        before = ledger.feed.head(LEDGER)
        recorded = record_until_full(ledger)
        assert ledger.feed.head(LEDGER) == before + recorded
        limit_pages(ledger, 1_000_000)
        assert ledger.submit(register_unit("after")).refusal is None
        assert ledger.feed.head(LEDGER) == before + recorded + 1


def record_until_full(ledger: Ledger) -> int:
    """How many were recorded in a file that may not grow any more."""
    limit_pages(ledger, SMALL_PAGES)
    for number in range(10_000):
        try:
            ledger.submit(register_unit(f"U-{number}"))
        except StorageFull:
            return number
    raise AssertionError("it never was full")


def limit_pages(ledger: Ledger, pages: int) -> None:
    """Every connection of the writer may use so many pages."""
    engine = ledger.database.log_writer

    @event.listens_for(engine, "begin")
    def limit(connection: Connection) -> None:
        connection.connection.cursor().execute(f"PRAGMA max_page_count = {pages}")
