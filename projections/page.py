"""One step of a projector: a page of events becomes rows, and the position moves, in one transaction."""

from typing import Final, NamedTuple

from sqlalchemy import Connection

from domain.event import RecordedEvent
from domain.ports import EventFeed, LedgerInfo
from projections.loading import insert_rows
from projections.projection import Row
from projections.tracking import PROJECTIONS, Generations, Tracker, advance, lock

PAGE_EVENTS: Final = 2000
"""How many events one transaction takes in when there are that many."""

_BY_NAME: Final = {each.name: each for each in PROJECTIONS}
_REASON_CHARACTERS_MAX: Final = 500


class Step(NamedTuple):
    """What a step found: how far each projection it held has come, and whether it moved any of them.

    `is_full`: it took as many events as it may, so there are probably more.
    """

    trackers: list[Tracker]
    moved: bool
    is_full: bool = False


class Folding:
    """What the next events add to one generation of a projection. It halts before the first event that fails."""

    def __init__(self, tracker: Tracker, time_zone: str) -> None:
        self._projection = _BY_NAME[tracker.name]
        self._time_zone = time_zone
        self._before = tracker
        self._rows: tuple[list[Row], ...] = tuple([] for _ in self._projection.tables(tracker.generation))
        self._position = tracker.position
        self._last: RecordedEvent | None = None
        self._stalled_reason: str | None = None

    def take(self, event: RecordedEvent) -> None:
        """Adds the rows of an event, unless it is at or before the position, or the projection has halted."""
        position = event.position
        if position <= self._position or self._stalled_reason is not None:
            return
        if position != self._position + 1:
            self._stalled_reason = f"position {position} follows {self._position}"
            return
        try:
            added = self._projection.rows_of(event, self._time_zone)
        except Exception as error:  # noqa: BLE001 (whatever it is: the projection halts there and says why)
            self._stalled_reason = _reason(event, error)
            return
        for rows, new in zip(self._rows, added, strict=True):
            rows.extend(new)
        self._position = position
        self._last = event

    def store(self, connection: Connection, ledger_id: str) -> Tracker:
        """Inserts the rows, and records and returns how far the generation has come."""
        for table, rows in zip(self._projection.tables(self._before.generation), self._rows, strict=True):
            insert_rows(connection, table, rows)
        after = self._before._replace(
            position=self._position,
            stalled_reason=self._stalled_reason,
            leaf_hash=self._before.leaf_hash if self._last is None else self._last.leaf_hash,
        )
        advance(connection, ledger_id, after)
        return after


def step(connection: Connection, feed: EventFeed, ledger: LedgerInfo, generations: Generations, limit: int) -> Step:
    """Applies the next events, at most `limit`, to those of the generations that nobody else holds.

    A projection that fails on an event keeps what came before it and stalls; the others move on.
    """
    held = lock(connection, ledger.ledger_id, generations)
    moving = [tracker for tracker in held if tracker.stalled_reason is None]
    if not moving:
        return Step(held, moved=False)
    foldings = {tracker.name: Folding(tracker, ledger.time_zone) for tracker in moving}
    count = 0
    for event in feed.follow(ledger.ledger_id, after=min(tracker.position for tracker in moving), limit=limit):
        count += 1
        for folding in foldings.values():
            folding.take(event)
    if not count:
        return Step(held, moved=False)
    moved = {name: folding.store(connection, ledger.ledger_id) for name, folding in foldings.items()}
    return Step([moved.get(tracker.name, tracker) for tracker in held], moved=True, is_full=count == limit)


def _reason(event: RecordedEvent, error: Exception) -> str:
    return f"position {event.position} ({event.type}): {type(error).__name__}: {error}"[:_REASON_CHARACTERS_MAX]
