"""Work of which one may go on at a time on a database, whichever processes begin it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from adapters.database import Database
from adapters.durable_file import OWNER_ONLY
from adapters.file_lock import locked_in_time

_LOCK_CLASS = 0x66756E64


class AlreadyRunningError(Exception):
    """Another process is at it."""


@contextmanager
def only_one(database: Database, work: str) -> Iterator[None]:
    """Holds the work, at most as long as the process lives.

    On SQLite by a lock on an empty file beside the database, on PostgreSQL by an advisory lock of a session of its own.

    Raises:
        AlreadyRunningError: somebody holds it.
    """
    if database.is_sqlite:
        with locked_in_time(Path(f"{database.url.database}-{work}"), OWNER_ONLY, 0) as is_held:
            if not is_held:
                raise AlreadyRunningError
            yield
        return
    with database.log_writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        values = {"class": _LOCK_CLASS, "work": work}
        if not connection.scalar(text("SELECT pg_try_advisory_lock(:class, hashtext(:work))"), values):
            raise AlreadyRunningError
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:class, hashtext(:work))"), values)
