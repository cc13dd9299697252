"""Who may read the files of a SQLite database, whatever the umask."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from adapters.database import Database, open_database
from adapters.migrations.schema import migrate
from api.database_guards import warn_of_powers

ACCESS_FILES = ("fundtrail-access.db", "fundtrail-access.db-wal", "fundtrail-access.db-shm")


@pytest.fixture
def database(empty_sqlite_url: str) -> Iterator[Database]:
    """Made under the umask that most systems have."""
    before = os.umask(0o022)
    opened = open_database(empty_sqlite_url)
    try:
        migrate(opened)
        yield opened
    finally:
        opened.dispose()
        os.umask(before)


def test_keys_and_persons_are_for_the_owner_of_the_file_alone(database: Database, tmp_path: Path) -> None:
    with database.access_writer.begin() as connection:
        connection.execute(text("DELETE FROM setup_token"))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert {name: modes[name] for name in ACCESS_FILES} == dict.fromkeys(ACCESS_FILES, 0o600)
    assert modes["fundtrail.db"] == 0o644, "what the umask gives"


def test_a_start_says_when_others_may_read_them(database: Database, tmp_path: Path) -> None:
    with capture_logs() as said:
        warn_of_powers(database)
        assert said == []
        (tmp_path / ACCESS_FILES[0]).chmod(0o640)
        warn_of_powers(database)
    assert [(each["event"], each["mode"]) for each in said] == [("access-file-open-to-others", "0640")]
