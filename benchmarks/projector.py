"""How fast events become views: our projector against the library's ProjectionRunner, over the same number of events.

    python -m benchmarks.projector

In each of five rounds both logs get the next 2,000 events of the stream, ours at the instants that the workload says;
then only the projecting is timed, ours from the log in the database to all of its views there, the library's from its
recorder to one row of sums for each project. Python's collector is set as in the process that serves our projector.
The library cannot follow a log in SQLite (its recorder has no subscription): there its log is in memory, which spares
it the reading, and its view is a SQLite file.
"""

import threading
import time
from typing import Any, ClassVar, Final

from eventsourcing.persistence import Tracking, TrackingRecorder
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.sqlite import SQLiteTrackingRecorder
from psycopg.sql import SQL
from typing_extensions import override

from adapters.database import Database, open_database
from adapters.event_log.feed import SqlFeed
from adapters.event_log.sequencer import Sequencer
from adapters.migrations.schema import migrate
from api.collector import settle_collector
from benchmarks.library import Project, Trail, environment, register_projects, save_many
from benchmarks.loading import LEDGER, open_with_setup, record_by_day, setup_clock
from benchmarks.machine import ROUNDS, load_average, say, summary, write_result
from benchmarks.servers import databases
from benchmarks.workload import FlowEvent, events, with_possible_reversals
from projections.projector import Projector

EVENTS_PER_ROUND: Final = 2000
WAIT_S: Final = 600.0
GOALS: Final = {"projector_ratio": 10.0}


class PostgresSums(PostgresTrackingRecorder):
    """The library's view on PostgreSQL: a row for each project, moved with the tracking in one transaction."""

    def __init__(self, datastore: Any, **options: Any) -> None:
        super().__init__(datastore, **options)
        self.sql_create_statements.append(
            SQL(
                "CREATE TABLE IF NOT EXISTS sums (project uuid PRIMARY KEY, allocated bigint, disbursed bigint)"
            ).format()
        )

    def add(self, project: Any, allocated: int, disbursed: int, tracking: Tracking) -> None:
        """Moves the sums of a project."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                "INSERT INTO sums VALUES (%s, %s, %s) ON CONFLICT (project) DO UPDATE SET"
                " allocated = sums.allocated + excluded.allocated, disbursed = sums.disbursed + excluded.disbursed",
                (project, allocated, disbursed),
                prepare=True,
            )


class SqliteSums(SQLiteTrackingRecorder):
    """The same on SQLite."""

    @override
    def construct_create_table_statements(self) -> list[str]:
        own = "CREATE TABLE IF NOT EXISTS sums (project TEXT PRIMARY KEY, allocated INTEGER, disbursed INTEGER)"
        return [*super().construct_create_table_statements(), own]

    def add(self, project: Any, allocated: int, disbursed: int, tracking: Tracking) -> None:
        """Moves the sums of a project."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                "INSERT INTO sums VALUES (?, ?, ?) ON CONFLICT (project) DO UPDATE SET"
                " allocated = allocated + excluded.allocated, disbursed = disbursed + excluded.disbursed",
                (str(project), allocated, disbursed),
            )


class Sums(Projection[Any]):
    """The library's projection. It starts when `go` is set and says when `wanted` events are done."""

    name = "sums"
    go: ClassVar[threading.Event] = threading.Event()
    done: ClassVar[threading.Event] = threading.Event()
    wanted: ClassVar[int] = 0

    @override
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """Moves the sums, or only the tracking."""
        Sums.go.wait()
        amount = domain_event.amount if isinstance(domain_event, Project.Flow) else 0
        if amount:
            allocated = amount if domain_event.type == "allocation" else 0
            sign = -1 if domain_event.type == "reversal" else 1
            self.view.add(domain_event.originator_id, allocated, 0 if allocated else sign * amount, tracking)
        else:
            self.view.insert_tracking(tracking)
        if tracking.notification_id == Sums.wanted:
            Sums.done.set()


