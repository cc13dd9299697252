"""The console of the test's own ledger."""

import pytest

from tests.support.caller import Caller
from tests.support.console import Console


@pytest.fixture
def console(founded: Caller) -> Console:
    """The pages of a ledger in which one line has money."""
    return Console(founded.client, founded.ledger_id)
