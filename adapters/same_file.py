"""Whether the file that SQLite has open is still the one at its path.

SQLite goes on writing to a file that was moved away or deleted, and whoever opens the path next finds another log.
"""

import os
import sqlite3
from pathlib import Path
from typing import Final

_REPLACED: Final = "is not there, or no longer the file that is open: it was moved, deleted or replaced"


class SameFile:
    """One file of a database, for all connections of one `Database`. `must_exist`: it is not for this one to make."""

    def __init__(self, path: Path, *, must_exist: bool = False) -> None:
        self._path = path
        self._must_exist = must_exist
        self._opened: tuple[int, int] | None = None

    @property
    def may_be_made(self) -> bool:
        """Whether opening it may make it: what was open is not made anew in the place of what is gone."""
        return self._opened is None and not self._must_exist

    def refuse_another(self) -> None:
        """Returns when the path leads to what was opened first; what it leads to now is that from the first time on.

        Raises:
            sqlite3.OperationalError: it leads to another file, or to none. Code SQLITE_CANTOPEN.
        """
        found = self._found()
        if self._opened is None:
            self._opened = found
        if found is None or found != self._opened:
            error = sqlite3.OperationalError(f"{self._path.name} {_REPLACED}")
            error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
            raise error

    def forget(self) -> None:
        """Says that nobody has it open any more: what is opened next is another first."""
        self._opened = None

    def is_replaced(self) -> bool:
        """Whether the path leads elsewhere by now."""
        return self._opened is not None and self._found() != self._opened

    def is_writable(self) -> bool:
        """Whether this process may write the file, and make others beside it, as SQLite does with every write."""
        folder = self._path.absolute().parent
        return _may(self._path, os.W_OK) and _may(folder, os.W_OK | os.X_OK)

    def _found(self) -> tuple[int, int] | None:
        try:
            status = os.stat(self._path)  # noqa: PTH116 (half the time of Path.stat, with every commit)
        except OSError:
            return None
        return status.st_dev, status.st_ino


def _may(path: Path, what: int) -> bool:
    return os.access(path, what, effective_ids=os.access in os.supports_effective_ids)