class Theirs:
    """The library's runner, held until its log has the events of a round; what it read ahead by then is not timed."""

    def __init__(self, url: str) -> None:
        on_sqlite = url.startswith("sqlite")
        view: type[TrackingRecorder] = SqliteSums if on_sqlite else PostgresSums
        settings = environment(url) | ({"TRAIL_PERSISTENCE_MODULE": "eventsourcing.popo"} if on_sqlite else {})
        Sums.go.clear()
        self.runner = ProjectionRunner(application_class=Trail, projection_class=Sums, view_class=view, env=settings)
        register_projects(self.runner.app)
        self._project()

    def round(self, stream: list[FlowEvent]) -> float:
        """Events per second."""
        Sums.go.clear()
        count = save_many(self.runner.app, stream)
        return count / self._project()

    def close(self) -> None:
        """Ends the runner's threads."""
        Sums.go.set()
        self.runner.stop()
        self.runner.app.close()

    def _project(self) -> float:
        """Seconds until everything in the log is in the view."""
        Sums.wanted = self.runner.app.recorder.max_notification_id() or 0
        Sums.done.clear()
        begin = time.perf_counter()
        Sums.go.set()
        if not Sums.done.wait(WAIT_S):
            self.runner.run_forever(0.0)
            raise TimeoutError
        return time.perf_counter() - begin


class Ours:
    """Our projector on a log of its own."""

    def __init__(self, url: str) -> None:
        self.database: Database = open_database(url)
        migrate(self.database)
        self.clock = setup_clock()
        self.sequencer = Sequencer(self.database, self.clock)
        feed = SqlFeed(self.database.log_reader)
        self.projector = Projector(writer=self.database.views_writer, reader=self.database.views_reader, feed=feed)
        self.projector.prepare()
        open_with_setup(self.sequencer)
        self.position = self.projector.catch_up(LEDGER)

    def round(self, stream: list[FlowEvent]) -> float:
        """Events per second."""
        before, end = self.position, max(record_by_day(self.sequencer, self.clock, stream).values())
        begin = time.perf_counter()
        self.position = self.projector.catch_up(LEDGER)
        taken_s = time.perf_counter() - begin
        if self.position != end:
            message = f"the views end at {self.position}, the log at {end}"
            raise AssertionError(message)
        return (end - before) / taken_s

    def close(self) -> None:
        """Ends the writer and closes the database."""
        self.sequencer.stop()
        self.database.dispose()


def measure(name: str, our_url: str, their_url: str, stream: list[FlowEvent]) -> dict[str, Any]:
    """All rounds on one database."""
    ours, theirs = Ours(our_url), Theirs(their_url)
    our_rates: list[float] = []
    their_rates: list[float] = []
    loads: list[list[float]] = []
    try:
        for number in range(ROUNDS):
            part = stream[number * EVENTS_PER_ROUND : (number + 1) * EVENTS_PER_ROUND]
            loads.append(load_average())
            our_rates.append(ours.round(part))
            their_rates.append(theirs.round(part))
            rates = f"ours {our_rates[-1]:.0f}/s, library {their_rates[-1]:.0f}/s"
            say(f"{name} round {number + 1}: {rates}, load {loads[-1][0]}")
    finally:
        theirs.close()
        ours.close()
    ratios = [one / other for one, other in zip(our_rates, their_rates, strict=True)]
    return {
        "ours": {"events_per_s": summary(our_rates)},
        "library": {"events_per_s": summary(their_rates)},
        "projector_ratio": summary(ratios, 1),
        "load_average": loads,
    }


def main() -> None:
    """Measures, and records the result."""
    stream = with_possible_reversals(list(events(100_000)))
    settle_collector()
    with databases("ours", "theirs") as kinds:
        measured = {name: measure(name, ours, theirs, stream) for name, (ours, theirs) in kinds}
    conditions = {
        "events": f"{EVENTS_PER_ROUND} in each round, on both sides",
        "ours": "both stored projections, from the log; on SQLite the views' file has synchronous=NORMAL by design",
        "library": "one row of two sums for each project; on SQLite its log is in memory",
    }
    say(str(write_result("projector", {"goals": GOALS, "conditions": conditions, "measured": measured})))


if __name__ == "__main__":
    main()
