"""Databases that have the schema already: making it takes longer than most tests do."""

import shutil
from pathlib import Path

from adapters.database import access_file_of, open_database, views_file_of
from adapters.migrations.schema import migrate
from api.projecting import projector_of


def make_schema(url: str) -> None:
    """Makes the tables of log, views and access, as a server does that starts."""
    database = open_database(url)
    try:
        migrate(database)
        projector_of(database).prepare()
    finally:
        database.dispose()


def copy_files(log_file: Path, to: Path) -> None:
    """Copies the three files of a SQLite database that nobody has open."""
    for source, target in (
        (log_file, to),
        (views_file_of(str(log_file)), views_file_of(str(to))),
        (access_file_of(str(log_file)), access_file_of(str(to))),
    ):
        shutil.copy(source, target)
