"""Making projections anew beside those being read: next generations, caught up, compared, switched."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, Table, and_, func, select

from domain.ports import EventFeed, LedgerInfo
from projections import tracking
from projections.page import Stepper
from projections.projection import Projection
from projections.tracking import PROJECTIONS, Generations

Progress = Callable[[str, str, int, int], None]
"""Called with projection name, ledger id, position reached, and where the log was when it was last looked at."""


REBUILD_PAGE_EVENTS: Final = 20_000
"""A rebuild is a process of its own, and writes all: a million events on SQLite took 38 s in pages of 5,000 and 23 s in
pages of 20,000."""


class RebuildStalledError(Exception):
    """The new generation halted on an event; the old one is still being read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildReport:
    """What a rebuild made. `different_rows` counts the rows that only one generation has, up to where the old one was.

    It is zero in a sound ledger.
    """

    name: str
    generation: int
    rows: int
    different_rows: int


class Rebuild:
    """Projections made anew, the log read once for all; the old rows are read, and kept up, until the switch."""

    def __init__(
        self, *, writer: Engine, reader: Engine, feed: EventFeed, projections: Sequence[Projection], progress: Progress
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._feed = feed
        self._stepper = Stepper(feed)
        self._projections = projections
        self._progress = progress

    def run(self) -> list[RebuildReport]:
        """Fills the next generations, compares them with the old ones, and lets readers use each.

        Raises:
            RebuildStalledError: with the reason.
        """
        generations = self._begin()
        self._catch_up(generations)
        reports = [self._compare(each, generations[each.name]) for each in self._projections]
        for each in self._projections:
            while not self._switch(each, generations[each.name]):
                self._catch_up({each.name: generations[each.name]})
        return reports

    def _begin(self) -> dict[str, int]:
        with self._writer.begin() as connection:
            tracking.wait_to_change_tables(connection)
            for each in self._projections:
                tracking.drop_unread(connection, each)
            generations = {each.name: tracking.create_generation(connection, each) for each in self._projections}
            for ledger in self._feed.ledgers():
                tracking.begin(connection, ledger.ledger_id, generations)
        return generations

    def _catch_up(self, generations: Generations) -> None:
        for ledger in self._feed.ledgers():
            while self._step(ledger, generations):
                pass

    def _step(self, ledger: LedgerInfo, generations: Generations) -> bool:
        with self._writer.begin() as connection:
            done = self._stepper.step(connection, ledger, generations, REBUILD_PAGE_EVENTS)
        for tracker in done.trackers:
            if tracker.stalled_reason is not None:
                raise RebuildStalledError(tracker.stalled_reason)
            self._progress(tracker.name, ledger.ledger_id, tracker.position, ledger.position)
        return done.moved

    def _compare(self, projection: Projection, generation: int) -> RebuildReport:
        with self._reader.begin() as connection:
            current = tracking.pointer(connection, projection)
            old_positions = _positions(connection, projection, current)
            new_positions = _positions(connection, projection, generation)
            until = {ledger_id: min(old_positions.get(ledger_id, 0), new) for ledger_id, new in new_positions.items()}
            pairs = list(zip(projection.tables(current), projection.tables(generation), strict=True))
            return RebuildReport(
                name=projection.name,
                generation=generation,
                rows=sum(connection.scalar(select(func.count()).select_from(table)) or 0 for _, table in pairs),
                different_rows=_different_rows(connection, pairs, until),
            )

    def _switch(self, projection: Projection, generation: int) -> bool:
        """Whether readers may now use it: not while the old one is ahead, for nobody may read less than before."""
        with self._writer.begin() as connection:
            current = tracking.pointer(connection, projection)
            if current > generation:
                # Another rebuild began later and was quicker; its rows are as good as these.
                return True
            new_positions = _positions(connection, projection, generation)
            for ledger_id in _positions(connection, projection, current):
                # Locked, so that no other projector moves the old one on before the switch.
                [old] = tracking.wait_for_lock(connection, ledger_id, {projection.name: current})
                if old.position > new_positions.get(ledger_id, 0):
                    return False
            tracking.point_to(connection, projection, generation)
        return True


def rebuild(
    *, writer: Engine, reader: Engine, feed: EventFeed, name: str | None, progress: Progress
) -> list[RebuildReport]:
    """Makes one projection (None: each of them) anew from the log.

    Raises:
        ValueError: there is no projection of that name.
        RebuildStalledError: an event could not be projected; the old generation is still being read.
    """
    chosen = [each for each in PROJECTIONS if name in (None, each.name)]
    if not chosen:
        raise ValueError(", ".join(each.name for each in PROJECTIONS))
    return Rebuild(writer=writer, reader=reader, feed=feed, projections=chosen, progress=progress).run()


def _positions(connection: Connection, projection: Projection, generation: int) -> dict[str, int]:
    found = tracking.trackers(connection, {projection.name: generation})
    return {ledger_id: tracker.position for ledger_id, [tracker] in found.items()}


def _different_rows(connection: Connection, pairs: list[tuple[Table, Table]], until: dict[str, int]) -> int:
    """How many rows up to the positions, by ledger id, are in one table of a pair and not in the other."""
    return sum(
        _different(connection, one, other, ledger_id, position)
        for ledger_id, position in until.items()
        for one, other in pairs
    )


def _different(connection: Connection, one: Table, other: Table, ledger_id: str, position: int) -> int:
    """Rows are found by their keys: a set operation would sort both tables."""
    here, there = (and_(table.c.ledger_id == ledger_id, table.c.position <= position) for table in (one, other))
    keys = [one.c[key.name] == other.c[key.name] for key in one.primary_key]
    values = [one.c[value.name].is_not_distinct_from(other.c[value.name]) for value in one.c if not value.primary_key]
    counts = (
        select(func.count()).select_from(one).where(here),
        select(func.count()).select_from(other).where(there),
        select(func.count()).select_from(one.join(other, and_(*keys, *values))).where(here, there),
    )
    in_one, in_other, in_both = (connection.scalar(count) or 0 for count in counts)
    return in_one + in_other - 2 * in_both
