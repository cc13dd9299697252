"""One round of one system: what is written, what is asked, what is timed, and whether the answers are right."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Final, NamedTuple

from benchmarks.peers.peer import NOTHING, Peer
from benchmarks.peers.place import Place, new_place
from benchmarks.workload import CUTS, PROJECT_COUNT, FlowEvent, Sums, oracle, table_sha256

NOW: Final = "now"
BEFORE_SINGLES: Final = PROJECT_COUNT
"""Events that are in the store before single writes are timed: the first of each project, which are all alike."""
SINGLES: Final = 2000

Oracle = dict[str, dict[str, Sums]]
"""The right sums of every project, by cut."""


class Check(NamedTuple):
    """An answer beside the right one. `first` is a project whose sums are wrong, None where none is."""

    table_sha256: str
    wrong_projects: int
    first: str | None


@dataclass(slots=True)
class Round:
    """The figures of a round: rates in events per second, times in ms by cut. None where a system has no such thing."""

    singles_per_s: float | None = None
    bulk_per_s: float = 0.0
    readable_per_s: float = 0.0
    rebuild_per_s: float = 0.0
    bytes_per_event: float | None = None
    one_project_ms: dict[str, float] = field(default_factory=dict)
    every_project_ms: dict[str, float] = field(default_factory=dict)
    checks: dict[str, Check] = field(default_factory=dict)

    def wrong(self) -> list[str]:
        """The wrong answers, each in words."""
        return [
            f"{name}: {check.wrong_projects} projects are wrong, {check.first} is one"
            for name, check in self.checks.items()
            if check.wrong_projects
        ]


def right_sums(stream: Sequence[FlowEvent]) -> Oracle:
    """By plain addition, at every cut."""
    return {name: oracle(stream, cut) for name, cut in CUTS.items()}


def check(answer: dict[str, Sums], right: dict[str, Sums]) -> Check:
    """Compares; a project that has no event at the cut may be there with zeros."""
    given = {project: sums for project, sums in answer.items() if project in right or sums != NOTHING}
    wrong = sorted(name for name in given.keys() | right.keys() if given.get(name) != right.get(name))
    return Check(table_sha256(given), len(wrong), wrong[0] if wrong else None)


def run_round(make: Callable[[], Peer], server_url: str, stream: Sequence[FlowEvent], right: Oracle) -> Round:
    """Everything about one system, in stores of its own."""
    done = Round()
    with _running(make, server_url) as (peer, place):
        _measure_singles(peer, place, stream, done)
    with _running(make, server_url) as (peer, place):
        _measure_bulk(peer, place, stream, done)
        _measure_reads(peer, right, done)
        begin = time.perf_counter()
        folded = peer.rebuild()
        done.rebuild_per_s = folded / (time.perf_counter() - begin)
        done.checks["after the rebuild"] = check(peer.every_project(CUTS[NOW]), right[NOW])
    return done


def _measure_singles(peer: Peer, place: Place, stream: Sequence[FlowEvent], done: Round) -> None:
    end = BEFORE_SINGLES + SINGLES
    peer.write_bulk(stream[:BEFORE_SINGLES])
    done.singles_per_s = peer.write_singles(stream[BEFORE_SINGLES:end])
    if done.singles_per_s is None:
        return
    peer.make_readable()
    place.tidy()
    for name, cut in CUTS.items():
        # Concurrent writers record in an order of their own, so that a position is no cut of the stream.
        if cut.rec is None:
            answer = peer.every_project(cut)
            done.checks[f"{name}, after single writes"] = check(answer, oracle(stream[:end], cut))


def _measure_bulk(peer: Peer, place: Place, stream: Sequence[FlowEvent], done: Round) -> None:
    empty_bytes = peer.size_bytes()
    done.bulk_per_s = peer.write_bulk(stream)
    begin = time.perf_counter()
    peer.make_readable()
    done.readable_per_s = len(stream) / (len(stream) / done.bulk_per_s + time.perf_counter() - begin)
    place.tidy()
    full_bytes = peer.size_bytes()
    if empty_bytes is not None and full_bytes is not None:
        done.bytes_per_event = (full_bytes - empty_bytes) / len(stream)


def _measure_reads(peer: Peer, right: Oracle, done: Round) -> None:
    for name, cut in CUTS.items():
        begin = time.perf_counter()
        answer = peer.every_project(cut)
        done.every_project_ms[name] = (time.perf_counter() - begin) * 1e3
        done.checks[name] = check(answer, right[name])
        taken: list[float] = []
        asked = dict.fromkeys(_some_projects(peer.questions // len(CUTS)), NOTHING)
        for project in asked:
            begin = time.perf_counter()
            asked[project] = peer.one_project(project, cut)
            taken.append((time.perf_counter() - begin) * 1e3)
        done.one_project_ms[name] = median(taken)
        wanted = {project: right[name].get(project, NOTHING) for project in asked}
        done.checks[f"{name}, one by one"] = check(asked, wanted)


def _some_projects(count: int) -> list[str]:
    """The same for every system."""
    return [f"P{number:04d}" for number in random.Random(1).sample(range(PROJECT_COUNT), count)]


@contextmanager
def _running(make: Callable[[], Peer], server_url: str) -> Iterator[tuple[Peer, Place]]:
    with new_place(server_url) as place:
        peer = make()
        try:
            peer.start(place)
            yield peer, place
        finally:
            peer.close()
