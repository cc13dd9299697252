"""What proofs cost: appends with the tree and without, an inclusion proof from a long log, a full offline verification.

    python -m benchmarks.proofs

Appends: the same commands through two writers on databases beside each other, one of which keeps no tree; five rounds
in turn. Inclusion: single proofs at random positions of a log of 1,000,000 entries in SQLite. Verification:
`verifier/fundtrail_verify.py` on an export of 1,000,000 entries, as an auditor runs it.
"""

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any, Final
from unittest.mock import patch

from typing_extensions import override

from adapters.clock import SystemClock
from adapters.database import Database, open_database
from adapters.event_log import writer
from adapters.event_log.bulk import insert_rows
from adapters.event_log.sequencer import Sequencer
from adapters.event_log.tables import log_entry
from adapters.event_log.tree import SqlTree, insert_tiles
from adapters.migrations.schema import migrate
from benchmarks.commands import items_of
from benchmarks.exports import write_export
from benchmarks.loading import LEDGER, open_with_setup, record
from benchmarks.machine import ROOT, ROUNDS, load_average, say, summary, write_result
from benchmarks.servers import databases, folder, sqlite_url
from benchmarks.workload import FlowEvent, events, with_possible_reversals
from domain.identifiers import leaf_hash
from domain.merkle import EMPTY_EDGE, Edge, Tile

EVENTS_PER_ROUND: Final = 10_000
LEAF_COUNT: Final = 1_000_000
PROOF_COUNT: Final = 2_000
EXPORT_ENTRIES: Final = 1_000_000
GOALS: Final = {"append_ratio": 0.8, "inclusion_ms": 5.0, "verification_s": 90.0}

_ROWS_AT_ONCE: Final = 50_000
_ENTRY_BYTES: Final = 900
_DAY: Final = date(2024, 1, 1)


class NoTree(Edge):
    """An edge that stays empty: a writer that has it keeps no tree."""

    @override
    def appended(self, leaf_hashes: Any) -> tuple["NoTree", tuple[Tile, ...]]:
        """Nothing."""
        return self, ()


class Arm:
    """One writer on a log of its own."""

    def __init__(self, url: str) -> None:
        self.database: Database = open_database(url)
        migrate(self.database)
        self.sequencer = Sequencer(self.database, SystemClock())
        open_with_setup(self.sequencer)

    def round(self, stream: list[FlowEvent]) -> float:
        """Events per second."""
        items = items_of(stream)
        begin = time.perf_counter()
        record(self.sequencer, items, f"from-{stream[0].seq}")
        return len(items) / (time.perf_counter() - begin)

    def close(self) -> None:
        """Ends the writer and closes the database."""
        self.sequencer.stop()
        self.database.dispose()


@contextmanager
def arms(with_url: str, without_url: str) -> Iterator[tuple[Arm, Arm]]:
    """A writer with a tree, and one without."""
    with patch.object(writer, "stored_edge", lambda *_: NoTree(0, ())):
        without_tree = Arm(without_url)
    with_tree = Arm(with_url)
    try:
        yield with_tree, without_tree
    finally:
        with_tree.close()
        without_tree.close()


def measure_appends(name: str, urls: list[str], stream: list[FlowEvent]) -> dict[str, Any]:
    """All rounds on one database."""
    rates: dict[str, list[float]] = {"with": [], "without": []}
    loads: list[list[float]] = []
    with arms(*urls) as (with_tree, without_tree):
        for number in range(ROUNDS):
            part = stream[number * EVENTS_PER_ROUND : (number + 1) * EVENTS_PER_ROUND]
            loads.append(load_average())
            order: list[tuple[str, Callable[[list[FlowEvent]], float]]] = [
                ("with", with_tree.round),
                ("without", without_tree.round),
            ]
            for arm, run in order if number % 2 else reversed(order):
                rates[arm].append(run(part))
            say(f"{name} round {number + 1}: with tree {rates['with'][-1]:.0f}/s, without {rates['without'][-1]:.0f}/s")
    ratios = [one / other for one, other in zip(rates["with"], rates["without"], strict=True)]
    return {
        "with_tree": {"events_per_s": summary(rates["with"])},
        "without_tree": {"events_per_s": summary(rates["without"])},
        "append_ratio": summary(ratios, 2),
        "load_average": loads,
    }


