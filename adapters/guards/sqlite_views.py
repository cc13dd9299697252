"""SQLite's file of the views holds tables and indexes alone: nothing in it can run when a row is written or read.

A trigger would change figures while they are written down, a view would show others in the place of a table.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import text

from adapters.database import Database, views_file_of
from adapters.database_faults import database_errors, is_damage
from adapters.guards.guard import Problem

_NOT_PLAIN: Final = text("SELECT type, name FROM sqlite_master WHERE type NOT IN ('table', 'index') ORDER BY name")


def problems(database: Database) -> Iterator[Problem]:
    """What else the file holds. Where there is none, or it is damaged, nothing: the views can be made anew."""
    # A file would be created by looking into it.
    if not Path(views_file_of(database.url.database or "")).is_file():
        return
    try:
        with database.views_reader.connect() as connection:
            found = connection.execute(_NOT_PLAIN).all()
    except database_errors() as error:
        if not is_damage(error):
            raise
        return
    for kind, name in found:
        yield Problem(name, f"{kind} {name} in the file of the views is none of this version's")
