"""Serving over HTTP: one process, or several on one socket; both stop gracefully."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any, Final

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp
from typing_extensions import override
from uvicorn.supervisors import Multiprocess

from api.app import create_app
from api.bootstrap import running_services
from api.collector import settle_collector
from api.connections import GuardedProtocol
from api.first_start import prepare_first_key
from api.logs import configure_logging
from api.open_files import connections_within
from api.security import refuse_open_exposure
from api.settings import Settings
from api.wiring import Services

BACKLOG: Final = 2048
WORKER_START_S: Final = 60.0
APPLICATION_STOP_TIMEOUT_S: Final = 10
APPLICATION_CLIENT_TIMEOUT_S: Final = 30
APPLICATION_CONNECTIONS: Final = 1_000
LINGER_S: Final = 0.5
LOOK_AGAIN_S: Final = 0.02
QUIET: Final[Mapping[str, Any]] = {
    "backlog": BACKLOG,
    "http": GuardedProtocol,
    "ws": "none",
    "access_log": False,
    "log_config": None,
    "proxy_headers": False,
    "server_header": False,
}
"""What uvicorn is told, whatever it serves."""

Announce = Callable[[str], None]


def serve(settings: Settings, announce: Announce) -> None:
    """Serves until a signal ends it; `announce` is given the URL once requests are answered.

    Raises:
        UnsafeExposureError, UnusableIdentityError, SchemaMissingError: before anything is served.
        OSError: the address cannot be had.
    """
    refuse_open_exposure(settings)
    configure_logging(settings.log_level)
    if settings.workers > 1:
        _serve_with_workers(settings, announce)
        return
    with running_services(settings, projector_process=True) as services:
        prepare_first_key(services)
        serve_services(services, announce)


def serve_services(services: Services, announce: Announce) -> None:
    """Serves the given services in this process until a signal ends it; then the caller still closes them."""
    listener = listen(services.settings.host, services.settings.port)
    settle_collector()
    server = AnnouncingServer(services, announce, url_of(listener))
    with _signals_return():
        server.run([listener])


def serve_application(app: ASGIApp, listener: socket.socket, announce: Announce) -> None:
    """Serves an application that needs nothing of the settings, in this process, until a signal ends it."""
    options = {
        **QUIET,
        "timeout_keep_alive": APPLICATION_CLIENT_TIMEOUT_S,
        "limit_concurrency": connections_within(APPLICATION_CONNECTIONS),
    }
    config = uvicorn.Config(app, timeout_graceful_shutdown=APPLICATION_STOP_TIMEOUT_S, **options)
    server = ReadyServer(config, announce, url_of(listener))
    with _signals_return():
        server.run([listener])


class ReadyServer(uvicorn.Server):
    """Says when it is ready. `should_exit = True` stops it."""

    def __init__(self, config: uvicorn.Config, announce: Announce, url: str) -> None:
        super().__init__(config)
        self._announce = announce
        self._url = url

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce(self._url)


class AnnouncingServer(ReadyServer):
    """Ends by and by: what is under way is finished, streams end, and what comes meanwhile is refused in words."""

    def __init__(self, services: Services, announce: Announce, url: str) -> None:
        super().__init__(uvicorn.Config(create_app(services), **server_options(services.settings)), announce, url)
        self._services = services

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._services.stopping.set()
        end = time.monotonic() + self._services.settings.stop_timeout_s
        for connection in list(self.server_state.connections):
            if _is_answering(connection):
                # It says that the connection is closed after this answer.
                connection.shutdown()
        under_way = set(self.server_state.tasks)
        await self._wait_while(lambda: bool(under_way & self.server_state.tasks), end)
        # Callers that keep a connection may be about to use it: they too are told, instead of losing an answer.
        await self._wait_while(lambda: bool(self.server_state.connections), min(end, time.monotonic() + LINGER_S))
        self.config.timeout_graceful_shutdown = max(1, round(end - time.monotonic()))
        await super().shutdown(sockets)

    async def _wait_while(self, condition: Callable[[], bool], end: float) -> None:
        while condition() and time.monotonic() < end and not self.force_exit:  # noqa: ASYNC110 (nobody sets an event for it; the server itself looks)
            await asyncio.sleep(LOOK_AGAIN_S)


class AnnouncingWorkers(Multiprocess):
    """Several processes on one socket; says so once the first of them answers."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], announce: Callable[[], None]) -> None:
        super().__init__(config, sockets)
        self._announce = announce

    @override
    def init_processes(self) -> None:
        super().init_processes()
        if self.processes[0].wait_until_ready(WORKER_START_S, self.should_exit):
            self._announce()


def worker_app() -> FastAPI:
    """The application of one of several processes, with services of its own from the settings of the environment."""
    settings = Settings()
    configure_logging(settings.log_level)
    settle_collector()
    stack = ExitStack()
    services = stack.enter_context(running_services(settings, projector_process=True))
    return create_app(services, at_start=lambda: _end_streams_on_signal(services), at_end=stack.close)


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    listener.set_inheritable(True)
    return listener


def url_of(listener: socket.socket) -> str:
    """The address that a browser on this machine can open."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if listener.family == socket.AF_INET6 else f"http://{host}:{port}"


def server_options(settings: Settings) -> dict[str, Any]:
    """What uvicorn is told for the service, whoever runs it."""
    return {
        "host": settings.host,
        "port": settings.port,
        "timeout_graceful_shutdown": settings.stop_timeout_s,
        "timeout_keep_alive": settings.client_timeout_s,
        "limit_concurrency": connections_within(settings.connection_limit),
        **QUIET,
    }


@contextmanager
def _signals_return() -> Iterator[None]:
    """The server stops gracefully and then raises the signal again, which would kill us before anything is closed."""
    before = {number: signal.signal(number, _unwind) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except _StoppedError:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _StoppedError(BaseException):
    """A signal asked for the end, and the server has ended."""


def _unwind(_number: int, _frame: FrameType | None) -> None:
    raise _StoppedError


def _serve_with_workers(settings: Settings, announce: Announce) -> None:
    idle = {"projector": False, "checkpoints": False, "self_check_interval_s": 0, "daily_digest": False}
    with running_services(settings.model_copy(update=idle)) as services:
        prepare_first_key(services)
        # The schema is there, or the reason why not was said once, before there are several processes.
        listener = listen(settings.host, settings.port)
    os.environ.update(settings.as_environment())
    options = server_options(settings) | {"workers": settings.workers, "factory": True}
    config = uvicorn.Config("api.serve:worker_app", **options)
    AnnouncingWorkers(config, [listener], lambda: announce(url_of(listener))).run()


def _is_answering(connection: Any) -> bool:
    return connection.cycle is not None and not connection.cycle.response_complete


def _end_streams_on_signal(services: Services) -> None:
    """The server waits for open streams to end before it tells the application that it stops: so they are told here."""
    stop = signal.getsignal(signal.SIGTERM)

    def end(number: int, frame: FrameType | None) -> None:
        services.stopping.set()
        if callable(stop):
            stop(number, frame)

    signal.signal(signal.SIGTERM, end)
