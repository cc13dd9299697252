"""The states a batch is decided on: what is committed, changed in place by what the batch accepts.

States are immutable, so taking a refused submission back is putting the states from before it in their places again.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

import msgspec

from domain.boundary import event_key
from domain.event import Effect, EventState, RecordedEvent, effect_of, evolve_event_state
from domain.registry import corrected_events, evolve

_EVENT_PREFIX: Final = event_key("")


class Row(msgspec.Struct, frozen=True, gc=False):
    """A boundary: how many events bear its tag, the position of the last, and the fold of them."""

    n: int
    position: int
    state: Any


EMPTY: Final = Row(0, 0, None)


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """What an accepted command made, in the log or in the running batch."""

    command_hash: str
    events: tuple[RecordedEvent, ...]


class _Before(NamedTuple):
    """What stood in the places that were changed; of receipts, which were added."""

    rows: dict[str, Row]
    events: dict[str, EventState | None]
    receipts: list[str]


Fetch = Callable[[set[str]], None]


class Overlay:
    """Rows, event states and receipts.

    It is the `States` of the rules: state by boundary key, also for `event:` keys. `fetch` brings in what a key stands
    for when it is read for the first time; without one, what was not loaded reads as nothing. The rows given are
    changed in place: whoever lends them must forget them unless the changes are committed.
    """

    def __init__(self, rows: dict[str, Row] | None = None, fetch: Fetch | None = None) -> None:
        self.fetch = fetch
        self.rows: dict[str, Row] = {} if rows is None else rows
        self.events: dict[str, EventState | None] = {}
        self.receipts: dict[str, Receipt] = {}
        self._before: _Before | None = None

    def begin(self) -> None:
        """From here on changes can be taken back."""
        if self._before is None:
            self._before = _Before({}, {}, [])
        for each in self._before:
            each.clear()

    def take_back(self) -> None:
        """Undoes every change since `begin`; what was fetched since then stays."""
        if self._before is None:
            return
        self.rows.update(self._before.rows)
        self.events.update(self._before.events)
        for command_id in self._before.receipts:
            del self.receipts[command_id]
        self.begin()

    def row(self, key: str) -> Row | None:
        """The boundary's row; None only where nothing is fetched."""
        row = self.rows.get(key)
        if row is None and self.fetch is not None:
            self.fetch({key})
            return self.rows.get(key)
        return row

    def event(self, event_id: str) -> EventState | None:
        """The event's state; None when there is no such event."""
        if self.fetch is not None and event_id not in self.events:
            self.fetch({event_key(event_id)})
        return self.events.get(event_id)

    def missing(self, keys: Iterable[str]) -> list[str]:
        """The keys of which nothing was loaded."""
        rows = self.rows
        return [key for key in keys if key not in rows and not self._is_loaded_event(key)]

    def numbers(self, tags: Iterable[str]) -> dict[str, int]:
        """By tag, in the order given, the number of the next event that bears it."""
        rows = self.rows
        return {tag: (rows.get(tag) or self.row(tag) or EMPTY).n + 1 for tag in tags}

    def record(self, event: RecordedEvent) -> None:
        """Adds an event: every boundary it bears, and the events it corrects, move on."""
        effect = effect_of(event)
        for tag, n in event.tags.items():
            self.advance(tag, n, effect)
        for event_id in corrected_events(event):
            corrected = self.event(event_id)
            if corrected is not None:
                self._put_event(event_id, evolve_event_state(corrected, event))
        self._put_event(event.id, EventState(event))

    def advance(self, tag: str, n: int, effect: Effect) -> None:
        """Moves one boundary on by an event that is the n-th one bearing its tag."""
        rows = self.rows
        row = rows.get(tag) or self.row(tag) or EMPTY
        if self._before is not None:
            self._before.rows.setdefault(tag, row)
        rows[tag] = Row(n, effect.event.position, evolve(tag, row.state, effect))

    def add_receipt(self, command_id: str, receipt: Receipt) -> None:
        """Adds the receipt of a command that was accepted."""
        if self._before is not None:
            self._before.receipts.append(command_id)
        self.receipts[command_id] = receipt

    def get(self, key: str, /) -> Any:
        """See boundary.States.get."""
        row = self.rows.get(key)
        if row is not None:
            return row.state
        if key.startswith(_EVENT_PREFIX):
            return self.event(key[len(_EVENT_PREFIX) :])
        row = self.row(key)
        return row.state if row is not None else None

    def _put_event(self, event_id: str, state: EventState) -> None:
        if self._before is not None:
            # None where nothing was known of the event: taken back, it is not there, as it was not before.
            self._before.events.setdefault(event_id, self.events.get(event_id))
        self.events[event_id] = state

    def _is_loaded_event(self, key: str) -> bool:
        return key.startswith(_EVENT_PREFIX) and key[len(_EVENT_PREFIX) :] in self.events
