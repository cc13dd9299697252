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
_POSTGRESQL_AWAY: Final = ("08", "25006", "40", "53", "55P03", "57", "58", "XX")
"""Beginnings of codes: the connection, a standby, a deadlock, resources, a lock, an operator, the system, damage."""

_logger = structlog.get_logger(__name__)


def database_errors() -> tuple[type[Exception], ...]:
    """What a database, its driver or the pool of connections may raise."""
    driver = _postgresql_driver()
    return _ERRORS if driver is None else (*_ERRORS, driver.Error)


def fault_of(error: BaseException) -> Unavailable | None:
    """What the failure is; None when it is no fault of the database but of what it was asked."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _sqlite_fault(getattr(cause, "sqlite_errorcode", None))
    if _is_postgresql_error(cause):
        return _postgresql_fault(cause)
    return DatabaseUnavailable() if isinstance(error, PoolTimeoutError) else None


def log_fault(error: BaseException, message: str = "database-failed", **more: str) -> None:
    """Logs the driver's own words without the statement's parameters: those may be personal."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    _logger.error(message, error=type(cause).__name__, reason=str(cause).partition("\n")[0], **more)


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
    return DatabaseUnavailable() if error.sqlstate.startswith(_POSTGRESQL_AWAY) else None
