"""Whether SQLite's file is the one that was opened, and may be written."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from adapters.database import open_database
from adapters.event_log.committing import commit
from adapters.same_file import SameFile
from domain.errors import OutcomeUnknown

NOBODY = 65534


@pytest.fixture
def file() -> Iterator[Path]:
    """In a folder that others may enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        made = Path(folder) / "fundtrail.db"
        made.touch()
        yield made


@contextmanager
def acting_as_nobody() -> Iterator[None]:
    """Rights of files say nothing to root."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_file_in_the_place_of_the_first_is_another(file: Path) -> None:
    same = SameFile(file)
    same.refuse_another()
    same.refuse_another()
    kept = file.rename(file.with_name("kept.db"))
    assert same.is_replaced()
    for _ in ("none", "another"):
        with pytest.raises(sqlite3.OperationalError, match="no longer the file"):
            same.refuse_another()
        file.touch()
    kept.replace(file)
    same.refuse_another()
    assert not same.is_replaced()


def test_a_database_whose_files_must_exist_makes_none(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/fundtrail.db", must_exist=True)
    for engine in (database.log_reader, database.log_writer, database.views_writer):
        with pytest.raises(OperationalError, match="no longer the file"):
            engine.connect()
    assert list(tmp_path.iterdir()) == []


def test_a_commit_whose_file_was_moved_meanwhile_is_not_known(sqlite_url: str, tmp_path: Path) -> None:
    database = open_database(sqlite_url)
    with database.log_writer.connect() as connection, connection.begin() as transaction:
        (tmp_path / "fundtrail.db").rename(tmp_path / "elsewhere.db")
        with pytest.raises(OutcomeUnknown):
            commit(connection, transaction)
    with pytest.raises(OperationalError), database.log_writer.begin():
        pass
    database.dispose()


@pytest.mark.parametrize("locked", ["file", "folder"])
def test_without_the_right_to_the_file_and_its_folder_nothing_can_be_written(file: Path, locked: str) -> None:
    folder, same = file.parent, SameFile(file)
    folder.chmod(0o777)
    file.chmod(0o666)
    with acting_as_nobody():
        assert same.is_writable()
    (file if locked == "file" else folder).chmod(0o444 if locked == "file" else 0o555)
    with acting_as_nobody():
        assert not same.is_writable()
    folder.chmod(0o755)
