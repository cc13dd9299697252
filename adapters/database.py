"""Engines, and the few places where SQLite and PostgreSQL differ.

SQLite keeps log, views and access in three files, so that neither the projector nor who is turned away takes the log's
write lock; PostgreSQL keeps them in three schemas, `log`, `views` and `access`.
"""

import os
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError

from adapters.durable_file import OWNER_ONLY
from adapters.file_lock import locked_in_time
from adapters.same_file import SameFile
from adapters.session import CLIENT_ENCODING, pin_session

BUSY_TIMEOUT_MS: Final = 30_000
READER_CACHE_KIB: Final = 4 * 1024
"""Of each connection. The system keeps the files' pages as well: 8 MB made no read quicker, and serve 30 MB larger."""
VIEWS_WRITER_CACHE_KIB: Final = 8 * 1024
LOG_WRITER_CACHE_KIB: Final = 32 * 1024
"""Holds the pages that the keys of new events fall on, which are spread over the indexes."""
VIEWS_CHECKPOINT_PAGES: Final = 4_000
LOG_CHECKPOINT_PAGES: Final = 32_000
"""How far the write-ahead files grow (16 and 256 MB) before their pages move into the databases: later batches write
the same pages again, and those then move once. The commit that moves the log's waits for it."""
VIEWS_PAGE_BYTES: Final = 4_096
LOG_PAGE_BYTES: Final = 8_192
"""Of a new database. An entry takes about a kilobyte, and leaves less of a larger page unused: 1,135 bytes an event
instead of 1,239, and 11,160 instead of 10,151 events recorded a second (100,000 events)."""
_EMPTYING_TIMEOUT_MS: Final = 1_000
_LOOK_AGAIN_MS: Final = 5
_TURN_TIMEOUT_S: Final = 5.0
_SYNC_WAIT: Final = "SyncRepWaitForLSN"
"""The function of PostgreSQL that warns: its name is not translated, its words are."""
_EMIT_NOTHING: Final = text("SELECT pg_logical_emit_message(true, 'fundtrail', ''::text)")
_CONNECT_TIMEOUT_S: Final = 10
"""Unless the URL names another one. Without it a machine that is gone is waited for as long as the system likes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Engines on one database.

    The writers begin with the write lock (SQLite: BEGIN IMMEDIATE); each transaction of the readers sees one snapshot.
    A reader says `begin()`, which ends with a commit: after a rollback, with which `connect()` ends, the driver of
    PostgreSQL forgets the statements it had prepared, and each is planned anew.
    """

    url: URL
    log_writer: Engine
    log_reader: Engine
    views_writer: Engine
    views_reader: Engine
    access_writer: Engine
    access_reader: Engine
    files: tuple[SameFile, ...] = ()
    """SQLite's, the log's first."""

    @property
    def is_sqlite(self) -> bool:
        """Whether one process at a time writes, to files."""
        return self.url.get_backend_name() == "sqlite"

    def dispose(self) -> None:
        """Closes every pooled connection."""
        engines = (self.log_writer, self.log_reader, self.views_writer, self.views_reader)
        for engine in (*engines, self.access_writer, self.access_reader):
            engine.dispose()
        for file in self.files:
            file.forget()


class _SqliteFile(NamedTuple):
    """How one of the three files is written."""

    schema: str
    synchronous: str
    page_bytes: int
    checkpoint_pages: int


_LOG_FILE: Final = _SqliteFile("log", "FULL", LOG_PAGE_BYTES, LOG_CHECKPOINT_PAGES)
"""Beside the log it holds the private values in clear: payees."""
_VIEWS_FILE: Final = _SqliteFile("views", "NORMAL", VIEWS_PAGE_BYTES, VIEWS_CHECKPOINT_PAGES)
_ACCESS_FILE: Final = _SqliteFile("access", "FULL", VIEWS_PAGE_BYTES, VIEWS_CHECKPOINT_PAGES)
"""It holds hashes of keys, the secret of pseudonyms, and whom those stand for."""
IS_UTF8: Final = "is_utf8"
"""A function of SQLite's connections: whether bytes are a text that the driver can read."""
_CREATING: Final = threading.Lock()
_SAME_FILE: Final = "same-file"


def open_database(url: str, *, must_exist: bool = False) -> Database:
    """Engines for a `sqlite:///file` or `postgresql+psycopg://` URL; nothing is connected or created yet.

    `must_exist`: SQLite's files are made by somebody else, and without them nothing connects.
    """
    parsed = make_url(url)
    is_sqlite = parsed.get_backend_name() == "sqlite"
    return _open_sqlite(parsed, must_exist=must_exist) if is_sqlite else _open_postgresql(parsed)


