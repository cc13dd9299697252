"""Reading and marking files in a process of their own, which is ended at its bounds. See `child`."""

import subprocess
import sys
from collections import OrderedDict
from threading import Lock
from typing import Final

import msgspec

from api.console.sheets.book import Sheet, UnreadableFileError
from api.console.sheets.child import LENGTH_BYTES, UNREADABLE
from api.console.sheets.marked import Notes

TIMEOUT_S: Final = 60.0
_REMEMBERED: Final = 4
"""Books: the pages of one import ask for the same one again and again."""

_books: OrderedDict[str, list[Sheet]] = OrderedDict()
_lock: Final = Lock()


def book_of(upload_id: str, content: bytes) -> list[Sheet]:
    """The sheets of a file, remembered by its SHA-256.

    Raises:
        UnreadableFileError: see there.
    """
    with _lock:
        if upload_id in _books:
            _books.move_to_end(upload_id)
            return _books[upload_id]
    decoded = msgspec.msgpack.decode(_answer("read", content), type=list[tuple[str, list[list[str]]]])
    sheets = [Sheet(name, rows) for name, rows in decoded]
    with _lock:
        _books[upload_id] = sheets
        while len(_books) > _REMEMBERED:
            _books.popitem(last=False)
    return sheets


def marked_outside(content: bytes, notes: Notes) -> bytes:
    """See `marked_book`.

    Raises:
        UnreadableFileError: it could not be written within the bounds.
    """
    packed = msgspec.msgpack.encode(notes)
    return _answer("mark", len(packed).to_bytes(LENGTH_BYTES, "big") + packed + content)


def _answer(what: str, sent: bytes) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 (our own program; what is sent is its input, not its arguments)
            (sys.executable, "-m", "api.console.sheets.child", what),
            input=sent,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnreadableFileError("too-large") from None
    if done.returncode == UNREADABLE:
        raise UnreadableFileError(done.stdout.decode())
    if done.returncode:
        raise UnreadableFileError("too-large" if done.returncode < 0 or b"MemoryError" in done.stderr else "broken")
    return done.stdout
