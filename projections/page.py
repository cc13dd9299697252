"""One step of a projector: a page of events becomes rows, and the position moves, in one transaction."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection

from domain.event import RecordedEvent
from domain.ports import EventFeed, LedgerInfo
from projections.loading import insert_rows
from projections.projection import Projection, Row
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


class Folded(NamedTuple):
    """Rows of each table up to a position, and why it went no further than that."""

    rows: tuple[list[Row], ...]
    position: int
    stalled_reason: str | None
    leaf_hash: bytes | None = None
    """Of the event at the position; None when there was none behind where it began."""


def step(connection: Connection, feed: EventFeed, ledger: LedgerInfo, generations: Generations, limit: int) -> Step:
    """Applies the next events, at most `limit`, to those of the generations that nobody else holds.

    A projection that fails on an event keeps what came before it and stalls; the others move on.
    """
    held = lock(connection, ledger.ledger_id, generations)
    moving = [tracker for tracker in held if tracker.stalled_reason is None]
    if not moving:
        return Step(held, moved=False)
    events = feed.page(ledger.ledger_id, after=min(tracker.position for tracker in moving), limit=limit)
    if not events:
        return Step(held, moved=False)
    after = [_apply(connection, ledger, tracker, events) if tracker in moving else tracker for tracker in held]
    return Step(after, moved=True, is_full=len(events) == limit)


def fold(projection: Projection, events: Iterable[RecordedEvent], after: int, time_zone: str) -> Folded:
    """The rows of the events after a position (exclusive); stops before the first one that fails or is out of order."""
    rows: tuple[list[Row], ...] = tuple([] for _ in projection.tables(0))
    position, leaf_hash = after, None
    for event in events:
        if event.position <= after:
            continue
        try:
            if event.position != position + 1:
                return Folded(rows, position, f"position {event.position} follows {position}", leaf_hash)
            for table_rows, new_rows in zip(rows, projection.rows_of(event, time_zone), strict=True):
                table_rows.extend(new_rows)
        except Exception as error:  # noqa: BLE001 (whatever it is: the projection halts there and says why)
            return Folded(rows, position, _reason(event, error), leaf_hash)
        position, leaf_hash = event.position, event.leaf_hash
    return Folded(rows, position, None, leaf_hash)


def _apply(connection: Connection, ledger: LedgerInfo, tracker: Tracker, events: Sequence[RecordedEvent]) -> Tracker:
    projection = _BY_NAME[tracker.name]
    folded = fold(projection, events, tracker.position, ledger.time_zone)
    for table, rows in zip(projection.tables(tracker.generation), folded.rows, strict=True):
        insert_rows(connection, table, rows)
    after = tracker._replace(
        position=folded.position,
        stalled_reason=folded.stalled_reason,
        leaf_hash=folded.leaf_hash or tracker.leaf_hash,
    )
    advance(connection, ledger.ledger_id, after)
    return after


def _reason(event: RecordedEvent, error: Exception) -> str:
    return f"position {event.position} ({event.type}): {type(error).__name__}: {error}"[:_REASON_CHARACTERS_MAX]
