"""The projector is killed while events come in. What it stored is what a rebuild stores, row by row."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select

from domain.ports import Coordinates, EventQuery
from projections import tracking
from projections.balances import as_of
from projections.projector import Projector
from projections.tracking import PROJECTIONS
from projections.views import Views as Reader
from tests.support.commands import allocate, disburse, ready_line, register_unit
from tests.support.effort import effort, full_only, quick_on_sqlite_only
from tests.support.ledger import LEDGER, Ledger, opened_ledger
from tests.support.processes import MODULE, Child, started, wait_for
from tests.support.seeds import seeded

KILLS = effort(quick=1, full=30)
CONTROL_KILLS = 2
MORE_KILLS = 10
"""On a busy machine a kill may come after the work is done: that many more may be tried."""
LATEST_KILL_S = 0.03
SUBMISSION_EVENTS = 100
LOOK_AGAIN_S = 0.002
BACKLOG_EVENTS = 2_200
"""The log runs ahead of the views by this much, some pages of the projector, and then waits: work for each kill."""

TOGETHER_EVENTS = 40_000

OUR_PROJECTOR = (*MODULE, "tests.support.paged_projector")
CARELESS_PROJECTOR = (*MODULE, "tests.support.careless_projector")


@quick_on_sqlite_only
def test_after_kills_the_views_are_what_a_rebuild_makes(database_url: str, tmp_path: Path) -> None:
    with opened_ledger(database_url) as ledger:
        views = Views.of(ledger)
        kill_while_events_come(views, (*OUR_PROJECTOR, database_url), KILLS, tmp_path)
        stored = views.rows()
        reports = views.projector.rebuild()
        assert views.rows() == stored
        assert [report.different_rows for report in reports] == [0, 0]
        assert all(report.rows > 0 for report in reports)
        paid = views.disbursed("line:L1")
        query = EventQuery(types=("funds-disbursed.v1",), until=views.position(), limit=views.position())
        assert paid == len(ledger.feed.find(LEDGER, query)), "each payment is of 0.01"


@full_only
def test_the_test_would_see_a_projector_with_two_transactions(database_url: str, tmp_path: Path) -> None:
    with opened_ledger(database_url) as ledger:
        views = Views.of(ledger)
        # At once: where it says it is has moved then, and the rows are under way.
        kill_while_events_come(views, (*CARELESS_PROJECTOR, database_url), CONTROL_KILLS, tmp_path, latest_s=0)
        stored = views.rows()
        reports = views.projector.rebuild()
        assert views.rows() != stored, "no kill fell between the two transactions: this control shows nothing"
        assert any(report.different_rows for report in reports)


@full_only
def test_two_projectors_count_nothing_twice(database_url: str, tmp_path: Path) -> None:
    with opened_ledger(database_url) as ledger:
        views = Views.of(ledger)
        url = ledger.database.url.render_as_string(hide_password=False)
        command = (*OUR_PROJECTOR, url)
        with events_coming(ledger, views), started(command, tmp_path, url), started(command, tmp_path, url):
            wait_for("both have had a turn", lambda: views.position() > TOGETHER_EVENTS)
        views.projector.catch_up(LEDGER)
        stored, position = views.rows(), views.position()
        reports = views.projector.rebuild()
        print(f"two projectors at once over {position} events: {[each.different_rows for each in reports]} rows differ")  # noqa: T201 (the counts are part of what the test shows)
        assert views.rows() == stored
        assert [report.different_rows for report in reports] == [0, 0]


@dataclass
class Views:
    """The stored views, seen from outside the projector."""

    ledger: Ledger
    projector: Projector

    @classmethod
    def of(cls, ledger: Ledger) -> "Views":
        database = ledger.database
        projector = Projector(writer=database.views_writer, reader=database.views_reader, feed=ledger.feed)
        projector.prepare()
        return cls(ledger, projector)

    def position(self) -> int:
        """Where the slower of the two is."""
        with self.ledger.database.views_reader.connect() as connection:
            found = tracking.trackers(connection, tracking.active(connection), LEDGER)
        return min((tracker.position for tracker in found.get(LEDGER, [])), default=0)

    def rows(self) -> list[list[tuple[Any, ...]]]:
        """Every row of each table that readers use, in an order of their own."""
        with self.ledger.database.views_reader.connect() as connection:
            generations = tracking.active(connection)
            tables = [table for each in PROJECTIONS for table in each.tables(generations[each.name])]
            return [sorted(tuple(row) for row in connection.execute(select(table))) for table in tables]

    def disbursed(self, account: str) -> int:
        """In fen, at the end of time."""
        at = Coordinates(as_of=date.max, position=self.position())
        with Reader(self.ledger.database.views_reader, self.ledger.feed)._open(LEDGER, at) as scope:
            return as_of(scope, account).disbursed


def kill_while_events_come(
    views: Views, command: Sequence[str], kills: int, folder: Path, *, latest_s: float = LATEST_KILL_S
) -> None:
    """Kills the projector when it is seen to move, each time, then lets it catch up.

    A kill that came after the work was done is repeated, a bounded number of times.
    """
    chance = seeded("moments of the kills")
    ledger = views.ledger
    url = ledger.database.url.render_as_string(hide_password=False)
    behind = 0
    with events_coming(ledger, views):
        for kill in range(kills + MORE_KILLS):
            wait_for("a backlog", lambda: ledger.feed.head(LEDGER) - views.position() > BACKLOG_EVENTS)
            with started(command, folder, url) as child:
                kill_under_way(child, views, chance.uniform(0, latest_s))
            lag = ledger.feed.head(LEDGER) - views.position()
            behind += lag > 0
            print(f"kill {kill + 1}: views at {views.position()}, {lag} events behind")  # noqa: T201 (the counts are part of what the test shows)
            if kill + 1 >= kills and behind:
                break
    assert behind, "no kill found work under way"
    with started(command, folder, url) as child:
        head = ledger.feed.head(LEDGER)
        wait_for("the projector catches up", lambda: views.position() == head, child)
        # A position may be noted before the rows are stored: it gets the time to finish.
        child.stop()


def kill_under_way(child: Child, views: Views, moment_s: float) -> None:
    before = views.position()
    wait_for("the projector moves", lambda: views.position() > before, child)
    threading.Event().wait(moment_s)  # the moment itself, not a wait for anything
    child.kill()


@contextmanager
def events_coming(ledger: Ledger, views: Views) -> Iterator[None]:
    """Events are written while the block runs, unless the views are too far behind."""
    ledger.submit(*ready_line())
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_until, stop, ledger, views)
        try:
            yield
        finally:
            stop.set()
        assert writing.result() > 0


def write_until(stop: threading.Event, ledger: Ledger, views: Views) -> int:
    """How many submissions were written."""
    written = 0
    while not stop.is_set():
        if ledger.feed.head(LEDGER) - views.position() > BACKLOG_EVENTS:
            stop.wait(LOOK_AGAIN_S)
            continue
        payments = [disburse(1, f"{written}-{number}") for number in range(SUBMISSION_EVENTS)]
        answer = ledger.submit(*payments, allocate(1), register_unit(f"U-{written}"))
        assert answer.refusal is None
        written += 1
    return written
