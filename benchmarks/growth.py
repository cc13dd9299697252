"""What stays flat as history grows: reads at a past and at the head, rebuilds, bytes and memory; 10^4 to 10^7 events.

    python -m benchmarks.growth [sqlite] [postgresql] [EVENTS ...]

The workload is recorded in this process, a transaction for each of its days; 5 % of its money is that of one project.
Then the views are made, and the same questions are asked at each size: in this process, and over HTTP with a write
between each two of them, so that the head always moves. A log of more than 1,000,000 events takes the better part of an
hour to record: on SQLite it is kept in `.bench/growth`, and only read the next time.
"""

import gc
import json
import random
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text

from adapters.database import Database, open_database
from adapters.event_log.encoding import decode_entry
from adapters.event_log.feed import SqlFeed
from adapters.event_log.sequencer import Sequencer
from adapters.event_log.tree import SqlTree
from adapters.migrations.schema import migrate
from api.collector import settle_collector
from benchmarks.loading import LEDGER, open_with_setup, record_by_day, setup_clock
from benchmarks.machine import RESULTS, ROOT, load_average, say, write_result
from benchmarks.requests import get, post, send
from benchmarks.servers import Served, databases, serve, sqlite_url
from benchmarks.workload import PROJECT_COUNT, events, made_possible
from domain.ports import Coordinates
from projections.listing import ListQuery
from projections.projector import Projector
from projections.views import Views

SIZES: Final = (10_000, 100_000, 1_000_000)
HOT_PROJECT: Final = "P0000"
HOT_SHARE: Final = 0.05
QUESTIONS: Final = 400
TABLES: Final = 9
HEAD_READS: Final = 200
"""So many that half of them are past what a server reads from disk for the first time."""
DECODED_ENTRIES: Final = 100_000
LOOK_AGAIN_S: Final = 2.0
IDLE_SHARE: Final = 0.1
"""Of a processor, below which a server is idle."""
REBUILD_EVENTS_MAX: Final = 1_000_000
HEAD_PATHS: Final = {
    "projects_ms": f"/v1/ledgers/{LEDGER}/projects",
    "execution_ms": f"/v1/ledgers/{LEDGER}/execution?group_by=unit",
    "project_ms": f"/v1/ledgers/{LEDGER}/projects/P0042",
}
_READ_BYTES: Final = 1 << 24
SQLITE_LOG_BYTES: Final = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
POSTGRESQL_LOG_BYTES: Final = (
    "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relnamespace = 'log'::regnamespace AND relkind = 'r'"
)
GOALS: Final = {
    "one_project_ms": 1.0,
    "one_project_growth": 1.5,
    "every_project_ms": 200.0,
    "rebuild_events_per_s": 40_000.0,
    "decode_events_per_s": 300_000.0,
    "head_growth": 1.3,
    "bytes_per_event": 1_200.0,
    "memory_mb": 300.0,
}


class Loaded:
    """A log of some size with its views, and where each of its days ended."""

    def __init__(self, url: str, count: int) -> None:
        self.url = url
        self.count = count
        self.database: Database = open_database(url)
        migrate(self.database)
        begin = time.perf_counter()
        self.positions = self._positions()
        self.recorded_per_s = count / (time.perf_counter() - begin)
        self.feed = SqlFeed(self.database.log_reader)
        self.projector = Projector(writer=self.database.views_writer, reader=self.database.views_reader, feed=self.feed)
        self.projector.prepare()
        self.head = self.projector.catch_up(LEDGER)
        if url == kept_url(count):
            read_once(kept_folder(count))

    def _positions(self) -> dict[str, int]:
        """The last position of each day; noted beside a log that is kept, and read there next time."""
        if self.url != kept_url(self.count):
            return self._record()
        note = note_of(self.count)
        if not note.exists():
            note.write_text(json.dumps(self._record()), encoding="utf-8")
        positions: dict[str, int] = json.loads(note.read_text(encoding="utf-8"))
        return positions

    def _record(self) -> dict[str, int]:
        clock = setup_clock()
        sequencer = Sequencer(self.database, clock)
        try:
            open_with_setup(sequencer)
            return record_by_day(sequencer, clock, made_possible(events(self.count, hot_share=HOT_SHARE)))
        finally:
            sequencer.stop()

    def fresh_views(self) -> Views:
        """Views that have kept nothing."""
        return Views(self.database.views_reader, self.feed)

    def bytes_per_event(self) -> float:
        """Of the log with all its indexes, per event."""
        statement = SQLITE_LOG_BYTES if self.database.is_sqlite else POSTGRESQL_LOG_BYTES
        with self.database.log_reader.connect() as connection:
            return float(connection.execute(text(statement)).scalar_one()) / self.head


def kept_folder(count: int) -> Path:
    """Where a long log is kept."""
    return ROOT / ".bench" / "growth" / str(count)


def note_of(count: int) -> Path:
    """The file that says that the log there is whole."""
    return kept_folder(count) / "recorded.json"


def read_once(folder: Path) -> None:
    """Reads what is kept into the system's cache, where the files of the other sizes are: they were just written."""
    for path in folder.iterdir():
        with path.open("rb") as file:
            while file.read(_READ_BYTES):
                pass


def kept_url(count: int) -> str:
    """The database of a log that is kept."""
    return sqlite_url(kept_folder(count), "ours")


@contextmanager
def places(count: int) -> Iterator[list[tuple[str, str]]]:
    """Each chosen kind of database with the URL of one for so many events."""
    with databases("ours") as kinds:
        found = {name: url for name, (url,) in kinds}
        if "sqlite" in found and count > REBUILD_EVENTS_MAX:
            if not note_of(count).exists():
                shutil.rmtree(kept_folder(count), ignore_errors=True)
            kept_folder(count).mkdir(parents=True, exist_ok=True)
            found["sqlite"] = kept_url(count)
        yield list(found.items())


