"""Where the time of batches goes: each stage of the append path in this process, without HTTP.

    python -m benchmarks.stages

In each of five rounds, after two that are not counted, eight submissions of 1,000 commands are read, given to the
writer at once, and their answers are made. It takes the first alone and the others together. The inserting goes on in a
thread of its own beside the deciding, so the stages add up to more than the whole.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest.mock import patch

import msgspec
from sqlalchemy.engine.default import DefaultDialect

from adapters.clock import SystemClock
from adapters.database import open_database
from adapters.event_log import store, writer
from adapters.event_log.batch import Batch
from adapters.event_log.insertion import Insertion
from adapters.event_log.sequencer import Sequencer
from adapters.migrations.schema import migrate
from api.collector import settle_collector
from api.rendering.events import events_json
from api.schemas.batch import read_batch
from benchmarks.commands import Item, items_of
from benchmarks.loading import LEDGER, ZONE, open_with_setup
from benchmarks.machine import ROUNDS, load_average, say, summary, write_result
from benchmarks.servers import databases
from benchmarks.workload import events, with_possible_reversals
from domain.access import LOCAL_ACTOR
from domain.submission import Accepted, Answer, Submission

GROUP: Final = 8
COMMANDS: Final = 1000
WARMING: Final = 2

STAGES: Final[dict[str, tuple[Any, str]]] = {
    "ids": (Batch, "identities_of"),
    "receipts": (store, "load_receipts"),
    "states": (Batch, "preload"),
    "deciding, encoding, hashing": (writer, "_answer"),
    "rows": (store, "prepared"),
    "states that are due": (store, "state_rows"),
    "inserting, beside the deciding": (store, "insert_prepared"),
    "waiting for it": (Insertion, "settle"),
    "commit": (DefaultDialect, "do_commit"),
}


class Stopwatch:
    """Seconds by stage; those of the running round."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Adds what the block takes."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] += time.perf_counter() - begin

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its time added to the stage."""

        def run(*arguments: Any, **named: Any) -> Any:
            with self.time(stage):
                return function(*arguments, **named)

        return run


def measure(url: str, items: list[Item]) -> dict[str, Any]:
    """Microseconds of each stage for one event."""
    watch, rounds = Stopwatch(), []
    database = open_database(url)
    migrate(database)
    with ExitStack() as stack:
        stack.callback(database.dispose)
        for stage, (owner, name) in STAGES.items():
            stack.enter_context(patch.object(owner, name, watch.timed(stage, getattr(owner, name))))
        sequencer = Sequencer(database, SystemClock())
        stack.callback(sequencer.stop)
        open_with_setup(sequencer)
        settle_collector()
        for number in range(WARMING + ROUNDS):
            watch.seconds.clear()
            group = items[number * GROUP * COMMANDS :][: GROUP * COMMANDS]
            _record(sequencer, watch, [group[start : start + COMMANDS] for start in range(0, len(group), COMMANDS)])
            rounds.append({stage: seconds / len(group) * 1e6 for stage, seconds in watch.seconds.items()})
    counted = rounds[WARMING:]
    return {stage: summary([each.get(stage, 0.0) for each in counted], 1) for stage in counted[0]}


def _record(sequencer: Sequencer, watch: Stopwatch, calls: list[list[Item]]) -> None:
    with watch.time("reading"):
        read = [read_batch({"commands": call}, str(call[0]["key"]), LEDGER, LOCAL_ACTOR.subject) for call in calls]
    submissions = [Submission(ledger_id=LEDGER, actor=LOCAL_ACTOR, items=tuple(each)) for each in read]  # type: ignore[arg-type]  # the workload has no faults
    with watch.time("the writer, from the queue to its answers"):
        futures = [sequencer.submit(each) for each in submissions]
        answers = [future.result() for future in futures]
    with watch.time("answers"):
        for answer in answers:
            _rendered(answer)


def _rendered(answer: Answer) -> bytes:
    assert answer.refusal is None
    shown = [event for outcome in answer.outcomes if isinstance(outcome, Accepted) for event in outcome.events]
    return msgspec.json.encode({"position": answer.position, "events": events_json(shown, ZONE, {})})


def main() -> None:
    """Measures, and records the result."""
    items = list(items_of(with_possible_reversals(list(events((WARMING + ROUNDS) * GROUP * COMMANDS * 11 // 10)))))
    measured: dict[str, Any] = {}
    load = load_average()
    with databases("ours") as kinds:
        for name, (url,) in kinds:
            measured[name] = measure(url, items)
            for stage, each in sorted(measured[name].items(), key=lambda pair: -pair[1]["median"]):
                say(f"{name} {each['median']:6.1f} us  {stage}")
    say(str(write_result("stages", {"unit": "us per event", "measured": measured, "load_average": load})))


if __name__ == "__main__":
    main()
