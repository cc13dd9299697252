"""Writing down who was turned away; of a flood it is written how many there were."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Final, NamedTuple

from adapters.access.encoding import ledger_named
from api.awaiting import Awaiting
from api.buckets import Buckets
from api.recurring import recurring
from domain.access_log import AccessEntry, AccessLog
from domain.errors import AccessLogUnavailable

KEPT_AT_ONCE: Final = 20
KEPT_EVERY_S: Final = 6.0
"""Denials of one caller that are written one by one at once, and how soon one more."""
COUNTED_FOR_S: Final = 10.0
"""How often what was only counted is written."""
MOST_PLACES: Final = 10
"""Of one caller, so many ledgers and actions are counted apart in that time; what comes after them, together."""
SEVERAL: Final = "several"
"""The action of what is counted together though it was several; then no ledger is named."""
_MOST_COUNTED: Final = 10_000


class _Alike(NamedTuple):
    """What denials that are counted together have in common."""

    kind: str
    code: str
    subject: str | None
    address: str | None
    ledger_id: str | None
    action: str


class Denials:
    """`record` is for the event loop, the other methods for any thread."""

    def __init__(self, log: AccessLog, awaiting: Awaiting) -> None:
        self._log = log
        self._awaiting = awaiting
        self._buckets = Buckets(KEPT_AT_ONCE, KEPT_EVERY_S)
        self._counted: dict[_Alike, AccessEntry] = {}
        self._places: Counter[str] = Counter()
        self._lock = threading.Lock()

    async def record(self, entry: AccessEntry) -> None:
        """Returns once it is written down, durably, or counted with others that are alike.

        Raises:
            AccessLogUnavailable: it could not be.
        """
        if self._buckets.take(_caller_of(entry)):
            await self._awaiting.answer(self._log.record([entry]))
        else:
            self._count(entry)

    def write_counted(self) -> None:
        """Returns once what was counted since the last time is written.

        Raises:
            AccessLogUnavailable: it could not be; it is counted on.
        """
        with self._lock:
            counted, self._counted = self._counted, {}
            self._places.clear()
        if not counted:
            return
        try:
            self._log.record(list(counted.values())).result()
        except AccessLogUnavailable:
            with self._lock:
                for alike, entry in counted.items():
                    self._add(alike, entry)
            raise

    def _count(self, entry: AccessEntry) -> None:
        with self._lock:
            # A caller makes up what ledgers it names: what is too long for one is not kept in memory either.
            exact = replace(entry, ledger_id=ledger_named(entry.ledger_id))
            if _alike_of(exact) not in self._counted:
                exact = self._within_bounds(exact)
            self._add(_alike_of(exact), exact)

    def _within_bounds(self, entry: AccessEntry) -> AccessEntry:
        """The entry as one of a kind that is not counted yet; without what would make too many kinds."""
        is_full = len(self._counted) >= _MOST_COUNTED
        caller = _caller_of(entry)
        if is_full or self._places[caller] >= MOST_PLACES:
            return replace(entry, ledger_id=None, action=SEVERAL, address=None if is_full else entry.address)
        self._places[caller] += 1
        return entry

    def _add(self, alike: _Alike, entry: AccessEntry) -> None:
        before = self._counted.get(alike)
        self._counted[alike] = entry if before is None else replace(before, count=before.count + entry.count)


def _caller_of(entry: AccessEntry) -> str:
    return entry.subject or entry.address or ""


def _alike_of(entry: AccessEntry) -> _Alike:
    return _Alike(entry.kind, entry.code, entry.subject, entry.address, entry.ledger_id, entry.action)


@contextmanager
def denials_written(denials: Denials) -> Iterator[None]:
    """Writes what was counted now and then while the block runs, and at its end."""
    with recurring("denials", denials.write_counted, COUNTED_FOR_S):
        yield
    # The access log itself has said why it cannot be written.
    with suppress(AccessLogUnavailable):
        denials.write_counted()
