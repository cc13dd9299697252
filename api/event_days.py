"""When a ledger's events took effect: how many on each day, up to any position, without counting all of them again."""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from datetime import date
from threading import Lock
from typing import Final

from domain.budget_line import LineOpened, line_key
from domain.ports import EventFeed, EventQuery
from domain.unit import unit_key

PLACES_REMEMBERED: Final = 64
"""Over all ledgers: the heads that pages are looked at from, and the pasts that an auditor goes back to."""

_Counted = tuple[str, frozenset[str] | None]
"""Which events were counted: the ledger, and the units whose lines they are of; None: every event."""


class EventDays:
    """Counts from the nearest position below that was counted before. For threads."""

    def __init__(self, feed: EventFeed) -> None:
        self._feed = feed
        self._counted: OrderedDict[tuple[_Counted, int], Mapping[date, int]] = OrderedDict()
        self._lock = Lock()

    def until(self, ledger_id: str, position: int, units: frozenset[str] | None = None) -> Mapping[date, int]:
        """Events by effective date, of those up to the position (inclusive); with `units` those of their lines."""
        which = (ledger_id, units)
        with self._lock:
            found = self._counted.get((which, position))
            below = max((at for counted, at in self._counted if counted == which and at < position), default=0)
            begin = self._counted.get((which, below), {})
        if found is None:
            tags = None if units is None else self._lines_of(ledger_id, units, position)
            counted = Counter(begin)
            counted.update(self._feed.count_by_day(ledger_id, after=below, until=position, tags=tags))
            found = counted
        self._remember(which, position, found)
        return found

    def _lines_of(self, ledger_id: str, units: Iterable[str], position: int) -> list[str]:
        """The tags of every line that was opened for the units up to the position."""
        queries = (EventQuery(tags=(unit_key(each),), until=position, limit=position) for each in sorted(units))
        found = (event.data for query in queries for event in self._feed.find(ledger_id, query))
        return list(dict.fromkeys(line_key(data.line_id) for data in found if isinstance(data, LineOpened)))

    def _remember(self, which: _Counted, position: int, counted: Mapping[date, int]) -> None:
        with self._lock:
            self._counted[which, position] = counted
            self._counted.move_to_end((which, position))
            while len(self._counted) > PLACES_REMEMBERED:
                self._counted.popitem(last=False)
