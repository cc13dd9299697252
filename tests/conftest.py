"""Databases for tests. Nothing is started before the first test that asks for it."""

import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings
from sqlalchemy import make_url

from api.collector import settle_collector
from tests.support.compiled_statements import share_compiled_statements
from tests.support.effort import IS_FULL, effort
from tests.support.postgres import fresh_database, running_server
from tests.support.schema import copy_files, make_schema

MEMORY: Final = Path("/dev/shm")  # noqa: S108 (tests make folders of their own in it, as in any temporary folder)
ROOM_BYTES: Final = 4 << 30

if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
    # Nothing of a test is meant to survive a loss of power, and a fifth of the time was spent waiting for the disk.
    # A process that is killed leaves its files here as on a disk. The other processes inherit the variable.
    os.environ["TMPDIR"] = str(MEMORY)
    tempfile.tempdir = None

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that runs the tests in the background has interrupts ignored, also by every process that they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)

share_compiled_statements()
settings.register_profile("this run", max_examples=effort(quick=30, full=100))
settings.load_profile("this run")

LONG_FIRST: Final = (
    "tests/faults/",
    "tests/scenarios/",
    "tests/scripts/",
    "tests/api/test_cli",
    "tests/api/evidence/test_cli",
    "tests/browser/",
    "tests/verifier/",
    "tests/properties/",
)
"""Where files take long: begun last, one of them would leave the other processor idle."""


def pytest_report_header() -> str:
    """What a reader of the summary has to know, since thousands of tests run in processes that say nothing of it."""
    return "at full length" if IS_FULL else "left out: what is marked `full_only`, for `make test-faults` alone"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Nothing that is collected is garbage, so nobody looks for it meanwhile."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The files with long tests come first, each in its own order; what is for full length only is left out."""
    if not IS_FULL:
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("full_only")])
        items[:] = [item for item in items if not item.get_closest_marker("full_only")]
    items.sort(key=lambda item: not item.nodeid.startswith(LONG_FIRST))


def pytest_collection_finish() -> None:
    """What was collected lives until the end: the collector need not look through it again with every test."""
    settle_collector()


def pytest_sessionfinish() -> None:
    """What pytest looks through five times when it ends, for errors in garbage, is looked through once."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgresql_server_url() -> Iterator[str]:
    """One server for all tests of a process; the tests run in several processes."""
    with running_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server_url: str) -> Iterator[str]:
    """The name of a database that has the schema; nobody is connected to it, so it can be copied."""
    with fresh_database(postgresql_server_url) as url:
        make_schema(url)
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log's file of a database that has the schema."""
    path = tmp_path_factory.mktemp("template") / "fundtrail.db"
    make_schema(f"sqlite:///{path}")
    return path


@pytest.fixture
def postgresql_url(postgresql_server_url: str, postgresql_template: str) -> Iterator[str]:
    """A new PostgreSQL database that has the schema and no ledger, and is dropped after the test."""
    with fresh_database(postgresql_server_url, postgresql_template) as url:
        yield url


@pytest.fixture
def empty_postgresql_url(postgresql_server_url: str) -> Iterator[str]:
    """A PostgreSQL database that is new and empty, and is dropped after the test."""
    with fresh_database(postgresql_server_url) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """A SQLite file that has the schema and no ledger, with its two others beside it."""
    path = tmp_path / "fundtrail.db"
    copy_files(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """A SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path}/fundtrail.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A new database with the schema and no ledger, once of each kind that the product supports."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """A new database without anything, once of each kind."""
    url: str = request.getfixturevalue(f"empty_{request.param}_url")
    return url
