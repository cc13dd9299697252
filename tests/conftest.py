"""Databases for tests. Nothing is started before the first test that asks for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres import fresh_database, running_server


@pytest.fixture(scope="session")
def postgresql_server_url() -> Iterator[str]:
    """One server for all tests of a process; the tests run in several processes."""
    with running_server() as url:
        yield url


@pytest.fixture
def postgresql_url(postgresql_server_url: str) -> Iterator[str]:
    """A PostgreSQL database that is new and empty, and is dropped after the test."""
    with fresh_database(postgresql_server_url) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path}/fundtrail.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A new and empty database, once of each kind that the product supports."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
