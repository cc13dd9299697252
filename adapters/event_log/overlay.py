"""The states a batch is decided on: what is committed, and on top of it what the batch itself would change.

States are immutable, so an overlay is a dict of replacements, adopted as a whole or forgotten as a whole.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from domain.boundary import event_key
from domain.event import EventState, RecordedEvent, evolve_event_state
from domain.registry import FOREIGN_PREFIX, corrected_events, evolve

_EVENT_PREFIX = event_key("")


class Row(NamedTuple):
    """A boundary: how many events bear its tag, the position of the last, and the fold of them."""

    n: int
    position: int
    state: Any


EMPTY = Row(0, 0, None)


class Receipt(NamedTuple):
    """What an accepted command made, in the log or in the running batch."""

    command_hash: str
    first_position: int
    last_position: int
    events: tuple[RecordedEvent, ...]


Fetch = Callable[[set[str]], None]


class Overlay:
    """Rows, event states and receipts over a parent's; reads fall through, writes stay here.

    It is the `States` of the rules: state by boundary key, also for `event:` keys. `fetch` brings what a key stands
    for into the chain when it is read for the first time; without one, what was not loaded reads as nothing.
    """

    def __init__(self, parent: "Overlay | None" = None, fetch: Fetch | None = None) -> None:
        self.parent = parent
        self.fetch: Fetch | None = fetch if fetch is not None or parent is None else parent.fetch
        self.rows: dict[str, Row] = {}
        self.events: dict[str, EventState | None] = {}
        self.receipts: dict[str, Receipt] = {}

    def row(self, key: str) -> Row | None:
        """The boundary's row; None only where nothing is fetched."""
        row = self._loaded_row(key)
        if row is None and self.fetch is not None:
            self.fetch({key})
            return self._loaded_row(key)
        return row

    def event(self, event_id: str) -> EventState | None:
        """The event's state; None when there is no such event."""
        if self.fetch is not None and not self._knows_event(event_id):
            self.fetch({event_key(event_id)})
        overlay: Overlay | None = self
        while overlay is not None:
            if event_id in overlay.events:
                return overlay.events[event_id]
            overlay = overlay.parent
        return None

    def receipt(self, command_id: str) -> Receipt | None:
        """The receipt of a command accepted before, in the log or in this batch."""
        receipt = self.receipts.get(command_id)
        if receipt is None and self.parent is not None:
            return self.parent.receipt(command_id)
        return receipt

    def missing(self, keys: set[str]) -> set[str]:
        """The keys of which nothing was loaded."""
        return {key for key in keys if not self._is_loaded(key)}

    def record(self, event: RecordedEvent) -> None:
        """Adds an event: every boundary it bears, and the events it corrects, move on."""
        for tag in event.tags:
            self.advance(tag, event)
        for event_id in corrected_events(event):
            corrected = self.event(event_id)
            if corrected is not None:
                self.events[event_id] = evolve_event_state(corrected, event)
        self.events[event.id] = EventState(event=event)

    def advance(self, tag: str, event: RecordedEvent) -> None:
        """Moves one boundary on by an event bearing its tag."""
        row = self.row(tag) or EMPTY
        state = None if tag.startswith(FOREIGN_PREFIX) else evolve(tag, row.state, event)
        self.rows[tag] = Row(event.tags[tag], event.position, state)

    def adopt(self, child: "Overlay") -> None:
        """Makes a child's changes this overlay's own."""
        self.rows.update(child.rows)
        self.events.update(child.events)
        self.receipts.update(child.receipts)

    def _is_loaded(self, key: str) -> bool:
        if key.startswith(_EVENT_PREFIX):
            return self._knows_event(key[len(_EVENT_PREFIX) :])
        return self._loaded_row(key) is not None

    def _loaded_row(self, key: str) -> Row | None:
        overlay: Overlay | None = self
        while overlay is not None:
            row = overlay.rows.get(key)
            if row is not None:
                return row
            overlay = overlay.parent
        return None

    def _knows_event(self, event_id: str) -> bool:
        """Whether the event was looked for (also when there is none)."""
        overlay: Overlay | None = self
        while overlay is not None and event_id not in overlay.events:
            overlay = overlay.parent
        return overlay is not None

    def get(self, key: str, /) -> Any:
        """See boundary.States.get."""
        if key.startswith(_EVENT_PREFIX):
            return self.event(key[len(_EVENT_PREFIX) :])
        row = self.row(key)
        return row.state if row is not None else None
