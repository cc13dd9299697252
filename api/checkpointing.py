"""Signing checkpoints while the service runs: one when a ledger begins, then after batches, at most one per interval.

One thread for all ledgers. Signing never holds up a write, and a log that may not be signed says so in `problems`.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

import structlog

from adapters.transparency.log_signer import LogSigner, SigningRefusedError
from domain.merkle import ImpossibleProofError
from domain.ports import CheckpointStore, Clock, EventFeed, StoredCheckpoint

RETRY_S: Final = 5.0
"""After something failed, such as a full disk, or was refused: an operator may have decided meanwhile."""

LOOK_S: Final = 2.0
"""How often it looks for logs that another process has written to or signed: its checkpoints go to witnesses too."""

_LOOK: Final = ""
"""Stands for no ledger: it is time to look."""

_NEVER: Final = float("-inf")
"""Stands for when a log was last taken where this process never took it: the clock may be younger than an interval."""

POLL_S: Final = 0.1
"""How often the store is looked at while waiting for a checkpoint that another process may sign."""

Signed = Callable[[str, StoredCheckpoint], None]
"""Called in the signing thread with the ledger and its latest checkpoint: a new one, or the one there was."""

_logger = structlog.get_logger(__name__)


class Checkpointer:
    """Signs what `appended` names. `problems` holds, by ledger, why a log was refused its signature."""

    def __init__(
        self,
        signer: LogSigner,
        store: CheckpointStore,
        feed: EventFeed,
        clock: Clock,
        *,
        interval_s: float,
        signed: Signed = lambda _ledger_id, _checkpoint: None,
    ) -> None:
        self.problems: dict[str, str] = {}
        self._signer = signer
        self._store = store
        self._feed = feed
        self._clock = clock
        self._interval_s = interval_s
        self._signed = signed
        self._due: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._handed: dict[str, int] = {}
        self._look_at = 0.0
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="checkpointer", daemon=True)

    def start(self) -> None:
        """Begins with every log that has grown since its last checkpoint."""
        for ledger_id in self._feed.heads():
            self.appended(ledger_id)
        self._thread.start()

    def appended(self, ledger_id: str) -> None:
        """Says that the log has grown; returns at once."""
        with self._changed:
            due = self._last.get(ledger_id, _NEVER) + self._interval_s
            if ledger_id not in self._due:
                self._due[ledger_id] = due
                self._changed.notify()

    def wait_until(self, ledger_id: str, size: int, timeout_s: float) -> StoredCheckpoint | None:
        """The latest checkpoint once it covers that size; None when it does not in time.

        It hastens nothing: another process may be the one that signs.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            latest = self._store.latest(ledger_id)
            if latest is not None and latest.size >= size:
                return latest
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            with self._changed:
                self._changed.wait(min(left, POLL_S))

    def stop(self) -> None:
        """Signs what is still due, then ends."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while (ledger_id := self._take()) is not None:
            try:
                if ledger_id == _LOOK:
                    self._look()
                else:
                    self._sign(ledger_id)
            except Exception as error:
                # A log that cannot be signed now must not stop the others.
                _logger.exception("checkpoint-failed", ledger=ledger_id)
                if ledger_id != _LOOK:
                    self.problems[ledger_id] = type(error).__name__
                    self._put_off(ledger_id, RETRY_S)

    def _look(self) -> None:
        for ledger_id, head in self._feed.heads().items():
            if self._handed.get(ledger_id) != head:
                self.appended(ledger_id)

    def _take(self) -> str | None:
        """The next ledger that is due, or _LOOK; None once stopping and nothing is."""
        with self._changed:
            while True:
                now = time.monotonic()
                ledger_id = min(self._due, key=lambda each: self._due[each], default=None)
                if ledger_id is not None and (self._stopping or self._due[ledger_id] <= now):
                    del self._due[ledger_id]
                    self._last[ledger_id] = now
                    return ledger_id
                if self._stopping:
                    return None
                if self._look_at <= now:
                    self._look_at = now + LOOK_S
                    return _LOOK
                due = self._look_at if ledger_id is None else min(self._look_at, self._due[ledger_id])
                self._changed.wait(due - now)

    def _sign(self, ledger_id: str) -> None:
        ledger = self._feed.ledger(ledger_id)
        early_s = self._interval_s - self._signer.age_s(ledger_id, ledger.log_id)
        if early_s > 0 and not self._stopping:
            # Another process has signed a moment ago.
            self._put_off(ledger_id, early_s)
            return
        latest = self._store.latest(ledger_id)
        try:
            signed = self._signer.sign(
                ledger_id,
                ledger.log_id,
                lambda: self._feed.head(ledger_id),
                stored_size=None if latest is None else latest.size,
            )
        except (SigningRefusedError, ImpossibleProofError) as error:
            self._refused(ledger_id, str(error))
            self._put_off(ledger_id, RETRY_S)
            return
        self.problems.pop(ledger_id, None)
        if signed is not None:
            latest = self._stored(ledger_id, *signed)
        assert latest is not None
        self._handed[ledger_id] = latest.size
        self._signed(ledger_id, latest)

    def _stored(self, ledger_id: str, size: int, note: bytes) -> StoredCheckpoint:
        stored = StoredCheckpoint(size=size, note=note, signed_at=self._clock.now())
        self._store.add(ledger_id, stored)
        with self._changed:
            self._changed.notify_all()
        return stored

    def _refused(self, ledger_id: str, reason: str) -> None:
        if self.problems.get(ledger_id) != reason:
            _logger.error("checkpoint-refused", ledger=ledger_id, reason=reason)
        self.problems[ledger_id] = reason

    def _put_off(self, ledger_id: str, seconds: float) -> None:
        with self._changed:
            if not self._stopping:
                self._due.setdefault(ledger_id, time.monotonic() + seconds)
