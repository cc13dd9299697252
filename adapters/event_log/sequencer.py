"""Group commit: commands queue per ledger, a small pool of threads writes whatever waits, one transaction at a time.

A ledger is held by one thread at a time, so its commands are decided in the order they came; ledgers run beside
each other. There is no idle wait: an empty queue is written as soon as one command comes.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from adapters.database import Database
from adapters.event_log.foreign import ForeignAppend
from adapters.event_log.opening import open_ledger
from adapters.event_log.writer import MAX_CACHED_ROWS, LedgerWriter
from domain.command import Actor
from domain.errors import QueueFull, ServiceStopping, Unavailable
from domain.ledger import OpenLedger
from domain.ports import Clock
from domain.submission import Answer, Submission

DEFAULT_QUEUE_LIMIT: Final = 20_000
POSTGRESQL_THREAD_COUNT: Final = 4
MAX_BATCH_COMMANDS: Final = 10_000

Appended = Callable[[str, int], None]


@dataclass(slots=True)
class _Waiting:
    submission: Submission
    future: "Future[Answer]"

    @property
    def command_count(self) -> int:
        return len(self.submission.items)


@dataclass(slots=True)
class _WaitingForeign:
    """Waits in the same queue, but is written alone: its condition is on what is stored."""

    append: ForeignAppend
    future: "Future[int]"

    @property
    def command_count(self) -> int:
        return 1


@dataclass(slots=True)
class _LedgerQueue:
    """What waits for one ledger; `held` while a thread writes it or it waits in the ready list."""

    writer: LedgerWriter
    waiting: deque[_Waiting | _WaitingForeign] = field(default_factory=deque)
    command_count: int = 0
    held: bool = False


class Sequencer:
    """See ports.CommandLog. `appended(ledger_id, position)` is called after each commit, in the writer's thread.

    `cached_rows`: so many states of boundaries may stay in memory from one transaction to the next, for each ledger.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        queue_limit: int = DEFAULT_QUEUE_LIMIT,
        cached_rows: int = MAX_CACHED_ROWS,
        appended: Appended | None = None,
        demo: bool = False,
    ) -> None:
        self._database = database
        self._clock = clock
        self._queue_limit = queue_limit
        self._cached_rows = cached_rows
        self._appended = appended or (lambda _ledger_id, _position: None)
        self._last_failure: Exception | None = None
        self._demo = demo
        self._queues: dict[str, _LedgerQueue] = {}
        self._ready: deque[str] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        # SQLite has one writer at a time anyway; a second thread would only wait for its lock.
        count = 1 if database.is_sqlite else POSTGRESQL_THREAD_COUNT
        self._inserters = ThreadPoolExecutor(count, thread_name_prefix="inserter")
        self._threads = [threading.Thread(target=self._run, name=f"sequencer-{n}", daemon=True) for n in range(count)]
        for thread in self._threads:
            thread.start()

    def submit(self, submission: Submission) -> "Future[Answer]":
        """See CommandLog.submit."""
        future: Future[Answer] = Future()
        self._enqueue(submission.ledger_id, _Waiting(submission, future))
        return future

    def append_foreign(self, append: ForeignAppend) -> "Future[int]":
        """The future position of the last foreign event, once it is durable.

        The future raises ConditionFailedError, TooLarge and what `submit` raises.
        """
        future: Future[int] = Future()
        self._enqueue(append.ledger_id, _WaitingForeign(append, future))
        return future

    def open_ledger(self, request: OpenLedger, *, actor: Actor, key: str) -> Answer:
        """See CommandLog.open_ledger."""
        try:
            answer = open_ledger(self._database.log_writer, self._clock, request, actor=actor, key=key, demo=self._demo)
        except Unavailable as error:
            self._last_failure = error
            raise
        self._last_failure = None
        self._appended(request.ledger_id, 1)
        return answer

    @property
    def last_failure(self) -> Exception | None:
        """What the last transaction failed with, whatever the ledger; None when it was recorded."""
        return self._last_failure

    def stop(self) -> None:
        """Writes what waits, then ends the threads; new submissions are refused."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._inserters.shutdown()

    def _enqueue(self, ledger_id: str, waiting: _Waiting | _WaitingForeign) -> None:
        with self._changed:
            queue = self._queue_of(ledger_id)
            if self._stopping:
                waiting.future.set_exception(ServiceStopping())
                return
            if queue.command_count + waiting.command_count > self._queue_limit:
                waiting.future.set_exception(QueueFull())
                return
            queue.waiting.append(waiting)
            queue.command_count += waiting.command_count
            self._make_ready(ledger_id, queue)

    def _queue_of(self, ledger_id: str) -> _LedgerQueue:
        queue = self._queues.get(ledger_id)
        if queue is None:
            writer = LedgerWriter(
                self._database.log_writer, self._clock, self._inserters, ledger_id, cached_rows=self._cached_rows
            )
            queue = _LedgerQueue(writer)
            self._queues[ledger_id] = queue
        return queue

    def _make_ready(self, ledger_id: str, queue: _LedgerQueue) -> None:
        if not queue.held:
            queue.held = True
            self._ready.append(ledger_id)
            self._changed.notify()

    def _run(self) -> None:
        while (taken := self._take()) is not None:
            ledger_id, queue, batch = taken
            first = batch[0]
            if isinstance(first, _WaitingForeign):
                self._write_foreign(ledger_id, queue.writer, first)
            else:
                self._write(ledger_id, queue.writer, [each for each in batch if isinstance(each, _Waiting)])
            with self._changed:
                queue.held = False
                if queue.waiting:
                    self._make_ready(ledger_id, queue)

    def _take(self) -> tuple[str, _LedgerQueue, list[_Waiting | _WaitingForeign]] | None:
        """The next ready ledger and what waits for it, held; None when the sequencer stops and nothing waits."""
        with self._changed:
            while not self._ready:
                if self._stopping:
                    return None
                self._changed.wait()
            ledger_id = self._ready.popleft()
            queue = self._queues[ledger_id]
            batch = _next_batch(queue.waiting)
            queue.command_count -= sum(each.command_count for each in batch)
            return ledger_id, queue, batch

    def _write(self, ledger_id: str, writer: LedgerWriter, batch: Sequence[_Waiting]) -> None:
        try:
            results = writer.write([waiting.submission for waiting in batch])
        except Exception as error:  # noqa: BLE001 (the callers get it; the thread must go on serving other ledgers)
            results = [error] * len(batch)
        failures = [each for each in results if isinstance(each, Exception)]
        position = max((each.position or 0 for each in results if isinstance(each, Answer)), default=0)
        for waiting, result in zip(batch, results, strict=True):
            _resolve(waiting.future, result)
        if failures or position:
            self._last_failure = failures[-1] if failures else None
        if position:
            self._appended(ledger_id, position)

    def _write_foreign(self, ledger_id: str, writer: LedgerWriter, waiting: _WaitingForeign) -> None:
        try:
            position = writer.append_foreign(waiting.append)
        except Exception as error:  # noqa: BLE001 (as above)
            _resolve(waiting.future, error)
            return
        _resolve(waiting.future, position)
        self._appended(ledger_id, position)


def _next_batch(waiting: deque[_Waiting | _WaitingForeign]) -> list[_Waiting | _WaitingForeign]:
    """Takes what one transaction writes: a foreign append alone, else submissions up to the limit of commands."""
    batch = [waiting.popleft()]
    if isinstance(batch[0], _WaitingForeign):
        return batch
    count = batch[0].command_count
    while waiting and isinstance(waiting[0], _Waiting) and count + waiting[0].command_count <= MAX_BATCH_COMMANDS:
        batch.append(waiting.popleft())
        count += batch[-1].command_count
    return batch


def _resolve(future: "Future[Answer] | Future[int]", result: Answer | int | Exception) -> None:
    # A caller that went away has cancelled its future; what it asked for is done all the same.
    if not future.set_running_or_notify_cancel():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)  # type: ignore[arg-type]  # each future gets the result of its own kind
