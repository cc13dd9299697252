"""What it costs that no refusal is answered before it is on disk: refused commands, with their record and without.

    python -m benchmarks.refusals

In this process, without HTTP. The two arms take turns for five rounds on one database: one caller that waits for each
answer, 64 callers at once, and rows of an import, 500 in one submission. Without the record a refusal writes nothing.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, Final, NamedTuple

from sqlalchemy import func, select

from adapters.access.log import SqlAccessLog
from adapters.access.names import KnownNames
from adapters.access.refusals import RecordedRefusals
from adapters.access.tables import access_record
from adapters.clock import SystemClock
from adapters.database import Database, open_database
from adapters.event_log.sequencer import Sequencer
from adapters.migrations.schema import migrate
from api.collector import settle_collector
from api.schemas.batch import read_batch
from benchmarks.commands import setup_items
from benchmarks.loading import LEDGER, open_with_setup
from benchmarks.machine import ROUNDS, load_average, say, summary, write_result
from benchmarks.servers import databases
from domain.access import LOCAL_ACTOR
from domain.ports import CommandLog
from domain.submission import Submission

ALONE: Final = 300
CALLERS: Final = 64
TURNS: Final = 30
ROWS: Final = 500
UNITS: Final = 20

_numbers: Final = count()


class Shape(NamedTuple):
    """So many submissions at a time, so many times over, of so many commands each."""

    name: str
    at_once: int
    times: int
    commands: int


SHAPES: Final = (
    Shape("one caller", 1, ALONE, 1),
    Shape("64 callers", CALLERS, TURNS, 1),
    Shape("rows of an import", 1, UNITS, ROWS),
)


def measure(url: str) -> dict[str, Any]:
    """Microseconds of each refused command, by shape and arm, and what a record takes on disk."""
    with _arms(url) as (database, arms):
        for log in arms.values():
            _refused_us(log, SHAPES[0])
        rounds = [
            {f"{shape.name}, {arm}": _refused_us(log, shape) for shape in SHAPES for arm, log in arms.items()}
            for _ in range(ROUNDS)
        ]
        measured: dict[str, Any] = {name: summary([each[name] for each in rounds], 1) for name in rounds[0]}
        with database.access_reader.begin() as connection:
            size = connection.scalar(select(func.avg(func.length(access_record.c.entry))))
        return measured | {"bytes of an entry": round(float(size or 0))}


@contextmanager
def _arms(url: str) -> Iterator[tuple[Database, dict[str, CommandLog]]]:
    database, clock = open_database(url), SystemClock()
    migrate(database)
    sequencer, access_log = Sequencer(database, clock), SqlAccessLog(database, clock, KnownNames(database).only_known)
    try:
        open_with_setup(sequencer)
        settle_collector()
        yield database, {"without": sequencer, "with": RecordedRefusals(sequencer, access_log)}
    finally:
        sequencer.stop()
        access_log.stop()
        database.dispose()


def _refused_us(log: CommandLog, shape: Shape) -> float:
    waiting = [[_again(shape.commands) for _ in range(shape.at_once)] for _ in range(shape.times)]
    begin = time.perf_counter()
    for submissions in waiting:
        for future in [log.submit(each) for each in submissions]:
            assert future.result().refusal is not None
    return (time.perf_counter() - begin) / (shape.at_once * shape.times * shape.commands) * 1e6


def _again(commands: int) -> Submission:
    """The first thing that was registered, once more."""
    item = next(setup_items())
    read = read_batch({"commands": [item] * commands}, f"again-{next(_numbers)}", LEDGER, LOCAL_ACTOR.subject)
    assert isinstance(read, tuple)
    return Submission(ledger_id=LEDGER, actor=LOCAL_ACTOR, items=read, atomic=False)


def main() -> None:
    """Measures, and records the result."""
    measured: dict[str, Any] = {}
    load = load_average()
    with databases("refusals") as kinds:
        for name, (url,) in kinds:
            measured[name] = measure(url)
            for what, each in measured[name].items():
                say(f"{name} {each['median'] if isinstance(each, dict) else each:8.1f}  {what}")
    say(str(write_result("refusals", {"unit": "us per command", "measured": measured, "load_average": load})))


if __name__ == "__main__":
    main()
