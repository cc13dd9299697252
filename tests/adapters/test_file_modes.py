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

SECRET_FILES = tuple(f"{name}{end}" for name in ("fundtrail.db", "fundtrail-access.db") for end in ("", "-wal", "-shm"))


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


def test_keys_payees_and_persons_are_for_the_owner_of_the_files_alone(database: Database, tmp_path: Path) -> None:
    with database.access_writer.begin() as access, database.log_writer.begin() as log:
        access.execute(text("DELETE FROM setup_token"))
        log.execute(text("DELETE FROM private_value"))
        (tmp_path / "any other").touch()
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert {name: modes[name] for name in SECRET_FILES} == dict.fromkeys(SECRET_FILES, 0o600)
    assert modes["any other"] == 0o644, "what the umask gives"


@pytest.mark.parametrize(
    ("name", "warning"),
    [("fundtrail.db", "log-file-open-to-others"), ("fundtrail-access.db", "access-file-open-to-others")],
)
def test_a_start_says_when_others_may_read_them(database: Database, tmp_path: Path, name: str, warning: str) -> None:
    with capture_logs() as said:
        warn_of_powers(database)
        assert said == []
        (tmp_path / name).chmod(0o640)
        warn_of_powers(database)
    assert [(each["event"], each["mode"]) for each in said] == [(warning, "0640")]
