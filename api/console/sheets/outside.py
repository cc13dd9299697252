"""Reading and marking files in processes of their own, few at once, which are ended at their bounds. See `child`."""

import signal
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

import msgspec
from anyio import CapacityLimiter, to_thread

from api.console.sheets.book import Sheet, UnreadableFileError
from api.console.sheets.child import LENGTH_BYTES, UNREADABLE
from api.console.sheets.notes import Notes
from api.console.sheets.turns import AT_ONCE, Turns

READING_TIMEOUT_S: Final = 15.0
MARKING_TIMEOUT_S: Final = 30.0
REMEMBERED_BYTES: Final = 24_000_000
"""Of books: the pages of one import ask for the same one again and again. One of 10,000 rows and 30 columns has 10.6 MB
as it is kept, packed."""
_LEAST_CHARGED: Final = 1_000

Result = TypeVar("Result")


class Readers:
    """What one application reads files with, and what it read last. `turns`: whose file is looked at."""

    def __init__(self) -> None:
        self.turns = Turns()
        self._threads = CapacityLimiter(AT_ONCE)
        self._remembered: OrderedDict[str, bytes | UnreadableFileError] = OrderedDict()

    async def book(self, upload_id: str, content: bytes) -> list[Sheet]:
        """The sheets of a file, remembered by its SHA-256; also that it cannot be read.

        Raises:
            UnreadableFileError: see there.
        """
        known = self._remembered.get(upload_id)
        if known is None:
            known = await self.run(_read, content)
            self._remember(upload_id, known)
        else:
            self._remembered.move_to_end(upload_id)
        if isinstance(known, UnreadableFileError):
            raise UnreadableFileError(*known.args)
        return await self.run(_unpacked, known)

    async def marked(self, content: bytes, notes: Notes) -> bytes:
        """See `marked_book`.

        Raises:
            UnreadableFileError: `unmarkable`, as the file was read, but could not be written, or not within the bounds.
        """
        try:
            return await self.run(_marked, content, notes)
        except UnreadableFileError:
            raise UnreadableFileError("unmarkable") from None

    async def run(self, work: Callable[..., Result], *given: object) -> Result:
        """What the work gives, done in a thread that is none of those in which requests are read."""
        return await to_thread.run_sync(partial(work, *given), limiter=self._threads)

    def _remember(self, upload_id: str, read: bytes | UnreadableFileError) -> None:
        self._remembered[upload_id] = read
        while sum(map(_charged, self._remembered.values())) > REMEMBERED_BYTES:
            self._remembered.popitem(last=False)


def _charged(read: bytes | UnreadableFileError) -> int:
    return max(_LEAST_CHARGED, len(read)) if isinstance(read, bytes) else _LEAST_CHARGED


def _read(content: bytes) -> bytes | UnreadableFileError:
    """The book as it is kept, or what keeps the file from being read, however often it is tried.

    Raises:
        UnreadableFileError: it was not read this time.
    """
    try:
        return _answer("read", content, READING_TIMEOUT_S)
    except _OfFileError as error:
        return UnreadableFileError(*error.args)


def _unpacked(packed: bytes) -> list[Sheet]:
    decoded = msgspec.msgpack.decode(
        packed, type=list[tuple[str, list[list[str]], bool, list[int], dict[int, list[int]]]]
    )
    return [Sheet(*each) for each in decoded]


def _marked(content: bytes, notes: Notes) -> bytes:
    packed = msgspec.msgpack.encode(notes)
    sent = len(packed).to_bytes(LENGTH_BYTES, "big") + packed + content
    return _answer("mark", sent, MARKING_TIMEOUT_S)


class _OfFileError(UnreadableFileError):
    """It is the file that cannot be read, and not this machine that has no time for it now."""


def _answer(what: str, sent: bytes, timeout_s: float) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 (our own program; what is sent is its input, not its arguments)
            (sys.executable, "-m", "api.console.sheets.child", what),
            input=sent,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnreadableFileError("too-large") from None
    if done.returncode == UNREADABLE:
        raise _OfFileError(done.stdout.decode())
    if done.returncode == -signal.SIGXCPU:
        raise _OfFileError("too-large")
    if done.returncode:
        raise UnreadableFileError("too-large" if done.returncode < 0 or b"MemoryError" in done.stderr else "broken")
    return done.stdout
