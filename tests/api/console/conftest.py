"""The console of the test's own ledger."""

import pytest

from tests.support.caller import Caller
from tests.support.console import Console
from tests.support.effort import ENGINES
from tests.support.server import RunningServer


@pytest.fixture(scope="session", params=ENGINES)
def server(request: pytest.FixtureRequest) -> RunningServer:
    """The server of the tests of the interface; one on SQLite, and at full length one on PostgreSQL as well."""
    running: RunningServer = request.getfixturevalue(f"{request.param}_server")
    return running


@pytest.fixture
def console(founded: Caller) -> Console:
    """The pages of a ledger in which one line has money."""
    return Console(founded.client, founded.ledger_id)
