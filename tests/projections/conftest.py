"""A desk: a ledger in memory and its views on a real database of each kind."""

from collections.abc import Iterator

import pytest

from tests.support.views import Desk, opened_desk


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with opened_desk(database_url) as opened:
        yield opened
