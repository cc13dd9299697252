"""How fast events become durable: batches and single writes over HTTP, against the plain library called directly.

    python -m benchmarks.write_rates

Three arms take turns on one database of the same server or disk, five rounds: the library saves one event per call with
8 threads in this process; `fundtrail serve` takes batches of 1,000 commands over 8 kept connections; and single
commands over 64. Each arm works through the same stream, in its order within every project.
"""

import time
from collections.abc import Sequence
from typing import Any, Final

from benchmarks.commands import PATHS, Item, item_of, setup_items
from benchmarks.library import Trail, environment, register_projects, save_each
from benchmarks.machine import ROUNDS, load_average, say, summary, write_result
from benchmarks.requests import ask, post, send
from benchmarks.servers import Served, databases, serve
from benchmarks.workload import FlowEvent, events, with_possible_reversals

BATCH_COMMANDS: Final = 1000
BATCHES_PER_ROUND: Final = 16
BATCH_CONNECTIONS: Final = 8
CONNECTION_COUNT: Final = 64
SINGLES_PER_CONNECTION: Final = 32
LIBRARY_EVENTS_PER_ROUND: Final = 1600
STREAM_EVENTS: Final = 100_000

BATCH_LEDGER: Final = "batch"
SINGLE_LEDGER: Final = "single"
PARTS: Final = {"batch_ratio": 4.0, "single_ratio": 1.0}
"""What the ratios to the library must reach."""


class Library:
    """The arm of the library: one call for each event, 8 threads."""

    def __init__(self, database_url: str, stream: list[FlowEvent]) -> None:
        self.application = Trail(environment(database_url))
        register_projects(self.application)
        self._stream = iter(stream)

    def round(self) -> float:
        """Events per second."""
        return save_each(self.application, [next(self._stream) for _ in range(LIBRARY_EVENTS_PER_ROUND)])


class Batches:
    """The arm of batches; a project's commands go over one connection, so that they arrive in order."""

    name = BATCH_LEDGER

    def __init__(self, server: Served, stream: list[FlowEvent]) -> None:
        self._queues = queues_of(stream, BATCH_CONNECTIONS)
        self._number = 0
        open_ledger(server, self.name)

    def requests(self) -> list[list[bytes]]:
        """The calls of the next round, for each connection."""
        first, self._number = self._number, self._number + BATCHES_PER_ROUND // BATCH_CONNECTIONS
        return [[self._call(queue, number) for number in range(first, self._number)] for queue in self._queues]

    def count(self) -> int:
        """Events of a round."""
        return BATCHES_PER_ROUND * BATCH_COMMANDS

    def _call(self, queue: list[Item], number: int) -> bytes:
        items = queue[number * BATCH_COMMANDS : (number + 1) * BATCH_COMMANDS]
        return post(f"/v1/ledgers/{self.name}/batch", {"commands": items}, items[0]["key"])


class Singles:
    """The arm of single writes; a project's commands go over one connection, so that they arrive in order."""

    name = SINGLE_LEDGER

    def __init__(self, server: Served, stream: list[FlowEvent]) -> None:
        self._queues = single_calls(self.name, stream)
        self._sent = 0
        open_ledger(server, self.name)

    def requests(self) -> list[list[bytes]]:
        """The calls of the next round, for each connection."""
        first, self._sent = self._sent, self._sent + SINGLES_PER_CONNECTION
        return [queue[first : self._sent] for queue in self._queues]

    def count(self) -> int:
        """Events of a round."""
        return CONNECTION_COUNT * SINGLES_PER_CONNECTION


def single_calls(ledger: str, stream: Sequence[FlowEvent]) -> list[list[bytes]]:
    """Each command of the stream in a call of its own, on 64 connections: those of a project on one, in order."""
    return [[_single_call(ledger, item) for item in queue] for queue in queues_of(stream, CONNECTION_COUNT)]


def _single_call(ledger: str, item: Item) -> bytes:
    body = {name: value for name, value in item.items() if name not in {"command", "key"}}
    return post(f"/v1/ledgers/{ledger}{PATHS[item['command']]}", body, item["key"])


def queues_of(stream: Sequence[FlowEvent], count: int) -> list[list[Item]]:
    """The stream's commands on that many connections: those of a project on one, in order."""
    queues: list[list[Item]] = [[] for _ in range(count)]
    for event in stream:
        item = item_of(event)
        if item is not None:
            queues[int(event.proj[1:]) % count].append(item)
    return queues


