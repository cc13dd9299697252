"""Evidence over HTTP and by commands, on SQLite; at full length on PostgreSQL as well.

What it reads and keeps is tried on both with every change in tests/contract and tests/adapters.
"""

import pytest

from tests.support.effort import ENGINES


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest) -> str:
    """A new database with the schema and no ledger."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
