"""A ledger on each kind of database."""

from collections.abc import Iterator

import pytest

from tests.support.ledger import Ledger, opened_ledger


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """A ledger with its opening as the only event."""
    with opened_ledger(database_url) as opened:
        yield opened