def fill(database: Database, count: int) -> None:
    """A log of so many entries, of the usual size and without meaning, with its tiles."""
    chance = random.Random(1)
    edge = EMPTY_EDGE
    for first in range(1, count + 1, _ROWS_AT_ONCE):
        entries = [chance.randbytes(_ENTRY_BYTES) for _ in range(min(_ROWS_AT_ONCE, count + 1 - first))]
        hashes = [leaf_hash(entry) for entry in entries]
        rows = [
            (LEDGER, first + at, hashed[:16], "x-benchmark", _DAY, first, None, hashed, entry)
            for at, (entry, hashed) in enumerate(zip(entries, hashes, strict=True))
        ]
        edge, tiles = edge.appended(hashes)
        with database.log_writer.begin() as connection:
            insert_rows(connection, log_entry, rows)
            insert_tiles(connection, LEDGER, tiles)


def measure_inclusion() -> dict[str, Any]:
    """Milliseconds of single proofs against the whole log."""
    chance = random.Random(2)
    with folder() as place:
        database = open_database(sqlite_url(place, "long"))
        try:
            migrate(database)
            fill(database, LEAF_COUNT)
            tree = SqlTree(database.log_reader)
            taken: list[float] = []
            for _ in range(PROOF_COUNT):
                position = chance.randint(1, LEAF_COUNT)
                begin = time.perf_counter()
                tree.inclusion_proof(LEDGER, position, LEAF_COUNT)
                taken.append((time.perf_counter() - begin) * 1e3)
        finally:
            database.dispose()
    taken.sort()
    return {
        "leaves": LEAF_COUNT,
        "median_ms": round(median(taken), 3),
        "p99_ms": round(taken[len(taken) * 99 // 100], 3),
    }


def measure_verification() -> dict[str, Any]:
    """Seconds of the verifier on a whole export, and the megabytes it took."""
    with folder() as place:
        export = place / "log.jsonl"
        key = write_export(export, EXPORT_ENTRIES)
        command = [sys.executable, "-I", "-S", str(ROOT / "verifier" / "fundtrail_verify.py"), str(export)]
        begin = time.perf_counter()
        done = subprocess.run([*command, "--log-key", key], capture_output=True, text=True, check=False)  # noqa: S603 (our own)
        elapsed_s = time.perf_counter() - begin
        size = Path(export).stat().st_size
    if done.returncode != 0:
        message = done.stdout + done.stderr
        raise RuntimeError(message)
    return {"entries": EXPORT_ENTRIES, "export_mb": round(size / 1e6), "seconds": round(elapsed_s, 1)}


def main() -> None:
    """Measures, and records the result."""
    stream = with_possible_reversals(list(events(EVENTS_PER_ROUND * ROUNDS)))
    with databases("with_tree", "without_tree") as kinds:
        measured = {name: measure_appends(name, urls, stream) for name, urls in kinds}
    if "sqlite" in measured:
        measured["sqlite"]["inclusion"] = measure_inclusion()
        measured["sqlite"]["verification"] = measure_verification()
    conditions = {
        "appends": f"{EVENTS_PER_ROUND} commands in each round, 1,000 in a transaction, without HTTP",
        "inclusion": f"{PROOF_COUNT} proofs in a log of {LEAF_COUNT} entries, read from tiles in SQLite",
        "verification": "the verifier in a process of its own, from the file to its verdict",
    }
    say(str(write_result("proofs", {"goals": GOALS, "conditions": conditions, "measured": measured})))


if __name__ == "__main__":
    main()
