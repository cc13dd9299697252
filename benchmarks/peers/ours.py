"""Ours, on SQLite and on PostgreSQL: the writer that `fundtrail import` uses, `fundtrail serve`, and the views."""

import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from typing import ClassVar, Final

from typing_extensions import override

from adapters.clock import SystemClock
from adapters.database import Database, open_database
from adapters.event_log.feed import SqlFeed
from adapters.event_log.sequencer import Sequencer
from adapters.migrations.schema import migrate
from benchmarks.as_of import wait_for_views
from benchmarks.commands import items_of
from benchmarks.loading import LEDGER, open_with_setup, record
from benchmarks.peers.peer import NOTHING, WRITERS, Peer
from benchmarks.peers.place import Place
from benchmarks.requests import send
from benchmarks.servers import serve, sqlite_url
from benchmarks.workload import PROJECT_COUNT, Cut, FlowEvent, Sums
from benchmarks.write_rates import single_calls
from domain.ports import Coordinates
from projections.listing import ListQuery
from projections.projector import Projector
from projections.rows import ProjectRow
from projections.views import Views

_NOTES: Final = (
    "Checks every rule of every command, hashes each event into the ledger's tree and answers a retried command as the "
    "first time. Single writes cross HTTP over 64 connections to `fundtrail serve`, which moves its views meanwhile; "
    "bulk is 1,000 commands a transaction in this process, as `fundtrail import` records them, without reading a file. "
    "The views are moved after it: *readable* counts both. They answer every cut, taken by position, with all that "
    "they hold of a project; its size is log and views together. A rebuild makes all views anew, from the 8,102 facts "
    "of the set-up too, and compares them with the old ones. Scores of zero are no facts and are left out. "
)


class PositionsError(Exception):
    """The log does not end where the commands and the views say: cuts by position would be wrong."""


class _Ours(Peer):
    """What both databases share."""

    _database: Database | None = None

    @classmethod
    @override
    def version(cls) -> str:
        return version("fundtrail")

    @override
    def close(self) -> None:
        if self._database is not None:
            self._database.dispose()

    @override
    def write_singles(self, stream: Sequence[FlowEvent], writers: int = WRITERS) -> float:
        calls = single_calls(LEDGER, stream)
        with serve(self._url) as server:
            wait_for_views(server)
            report = send(server, calls)
        return sum(map(len, calls)) / report.elapsed_s

    @override
    def write_bulk(self, stream: Sequence[FlowEvent]) -> float:
        with _writing(self.database) as sequencer:
            before = self._head()
            begin = time.perf_counter()
            items = items_of(stream)
            position = record(sequencer, items, f"bulk-{before}")
            taken_s = time.perf_counter() - begin
        if position != before + len(items):
            raise PositionsError(before, len(items), position)
        recorded = {event.id: event.rec for event in stream}
        self._recorded += [recorded[item["key"]] for item in items]
        return len(stream) / taken_s

    @override
    def make_readable(self) -> None:
        reached = self._projector.catch_up(LEDGER)
        if reached != self._head():
            raise PositionsError(reached, self._head())

    @override
    def one_project(self, project: str, cut: Cut) -> Sums:
        found = self._views.project(LEDGER, self._coordinates(cut), project)
        return NOTHING if found is None else _sums(found)

    @override
    def every_project(self, cut: Cut) -> dict[str, Sums]:
        # Views keep what a list was made of: those of each question are new.
        views = Views(self.database.views_reader, self._feed)
        listed = views.projects(LEDGER, self._coordinates(cut), ListQuery(limit=PROJECT_COUNT))
        return {row.project_id: _sums(row) for row in listed.items}

    @override
    def rebuild(self) -> int:
        self._projector.rebuild()
        return self._head() - self._set_up

    @property
    def database(self) -> Database:
        """Engines on its database."""
        assert self._database is not None, "started"
        return self._database

    def _open(self, url: str) -> None:
        self._url = url
        self._database = open_database(url)
        migrate(self._database)
        with _writing(self._database) as sequencer:
            open_with_setup(sequencer)
        self._feed = SqlFeed(self._database.log_reader)
        self._set_up = self._head()
        self._recorded: list[str] = []
        self._views = Views(self._database.views_reader, self._feed)
        self._projector = Projector(
            writer=self._database.views_writer, reader=self._database.views_reader, feed=self._feed
        )
        self._projector.prepare()
        self._projector.catch_up(LEDGER)

    def _head(self) -> int:
        return self._feed.ledger(LEDGER).position

    def _coordinates(self, cut: Cut) -> Coordinates:
        """The cut by position: the last one that the workload says was recorded before the instant."""
        if cut.rec is None:
            return Coordinates(as_of=date.fromisoformat(cut.biz), position=self._head())
        count = bisect_left(self._recorded, cut.rec)
        return Coordinates(as_of=date.fromisoformat(cut.biz), position=self._set_up + count)


class OursOnSqlite(_Ours):
    """In a file for the log and one for the views."""

    name: ClassVar[str] = "fundtrail-sqlite"
    notes: ClassVar[str] = _NOTES + "The log has synchronous=FULL; the views, made again from it, NORMAL."

    @override
    def start(self, place: Place) -> None:
        self._place = place
        self._open(sqlite_url(place.path, "ours"))

    @override
    def size_bytes(self) -> int:
        return self._place.sqlite_bytes()


class OursOnPostgresql(_Ours):
    """In two schemas of a database."""

    name: ClassVar[str] = "fundtrail-postgresql"
    notes: ClassVar[str] = f"As {OursOnSqlite.name}, with log and views in one database, so both are flushed alike."

    @override
    def start(self, place: Place) -> None:
        self._place = place
        self._open(place.database_url)

    @override
    def size_bytes(self) -> int:
        return self._place.database_bytes()


@contextmanager
def _writing(database: Database) -> Iterator[Sequencer]:
    """The writer, which ends before a server may begin."""
    sequencer = Sequencer(database, SystemClock())
    try:
        yield sequencer
    finally:
        sequencer.stop()


def _sums(row: ProjectRow) -> Sums:
    return row.amounts.adjusted_budget, row.amounts.disbursed, row.score or 0
