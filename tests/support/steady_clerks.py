"""Clerks who keep writing whatever happens, as the contract asks of them: after a 503 or a lost connection, again under
the same key. What they were told is compared with what is stored.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

from domain.event import RecordedEvent
from tests.support.http_writes import (
    CALLER,
    CONNECTION_LOST,
    CREATED,
    LEDGER,
    Caller,
    Write,
    batch,
    caller,
    payment,
    positions_told,
    single,
)
from tests.support.processes import DEADLINE_S
from tests.support.whole_log import assert_dense, by_write, stored_events

CLERKS = 4
LINES = {f"L{number}": "90000000.00" for number in range(CLERKS)}
UNAVAILABLE = 503
PAUSE_S = 0.02


@dataclass
class Clerks:
    """What they sent, and what became of it. A write is settled once it was acknowledged."""

    url: str
    batch_size: int
    settled: list[Write] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    longest_s: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _count: int = 0

    @property
    def acknowledged(self) -> int:
        """Commands, not writes."""
        with self._changed:
            return self._count

    def wait_for(self, commands: int) -> None:
        """Waits until so many more are acknowledged. Fails after a minute in which none was."""
        with self._changed:
            wanted = self._count + commands
            while (before := self._count) < wanted:
                moves = self._changed.wait_for(lambda before=before: self._count > before, DEADLINE_S)  # type: ignore[misc]  # its default is an int
                assert moves, dict(self.answers)

    def work(self, number: int) -> None:
        """Writes until told to stop; what was begun is settled."""
        with caller(self.url) as clerk:
            for write in _payments(number, self.batch_size):
                self._settle(clerk, write)
                if self.stop.is_set():
                    return

    def _settle(self, clerk: Caller, write: Write) -> None:
        begin = time.monotonic()
        while not self._post(clerk, write):
            assert time.monotonic() - begin < DEADLINE_S, dict(self.answers)
            time.sleep(PAUSE_S)
        with self._changed:
            self.settled.append(write)
            self._count += len(write.item_keys)
            self.longest_s = max(self.longest_s, time.monotonic() - begin)
            self._changed.notify_all()

    def _post(self, clerk: Caller, write: Write) -> bool:
        """Whether it was acknowledged. Everything but a 503 is wrong: each command is a right one."""
        try:
            answer = clerk.post(write)
        except CONNECTION_LOST:
            clerk.connection.close()
            self._note("connection lost")
            return False
        if answer.status == CREATED:
            self._note("replayed" if answer.is_replay else "recorded")
            return True
        assert answer.status == UNAVAILABLE, answer.content
        self._note(answer.json["code"])
        return False

    def _note(self, what: str) -> None:
        with self._changed:
            self.answers[what] += 1


@contextmanager
def writing(url: str, *, batch_size: int) -> Iterator[Clerks]:
    """Clerks who write while the block runs; at its end everything they began is settled."""
    clerks = Clerks(url, batch_size)
    with ThreadPoolExecutor(CLERKS) as pool:
        running: list[Future[None]] = [pool.submit(clerks.work, number) for number in range(CLERKS)]
        try:
            yield clerks
        finally:
            clerks.stop.set()
        for each in running:
            each.result()


def assert_kept(database_url: str, writes: Sequence[Write]) -> list[RecordedEvent]:
    """Every acknowledged command is stored once, at the position that was told, and nothing else is."""
    events = stored_events(database_url, LEDGER)
    assert_dense(events)
    lost, halves, moved = [], [], []
    for write, found in zip(writes, by_write(events, LEDGER, CALLER, writes), strict=True):
        if not found:
            lost.append(write.key)
        elif len(found) != len(write.item_keys):
            halves.append(write.key)
        elif found != positions_told(write.answer or b""):
            moved.append(write.key)
    assert (lost, halves, moved) == ([], [], []), f"lost: {lost}, by halves: {halves}, elsewhere: {moved}"
    return events


_run = count(1)


def _payments(number: int, batch_size: int) -> Iterator[Write]:
    """Payments from the clerk's own line, alone and many together in turn."""
    chance = random.Random(number)  # noqa: S311 (chance, not a secret)
    name, line_id = f"clerk-{number}-{next(_run)}", f"L{number}"
    for each in count():
        key = f"{name}-{each}"
        if chance.random() < 0.5:
            yield single(key, "/disbursements", payment(line_id, "0.01", key))
            continue
        items = [
            {"command": "record-disbursement", **payment(line_id, "0.01", f"{key}-{index}")}
            for index in range(batch_size)
        ]
        yield batch(key, *items)
