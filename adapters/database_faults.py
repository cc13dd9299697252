"""What a failure of the database means to who waits for an answer: it does not answer now, or it has no room."""

import sqlite3
import sys
from typing import TYPE_CHECKING, Any, Final, TypeGuard

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from domain.errors import DatabaseUnavailable, StorageFull, Unavailable

if TYPE_CHECKING:
    import psycopg

_ERRORS: Final = (DBAPIError, PoolTimeoutError, sqlite3.Error)

_SQLITE_FULL: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)
_SQLITE_AWAY: Final = (
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
)
_SQLITE_PRIMARY: Final = 0xFF
"""An extended code of SQLite holds the primary one in its lowest byte."""

_POSTGRESQL_FULL: Final = "53100"
_POSTGRESQL_AWAY: Final = ("08", "25006", "25P03", "25P04", "40", "53", "55P03", "57", "58", "XX")
"""Beginnings of codes: the connection, a standby, two limits of a transaction's time, a deadlock, resources, a lock, an
operator, the system, damage."""
_POSTGRESQL_UNSUPPORTED: Final = "0A000"
_READ_WRITE_IN_RECOVERY: Final = "call_bool_check_hook"
"""The function of PostgreSQL in which a standby refuses `BEGIN READ WRITE`: its name is not translated, its words
are, and its code is also that of statements no server knows."""

_SQLITE_DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR)
_NO_TEXT: Final = "Could not decode to UTF-8"
_POSTGRESQL_DAMAGE: Final = ("58030", "58P01", "XX001", "XX002")
"""Reading or finding a file failed; its pages, or those of an index, are not what they should be."""

_logger = structlog.get_logger(__name__)


def database_errors() -> tuple[type[Exception], ...]:
    """What a database, its driver or the pool of connections may raise."""
    driver = _postgresql_driver()
    return _ERRORS if driver is None else (*_ERRORS, driver.Error)


def fault_of(error: BaseException) -> Unavailable | None:
    """What the failure is; None when it is no fault of the database but of what it was asked."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return DatabaseUnavailable() if _is_no_text(cause) else _sqlite_fault(getattr(cause, "sqlite_errorcode", None))
    if _is_postgresql_error(cause):
        return _postgresql_fault(cause)
    return DatabaseUnavailable() if isinstance(error, PoolTimeoutError) else None


def is_damage(error: BaseException) -> bool:
    """Whether what is stored cannot be read: asking again later would not help, as it does where nobody answers."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", None)
        if code is None:
            return _is_no_text(cause)
        return code & _SQLITE_PRIMARY in _SQLITE_DAMAGE and code not in _SQLITE_FULL
    return _is_postgresql_error(cause) and (cause.sqlstate or "").startswith(_POSTGRESQL_DAMAGE)


def log_fault(error: BaseException, message: str = "database-failed", **more: str) -> None:
    """Logs the driver's own words without the statement's parameters: those may be personal."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    _logger.error(message, error=type(cause).__name__, reason=words_of(error), **more)


def words_of(error: BaseException) -> str:
    """What the driver says, in one line; a statement and its values are no part of it."""
    text = str(error.orig if isinstance(error, DBAPIError) else error).strip()
    if text.startswith(_NO_TEXT):
        # It goes on with what stands there.
        return text.partition(" with text ")[0]
    return text.splitlines()[0] if text else type(error).__name__


def _is_no_text(error: sqlite3.Error) -> bool:
    """Whether bytes that are no UTF-8 stand where a text should: the driver's own error, and without a code."""
    return isinstance(error, sqlite3.OperationalError) and str(error).startswith(_NO_TEXT)


def _sqlite_fault(code: int | None) -> Unavailable | None:
    if code is None:
        return None
    if code in _SQLITE_FULL:
        return StorageFull()
    return DatabaseUnavailable() if code & _SQLITE_PRIMARY in _SQLITE_AWAY else None


def _postgresql_driver() -> Any:
    """The driver, if it is loaded: until then it raises nothing, and SQLite need not hold its 9 MB in memory."""
    return sys.modules.get("psycopg")


def _is_postgresql_error(error: BaseException | None) -> "TypeGuard[psycopg.Error]":
    driver = _postgresql_driver()
    return driver is not None and isinstance(error, driver.Error)


def _postgresql_fault(error: "psycopg.Error") -> Unavailable | None:
    if error.sqlstate is None:
        # Not said by the server: it could not be reached, or the connection broke.
        driver = _postgresql_driver()
        lost = isinstance(error, (driver.OperationalError, driver.InterfaceError))
        return DatabaseUnavailable() if lost else None
    if error.sqlstate == _POSTGRESQL_FULL:
        return StorageFull()
    if error.sqlstate == _POSTGRESQL_UNSUPPORTED:
        return DatabaseUnavailable() if error.diag.source_function == _READ_WRITE_IN_RECOVERY else None
    return DatabaseUnavailable() if error.sqlstate.startswith(_POSTGRESQL_AWAY) else None
