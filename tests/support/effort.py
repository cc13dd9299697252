"""How much a long test does: a little with every change, and all of it with `make test-faults`."""

import os
from collections.abc import Container, Iterable
from typing import Any, Final

import pytest

IS_FULL: Final = os.environ.get("FUNDTRAIL_TEST_FAULTS") == "full"
full_only = pytest.mark.full_only
"""Of a test that is too long for every change, or whose neighbours say enough; tests/conftest.py leaves it out."""


ENGINES: Final = ("sqlite", "postgresql") if IS_FULL else ("sqlite",)
"""Of tests of what stands on parts whose SQL is tried on both with every change; what is not in it is not collected."""


quick_on_sqlite_only = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=full_only)], indirect=True
)
"""Of a test that takes the fixture `database_url`, itself or by another one."""


def full_but(rows: Iterable[Any], quick: Container[Any]) -> list[Any]:
    """The parameters of a test: those in `quick` with every change, each of the others at full length only."""
    return [pytest.param(row, marks=() if row in quick else full_only) for row in rows]


def sampled(rows: Iterable[Any], *, one_in: int) -> list[Any]:
    """The parameters of a test that goes through a long table: of its rows one in so many with every change, the first
    among them, and each of the others at full length only. A row is a value, or a tuple of values."""
    return [
        # A named tuple is one value.
        pytest.param(*(row if type(row) is tuple else (row,)), marks=() if number % one_in == 0 else full_only)
        for number, row in enumerate(rows)
    ]


def effort(quick: int, full: int) -> int:
    """How often, or how many: by what the run is for."""
    return full if IS_FULL else quick
