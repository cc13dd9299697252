"""Writers of a SQLite log take turns, so that one who writes again and again starves nobody."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from adapters import database
from adapters.database import Database, open_database, turn_file_of
from adapters.file_lock import locked

HELD_S = 0.03
"""How long a transaction takes: longer than SQLite's first looks for a free lock are apart."""
ENOUGH = 100


@pytest.fixture
def opened(sqlite_url: str) -> Database:
    return open_database(sqlite_url)


def test_who_waits_is_next_though_the_one_before_asks_again_at_once(opened: Database) -> None:
    busy, waiting, done = threading.Event(), threading.Event(), threading.Event()
    seen_waiting = 0

    def write_again_and_again() -> None:
        nonlocal seen_waiting
        for _ in range(ENOUGH):
            with opened.log_writer.begin():
                busy.set()
                seen_waiting += waiting.is_set()
                threading.Event().wait(HELD_S)  # the work of the transaction
            if done.is_set():
                return

    def write_once() -> None:
        waiting.set()
        with opened.log_writer.begin():
            done.set()

    with ThreadPoolExecutor(2) as pool:
        again = pool.submit(write_again_and_again)
        assert busy.wait(60)
        pool.submit(write_once).result(60)
        again.result(60)
    # Those that were on their way already; by lucky looks it would be a dozen and more.
    assert seen_waiting <= 3
    opened.dispose()


def test_a_lock_that_does_not_come_free_is_an_error_of_the_database(
    opened: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 50)
    with opened.log_writer.begin(), pytest.raises(OperationalError, match="locked"), opened.log_writer.begin():
        pass
    with opened.log_writer.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 50
    opened.dispose()


def test_a_turn_that_another_user_keeps_to_itself_does_not_keep_others_from_writing(
    opened: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened.log_writer.begin():
        turns = turn_file_of(opened.url.database or "")
        assert turns.stat().st_size == 0
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != turns)
    turns.unlink()
    turns.touch()
    with opened.log_writer.begin() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    opened.dispose()


def test_a_turn_that_is_held_too_long_is_gone_without(opened: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_TURN_TIMEOUT_S", 0.05)
    with opened.log_writer.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x)")
    with locked(turn_file_of(opened.url.database or "")), opened.log_writer.begin() as connection:
        assert connection.exec_driver_sql("INSERT INTO t VALUES (1)").rowcount == 1
    opened.dispose()


def test_the_turn_may_be_held_by_whoever_may_read_the_database(opened: Database) -> None:
    with opened.log_writer.begin():
        pass
    file = Path(opened.url.database or "")
    assert turn_file_of(str(file)).stat().st_mode == file.stat().st_mode
    opened.dispose()
