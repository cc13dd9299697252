"""The `eventsourcing` library, on SQLite and on PostgreSQL: the application that the other benchmarks compare with."""

import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any, ClassVar, Final

from typing_extensions import override

from benchmarks.library import Project, Trail, environment, register_projects, save_each, save_many
from benchmarks.peers.folding import Kept, fold
from benchmarks.peers.peer import NOTHING, WRITERS, Peer
from benchmarks.peers.place import Place
from benchmarks.servers import sqlite_url
from benchmarks.workload import CUTS, PROJECT_COUNT, Cut, FlowEvent, Sums

READ_NOTIFICATIONS: Final = 1000

_NOTES: Final = (
    "Decides nothing, hashes nothing, knows no retries; an aggregate for each project, refused if another writer was "
    "quicker. Its cache of aggregates is on: a single write reads nothing, and one project's present is an answer from "
    "memory. It keeps no views here: all other answers are folded from its decoded events, of one aggregate or of the "
    "whole log. "
)


class _PlainEventsourcing(Peer):
    """What both databases share."""

    call_events: ClassVar[int]
    """Of one call of bulk."""

    _application: Trail | None = None

    @classmethod
    @override
    def version(cls) -> str:
        return version("eventsourcing")

    @override
    def close(self) -> None:
        if self._application is not None:
            self._application.close()

    @override
    def write_singles(self, stream: Sequence[FlowEvent], writers: int = WRITERS) -> float:
        return save_each(self.application, stream, writers)

    @override
    def write_bulk(self, stream: Sequence[FlowEvent]) -> float:
        begin = time.perf_counter()
        return save_many(self.application, stream, self.call_events) / (time.perf_counter() - begin)

    @override
    def one_project(self, project: str, cut: Cut) -> Sums:
        aggregate_id = Project.create_id(project)
        if cut == CUTS["now"]:
            present: Project = self.application.repository.get(aggregate_id)
            return present.allocated, present.disbursed, present.score
        recorded = self.application.events.get(aggregate_id)
        return fold((_kept(each, project) for each in recorded if isinstance(each, Project.Flow)), cut).get(
            project, NOTHING
        )

    @override
    def every_project(self, cut: Cut) -> dict[str, Sums]:
        return fold(self._log(), cut)

    @override
    def rebuild(self) -> int:
        read = list(self._log())
        fold(read, CUTS["now"])
        return len(read)

    @property
    def application(self) -> Trail:
        """The running application."""
        assert self._application is not None, "started"
        return self._application

    def _open(self, url: str) -> None:
        self._application = Trail(environment(url))
        register_projects(self._application)
        self._projects = {
            Project.create_id(name): name for name in (f"P{number:04d}" for number in range(PROJECT_COUNT))
        }

    def _log(self) -> Iterator[Kept]:
        """Every event of the workload, in the order of the log."""
        recorder, mapper = self.application.recorder, self.application.mapper
        start = 1
        while True:
            notifications = recorder.select_notifications(start, READ_NOTIFICATIONS)
            if not notifications:
                return
            for each in notifications:
                recorded: Any = mapper.to_domain_event(each)
                if isinstance(recorded, Project.Flow):
                    yield _kept(recorded, self._projects[recorded.originator_id])
            start = notifications[-1].id + 1


class EventsourcingOnSqlite(_PlainEventsourcing):
    """In a file of its own."""

    name: ClassVar[str] = "eventsourcing-sqlite"
    notes: ClassVar[str] = _NOTES + "Its SQLite has synchronous=FULL, the default. Bulk is calls of 1,000 events."
    call_events: ClassVar[int] = 1000

    @override
    def start(self, place: Place) -> None:
        self._place = place
        self._open(sqlite_url(place.path, "theirs"))

    @override
    def size_bytes(self) -> int:
        return self._place.sqlite_bytes()


class EventsourcingOnPostgresql(_PlainEventsourcing):
    """In a database of its own."""

    name: ClassVar[str] = "eventsourcing-postgresql"
    notes: ClassVar[str] = (
        f"As {EventsourcingOnSqlite.name}, but bulk is calls of 500 events: with 2,000 its pipeline was seen to hang."
    )
    call_events: ClassVar[int] = 500

    @override
    def start(self, place: Place) -> None:
        self._place = place
        self._open(place.database_url)

    @override
    def size_bytes(self) -> int:
        return self._place.database_bytes()


def _kept(event: Any, project: str) -> Kept:
    return Kept(project, event.type, event.amount, event.biz, event.rec, event.score)
