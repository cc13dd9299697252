"""Copies of SQLite files made while somebody writes, and files that are put only where nothing stands."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from adapters.backups.sqlite_files import (
    DamagedFileError,
    TargetTakenError,
    check_database,
    copy_database,
    place,
)
from adapters.database import open_database

MANY_PAGES = 6_000
"""The copy takes several steps for them."""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A database of many pages in write-ahead mode."""
    path = tmp_path / "book.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE entry (number INTEGER PRIMARY KEY, text BLOB)")
        connection.execute("INSERT INTO entry VALUES (1, zeroblob(?))", (4_096 * MANY_PAGES,))
        connection.commit()
    return path


def numbers(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        return [number for (number,) in connection.execute("SELECT number FROM entry ORDER BY number")]


def test_what_is_written_while_a_copy_is_made_is_not_in_it_and_does_not_hold_it_up(book: Path, tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{book}")
    steps: list[int] = []
    with closing(sqlite3.connect(book)) as writer:

        def write(count: int) -> None:
            steps.append(count)
            writer.execute("INSERT INTO entry (text) VALUES ('later')")
            writer.commit()

        copy_database(database.log_reader, tmp_path / "copy.db", write)
    database.dispose()
    assert len(steps) > 2
    assert sum(steps) >= 4_096 * MANY_PAGES, "it was copied once, from the beginning to the end"
    assert sum(steps) < 4_096 * (MANY_PAGES + 100)
    assert numbers(tmp_path / "copy.db") == [1]
    assert numbers(book) == list(range(1, len(steps) + 2))
    check_database(tmp_path / "copy.db")
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600


def test_a_copy_is_a_new_file(book: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_bytes(b"other")
    engine = create_engine(f"sqlite:///{book}")
    with pytest.raises(FileExistsError):
        copy_database(engine, tmp_path / "copy.db", lambda _count: None)
    engine.dispose()
    assert (tmp_path / "copy.db").read_bytes() == b"other"


def test_a_damaged_file_is_found(book: Path) -> None:
    numbers(book)
    data = bytearray(book.read_bytes())
    data[4_096:8_192] = bytes(4_096)
    book.write_bytes(data)
    with pytest.raises(DamagedFileError):
        check_database(book)


def test_files_are_put_only_where_nothing_stands(tmp_path: Path) -> None:
    staged = tmp_path / "staged"
    staged.mkdir()
    for name in ("fundtrail.db", "fundtrail-access.db"):
        (staged / name).write_bytes(name.encode())
    (tmp_path / "new.db").write_bytes(b"came into being meanwhile")
    with pytest.raises(TargetTakenError):
        place(staged / "fundtrail.db", tmp_path / "new.db")
    assert {path.name: path.read_bytes() for path in tmp_path.glob("new*")} == {"new.db": b"came into being meanwhile"}

    (tmp_path / "new.db").unlink()
    place(staged / "fundtrail.db", tmp_path / "new.db")
    assert (tmp_path / "new.db").read_bytes() == b"fundtrail.db"
    assert (tmp_path / "new-access.db").read_bytes() == b"fundtrail-access.db"
