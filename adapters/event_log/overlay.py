"""The states a batch is decided on: what is committed, changed in place by what the batch accepts.

States are immutable, so taking a refused submission back is putting the states from before it in their places again.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from domain.boundary import event_key
from domain.event import Effect, EventState, RecordedEvent, effect_of, evolve_event_state
from domain.registry import FOREIGN_PREFIX, corrected_events, evolve

_EVENT_PREFIX: Final = event_key("")
_NOTHING: Final = object()


class Row(NamedTuple):
    """A boundary: how many events bear its tag, the position of the last, and the fold of them."""

    n: int
    position: int
    state: Any


EMPTY: Final = Row(0, 0, None)


class Receipt(NamedTuple):
    """What an accepted command made, in the log or in the running batch."""

    command_hash: str
    first_position: int
    last_position: int
    events: tuple[RecordedEvent, ...]


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
        self._before: list[tuple[dict[str, Any], str, Any]] | None = None

    def begin(self) -> None:
        """From here on changes can be taken back."""
        self._before = []

    def take_back(self) -> None:
        """Undoes every change since `begin`; what was fetched since then stays."""
        for changed, key, value in reversed(self._before or []):
            if value is _NOTHING:
                del changed[key]
            else:
                changed[key] = value
        self._before = []

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

    def missing(self, keys: set[str]) -> set[str]:
        """The keys of which nothing was loaded."""
        return {key for key in keys if not self._is_loaded(key)}

    def record(self, event: RecordedEvent) -> None:
        """Adds an event: every boundary it bears, and the events it corrects, move on."""
        effect = effect_of(event)
        for tag, n in event.tags.items():
            self.advance(tag, n, effect)
        for event_id in corrected_events(event):
            corrected = self.event(event_id)
            if corrected is not None:
                self._put(self.events, event_id, evolve_event_state(corrected, event))
        self._put(self.events, event.id, EventState(event))

    def advance(self, tag: str, n: int, effect: Effect) -> None:
        """Moves one boundary on by an event that is the n-th one bearing its tag."""
        row = self.rows.get(tag) or self.row(tag) or EMPTY
        state = None if tag.startswith(FOREIGN_PREFIX) else evolve(tag, row.state, effect)
        if self._before is not None:
            self._before.append((self.rows, tag, row))
        self.rows[tag] = Row(n, effect.event.position, state)

    def add_receipt(self, command_id: str, receipt: Receipt) -> None:
        """Adds the receipt of a command that was accepted."""
        self._put(self.receipts, command_id, receipt)

    def get(self, key: str, /) -> Any:
        """See boundary.States.get."""
        row = self.rows.get(key)
        if row is not None:
            return row.state
        if key.startswith(_EVENT_PREFIX):
            return self.event(key[len(_EVENT_PREFIX) :])
        row = self.row(key)
        return row.state if row is not None else None

    def _put(self, changed: dict[str, Any], key: str, value: object) -> None:
        if self._before is not None:
            self._before.append((changed, key, changed.get(key, _NOTHING)))
        changed[key] = value

    def _is_loaded(self, key: str) -> bool:
        if key.startswith(_EVENT_PREFIX):
            return key[len(_EVENT_PREFIX) :] in self.events
        return key in self.rows