def views_file_of(log_file: str) -> str:
    """The views' file beside a log's file: `fundtrail.db` -> `fundtrail-views.db`."""
    path = Path(log_file)
    return str(path.with_name(f"{path.stem}-views{path.suffix}"))


def access_file_of(log_file: str) -> str:
    """The file of keys and denied access beside a log's file: `fundtrail.db` -> `fundtrail-access.db`."""
    path = Path(log_file)
    return str(path.with_name(f"{path.stem}-access{path.suffix}"))


def turn_file_of(log_file: str) -> Path:
    """The empty file beside a log's file by which its writers take turns: `fundtrail.db` -> `fundtrail.db-turn`."""
    return Path(f"{log_file}-turn")


def empty_write_ahead_file(connection: Connection) -> None:
    """On SQLite: moves the pages beside the database into it, where they overwrite what was there, and ends the file.

    What a reader still needs after a second stays for a later commit. The connection is in no transaction.
    """
    if connection.dialect.name != "sqlite":
        return
    # The driver's own cursor: the connection's would begin a transaction.
    cursor = connection.connection.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout = {_EMPTYING_TIMEOUT_MS}")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.close()


def outcome_is_doubtful(connection: Connection) -> bool:
    """Whether PostgreSQL said that it stopped waiting for its standby: the commit may yet be lost."""
    warnings: list[str] = connection.info.get("warnings", [])
    return _SYNC_WAIT in warnings


def is_file_replaced(connection: Connection) -> bool:
    """Whether SQLite wrote to a file that is not at its path any more: what it committed is there alone."""
    same: SameFile | None = connection.info.get(_SAME_FILE)
    return same is not None and same.is_replaced()


