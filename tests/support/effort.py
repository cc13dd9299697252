"""How much a long test does: a little with every change, and all of it with `make test-faults`."""

import os
from collections.abc import Iterable
from typing import Any, Final

import pytest

IS_FULL: Final = os.environ.get("FUNDTRAIL_TEST_FAULTS") == "full"
FULL_ALONE: Final = "only at full length, with `make test-faults`"
full_only = pytest.mark.skipif(not IS_FULL, reason=FULL_ALONE)
"""Of a test that is too long for every change, or whose neighbours say enough."""


ENGINES: Final = ("sqlite", "postgresql") if IS_FULL else ("sqlite",)
"""Of tests of what stands on parts whose SQL is tried on both with every change."""


def sampled(rows: Iterable[Any], *, one_in: int) -> list[Any]:
    """The parameters of a test that goes through a long table: one row in so many with every change, beginning with the
    first; each of the others is skipped with its reason."""
    return [
        pytest.param(*(row if type(row) is tuple else (row,)), marks=() if number % one_in == 0 else full_only)
        for number, row in enumerate(rows)
    ]


def effort(quick: int, full: int) -> int:
    """How often, or how many: by what the run is for."""
    return full if IS_FULL else quick


def quick_on_sqlite_only(database_url: str) -> None:
    """Skips the test on PostgreSQL unless it runs at full length."""
    if not IS_FULL and not database_url.startswith("sqlite"):
        pytest.skip(FULL_ALONE)
