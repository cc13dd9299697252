"""Whether several processes that write to one ledger on PostgreSQL get in each other's way.

    python -m benchmarks.workers

Single writes over 64 connections to `fundtrail serve` with one, two and four processes that have been at work for a
while, in turns on one server, each round in a database of its own. Whoever holds the lock of the ledger's head writes;
the others fold in what it wrote.
"""

from typing import Any, Final

from benchmarks.loading import LEDGER
from benchmarks.machine import ROUNDS, load_average, say, summary, write_result
from benchmarks.requests import send
from benchmarks.servers import new_database, postgresql, serve
from benchmarks.workload import FlowEvent, events, with_possible_reversals
from benchmarks.write_rates import CONNECTION_COUNT, open_ledger, single_calls

WORKERS: Final = (1, 2, 4)
WARMING_CALLS: Final = 20
"""On each connection, before the clock starts: each process prepares its statements, each anew for each connection."""
CALLS_PER_CONNECTION: Final = 80
GOALS: Final = {"share_of_one_worker": 0.5}


def rate(url: str, workers: int, stream: list[FlowEvent]) -> float:
    """Events per second of calls of the stream, recorded in a new database by processes that have been at work."""
    with serve(url, "--workers", str(workers)) as server:
        open_ledger(server, LEDGER)
        calls = single_calls(LEDGER, stream)
        send(server, [queue[:WARMING_CALLS] for queue in calls])
        report = send(server, [queue[WARMING_CALLS:][:CALLS_PER_CONNECTION] for queue in calls])
    return len(report.latencies_s) / report.elapsed_s


def measure(server: str, stream: list[FlowEvent]) -> dict[str, Any]:
    """All rounds."""
    rates: dict[int, list[float]] = {workers: [] for workers in WORKERS}
    loads: list[list[float]] = []
    for number in range(ROUNDS):
        loads.append(load_average())
        for workers, of in rates.items():
            of.append(rate(new_database(server, f"of_{workers}_{number}"), workers, stream))
        shown = ", ".join(f"{workers}: {of[-1]:.0f}/s" for workers, of in rates.items())
        say(f"round {number + 1}: {shown}, load {loads[-1][0]}")
    found: dict[str, Any] = {"load_average": loads}
    for workers, of in rates.items():
        shares = [each / one for each, one in zip(of, rates[1], strict=True)]
        found[f"workers_{workers}"] = {"events_per_s": summary(of), "share_of_one_worker": summary(shares, 2)}
    return found


def main() -> None:
    """Measures, and records the result."""
    stream = with_possible_reversals(list(events(100_000)))
    with postgresql() as server:
        measured = {"postgresql": measure(server, stream)}
    calls = f"{CALLS_PER_CONNECTION} calls on each of {CONNECTION_COUNT} connections, after {WARMING_CALLS}"
    conditions = {"events": f"{calls}; one ledger"}
    say(str(write_result("workers", {"goals": GOALS, "conditions": conditions, "measured": measured})))


if __name__ == "__main__":
    main()
