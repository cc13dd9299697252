"""What every system in the comparison can be asked, and the drive of writers that most of them share."""

import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar, Final, Protocol

from benchmarks.peers.place import Place
from benchmarks.workload import Cut, FlowEvent, Sums

WRITERS: Final = 8
NOTHING: Final[Sums] = (0, 0, 0)


class Peer(Protocol):
    """One system with a store of its own. `start` comes first, `close` last, also after a `start` that failed.

    A rate is in events per second and covers all from the workload's event to the durable record; what must be
    registered before the first event is not in it.
    """

    name: ClassVar[str]
    """On the command line, in the result and in the table."""
    notes: ClassVar[str]
    """What is not like for like, in sentences."""
    questions: ClassVar[int] = 40
    """How many single projects are asked for in a round; a multiple of the number of cuts."""

    @classmethod
    def missing(cls) -> str | None:
        """Why it cannot run here; None where it can."""
        return None

    @classmethod
    @abstractmethod
    def version(cls) -> str:
        """Of the system, as it is installed; empty where it has none."""

    @abstractmethod
    def start(self, place: Place) -> None:
        """Makes an empty store in the place."""

    @abstractmethod
    def close(self) -> None:
        """Ends what `start` began."""

    @abstractmethod
    def write_singles(self, stream: Sequence[FlowEvent], writers: int = WRITERS) -> float | None:
        """The rate of durable writes of one event each; None where the system has no such write.

        A project's events are written in order, by one writer; its earlier events are in the store.
        """

    @abstractmethod
    def write_bulk(self, stream: Sequence[FlowEvent]) -> float:
        """The rate of the system's quickest durable way."""

    def make_readable(self) -> None:
        """Does what the reads need after a write, where they need more than the write itself."""
        return

    @abstractmethod
    def one_project(self, project: str, cut: Cut) -> Sums:
        """The sums of a project; zeros where none of its events count."""

    @abstractmethod
    def every_project(self, cut: Cut) -> dict[str, Sums]:
        """The sums of all projects. One without an event that counts may be left out, or have zeros."""

    @abstractmethod
    def rebuild(self) -> int:
        """Makes the present sums anew from everything recorded; how many events of the workload were folded."""

    @abstractmethod
    def size_bytes(self) -> int | None:
        """Of the store on disk now, with its indexes; None where that says nothing about the events."""


def share_out(stream: Sequence[FlowEvent], count: int) -> list[list[FlowEvent]]:
    """The stream in that many parts: the events of a project in one, in order."""
    shares: list[list[FlowEvent]] = [[] for _ in range(count)]
    for event in stream:
        shares[int(event.proj[1:]) % count].append(event)
    return shares


def drive(writers: Sequence[Callable[[FlowEvent], object]], stream: Sequence[FlowEvent]) -> float:
    """The rate at which the writers, each in a thread of its own, write the stream."""
    shares = share_out(stream, len(writers))
    with ThreadPoolExecutor(len(writers)) as pool:
        begin = time.perf_counter()
        working = [pool.submit(_write_all, *each) for each in zip(writers, shares, strict=True)]
        for each in working:
            each.result()
        return len(stream) / (time.perf_counter() - begin)


def _write_all(write: Callable[[FlowEvent], object], share: list[FlowEvent]) -> None:
    for event in share:
        write(event)
