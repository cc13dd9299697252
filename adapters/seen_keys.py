"""Which texts were seen before, of any number of them, in bounded memory."""

import sqlite3
from types import TracebackType
from typing import Final, Self

_CACHE_KIB: Final = 8 * 1024


class SeenKeys:
    """Remembers texts in a temporary database, which is a file only beyond some megabytes, and gone at the end."""

    def __init__(self) -> None:
        # An empty name is SQLite's own word for such a database.
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("CREATE TABLE seen (key TEXT PRIMARY KEY) WITHOUT ROWID")
        # One transaction for all of it: nothing of this need ever be on disk.
        self._connection.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._connection.close()

    def add(self, key: str) -> bool:
        """Whether the text is new; from now on it is not."""
        return self._connection.execute("INSERT OR IGNORE INTO seen VALUES (?)", (key,)).rowcount == 1
