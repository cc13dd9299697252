"""When a ledger's events took effect: how many on each day, up to any position, without counting all of them again."""

from collections import Counter, OrderedDict
from collections.abc import Mapping
from datetime import date
from threading import Lock
from typing import Final

from domain.ports import EventFeed

PLACES_REMEMBERED: Final = 64
"""Over all ledgers: the heads that pages are looked at from, and the pasts that an auditor goes back to."""


class EventDays:
    """Counts from the nearest position below that was counted before. For threads."""

    def __init__(self, feed: EventFeed) -> None:
        self._feed = feed
        self._counted: OrderedDict[tuple[str, int], Mapping[date, int]] = OrderedDict()
        self._lock = Lock()

    def until(self, ledger_id: str, position: int) -> Mapping[date, int]:
        """Events by effective date, of those up to the position (inclusive)."""
        with self._lock:
            found = self._counted.get((ledger_id, position))
            below = max((at for ledger, at in self._counted if ledger == ledger_id and at < position), default=0)
            begin = self._counted.get((ledger_id, below), {})
        if found is None:
            counted = Counter(begin)
            counted.update(self._feed.count_by_day(ledger_id, after=below, until=position))
            found = counted
        self._remember(ledger_id, position, found)
        return found

    def _remember(self, ledger_id: str, position: int, counted: Mapping[date, int]) -> None:
        with self._lock:
            self._counted[ledger_id, position] = counted
            self._counted.move_to_end((ledger_id, position))
            while len(self._counted) > PLACES_REMEMBERED:
                self._counted.popitem(last=False)