def wait_for_standby(connection: Connection) -> None:
    """Makes the commit of a transaction that writes nothing wait for the standby, as one that writes does.

    What it read may be stored here alone: a commit whose wait was cancelled, or cut short by a crash, is visible.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_EMIT_NOTHING)


def forget_warnings(connection: Connection) -> None:
    """Forgets what earlier transactions of the pooled connection were warned of."""
    connection.info.get("warnings", []).clear()


def _open_sqlite(url: URL, *, must_exist: bool) -> Database:
    if not url.database or url.database == ":memory:":
        message = "SQLite needs a file: an in-memory ledger would be gone with its connection"
        raise ValueError(message)
    views_url = url.set(database=views_file_of(url.database))
    access_url = url.set(database=access_file_of(url.database))
    paths = (Path(each.database or "") for each in (url, views_url, access_url))
    files = tuple(SameFile(path, must_exist=must_exist) for path in paths)
    log_file, views_file, access_file = files
    log = partial(_sqlite_engine, _LOG_FILE, url, log_file)
    views = partial(_sqlite_engine, _VIEWS_FILE, views_url, views_file)
    access = partial(_sqlite_engine, _ACCESS_FILE, access_url, access_file, cache_kib=READER_CACHE_KIB)
    return Database(
        url=url,
        files=files,
        log_writer=log(begin="IMMEDIATE", cache_kib=LOG_WRITER_CACHE_KIB),
        log_reader=log(begin="DEFERRED", cache_kib=READER_CACHE_KIB),
        views_writer=views(begin="IMMEDIATE", cache_kib=VIEWS_WRITER_CACHE_KIB),
        views_reader=views(begin="DEFERRED", cache_kib=READER_CACHE_KIB),
        access_writer=access(begin="IMMEDIATE"),
        access_reader=access(begin="DEFERRED"),
    )


def _sqlite_engine(file: _SqliteFile, url: URL, same: SameFile, *, begin: str, cache_kib: int) -> Engine:
    engine = create_engine(
        url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, hide_parameters=True, pool_size=20, max_overflow=40
    )

    @event.listens_for(engine, "do_connect")
    def create_for_owner(*_arguments: object) -> None:
        if same.may_be_made:
            _create_for_owner(url.database or "")
        else:
            same.refuse_another()

    @event.listens_for(engine, "connect")
    def configure(dbapi_connection: Any, record: Any) -> None:
        # The driver must not begin transactions of its own: `begin_transaction` below says which kind.
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        # Only before there is anything in the file does this say how large its pages are.
        cursor.execute(f"PRAGMA page_size = {file.page_bytes}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute(f"PRAGMA synchronous = {file.synchronous}")
        cursor.execute(f"PRAGMA wal_autocheckpoint = {file.checkpoint_pages}")
        cursor.execute(f"PRAGMA cache_size = -{cache_kib}")
        # An erased private value is overwritten, not only its row taken out; not every build of SQLite does so itself.
        cursor.execute("PRAGMA secure_delete = ON")
        # Every page that a statement touches is copied, in case it fails half-way: to memory, not to a temporary file.
        cursor.execute("PRAGMA temp_store = MEMORY")
        cursor.close()
        dbapi_connection.create_function(IS_UTF8, 1, _is_utf8, deterministic=True)
        same.refuse_another()
        record.info[_SAME_FILE] = same

    # Readers wait for nobody. The views' file has two writers at a time when it is rebuilt beside the projector.
    takes_turns = begin == "IMMEDIATE"

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        if takes_turns:
            _refuse_another_file(same)
            _begin_in_turn(connection, Path(url.database or ""))
        else:
            connection.exec_driver_sql(f"BEGIN {begin}")

    return engine.execution_options(schema_translate_map={file.schema: None})


def _is_utf8(data: bytes | None) -> bool:
    try:
        (data or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


def _refuse_another_file(same: SameFile) -> None:
    try:
        same.refuse_another()
    except sqlite3.OperationalError as error:
        raise OperationalError("BEGIN", None, error) from error


def _create_for_owner(path: str) -> None:
    """Creates the file unless it is there: SQLite would ask the umask. What it puts beside it has the mode of this one.

    Closing a file gives up all locks that this process has on it. So nobody here opens it while it is created.
    """
    with _CREATING, suppress(OSError):
        # What is wrong with a file that cannot be created SQLite says when it opens it.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY))


def _begin_in_turn(connection: Connection, of: Path) -> None:
    """Begins with SQLite's write lock, in the order in which it was asked for.

    SQLite lets those who wait look again from time to time, up to 100 ms apart. A process that takes the lock again as
    soon as it is free, as an import does, would leave it to the others for a lucky look only. So whoever waits holds
    the turn until it has the lock; the one before must wait for the turn, and only one has to look, often.
    """
    # The driver's own cursor: the connection's would begin a transaction.
    cursor = connection.connection.cursor()
    try:
        with _turn(of):
            cursor.execute(f"PRAGMA busy_timeout = {_LOOK_AGAIN_MS}")
            deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
            while time.monotonic() < deadline:
                try:
                    cursor.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                        break
                else:
                    return
            # Once more, to fail as every other statement fails.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.close()


@contextmanager
def _turn(of: Path) -> Iterator[None]:
    """The turn at a database's file. Without it after a while: an unfair order is better than none who write.

    It may be read, and so held, by whoever may read the database: what holds it too long is not one of its writers.
    """
    turns = turn_file_of(str(of))
    if turns.exists() and not os.access(turns, os.R_OK):
        # Another user made it for itself alone.
        yield
        return
    mode = stat.S_IMODE(of.stat().st_mode) if of.exists() else OWNER_ONLY
    with locked_in_time(turns, mode, _TURN_TIMEOUT_S):
        yield


def _open_postgresql(url: URL) -> Database:
    arguments: dict[str, str | int] = {"client_encoding": CLIENT_ENCODING}
    if "connect_timeout" not in url.query:
        arguments["connect_timeout"] = _CONNECT_TIMEOUT_S
    engine = create_engine(
        url, connect_args=arguments, pool_size=20, max_overflow=40, pool_pre_ping=True, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def listen_to_notices(dbapi_connection: Any, record: Any) -> None:
        warnings: list[str] = []
        record.info["warnings"] = warnings
        dbapi_connection.add_notice_handler(lambda notice: warnings.append(notice.source_function or ""))
        pin_session(dbapi_connection)

    @event.listens_for(engine, "checkin")
    def begin_as_the_server_says(dbapi_connection: Any, _record: object) -> None:
        # After a reader's use SQLAlchemy would have transactions begin with READ WRITE: on some connections of the pool
        # that goes over the head of who set the database read-only, and a standby refuses it in other words.
        if dbapi_connection is not None and not dbapi_connection.closed:
            dbapi_connection.read_only = None

    writer = engine.execution_options(isolation_level="READ COMMITTED")
    # Whatever a statement of ours is made to call writes nothing either.
    reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Database(
        url=url,
        log_writer=writer,
        log_reader=reader,
        views_writer=writer,
        views_reader=reader,
        access_writer=writer,
        access_reader=reader,
    )
