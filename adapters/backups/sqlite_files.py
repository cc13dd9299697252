"""SQLite's files: copied while others write, checked, and put where nothing stands."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine

from adapters.database import access_file_of, views_file_of
from adapters.durable_file import OWNER_ONLY, sync_folder

_STEP_PAGES: Final = 2_000
_BESIDE: Final = ("", "-wal", "-shm", "-journal")
"""What SQLite calls the files of one database."""


class TargetTakenError(Exception):
    """Something stands where a backup should be put; nothing is ever overwritten."""


class CopyFailedError(Exception):
    """The copy could not be made, as when there is no room for it."""


class DamagedFileError(Exception):
    """SQLite finds that the file is no sound database."""


def copy_database(engine: Engine, target: Path, advance: Callable[[int], object]) -> None:
    """Copies the database as it was at one moment into a new file, on the disk when this returns.

    A read transaction is open the while: who writes goes on, and nothing of that comes into the copy. So the copy never
    begins anew; the write-ahead file keeps what is written until it is done. `advance` is given bytes.

    Raises:
        CopyFailedError: see there.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY))
    with engine.connect() as connection, connection.begin(), closing(sqlite3.connect(target)) as copy:
        source: Any = connection.connection.dbapi_connection
        # Without a transaction of the driver's, the copy would begin anew with each write of others, perhaps for ever.
        assert source.in_transaction
        # The transaction sees what is there when it first reads.
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        page_bytes = int(source.execute("PRAGMA page_size").fetchone()[0])
        done = 0

        def moved(_status: int, remaining: int, total: int) -> None:
            nonlocal done
            advance((total - remaining - done) * page_bytes)
            done = total - remaining

        try:
            source.backup(copy, pages=_STEP_PAGES, progress=moved)
        except sqlite3.Error as error:
            raise CopyFailedError(f"{target} was not written: {error}") from error
    sync_file(target)


def check_database(path: Path) -> None:
    """Looks whether the pages and indexes of a file fit together.

    Raises:
        DamagedFileError: they do not.
    """
    with closing(sqlite3.connect(path)) as connection:
        try:
            (answer,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            raise DamagedFileError(f"{path.name}: {error}") from error
    if answer != "ok":
        raise DamagedFileError(f"{path.name}: {answer.splitlines()[0]}")


def refuse_taken(log_file: Path) -> None:
    """Looks whether anything stands where a database of this name would have its files.

    Raises:
        TargetTakenError: something does.
    """
    for base in _files_of(log_file):
        for path in (base.with_name(base.name + suffix) for suffix in _BESIDE):
            if path.exists():
                raise TargetTakenError(f"{path} is there, and nothing is overwritten: move it away first")


def place(staged_log: Path, log_file: Path) -> None:
    """Gives staged files of the same file system their names, the log's last: without it there is no database.

    Raises:
        TargetTakenError: something has one of the names by now; then neither was given.
    """
    access, staged_access = Path(access_file_of(str(log_file))), Path(access_file_of(str(staged_log)))
    for path in (staged_access, staged_log):
        sync_file(path)
    # A link, unlike a rename, never replaces what came into being meanwhile.
    _link(staged_access, access)
    try:
        _link(staged_log, log_file)
    except TargetTakenError:
        access.unlink()
        raise
    sync_folder(log_file.parent)


def _link(staged: Path, target: Path) -> None:
    try:
        os.link(staged, target)
    except FileExistsError as error:
        raise TargetTakenError(f"{target} came into being while the backup was checked") from error


def sync_file(path: Path) -> None:
    """The bytes of the file are on the disk once this returns."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _files_of(log_file: Path) -> tuple[Path, ...]:
    return log_file, Path(views_file_of(str(log_file))), Path(access_file_of(str(log_file)))
