"""Databases that have the schema already: making it takes longer than most tests do."""

import shutil
from pathlib import Path

from adapters.database import Database, access_file_of, open_database, views_file_of
from adapters.migrations.schema import is_current, migrate
from api.projecting import projector_of


def make_schema(url: str) -> None:
    """Makes the tables of log, views and access, as a server does that starts."""
    database = open_database(url)
    try:
        migrate(database)
        projector_of(database).prepare()
    finally:
        database.dispose()


def bring_up(database: Database) -> None:
    """Makes the tables of log and access in a database that is no copy of one that has them.

    To migrate what is current takes longer than to copy it: all guards are put up anew.
    """
    if not is_current(database):
        migrate(database)


def copy_files(log_file: Path, to: Path) -> None:
    """Copies the three files of a SQLite database that nobody has open."""
    for source, target in (
        (log_file, to),
        (views_file_of(str(log_file)), views_file_of(str(to))),
        (access_file_of(str(log_file)), access_file_of(str(to))),
    ):
        shutil.copy(source, target)
