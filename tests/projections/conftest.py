"""A desk: a ledger in memory and its views on a real database of each kind."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from adapters.database import Database, open_database
from tests.support.postgres import fresh_database
from tests.support.views import Desk, desk_on, opened_desk

_KEPT = "projection_pointer"
"""Which generation of the views is read: it is that of the empty ones, too."""


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A desk with empty views. On PostgreSQL all desks of a process have one database, one after the other."""
    if request.param == "sqlite":
        with opened_desk(request.getfixturevalue("sqlite_url")) as opened:
            yield opened
        return
    database: Database = request.getfixturevalue("desks_database")
    yield desk_on(database)
    empty_views(database)


@pytest.fixture(scope="session")
def desks_database(postgresql_server_url: str, postgresql_template: str) -> Iterator[Database]:
    with fresh_database(postgresql_server_url, postgresql_template) as url:
        database = open_database(url)
        yield database
        database.dispose()


def empty_views(database: Database) -> None:
    """Takes every row out of the views."""
    with database.views_writer.begin() as connection:
        names = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'views'")).all()
        connection.execute(text("; ".join(f"DELETE FROM views.{name}" for name in names if name != _KEPT)))
