"""One server for all tests of a process on each kind of database; each test has a ledger of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.caller import Caller, new_caller
from tests.support.postgres import fresh_database
from tests.support.server import RunningServer, running_server


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server on SQLite, then one on PostgreSQL."""
    if request.param == "sqlite":
        with running_server(_sqlite_url(tmp_path_factory)) as running:
            yield running
        return
    with fresh_database(request.getfixturevalue("postgresql_server_url")) as url, running_server(url) as running:
        yield running


@pytest.fixture(scope="session")
def sqlite_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server for what has nothing to do with the database."""
    with running_server(_sqlite_url(tmp_path_factory)) as running:
        yield running


@pytest.fixture(scope="session")
def postgresql_server(postgresql_server_url: str) -> Iterator[RunningServer]:
    """A server on PostgreSQL, for what is not tried on SQLite alone only at full length."""
    with fresh_database(postgresql_server_url) as url, running_server(url) as running:
        yield running


@pytest.fixture
def ledger(server: RunningServer) -> Caller:
    """A caller of a new ledger."""
    return new_caller(server.client)


@pytest.fixture
def founded(ledger: Caller) -> Caller:
    """A caller of a ledger in which one line has money."""
    ledger.found()
    return ledger


def _sqlite_url(folders: pytest.TempPathFactory) -> str:
    folder: Path = folders.mktemp("server")
    return f"sqlite:///{folder}/fundtrail.db"
