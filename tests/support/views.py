"""Views of a log in memory, on a fresh database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from adapters.database import Database, open_database
from domain.command import Command
from domain.event import RecordedEvent
from domain.ports import Coordinates
from projections.listing import ListQuery
from projections.projector import Projector
from projections.rows import EvaluationDetail, LineRow, ProjectDetail, ProjectRow
from projections.views import Views
from tests.support.memory_feed import MemoryFeed, MemoryLog

LEDGER = "qingshi"
TODAY = date(2024, 1, 10)


@dataclass
class Desk:
    """One ledger and its views. Reads are from today and the head, unless a test says otherwise."""

    database: Database
    feed: MemoryFeed
    log: MemoryLog
    projector: Projector
    views: Views

    def record(self, *commands: Command) -> RecordedEvent:
        """Records the commands and brings the views up to date; gives the last event."""
        recorded = [self.log.record(command) for command in commands]
        self.projector.catch_up(LEDGER)
        return recorded[-1]

    def at(self, as_of: date = TODAY, position: int | None = None) -> Coordinates:
        return Coordinates(as_of=as_of, position=self.log.head if position is None else position)

    def project(self, project_id: str = "P1", at: Coordinates | None = None) -> ProjectDetail:
        found = self.views.project(LEDGER, at or self.at(), project_id)
        assert found is not None
        return found

    def line(self, line_id: str = "L1", at: Coordinates | None = None) -> LineRow:
        found = self.views.line(LEDGER, at or self.at(), line_id)
        assert found is not None
        return found

    def evaluation(self, evaluation_id: str = "E1", at: Coordinates | None = None) -> EvaluationDetail:
        found = self.views.evaluation(LEDGER, at or self.at(), evaluation_id)
        assert found is not None
        return found

    def projects(self, at: Coordinates | None = None) -> dict[str, ProjectRow]:
        listing = self.views.projects(LEDGER, at or self.at(), ListQuery(limit=1000))
        return {row.project_id: row for row in listing.items}


@contextmanager
def opened_desk(url: str, feed: MemoryFeed | None = None) -> Iterator[Desk]:
    """A ledger that was opened on 10 January 2024, and its empty views."""
    database = open_database(url)
    desk = desk_on(database, feed)
    desk.projector.prepare()
    try:
        yield desk
    finally:
        database.dispose()


def desk_on(database: Database, feed: MemoryFeed | None = None) -> Desk:
    """The same on a database that has the views and no row in them."""
    feed = feed or MemoryFeed()
    log = feed.logs.get(LEDGER) or feed.open(LEDGER)
    projector = Projector(writer=database.views_writer, reader=database.views_reader, feed=feed)
    return Desk(database, feed, log, projector, Views(database.views_reader, feed))
