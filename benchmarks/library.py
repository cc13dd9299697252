"""The peer: a plain application of the `eventsourcing` library with one aggregate for each project.

No rules, no hashes, no idempotency: an event is an attribute change of an aggregate, saved with one call. The library's
cache of aggregates is on, so that no call has to read its aggregate from the database first.
"""

import threading
import time
import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Final

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from sqlalchemy import make_url
from typing_extensions import override

from benchmarks.workload import PROJECT_COUNT, FlowEvent

THREAD_COUNT: Final = 8
SAVE_EVENTS: Final = 250
"""Of one call when only the log is to be filled; with 2,000 the library's pipeline on PostgreSQL was seen to hang."""

_FIELDS: Final = ("type", "amount", "biz", "appr", "doc", "note", "actor", "ref", "status", "score", "rec")


class Project(Aggregate):
    """A project and its three sums."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.allocated = 0
        self.disbursed = 0
        self.score = 0

    @staticmethod
    @override
    def create_id(code: str) -> uuid.UUID:
        """The aggregate's id follows from the project's."""
        return uuid.uuid5(uuid.NAMESPACE_URL, code)

    class Flow(Aggregate.Event):
        """One event of the workload, with all of its fields."""

        type: str
        amount: int
        biz: str
        appr: str
        doc: str
        note: str
        actor: str
        ref: str | None
        status: str | None
        score: int
        rec: str

        @override
        def apply(self, aggregate: Any) -> None:
            """Moves the sums."""
            if self.type == "allocation":
                aggregate.allocated += self.amount
            elif self.type == "disbursement":
                aggregate.disbursed += self.amount
            elif self.type == "reversal":
                aggregate.disbursed -= self.amount
            elif self.type == "score":
                aggregate.score += self.score

    def record(self, each: FlowEvent) -> None:
        """Takes an event in; it is durable once the application has saved the project."""
        self.trigger_event(self.Flow, **{name: getattr(each, name) for name in _FIELDS})


class Trail(Application[uuid.UUID]):
    """The application, without anything beyond the library's own."""

    is_snapshotting_enabled = False


def environment(database_url: str) -> dict[str, str]:
    """The library's settings for a database."""
    url = make_url(database_url)
    cache = {"AGGREGATE_CACHE_MAXSIZE": "5000", "AGGREGATE_CACHE_FASTFORWARD": "n"}
    if url.get_backend_name() == "sqlite":
        return cache | {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": url.database or ""}
    host = url.host or str(url.query.get("host", ""))
    return cache | {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": url.database or "",
        "POSTGRES_HOST": host,
        "POSTGRES_PORT": str(url.port or 5432),
        "POSTGRES_USER": url.username or "",
        "POSTGRES_PASSWORD": url.password or "none",
        "POSTGRES_POOL_SIZE": "10",
    }


def register_projects(application: Trail) -> None:
    """Creates an aggregate for every project."""
    for start in range(0, PROJECT_COUNT, 500):
        application.save(*(Project(f"P{number:04d}") for number in range(start, start + 500)))


def save_each(application: Trail, stream: Iterable[FlowEvent], thread_count: int = THREAD_COUNT) -> float:
    """Events per second: one call for each event, some threads, a project's events in order."""
    shares: list[list[FlowEvent]] = [[] for _ in range(thread_count)]
    count = 0
    for each in stream:
        shares[int(each.proj[1:]) % thread_count].append(each)
        count += 1
    threads = [threading.Thread(target=_save_share, args=(application, share)) for share in shares]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return count / (time.perf_counter() - begin)


def save_many(application: Trail, stream: Sequence[FlowEvent], call_events: int = SAVE_EVENTS) -> int:
    """Saves a stream quickly, in calls of many aggregates; the number of events."""
    for start in range(0, len(stream), call_events):
        projects: dict[str, Project] = {}
        for each in stream[start : start + call_events]:
            project = projects.get(each.proj)
            if project is None:
                project = projects[each.proj] = application.repository.get(Project.create_id(each.proj))
            project.record(each)
        application.save(*projects.values())
    return len(stream)


def _save_share(application: Trail, share: list[FlowEvent]) -> None:
    for each in share:
        project: Project = application.repository.get(Project.create_id(each.proj))
        project.record(each)
        application.save(project)
