"""Evidence over HTTP and by commands, on SQLite; at full length on PostgreSQL as well.

What it reads and keeps is tried on both with every change in tests/contract, tests/adapters and, one folder up,
test_checkpoints and test_self_check.
"""

import pytest

from tests.support.effort import ENGINES
from tests.support.server import RunningServer


@pytest.fixture(scope="session", params=ENGINES)
def server(request: pytest.FixtureRequest) -> RunningServer:
    """The server of the tests of the interface."""
    running: RunningServer = request.getfixturevalue(f"{request.param}_server")
    return running


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest) -> str:
    """A new database with the schema and no ledger."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