def pasts(loaded: Loaded, dice: random.Random) -> Iterator[Coordinates]:
    """Random pasts: a business date, and the end of a day not before it as what was known."""
    days = sorted(loaded.positions)
    while True:
        known = dice.randrange(30, len(days) - 1)
        as_of = date.fromisoformat(days[dice.randrange(30, known + 1)])
        yield Coordinates(as_of=as_of, position=loaded.positions[days[known]])


def timed(count: int, ask: Callable[[], object]) -> dict[str, float]:
    """Median and 99th percentile of so many calls, in milliseconds."""
    taken = []
    for _ in range(count):
        begin = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - begin) * 1e3)
    taken.sort()
    return {"p50": round(taken[count // 2], 3), "p99": round(taken[int(count * 0.99)], 3)}


def past_reads(loaded: Loaded) -> dict[str, Any]:
    """One project and all projects at random pasts, put to the views in this process."""
    dice = random.Random(1)
    stands = pasts(loaded, dice)
    views = loaded.fresh_views()

    def one(project_id: str) -> object:
        return views.project(LEDGER, next(stands), project_id)

    def every() -> object:
        return loaded.fresh_views().projects(LEDGER, next(stands), ListQuery(limit=PROJECT_COUNT))

    return {
        "hot_project_ms": timed(QUESTIONS, lambda: one(HOT_PROJECT)),
        "any_project_ms": timed(QUESTIONS, lambda: one(f"P{dice.randrange(PROJECT_COUNT):04d}")),
        "every_project_ms": timed(TABLES, every),
    }


def decoding(loaded: Loaded) -> float:
    """Events per second of turning stored bytes into events, leaf hash included."""
    last = min(DECODED_ENTRIES, loaded.head)
    entries = SqlTree(loaded.database.log_reader).entries(LEDGER, 1, last)
    begin = time.perf_counter()
    for entry in entries:
        decode_entry(entry)
    return len(entries) / (time.perf_counter() - begin)


def rebuilding(loaded: Loaded) -> float:
    """Events per second of making every projection anew, comparing its rows and switching to it."""
    begin = time.perf_counter()
    reports = loaded.projector.rebuild()
    taken_s = time.perf_counter() - begin
    if any(report.different_rows for report in reports):
        raise AssertionError(reports)
    return loaded.head / taken_s


def wait_until_idle(server: Served) -> None:
    """Returns when the server has done what it does once at its start, as the digest of the day."""
    before_s = -1.0
    while server.processor_s() - before_s > IDLE_SHARE * LOOK_AGAIN_S:
        before_s = server.processor_s()
        time.sleep(LOOK_AGAIN_S)


def head_reads(server: Served) -> dict[str, float]:
    """Median milliseconds over HTTP of reads at the head, each after a write that moved it."""
    medians = {}
    run = secrets.token_hex(4)
    for name, path in HEAD_PATHS.items():
        requests = []
        for number in range(HEAD_READS):
            body = {"project_id": f"P{number:04d}", "status": "started", "effective_date": "2025-12-31"}
            key = f"{run}-{name}-{number}"
            requests += [post(f"/v1/ledgers/{LEDGER}/project-status-changes", body, key), get(path)]
        reads = sorted(send(server, [requests]).latencies_s[1::2])
        medians[name] = round(reads[len(reads) // 2] * 1e3, 2)
    return medians


@contextmanager
def loaded_log(url: str, count: int) -> Iterator[Loaded]:
    """The log of a size; closed at the end."""
    loaded = Loaded(url, count)
    try:
        yield loaded
    finally:
        loaded.database.dispose()


def measure(url: str, count: int) -> dict[str, Any]:
    """Everything at one size."""
    with loaded_log(url, count) as loaded:
        say(f"  {count:,} at hand")
        found: dict[str, Any] = {
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "load_average": load_average(),
            "bytes_per_event": round(loaded.bytes_per_event()),
            "decode_events_per_s": round(decoding(loaded)),
            **past_reads(loaded),
        }
        if count <= REBUILD_EVENTS_MAX:
            found["recorded_per_s"] = round(loaded.recorded_per_s)
            found["rebuild_events_per_s"] = round(rebuilding(loaded))
    gc.collect()
    with serve(url) as server:
        wait_until_idle(server)
        found |= {"head": head_reads(server), "memory_mb": round(server.memory_mb()[1])}
    say(f"  {found}")
    return found


def recorded_before() -> dict[str, dict[str, Any]]:
    """What was measured at each size, by database; each says when."""
    path = RESULTS / "growth.json"
    return json.loads(path.read_text(encoding="utf-8"))["measured"] if path.exists() else {}


def main() -> None:
    """Measures, and records the result beside what was recorded for other sizes."""
    sizes = [int(each) for each in sys.argv[1:] if each.isdecimal()] or list(SIZES)
    settle_collector()
    measured = recorded_before()
    for count in sizes:
        with places(count) as chosen:
            for name, url in chosen:
                say(f"{name}, {count:,} events")
                measured.setdefault(name, {})[str(count)] = measure(url, count)
    conditions = {
        "events": f"of the workload, {HOT_SHARE:.0%} of the money that of one project; {PROJECT_COUNT} projects",
        "reads": "in this process at random pasts; over HTTP at the head, a write before each",
    }
    say(str(write_result("growth", {"goals": GOALS, "conditions": conditions, "measured": measured})))


if __name__ == "__main__":
    main()
