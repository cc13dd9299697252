"""Damage in SQLite's file of the views: they follow from the log, so the file can go, and nobody has to restore it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.backups.sqlite_files import DamagedFileError, check_database
from adapters.database import Database, views_file_of
from adapters.database_faults import database_errors, is_damage
from api.terminal import CommandFailed


@contextmanager
def damaged_views_named(database: Database) -> Iterator[None]:
    """Says which file it is, and what helps, when the block ends with damage of the views.

    Raises:
        CommandFailed: it did.
    """
    try:
        yield
    except database_errors() as error:
        words = help_for_views(database) if is_damage(error) else None
        if words is None:
            raise
        raise CommandFailed(words) from error


def help_for_views(database: Database) -> str | None:
    """What is wrong with the file of the views, and what helps; None when SQLite finds nothing, or there is none."""
    path = Path(views_file_of(database.url.database or ""))
    if not database.is_sqlite or not path.is_file():
        return None
    try:
        check_database(path)
    except DamagedFileError as error:
        return (
            f"the file of the views is damaged ({error}). All of it follows from the log: stop every server, delete "
            f"{path}, {path.name}-wal and {path.name}-shm, and start again, or run `fundtrail rebuild`"
        )
    return None
