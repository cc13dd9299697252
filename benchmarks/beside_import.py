"""How long single writes over HTTP take while `fundtrail import` records a file in the same ledger.

    python -m benchmarks.beside_import

A real `fundtrail serve`, and the import as a process of its own on the same database. Four connections each send one
allocation after another: first alone, then from the moment at which the import records until it has nearly ended.
The import is timed alone too, on a ledger of its own, so that it shows what it gives up.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any, Final

from benchmarks.commands import Item, items_of
from benchmarks.machine import ROOT, load_average, say, summary, write_result
from benchmarks.requests import ask, post, send
from benchmarks.servers import Served, databases, folder, serve
from benchmarks.workload import events, with_possible_reversals
from benchmarks.write_rates import open_ledger

STREAM_EVENTS: Final = 60_000
ROUNDS: Final = 3
CONNECTIONS: Final = 4
WRITES_AT_ONCE: Final = 25
"""On each connection, before it is looked whether the import still runs."""
GOALS: Final = {"latency_p99_ms": 1000.0}

_NUMBERS: Final = count()


def allocations(ledger: str, how_many: int) -> list[bytes]:
    """Calls that each record one allocation, on one line after another."""
    return [
        post(
            f"/v1/ledgers/{ledger}/allocations",
            {
                "line_id": f"L-P{number % 2000:04d}",
                "amount": "1.00",
                "stage": "additional",
                "document_no": f"单{number}号",
                "effective_date": "2025-12-31",
            },
            f"single-{number}",
        )
        for number in islice(_NUMBERS, how_many)
    ]


def write_some(server: Served, ledger: str) -> list[float]:
    """How long each of some writes took, in seconds."""
    return send(server, [allocations(ledger, WRITES_AT_ONCE) for _ in range(CONNECTIONS)]).latencies_s


def start_import(database_url: str, file: Path, ledger: str) -> "subprocess.Popen[bytes]":
    """The import, as anyone starts it."""
    # The server has the keys, and signs.
    settings = {"FUNDTRAIL_DATABASE_URL": database_url, "FUNDTRAIL_CHECKPOINTS": "false"}
    command = [sys.executable, "-m", "api.cli", "import", str(file), "--ledger", ledger, "--json"]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stdout=subprocess.PIPE)  # noqa: S603 (our own command line)


def rate_alone(server: Served, database_url: str, file: Path, ledger: str) -> float:
    """Rows per second of an import beside which nobody writes, from its first row to its last."""
    open_ledger(server, ledger)
    with start_import(database_url, file, ledger) as process:
        begin, first = recording_since(server, process, ledger)
        return _rate(process, begin, first)


def beside(server: Served, database_url: str, file: Path, ledger: str) -> tuple[list[float], float]:
    """How long writes took beside an import, in seconds, and the import's rows per second."""
    open_ledger(server, ledger)
    latencies: list[float] = []
    with start_import(database_url, file, ledger) as process:
        begin, first = recording_since(server, process, ledger)
        written = 0
        while process.poll() is None:
            some = write_some(server, ledger)
            written += len(some)
            if process.poll() is None:
                latencies += some
        return latencies, _rate(process, begin, first)


def recording_since(server: Served, process: "subprocess.Popen[bytes]", ledger: str) -> tuple[float, int]:
    """The moment at which the import has recorded something, and how many rows."""
    before = position = int(ask(server, f"/v1/ledgers/{ledger}")["position"])
    while position == before and process.poll() is None:
        time.sleep(0.01)
        position = int(ask(server, f"/v1/ledgers/{ledger}")["position"])
    return time.perf_counter(), position - before


def _rate(process: "subprocess.Popen[bytes]", begin: float, first: int) -> float:
    output, _ = process.communicate()
    report = json.loads(output)
    if not report["complete"]:
        message = f"the import was refused: {report['errors'][:1]}"
        raise RuntimeError(message)
    return float((report["rows"] - first) / (time.perf_counter() - begin))


def measure(name: str, database_url: str, file: Path) -> dict[str, Any]:
    """All rounds on one database."""
    alone: list[list[float]] = []
    besides: list[list[float]] = []
    rates_alone: list[float] = []
    rates_beside: list[float] = []
    loads: list[list[float]] = []
    with serve(database_url) as server:
        for number in range(ROUNDS):
            loads.append(load_average())
            rates_alone.append(rate_alone(server, database_url, file, f"import-{number}"))
            alone.append(write_some(server, f"import-{number}") + write_some(server, f"import-{number}"))
            latencies, rate = beside(server, database_url, file, f"beside-{number}")
            besides.append(latencies)
            rates_beside.append(rate)
            say(
                f"{name} round {number + 1}: p99 alone {_ms(alone[-1], 99):.1f} ms, beside the import"
                f" {_ms(latencies, 99):.1f} ms (longest {max(latencies) * 1e3:.1f} ms of {len(latencies)}); import"
                f" {rates_alone[-1]:.0f} rows/s alone, {rate:.0f} beside the writes, load {loads[-1][0]}"
            )
    return {
        "single_alone": _latencies(alone),
        "single_beside_import": _latencies(besides),
        "import_alone_rows_per_s": summary(rates_alone),
        "import_beside_singles_rows_per_s": summary(rates_beside),
        "load_average": loads,
    }


def _latencies(rounds: list[list[float]]) -> dict[str, Any]:
    return {
        "writes": [len(each) for each in rounds],
        "latency_ms": summary([_ms(each, 50) for each in rounds], 1),
        "latency_p99_ms": summary([_ms(each, 99) for each in rounds], 1),
        "longest_ms": summary([max(each) * 1e3 for each in rounds], 1),
    }


def _ms(latencies: list[float], percent: int) -> float:
    return sorted(latencies)[len(latencies) * percent // 100] * 1e3


def write_file(path: Path, items: Iterator[Item]) -> None:
    """An import file of the workload."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(item, ensure_ascii=False) + "\n" for item in items)


def main() -> None:
    """Measures, and records the result."""
    with folder() as place, databases("beside") as kinds:
        file = place / "rows.jsonl"
        write_file(file, iter(items_of(with_possible_reversals(list(events(STREAM_EVENTS))))))
        measured = {name: measure(name, url, file) for name, (url,) in kinds}
    conditions = {
        "import": f"the commands of {STREAM_EVENTS} events of the workload, into a ledger with everything they name",
        "singles": f"{CONNECTIONS} connections without a pause, into the same ledger",
        "durability": "SQLite synchronous=FULL; PostgreSQL fsync and synchronous_commit on",
    }
    say(str(write_result("beside_import", {"goals": GOALS, "conditions": conditions, "measured": measured})))


if __name__ == "__main__":
    main()
