"""A server with the example ledgers, a browser, and a reader whom nothing unwanted may happen to."""

from collections.abc import Generator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from adapters.clock import SystemClock
from adapters.database import open_database
from adapters.migrations.schema import migrate
from api.demo import EXAMPLE_LEDGERS, build_examples
from scripts.browser import MISSING, chromium
from tests.support.browser import Reader, Watched, running_browser
from tests.support.server import RunningServer, running_server
from tests.support.waiting import eventually

READER: pytest.StashKey[Reader] = pytest.StashKey()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The example ledgers as `fundtrail demo` builds them, served with the clock of the machine."""
    if chromium() is None:
        pytest.skip(MISSING)
    url = f"sqlite:///{tmp_path_factory.mktemp('demo')}/demo.db"
    database = open_database(url)
    migrate(database)
    build_examples(database)
    database.dispose()
    with running_server(url, SystemClock()) as server:
        eventually("the views are as far as the log", lambda: _is_ready(server) or None)
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for the tests of a file: playwright would keep its loop running beside tests that need one."""
    with running_browser() as running:
        yield running


@pytest.fixture
def reader(request: pytest.FixtureRequest, browser: Browser, demo: RunningServer) -> Iterator[Reader]:
    """A reader of the examples. Nothing from another host, no error, no failed response may come up meanwhile."""
    someone = Reader(browser, demo.url, Watched(urlsplit(demo.url).netloc))
    request.node.stash[READER] = someone
    yield someone
    someone.leave()
    assert someone.watched.wrong == []


@pytest.fixture
def overview(reader: Reader) -> Page:
    """The overview of the invented county at the end of June."""
    return reader.open("/console/ledgers/story/overview?as_of=2023-06-30")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Says beside a failure where the screenshots of it are, and at full length the trace."""
    report = yield
    someone = item.stash.get(READER, None)
    if call.when == "call" and report.failed and someone is not None:
        report.sections.append(("what the browser showed", someone.keep(_folder_of(item))))
    return report


def _folder_of(item: pytest.Item) -> Path:
    folders: pytest.TempPathFactory = item.config._tmp_path_factory  # type: ignore[attr-defined] # the only way outside of a fixture
    return folders.mktemp("browser")


def _is_ready(server: RunningServer) -> bool:
    paths = [f"/v1/ledgers/{each.ledger_id}/units?limit=1" for each in EXAMPLE_LEDGERS]
    return all(server.client.get(path).is_success for path in paths)
