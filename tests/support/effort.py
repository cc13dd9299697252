"""How much a long test does: a little with every change, and all of it with `make test-faults`."""

import os
from typing import Final

import pytest

IS_FULL: Final = os.environ.get("FUNDTRAIL_TEST_FAULTS") == "full"
FULL_ALONE: Final = "only at full length, with `make test-faults`"
full_only = pytest.mark.skipif(not IS_FULL, reason=FULL_ALONE)
"""Of a test that is too long for every change, or whose neighbours say enough."""


ENGINES: Final = ("sqlite", "postgresql") if IS_FULL else ("sqlite",)
"""Of tests of what stands on parts whose SQL is tried on both with every change."""


def effort(quick: int, full: int) -> int:
    """How often, or how many: by what the run is for."""
    return full if IS_FULL else quick


def quick_on_sqlite_only(database_url: str) -> None:
    """Skips the test on PostgreSQL unless it runs at full length."""
    if not IS_FULL and not database_url.startswith("sqlite"):
        pytest.skip(FULL_ALONE)
