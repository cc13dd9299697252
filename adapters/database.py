"""Engines, and the few places where SQLite and PostgreSQL differ.

SQLite keeps log and views in two files, so that the projector never takes the log's write lock; PostgreSQL keeps them
in two schemas, `log` and `views`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

BUSY_TIMEOUT_MS: Final = 30_000
_SYNC_WAIT: Final = "SyncRepWaitForLSN"
"""The function of PostgreSQL that warns: its name is not translated, its words are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Engines on one database.

    The writers begin with the write lock (SQLite: BEGIN IMMEDIATE); each transaction of the readers sees one snapshot.
    """

    url: URL
    log_writer: Engine
    log_reader: Engine
    views_writer: Engine
    views_reader: Engine

    @property
    def is_sqlite(self) -> bool:
        """Whether one process at a time writes, to files."""
        return self.url.get_backend_name() == "sqlite"

    def dispose(self) -> None:
        """Closes every pooled connection."""
        self.log_writer.dispose()
        self.views_writer.dispose()


def open_database(url: str) -> Database:
    """Engines for a `sqlite:///file` or `postgresql+psycopg://` URL; nothing is connected or created yet."""
    parsed = make_url(url)
    return _open_sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _open_postgresql(parsed)


def views_file_of(log_file: str) -> str:
    """The views' file beside a log's file: `fundtrail.db` -> `fundtrail-views.db`."""
    path = Path(log_file)
    return str(path.with_name(f"{path.stem}-views{path.suffix}"))


def outcome_is_doubtful(connection: Connection) -> bool:
    """Whether PostgreSQL said that it stopped waiting for its standby: the commit may yet be lost."""
    warnings: list[str] = connection.info.get("warnings", [])
    return _SYNC_WAIT in warnings


def forget_warnings(connection: Connection) -> None:
    """Forgets what earlier transactions of the pooled connection were warned of."""
    connection.info.get("warnings", []).clear()


def _open_sqlite(url: URL) -> Database:
    if not url.database or url.database == ":memory:":
        message = "SQLite needs a file: an in-memory ledger would be gone with its connection"
        raise ValueError(message)
    log = _sqlite_engine(url, synchronous="FULL", schema="log")
    views = _sqlite_engine(url.set(database=views_file_of(url.database)), synchronous="NORMAL", schema="views")
    return Database(
        url=url,
        log_writer=log.execution_options(sqlite_begin="IMMEDIATE"),
        log_reader=log,
        views_writer=views.execution_options(sqlite_begin="IMMEDIATE"),
        views_reader=views,
    )


def _sqlite_engine(url: URL, *, synchronous: str, schema: str) -> Engine:
    engine = create_engine(
        url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, hide_parameters=True, pool_size=20, max_overflow=40
    )

    @event.listens_for(engine, "connect")
    def configure(dbapi_connection: Any, _record: object) -> None:
        # The driver must not begin transactions of its own: `begin` below decides which kind.
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute(f"PRAGMA synchronous = {synchronous}")
        cursor.execute("PRAGMA cache_size = -8192")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('sqlite_begin', 'DEFERRED')}")

    return engine.execution_options(schema_translate_map={schema: None})


def _open_postgresql(url: URL) -> Database:
    engine = create_engine(url, pool_size=20, max_overflow=40, pool_pre_ping=True, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def listen_to_notices(dbapi_connection: Any, record: Any) -> None:
        warnings: list[str] = []
        record.info["warnings"] = warnings
        dbapi_connection.add_notice_handler(lambda notice: warnings.append(notice.source_function or ""))

    writer = engine.execution_options(isolation_level="READ COMMITTED")
    reader = engine.execution_options(isolation_level="REPEATABLE READ")
    return Database(url=url, log_writer=writer, log_reader=reader, views_writer=writer, views_reader=reader)
