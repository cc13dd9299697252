"""Comparing the stored rows of the views with what the log says they must be."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, select

from domain.event import RecordedEvent
from domain.ports import EventFeed
from projections import tracking
from projections.page import PAGE_EVENTS
from projections.projection import Row
from projections.tracking import PROJECTIONS

_ROWS_AT_ONCE: Final = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A row that is in the views or follows from the log, and not both; `part` names its table."""

    ledger_id: str
    position: int
    part: str
    detail: str


def audit_views(reader: Engine, feed: EventFeed, ledger_id: str) -> Iterator[Difference]:
    """Every row that differs, up to where the views have come, by position; none when they are whole."""
    ledger = feed.ledger(ledger_id)
    with reader.connect() as connection:
        generations = tracking.active(connection)
        positions = {
            tracker.name: tracker.position
            for tracker in tracking.trackers(connection, generations, ledger_id).get(ledger_id, [])
        }
        until = max(positions.values(), default=0)
        stored = {
            each.name: [_Stored(connection, table, ledger_id) for table in each.tables(generations[each.name])]
            for each in PROJECTIONS
        }
        for event in _events(feed, ledger_id, until):
            for each in PROJECTIONS:
                expected = (
                    each.rows_of(event, ledger.time_zone) if event.position <= positions.get(each.name, 0) else None
                )
                for index, rows in enumerate(stored[each.name]):
                    yield from rows.compared(event.position, expected[index] if expected else [])
        for tables in stored.values():
            for rows in tables:
                yield from rows.left_over()


class _Stored:
    """The rows of one table, read once in the order of positions."""

    def __init__(self, connection: Connection, table: Table, ledger_id: str) -> None:
        self._name = table.name
        self._ledger_id = ledger_id
        self._position = table.columns.keys().index("position")
        statement = select(table).where(table.c.ledger_id == ledger_id).order_by(table.c.position)
        self._rows: Iterator[Any] = iter(connection.execute(statement.execution_options(yield_per=_ROWS_AT_ONCE)))
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
            yield self._difference(self._next[self._position], "surplus", self._advance())

    def _surplus_before(self, position: int) -> Iterator[Difference]:
        while self._next is not None and self._next[self._position] < position:
            yield self._difference(self._next[self._position], "surplus", self._advance())

    def _taken(self, position: int) -> Iterator[Row]:
        while self._next is not None and self._next[self._position] == position:
            yield self._advance()

    def _advance(self) -> Row:
        row: Row = tuple(self._next)
        self._next = next(self._rows, None)
        return row

    def _difference(self, position: int, what: str, row: Row) -> Difference:
        return Difference(ledger_id=self._ledger_id, position=position, part=self._name, detail=f"{what}: {row[1:]}")


def _events(feed: EventFeed, ledger_id: str, until: int) -> Iterator[RecordedEvent]:
    position = 0
    while position < until:
        page = feed.page(ledger_id, after=position, limit=PAGE_EVENTS)
        yield from page
        position = page[-1].position if page else until
