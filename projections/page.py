"""One step of a projector: a page of events becomes rows, and the position moves, in one transaction."""

from collections import OrderedDict
from collections.abc import Iterable
from itertools import islice
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from domain.event import RecordedEvent
from domain.ports import EventFeed, LedgerInfo
from projections.loading import insert_rows
from projections.projection import Start
from projections.tracking import PROJECTIONS, Generations, Tracker, advance, lock

PAGE_EVENTS: Final = 8_000
"""How many events one transaction takes in when there are that many: the more of them share a page of the database, the
fewer are written, and the more memory it takes. Of 20,000, `serve` took 260 MB instead of 245 with 10,000."""

MAX_KEPT_FOLDS: Final = 8
"""Of all ledgers and projections together; one keeps up to 10,000 accounts of up to 3 KB."""

_EVENTS_AT_ONCE: Final = 200
"""How many decoded events are held in memory at a time."""
_BY_NAME: Final = {each.name: each for each in PROJECTIONS}
_REASON_CHARACTERS_MAX: Final = 500


class KeptFolds:
    """What the folds of the last pages keep for the next ones.

    It is taken only by who stands where that page ended, at the same position of the same log: what a page kept whose
    transaction failed is never taken, or is what the same page keeps when it is made again.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, int], tuple[Tracker, Any]] = OrderedDict()

    def taken(self, ledger_id: str, tracker: Tracker) -> Any:
        """What the page that ended where the generation now stands kept, or None; it is kept no longer."""
        ended, kept = self._kept.pop((ledger_id, tracker.name, tracker.generation), (None, None))
        # The tracker says of which log it is, too: by the leaf hash of the entry it stands at.
        return kept if ended == tracker else None

    def keep(self, ledger_id: str, tracker: Tracker, kept: Any) -> None:
        """Keeps it for the page that begins where the generation now stands."""
        if kept is None:
            return
        self._kept[ledger_id, tracker.name, tracker.generation] = (tracker, kept)
        if len(self._kept) > MAX_KEPT_FOLDS:
            self._kept.popitem(last=False)


class Step(NamedTuple):
    """What a step found: how far each projection it held has come, and whether it moved any of them.

    `is_full`: it took as many events as it may, so there are probably more.
    """

    trackers: list[Tracker]
    moved: bool
    is_full: bool = False


class Folding:
    """What the next events add to one generation of a projection. It halts before the first event that fails."""

    def __init__(self, tracker: Tracker, ledger: LedgerInfo, kept: Any = None) -> None:
        projection = _BY_NAME[tracker.name]
        self._tables = projection.tables(tracker.generation)
        self._ledger_id = ledger.ledger_id
        start = Start(ledger.ledger_id, ledger.time_zone, tracker.generation, tracker.position)
        self._fold = projection.fold(start, kept)
        self.before = tracker
        self._position = tracker.position
        self._last: RecordedEvent | None = None
        self._stalled_reason: str | None = None

    def take(self, events: Iterable[RecordedEvent]) -> None:
        """Adds the rows of the next events; those at or before the position were added before.

        Where one is missing or fails, the projection has halted: nothing after it is added.
        """
        if self._stalled_reason is not None:
            return
        take, position, last = self._fold.take, self._position, self._last
        for event in events:
            if event.position != position + 1:
                if event.position <= position:
                    continue
                self._stalled_reason = f"position {event.position} follows {position}"
                break
            try:
                take(event)
            except Exception as error:  # noqa: BLE001 (whatever it is: the projection halts there and says why)
                self._stalled_reason = _reason(event, error)
                break
            position, last = event.position, event
        self._position, self._last = position, last

    def store(self, connection: Connection) -> Tracker:
        """Inserts the rows, and records and returns how far the generation has come."""
        for table, rows in zip(self._tables, self._fold.rows(connection), strict=True):
            insert_rows(connection, table, rows)
        after = self.before._replace(
            position=self._position,
            stalled_reason=self._stalled_reason,
            leaf_hash=self.before.leaf_hash if self._last is None else self._last.leaf_hash,
        )
        advance(connection, self._ledger_id, after)
        return after

    def kept(self) -> Any:
        """What the fold of the next page would otherwise read again."""
        return self._fold.kept()


class Stepper:
    """Applies pages of events; it remembers what one page leaves for the next."""

    def __init__(self, feed: EventFeed) -> None:
        self._feed = feed
        self._kept = KeptFolds()

    def step(self, connection: Connection, ledger: LedgerInfo, generations: Generations, limit: int) -> Step:
        """Applies the next events, at most `limit`, to those of the generations that nobody else holds.

        A projection that fails on an event keeps what came before it and stalls; the others move on.
        """
        ledger_id = ledger.ledger_id
        held = lock(connection, ledger_id, generations)
        moving = [tracker for tracker in held if tracker.stalled_reason is None]
        if not moving:
            return Step(held, moved=False)
        foldings = {each.name: Folding(each, ledger, self._kept.taken(ledger_id, each)) for each in moving}
        count = 0
        events = self._feed.follow(ledger_id, after=min(tracker.position for tracker in moving), limit=limit)
        while part := list(islice(events, _EVENTS_AT_ONCE)):
            count += len(part)
            for folding in foldings.values():
                folding.take(part)
        # What was taken is kept again, also at the end of the log: the next page will come.
        moved = {name: folding.store(connection) if count else folding.before for name, folding in foldings.items()}
        for name, folding in foldings.items():
            self._kept.keep(ledger_id, moved[name], folding.kept())
        if not count:
            return Step(held, moved=False)
        trackers = [moved.get(tracker.name, tracker) for tracker in held]
        return Step(trackers, moved=True, is_full=count == limit)


def _reason(event: RecordedEvent, error: Exception) -> str:
    return f"position {event.position} ({event.type}): {type(error).__name__}: {error}"[:_REASON_CHARACTERS_MAX]
