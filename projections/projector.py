"""Keeps the views up with the log: page by page, in any number of processes, one of them at a time per ledger."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from sqlalchemy import Engine
from sqlalchemy.exc import DataError, IntegrityError

from domain.identifiers import leaf_hash
from domain.ports import EventFeed, LedgerInfo
from projections import tracking
from projections.page import PAGE_EVENTS, Step, Stepper
from projections.rebuild import Progress, RebuildReport, rebuild
from projections.tracking import PROJECTIONS, Generations, Tracker

POLL_S: Final = 0.2
"""How soon a projector that nobody woke looks at the log again."""

GATHER_S: Final = 0.02
"""How long a projector that has caught up lets events gather while nobody waits for them: a step of one event costs
as much as a step of many, and takes that time from the writers."""

_WAIT_POLL_S: Final = 0.005
"""How often a reader looks where the projector is another process's, which cannot tell it."""
_WAIT_TOLD_S: Final = 0.1
_BACK_OFF_S: Final = 1.0


class Wake(Protocol):
    """Set when something was appended; `threading.Event` is one."""

    def wait(self, timeout: float | None = None, /) -> bool:
        """Returns when it is set, or after the timeout."""

    def clear(self) -> None:
        """Forgets that it was set."""

    def set(self) -> None:
        """Says that something was appended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionStatus:
    """How far a projection has come in a ledger. `lag` is in events; `stalled_reason` is None while it moves.

    `is_ahead`: it has seen what the log no longer holds, as after a backup of the log was restored without its views.
    """

    name: str
    ledger_id: str
    generation: int
    position: int
    lag: int
    is_ahead: bool
    stalled_reason: str | None


OnError = Callable[[Exception, str | None], None]
"""Called with what went wrong, and the ledger that it went wrong with; None where it was not with one."""


def ignore(_error: Exception, _ledger_id: str | None) -> None:
    """Tells nobody."""


OnMoved = Callable[[str, int], None]


def tell_nobody(_ledger_id: str, _position: int) -> None:
    """Tells nobody how far a ledger's views have come."""


def show_nothing(_name: str, _ledger_id: str, _position: int, _head: int) -> None:
    """Shows no progress."""


class Moved(Enum):
    """How far one round over the ledgers came."""

    NOTHING = "nothing"
    TO_END = "to-end"
    ON = "on"


