"""The common workload through every peer that can be had, and through ours.

    python -m benchmarks.peers [--events N] [--rounds R] [SYSTEM ...]

Each system gets the same events, in stores that are thrown away: it writes 2,000 of them one by one, then all of them
in its quickest way; then it is asked for projects at every cut, and makes its sums anew. The systems take turns for
some rounds; a figure is the median. Every answer is compared with plain addition over what was written.
"""

import argparse
import time
from collections.abc import Sequence
from typing import Any, Final

from api.collector import settle_collector
from benchmarks.commands import STATUSES
from benchmarks.machine import load_average, say, summary, write_result
from benchmarks.peers.audit_table import AuditTable
from benchmarks.peers.emmett import Emmett
from benchmarks.peers.hledger import Hledger
from benchmarks.peers.message_db import MessageDb
from benchmarks.peers.ours import OursOnPostgresql, OursOnSqlite
from benchmarks.peers.peer import Peer
from benchmarks.peers.plain_eventsourcing import EventsourcingOnPostgresql, EventsourcingOnSqlite
from benchmarks.peers.rounds import BEFORE_SINGLES, SINGLES, Oracle, Round, right_sums, run_round
from benchmarks.peers.uma import Uma
from benchmarks.servers import connected, postgresql, tidy_up_when_told_to_end
from benchmarks.workload import FlowEvent, events, expected, table_sha256, with_possible_reversals

EVENTS: Final = 100_000
ROUNDS: Final = 3
SYSTEMS: Final[tuple[type[Peer], ...]] = (
    OursOnSqlite,
    OursOnPostgresql,
    EventsourcingOnSqlite,
    EventsourcingOnPostgresql,
    MessageDb,
    Emmett,
    Uma,
    Hledger,
    AuditTable,
)


class Measured:
    """What the rounds of one system gave; `failure` is why it took no further part, None while it does."""

    def __init__(self, system: type[Peer]) -> None:
        self.system = system
        self.rounds: list[Round] = []
        self.failure: str | None = None

    def round(self, server_url: str, stream: Sequence[FlowEvent], right: Oracle) -> None:
        """Measures once more."""
        try:
            done = run_round(self.system, server_url, stream, right)
        except Exception as error:  # noqa: BLE001 (recorded, and the other systems are measured all the same)
            self.failure = f"{type(error).__name__}: {error}"
            say(f"{self.system.name} failed: {self.failure}")
            return
        self.rounds.append(done)
        singles = "none" if done.singles_per_s is None else f"{done.singles_per_s:.0f}/s"
        say(f"{self.system.name}: singles {singles}, bulk {done.bulk_per_s:.0f}/s, rebuild {done.rebuild_per_s:.0f}/s")
        for words in done.wrong():
            say(f"{self.system.name} answered WRONG at {words}")

    def result(self) -> dict[str, Any]:
        """As the result file holds it."""
        found: dict[str, Any] = {"version": self.system.version(), "notes": self.system.notes, "failure": self.failure}
        if not self.rounds:
            return found
        return found | _figures(self.rounds) | {"answers": _answers(self.rounds)}


def _figures(rounds: list[Round]) -> dict[str, Any]:
    last = rounds[-1]
    singles = [each.singles_per_s for each in rounds if each.singles_per_s is not None]
    sizes = [each.bytes_per_event for each in rounds if each.bytes_per_event is not None]
    return {
        "singles_per_s": summary(singles) if singles else None,
        "bulk_per_s": summary([each.bulk_per_s for each in rounds]),
        "readable_per_s": summary([each.readable_per_s for each in rounds]),
        "one_project_ms": {
            cut: summary([each.one_project_ms[cut] for each in rounds], 3) for cut in last.one_project_ms
        },
        "every_project_ms": {
            cut: summary([each.every_project_ms[cut] for each in rounds], 1) for cut in last.every_project_ms
        },
        "rebuild_per_s": summary([each.rebuild_per_s for each in rounds]),
        "bytes_per_event": summary(sizes) if sizes else None,
    }


def _answers(rounds: list[Round]) -> dict[str, Any]:
    """Each check with the wrong answers of all rounds together; the digest is that of the last round."""
    return {
        name: {
            "table_sha256": check.table_sha256,
            "wrong_projects": sum(each.checks[name].wrong_projects for each in rounds),
        }
        for name, check in rounds[-1].checks.items()
    }


def _oracle(count: int, right: Oracle) -> dict[str, Any]:
    """The digests of the right answers, and which of them two other programs gave too."""
    known = expected()
    digests = {name: table_sha256(table) for name, table in right.items()}
    return {
        name: {
            "table_sha256": digest,
            "is_that_of_expected_100k": count == known["n"] and digest == known["cuts"][name]["table_sha256"],
        }
        for name, digest in digests.items()
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    names = [system.name for system in SYSTEMS]
    parser.add_argument("--events", type=int, default=EVENTS, metavar="N")
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="R")
    parser.add_argument("systems", nargs="*", metavar="SYSTEM", help=f"all, or some of: {', '.join(names)}")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.systems if name not in names]
    if unknown or arguments.events < BEFORE_SINGLES + SINGLES or arguments.rounds < 1:
        parser.error(f"no system is named {unknown[0]}" if unknown else "too few events or rounds")
    return arguments


def _version_of(server_url: str) -> str:
    with connected(server_url) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return str(row[0]) if row else "unknown"


def main() -> None:
    """Measures, and records the result."""
    arguments = _arguments()
    tidy_up_when_told_to_end()
    chosen = [each for each in SYSTEMS if not arguments.systems or each.name in arguments.systems]
    reasons = {each.name: each.missing() for each in chosen}
    left_out = {name: reason for name, reason in reasons.items() if reason is not None}
    for name, reason in left_out.items():
        say(f"{name} is left out: {reason}")
    stream = with_possible_reversals(list(events(arguments.events)))
    right = right_sums(stream)
    # For all that runs in this process, as in the one that serves ours.
    settle_collector()
    measured = [Measured(each) for each in chosen if each.name not in left_out]
    loads: list[list[float]] = []
    begin = time.perf_counter()
    with postgresql() as server_url:
        server_version = _version_of(server_url)
        for number in range(arguments.rounds):
            loads.append(load_average())
            say(f"round {number + 1}, load {loads[-1][0]}")
            for each in measured:
                if each.failure is None:
                    each.round(server_url, stream, right)
    result = {
        "conditions": {
            "events": arguments.events,
            "rounds": arguments.rounds,
            "singles": f"events {BEFORE_SINGLES + 1} to {BEFORE_SINGLES + SINGLES}; 8 writers, ours 64 connections",
            "minutes": round((time.perf_counter() - begin) / 60, 1),
            "postgresql": server_version,
            "durability": "PostgreSQL fsync and synchronous_commit on; SQLite synchronous=FULL; others by default",
        },
        "statuses": STATUSES,
        "oracle": _oracle(arguments.events, right),
        "left_out": left_out,
        "measured": {each.system.name: each.result() for each in measured},
        "load_average": loads,
    }
    say(str(write_result("peers", result)))


if __name__ == "__main__":
    main()
