"""Where a system keeps its store for one measurement: a folder and a database, both new, both thrown away."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Final

from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from benchmarks.servers import connected, folder, new_database

_numbers: Final = count(1)

_TABLES_SIZE: Final = """
SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""


class Place:
    """A folder, and the URL of a database that is made when it is first asked for."""

    def __init__(self, path: Path, server_url: str) -> None:
        self.path = path
        self._server_url = server_url
        self._database_url: str | None = None

    @property
    def database_url(self) -> str:
        """As SQLAlchemy reads it; the server starts with nothing left to write of what was before."""
        if self._database_url is None:
            with connected(self._server_url) as connection:
                connection.execute("CHECKPOINT")
            self._database_url = new_database(self._server_url, f"peer{next(_numbers)}")
        return self._database_url

    @property
    def connection_string(self) -> str:
        """The same as drivers of PostgreSQL read it."""
        return make_url(self.database_url).set(drivername="postgresql").render_as_string(hide_password=False)

    def tidy(self) -> None:
        """Gives a database its statistics and visibility map, as autovacuum would at an instant of its own choosing."""
        if self._database_url is not None:
            with connected(self._database_url) as connection:
                connection.execute("VACUUM ANALYZE")

    def database_bytes(self) -> int:
        """Of all tables of the database with their indexes."""
        with connected(self.database_url) as connection:
            row = connection.execute(_TABLES_SIZE).fetchone()
        return int(row[0]) if row else 0

    def sqlite_bytes(self) -> int:
        """Of the SQLite databases in the folder, once their write-ahead files are moved into them."""
        for database in self.path.glob("*.db"):
            with closing(sqlite3.connect(database)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return sum(each.stat().st_size for each in self.path.glob("*.db*"))

    def drop_database(self) -> None:
        """Removes the database, if one was made."""
        if self._database_url is not None:
            name = make_url(self._database_url).database or ""
            with connected(self._server_url) as connection:
                connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@contextmanager
def new_place(server_url: str) -> Iterator[Place]:
    """A place that is thrown away at the end."""
    with folder() as path:
        place = Place(path, server_url)
        try:
            yield place
        finally:
            place.drop_database()