class Projector:
    """Moves the stored projections. Every method may be called from any thread.

    `writer` begins transactions with the write lock where that is one for all (SQLite), `reader` does not.
    """

    def __init__(
        self,
        *,
        writer: Engine,
        reader: Engine,
        feed: EventFeed,
        page_events: int = PAGE_EVENTS,
        on_error: OnError = ignore,
        on_moved: OnMoved = tell_nobody,
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._feed = feed
        self._stepper = Stepper(feed)
        self._page_events = page_events
        self._on_error = on_error
        self._on_moved = on_moved
        self._ask_elsewhere: Callable[[], None] | None = None
        self._reached: dict[str, int] = {}
        self._stalled: set[str] = set()
        self._failing: set[str] = set()
        # What a ledger was opened as never changes; how far it is stands in its head.
        self._openings: dict[str, LedgerInfo] = {}
        self._stood_at: dict[str, tuple[int, float]] = {}
        self._compared: set[str] = set()
        self._resting_until_s: dict[str, float] = {}
        self._moved = threading.Condition()
        self._wake: Wake | None = None
        self._hurry = threading.Event()

    def prepare(self) -> None:
        """Creates or renews the tables; once, before anything else. Stalled projections get another try.

        Rows that were made from another log than the one that is there, as before a backup of it was restored, are
        removed: they are made anew.
        """
        self._compared.clear()
        self._openings.clear()
        with self._writer.begin() as connection:
            tracking.prepare(connection)
        try:
            for ledger_id in self._feed.heads():
                self._compare(ledger_id)
        except Exception as error:  # noqa: BLE001 (a log that cannot be read now is compared before the next step)
            self._on_error(error, None)

    def may_change_views(self) -> bool:
        """Whether this process may do what `prepare` and `run` do: on PostgreSQL by the rights of its role."""
        with self._reader.begin() as connection:
            return tracking.may_change(connection)

    def is_prepared(self) -> bool:
        """Whether the views of this code are there, so that they can be read; whoever moves them made them."""
        with self._reader.begin() as connection:
            return tracking.is_prepared(connection)

    def altered(self) -> list[str]:
        """What of the views somebody took away or made otherwise, each in words."""
        with self._reader.begin() as connection:
            return tracking.altered(connection)

    def catch_up(self, ledger_id: str) -> int:
        """Applies what the log holds now, and returns the position that every projection has reached.

        It is less than the log's where a projection is stalled, or where another process is at it.
        """
        ledger = self._feed.ledger(ledger_id)
        while self._step(ledger).moved:
            pass
        return self._look(ledger_id)

    def run(self, stop: threading.Event, wake: Wake) -> None:
        """Follows all ledgers until `stop` is set; looks when woken, and every 200 ms.

        It lets events gather for 20 ms at the end of the log, but not while a reader waits for them.

        What goes wrong is told to `on_error`, of a ledger once until it goes well; it is tried again after a second.
        """
        self._wake = wake
        while not stop.is_set():
            wake.clear()
            self._hurry.clear()
            try:
                moved = self._round(stop)
            except Exception as error:  # noqa: BLE001 (the views must go on when the database is back)
                self._on_error(error, None)
                moved = Moved.NOTHING
                stop.wait(_BACK_OFF_S)
            if moved is Moved.TO_END:
                self._hurry.wait(GATHER_S)
            elif moved is Moved.NOTHING:
                wake.wait(POLL_S)
        self._wake = None

    def wait_until(self, ledger_id: str, position: int, timeout_s: float) -> bool:
        """Whether every projection reaches the position in time; a stalled one is not waited for.

        Nor are those that stood still while somebody waited as long, until they move: who waits holds a thread.
        Costs nothing when this process has seen it there.
        """
        if self._reached.get(ledger_id, 0) >= position:
            return True
        deadline = time.monotonic() + timeout_s
        self.hurry()
        first = reached = self._look(ledger_id)
        while reached < position:
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                if reached == first:
                    self._stood_at[ledger_id] = (reached, timeout_s)
                return False
            stood_at, waited_s = self._stood_at.get(ledger_id, (-1, 0.0))
            if ledger_id in self._stalled or (stood_at == reached and waited_s >= timeout_s):
                return False
            is_told = self._wake is not None or self._ask_elsewhere is not None
            look_again_s = _WAIT_TOLD_S if is_told else _WAIT_POLL_S
            with self._moved:
                self._moved.wait_for(lambda: self._reached.get(ledger_id, 0) >= position, min(look_again_s, left_s))
            reached = self._look(ledger_id)
        return True

    def is_stalled(self, ledger_id: str) -> bool:
        """Whether one of the ledger's projections had halted when this process last looked."""
        return ledger_id in self._stalled

    def hurry(self) -> None:
        """Says that a reader waits: what was appended is taken in at once."""
        self._hurry.set()
        if self._wake is not None:
            self._wake.set()
        if self._ask_elsewhere is not None:
            self._ask_elsewhere()

    def moved_elsewhere(self, ask: Callable[[], None]) -> None:
        """Another process moves the views: `ask` makes it hurry, and what it reaches is told with `reached`."""
        self._ask_elsewhere = ask

    def reached(self, ledger_id: str, position: int) -> None:
        """Notes that every projection of the ledger has come that far, and tells those who wait for it."""
        with self._moved:
            # A generation that replaces another is never behind it, so what was reached stays reached.
            self._reached[ledger_id] = max(self._reached.get(ledger_id, 0), position)
            self._moved.notify_all()

    def status(self) -> list[ProjectionStatus]:
        """Every projection in every ledger, by ledger id and name."""
        with self._reader.begin() as connection:
            generations = tracking.active(connection)
            found = tracking.trackers(connection, generations)
        # Asked after the views, so that none is ahead of a log that was only read earlier.
        heads = self._feed.heads()
        return [
            ProjectionStatus(
                name=tracker.name,
                ledger_id=ledger_id,
                generation=tracker.generation,
                position=tracker.position,
                lag=max(head - tracker.position, 0),
                is_ahead=tracker.position > head,
                stalled_reason=tracker.stalled_reason,
            )
            for ledger_id, head in heads.items()
            for tracker in found.get(ledger_id) or _not_begun(generations)
        ]

    def rebuild(self, name: str | None = None, progress: Progress = show_nothing) -> list[RebuildReport]:
        """Makes one projection, or each, anew from the log beside live reads. See rebuild.rebuild."""
        return rebuild(writer=self._writer, reader=self._reader, feed=self._feed, name=name, progress=progress)

    def _round(self, stop: threading.Event) -> "Moved":
        """One page of each ledger that is behind, so that none waits for all of another; how far it came."""
        steps = [
            self._try_step(ledger_id)
            for ledger_id, head in self._feed.heads().items()
            if not stop.is_set() and self._is_due(ledger_id, head)
        ]
        if any(step.is_full for step in steps):
            return Moved.ON
        return Moved.TO_END if any(step.moved for step in steps) else Moved.NOTHING

    def _is_due(self, ledger_id: str, head: int) -> bool:
        behind = self._reached.get(ledger_id, 0) < head
        return behind and self._resting_until_s.get(ledger_id, 0) <= time.monotonic()

    def _try_step(self, ledger_id: str) -> Step:
        try:
            if ledger_id not in self._openings:
                self._openings[ledger_id] = self._feed.ledger(ledger_id)
            step = self._step(self._openings[ledger_id])
        except Exception as error:  # noqa: BLE001 (a ledger that cannot be read must not hold up the others)
            self._resting_until_s[ledger_id] = time.monotonic() + _BACK_OFF_S
            if ledger_id not in self._failing:
                self._failing.add(ledger_id)
                self._on_error(error, ledger_id)
            return Step([], moved=False)
        self._failing.discard(ledger_id)
        return step

    def _compare(self, ledger_id: str) -> None:
        """Once a start: begins again with rows that are not of this log."""
        if ledger_id in self._compared:
            return
        with self._writer.begin() as connection:
            for tracker in tracking.wait_for_lock(connection, ledger_id, tracking.active(connection)):
                entry = self._feed.entry(ledger_id, tracker.position)
                if tracker.position and (entry is None or leaf_hash(entry) != tracker.leaf_hash):
                    tracking.begin_again(connection, ledger_id, tracker)
        self._compared.add(ledger_id)

    def _step(self, ledger: LedgerInfo) -> Step:
        self._compare(ledger.ledger_id)
        try:
            return self._step_with(ledger, None)
        except (IntegrityError, DataError):
            # One projection's rows cannot be stored: the other must not halt with it.
            steps = [self._step_alone(ledger, each.name) for each in PROJECTIONS]
            return Step([tracker for each in steps for tracker in each.trackers], any(each.moved for each in steps))

    def _step_alone(self, ledger: LedgerInfo, name: str) -> Step:
        try:
            return self._step_with(ledger, name)
        except (IntegrityError, DataError) as error:
            with self._writer.begin() as connection:
                generations = {name: tracking.active(connection)[name]}
                for tracker in tracking.lock(connection, ledger.ledger_id, generations):
                    reason = f"after position {tracker.position}: {type(error).__name__}: {error.orig}"
                    tracking.advance(connection, ledger.ledger_id, tracker._replace(stalled_reason=reason))
            return Step([], moved=False)

    def _step_with(self, ledger: LedgerInfo, name: str | None) -> Step:
        with self._writer.begin() as connection:
            generations = tracking.active(connection)
            wanted = generations if name is None else {name: generations[name]}
            done = self._stepper.step(connection, ledger, wanted, self._page_events)
            if tracking.active(connection) != generations:
                # A rebuild switched before the trackers were locked: these are no longer the ones that are read.
                connection.rollback()
                return Step([], moved=True)
        self._on_moved(ledger.ledger_id, self._note(ledger.ledger_id, done.trackers))
        return done

    def _look(self, ledger_id: str) -> int:
        """The position every projection has reached by now, also by other processes."""
        with self._reader.begin() as connection:
            found = tracking.trackers(connection, tracking.active(connection), ledger_id)
        return self._note(ledger_id, found.get(ledger_id, []))

    def _note(self, ledger_id: str, trackers: list[Tracker]) -> int:
        if any(tracker.stalled_reason is not None for tracker in trackers):
            self._stalled.add(ledger_id)
        else:
            self._stalled.discard(ledger_id)
        if len(trackers) < len(PROJECTIONS):
            return 0
        reached = min(tracker.position for tracker in trackers)
        self.reached(ledger_id, reached)
        return reached


def _not_begun(generations: Generations) -> list[Tracker]:
    return [Tracker(name, generation) for name, generation in sorted(generations.items())]
