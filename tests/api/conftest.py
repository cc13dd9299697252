"""One server for all tests of a process on each kind of database; each test has a ledger of its own.

On SQLite, and at full length on PostgreSQL as well; in tests/api/engines on PostgreSQL, and at full length on both.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.caller import Caller, new_caller
from tests.support.command_line import CommandLine
from tests.support.effort import ENGINES
from tests.support.postgres import fresh_database
from tests.support.server import RunningServer, running_server, server_on

server = server_on(ENGINES)


@pytest.fixture(scope="session")
def sqlite_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server on SQLite, also for what has nothing to do with the database."""
    with running_server(_sqlite_url(tmp_path_factory)) as running:
        yield running


@pytest.fixture(scope="session")
def postgresql_server(postgresql_server_url: str) -> Iterator[RunningServer]:
    """A server on PostgreSQL."""
    with fresh_database(postgresql_server_url) as url, running_server(url) as running:
        yield running


@pytest.fixture
def without_database(empty_sqlite_url: str, tmp_path: Path) -> CommandLine:
    """The command line where there is no database yet."""
    return CommandLine(empty_sqlite_url, tmp_path)


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