class Figures:
    """What the rounds of one of our arms gave."""

    def __init__(self) -> None:
        self.per_s: list[float] = []
        self.visible_per_s: list[float] = []
        self.processor_us: list[float] = []
        self.latency_ms: list[float] = []
        self.latency_p99_ms: list[float] = []

    def round(self, server: Served, arm: Batches | Singles) -> float:
        """Sends a round and notes what it took; the rate at which events were acknowledged."""
        requests, count = arm.requests(), arm.count()
        processor_s, begin = server.processor_s(), time.perf_counter()
        report = send(server, requests)
        # A read reflects every event acknowledged before it, so this one waits for the views.
        ask(server, f"/v1/ledgers/{arm.name}/projects/P0000")
        behind_s = time.perf_counter() - begin - report.elapsed_s
        latencies = sorted(report.latencies_s)
        self.per_s.append(count / report.elapsed_s)
        self.visible_per_s.append(count / (report.elapsed_s + behind_s))
        self.processor_us.append((server.processor_s() - processor_s) / count * 1e6)
        self.latency_ms.append(latencies[len(latencies) // 2] * 1e3)
        self.latency_p99_ms.append(latencies[len(latencies) * 99 // 100] * 1e3)
        return self.per_s[-1]

    def summary(self) -> dict[str, Any]:
        """As the result holds them."""
        return {
            "events_per_s": summary(self.per_s),
            "events_per_s_until_readable": summary(self.visible_per_s),
            "server_processor_us_per_event": summary(self.processor_us),
            "latency_ms": summary(self.latency_ms, 1),
            "latency_p99_ms": summary(self.latency_p99_ms, 1),
        }


def open_ledger(server: Served, name: str) -> None:
    """A ledger with everything that the stream names."""
    send(server, [[post("/v1/ledgers", {"ledger_id": name, "name": name, "time_zone": "UTC"}, f"open-{name}")]])
    items = list(setup_items())
    calls = [
        post(f"/v1/ledgers/{name}/batch", {"commands": items[start : start + BATCH_COMMANDS]}, f"setup-{start}")
        for start in range(0, len(items), BATCH_COMMANDS)
    ]
    send(server, [calls])
    ask(server, f"/v1/ledgers/{name}/projects/P0000")


def measure(name: str, our_url: str, their_url: str, stream: list[FlowEvent]) -> dict[str, Any]:
    """All rounds of all arms on one database."""
    library = Library(their_url, stream)
    theirs: list[float] = []
    loads: list[list[float]] = []
    batch, single = Figures(), Figures()
    try:
        with serve(our_url) as server:
            batches, singles = Batches(server, stream), Singles(server, stream)
            for number in range(ROUNDS):
                loads.append(load_average())
                theirs.append(library.round())
                batched = batch.round(server, batches)
                one_by_one = single.round(server, singles)
                say(
                    f"{name} round {number + 1}: library {theirs[-1]:.0f}/s, batch {batched:.0f}/s, "
                    f"single {one_by_one:.0f}/s, load {loads[-1][0]}"
                )
            memory = server.memory_mb()
    finally:
        library.application.close()
    return {
        "library": {"events_per_s": summary(theirs)},
        "batch": batch.summary(),
        "single": single.summary(),
        # A round's arms follow each other within seconds, so its ratio is less disturbed than its rates.
        "batch_ratio": summary([ours / each for ours, each in zip(batch.per_s, theirs, strict=True)], 2),
        "single_ratio": summary([ours / each for ours, each in zip(single.per_s, theirs, strict=True)], 2),
        "server_memory_mb": {"now": round(memory[0]), "peak": round(memory[1])},
        "load_average": loads,
    }


def main() -> None:
    """Measures, and records the result."""
    stream = with_possible_reversals(list(events(STREAM_EVENTS)))
    with databases("ours", "theirs") as kinds:
        measured = {name: measure(name, ours, theirs, stream) for name, (ours, theirs) in kinds}
    conditions = {
        "durability": "SQLite synchronous=FULL; PostgreSQL fsync and synchronous_commit on",
        "batch": f"{BATCHES_PER_ROUND} calls of {BATCH_COMMANDS} commands over {BATCH_CONNECTIONS} connections",
        "single": f"{SINGLES_PER_CONNECTION} commands on each of {CONNECTION_COUNT} connections",
        "library": f"{LIBRARY_EVENTS_PER_ROUND} calls of one event, 8 threads, aggregate cache on",
        "projector": "the server's own, as by default, and caught up before the next arm",
    }
    say(str(write_result("write_rates", {"goals": PARTS, "conditions": conditions, "measured": measured})))


if __name__ == "__main__":
    main()
