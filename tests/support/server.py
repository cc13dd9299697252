"""A running server inside the test's own process, with a clock that the test can read and move."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import pytest
import uvicorn.server

from api.bootstrap import running_services
from api.serve import AnnouncingServer, listen, url_of
from api.settings import Settings
from api.wiring import Services
from domain.ports import Clock
from tests.support.keys import keys_folder_of, uploads_folder_of
from tests.support.tls import NO_TLS

DEADLINE_S = 30.0
BEGIN = datetime(2024, 1, 2, 1, 0, tzinfo=UTC)
"""The first reading of every test's clock: 9 o'clock on 2 January 2024 in China."""


NAP_S: Final = 0.02


class Impatient:
    """asyncio with short naps. Hundreds of servers are stopped by the tests, and each naps twice before it ends."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    @staticmethod
    async def sleep(delay_s: float) -> None:
        await asyncio.sleep(min(delay_s, NAP_S))


uvicorn.server.asyncio = Impatient()  # type: ignore[attr-defined, assignment] # It stands in the middle of its methods.


class SteppingClock:
    """Each reading is a second after the one before it, so that every commit has its own known time."""

    def __init__(self) -> None:
        self._now = BEGIN
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """See ports.Clock."""
        with self._lock:
            self._now += timedelta(seconds=1)
            return self._now


@dataclass(frozen=True)
class RunningServer:
    """Where it answers, a client of it, and its inside."""

    url: str
    client: httpx.Client
    services: Services


@contextmanager
def running_server(database_url: str, clock: Clock | None = None, /, **settings: object) -> Iterator[RunningServer]:
    """A server on a free port; it has stopped when the block is left. Its clock is a `SteppingClock` unless given."""
    values: dict[str, object] = {
        "database_url": database_url,
        "port": 0,
        "stop_timeout_s": 5,
        "keys_folder": keys_folder_of(database_url),
        "uploads_folder": uploads_folder_of(database_url),
        # A digest that nobody asked for would move the positions that tests speak of.
        "daily_digest": False,
        # Who asks for evidence waits for the next checkpoint.
        "checkpoint_interval_ms": 50,
        # Who calls matters to the tests of identity alone.
        "auth": "off",
    }
    chosen = Settings.model_validate(values | settings)
    with running_services(chosen, clock or SteppingClock()) as services:
        listener = listen(chosen.host, chosen.port)
        ready = threading.Event()
        server = AnnouncingServer(services, lambda _url: ready.set(), url_of(listener))
        thread = threading.Thread(target=server.run, args=([listener],), name="test-server")
        thread.start()
        assert ready.wait(DEADLINE_S), "the server did not start"
        try:
            with httpx.Client(base_url=url_of(listener), timeout=DEADLINE_S, verify=NO_TLS) as client:
                yield RunningServer(url=url_of(listener), client=client, services=services)
        finally:
            server.should_exit = True
            thread.join(DEADLINE_S)
            assert not thread.is_alive(), "the server did not stop"


def server_on(engines: Sequence[str]) -> Any:
    """The fixture `server` of tests/api or a folder below: `sqlite_server`, `postgresql_server`, or both in turn."""

    @pytest.fixture(scope="session", params=engines)
    def server(request: pytest.FixtureRequest) -> RunningServer:
        running: RunningServer = request.getfixturevalue(f"{request.param}_server")
        return running

    return server
