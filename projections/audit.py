"""Comparing the stored rows of the views with what the log says they must be."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, select

from domain.event import RecordedEvent
from domain.ports import EventFeed, LedgerInfo
from projections import tracking
from projections.projection import Projection, Row, Start
from projections.tracking import PROJECTIONS, Tracker

_ROWS_AT_ONCE: Final = 5000
_EVENTS_AT_ONCE: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A row that is in the views or follows from the log, and not both; `part` names its table."""

    ledger_id: str
    position: int
    part: str
    detail: str


def audit_views(reader: Engine, feed: EventFeed, ledger_id: str) -> Iterator[Difference]:
    """Every row that differs, up to where the views have come, by position; none when they are whole.

    A running total is compared with what follows from the rows before it, which were compared before.

    Raises:
        ValueError: the log does not give its events by position.
    """
    ledger = feed.ledger(ledger_id)
    # An entry that cannot be read ends it half-way: what is still open on the server is closed then as well.
    with reader.connect() as connection, ExitStack() as open_rows:
        generations = tracking.active(connection)
        found = tracking.trackers(connection, generations, ledger_id).get(ledger_id, [])
        audits = [
            _Audit(connection, projection, ledger, tracker, open_rows)
            for projection in PROJECTIONS
            for tracker in found
            if tracker.name == projection.name
        ]
        position, until = 0, max((tracker.position for tracker in found), default=0)
        while position < until:
            page = feed.page(ledger_id, after=position, limit=_EVENTS_AT_ONCE)
            positions = [position, *(event.position for event in page)]
            if any(after <= before for before, after in pairwise(positions)):
                message = "the entries do not stand in the order of their positions"
                raise ValueError(message)
            for audit in audits:
                yield from audit.compared(connection, page)
            position = page[-1].position if page else until
        for audit in audits:
            yield from audit.left_over()


class _Audit:
    """One projection's tables against the log."""

    def __init__(
        self,
        connection: Connection,
        projection: Projection,
        ledger: LedgerInfo,
        tracker: Tracker,
        open_rows: ExitStack,
    ) -> None:
        self._projection = projection
        self._ledger = ledger
        self._tracker = tracker
        self._kept: Any = None
        tables = projection.tables(tracker.generation)
        self._stored = [_Stored(connection, table, ledger.ledger_id, open_rows) for table in tables]

    def compared(self, connection: Connection, page: list[RecordedEvent]) -> Iterator[Difference]:
        """What differs in the rows of a page of events."""
        counting = [event for event in page if event.position <= self._tracker.position]
        if not counting:
            return
        after = counting[0].position - 1
        start = Start(self._ledger.ledger_id, self._ledger.time_zone, self._tracker.generation, after)
        fold = self._projection.fold(start, self._kept)
        for event in counting:
            fold.take(event)
        expected = [
            _by_position(table.place, rows) for table, rows in zip(self._stored, fold.rows(connection), strict=True)
        ]
        self._kept = fold.kept()
        for event in counting:
            for table, rows in zip(self._stored, expected, strict=True):
                yield from table.compared(event.position, rows.get(event.position, ()))

    def left_over(self) -> Iterator[Difference]:
        """The rows after every position that the views have come to."""
        for table in self._stored:
            yield from table.left_over()


def _by_position(place: int, rows: Iterable[Row]) -> dict[Any, list[Row]]:
    grouped: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row[place]].append(row)
    return grouped


class _Stored:
    """The rows of one table, read once in the order of positions; `place` is that of the position in a row."""

    def __init__(self, connection: Connection, table: Table, ledger_id: str, open_rows: ExitStack) -> None:
        self._name = table.name
        self._ledger_id = ledger_id
        self.place = table.columns.keys().index("position")
        statement = select(table).where(table.c.ledger_id == ledger_id).order_by(table.c.position)
        result = connection.execute(statement.execution_options(yield_per=_ROWS_AT_ONCE))
        open_rows.callback(result.close)
        self._rows: Iterator[Any] = iter(result)
        self._next: Any = next(self._rows, None)

    def compared(self, position: int, expected: Iterable[Row]) -> Iterator[Difference]:
        """What differs up to and at a position, whose rows must be the expected ones."""
        yield from self._surplus_before(position)
        found = set(self._taken(position))
        wanted = set(expected)
        yield from (self._difference(position, "missing", row) for row in sorted(wanted - found, key=str))
        yield from (self._difference(position, "surplus", row) for row in sorted(found - wanted, key=str))

    def left_over(self) -> Iterator[Difference]:
        """The rows after every position of the log that the views have come to."""
        while self._next is not None:
            yield self._difference(self._next[self.place], "surplus", self._advance())

    def _surplus_before(self, position: int) -> Iterator[Difference]:
        while self._next is not None and self._next[self.place] < position:
            yield self._difference(self._next[self.place], "surplus", self._advance())

    def _taken(self, position: int) -> Iterator[Row]:
        while self._next is not None and self._next[self.place] == position:
            yield self._advance()

    def _advance(self) -> Row:
        row: Row = tuple(self._next)
        self._next = next(self._rows, None)
        return row

    def _difference(self, position: int, what: str, row: Row) -> Difference:
        return Difference(ledger_id=self._ledger_id, position=position, part=self._name, detail=f"{what}: {row[1:]}")
