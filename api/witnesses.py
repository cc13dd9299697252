"""Sending checkpoints to the witnesses of a policy, and keeping what they sign.

A thread for each witness: one that is slow or gone holds up neither the others nor anything else. Only the latest
checkpoint of a log waits; a witness that was away is given that one, with a proof from where it stands.
"""

import threading
from typing import Final

import structlog

from adapters.transparency.witness_client import WitnessError, WitnessRefusedError, submit
from domain.note import parse_note
from domain.policy import Policy, PolicyWitness
from domain.ports import CheckpointStore, LogTree, StoredCheckpoint

RETRY_S: Final = 10.0
TIMEOUT_S: Final = 10.0

_FIRST_SERVER_ERROR: Final = 500
_TEMPORARY: Final = (408, 429)
"""Request timeout, too many requests."""

_logger = structlog.get_logger(__name__)


class Witnesses:
    """Those of a policy that have an address. `problems` holds, by ledger, why one of them refused its checkpoint."""

    def __init__(self, policy: Policy, store: CheckpointStore, tree: LogTree) -> None:
        self.problems: dict[str, str] = {}
        self._submitters = [
            _Submitter(witness, store, tree, self.problems) for witness in policy.witnesses if witness.url is not None
        ]

    def start(self) -> None:
        """Begins to send what `signed` is given."""
        for each in self._submitters:
            each.start()

    def signed(self, ledger_id: str, checkpoint: StoredCheckpoint) -> None:
        """Has a checkpoint sent to every witness that has not signed it; returns at once."""
        known = {(each.name, each.key_id) for each in parse_note(checkpoint.note).signatures}
        for each in self._submitters:
            if (each.witness.key.name, each.witness.key.key_id) not in known:
                each.give(ledger_id, checkpoint)

    def stop(self) -> None:
        """Ends after the questions under way; what still waits is sent when a service starts the next time."""
        for each in self._submitters:
            each.stop()


class _Submitter:
    """One witness's thread."""

    def __init__(self, witness: PolicyWitness, store: CheckpointStore, tree: LogTree, problems: dict[str, str]) -> None:
        self.witness = witness
        self._store = store
        self._tree = tree
        self._problems = problems
        self._waiting: dict[str, StoredCheckpoint] = {}
        self._old_sizes: dict[str, int] = {}
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"witness-{witness.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def give(self, ledger_id: str, checkpoint: StoredCheckpoint) -> None:
        with self._changed:
            self._waiting[ledger_id] = checkpoint
            self._changed.notify()

    def stop(self) -> None:
        self._stopping.set()
        with self._changed:
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while (taken := self._take()) is not None:
            ledger_id, checkpoint = taken
            try:
                self._submit(ledger_id, checkpoint)
            except WitnessError as error:
                if isinstance(error, WitnessRefusedError) and not _may_pass(error.status):
                    self._refused(ledger_id, checkpoint, error)
                    continue
                _logger.warning("witness-failed", witness=self.witness.name, reason=str(error))
                self._put_back(ledger_id, checkpoint)
            except Exception:
                # Nothing that goes wrong with one checkpoint may end the thread.
                _logger.exception("witness-failed", witness=self.witness.name)
                self._put_back(ledger_id, checkpoint)

    def _take(self) -> tuple[str, StoredCheckpoint] | None:
        with self._changed:
            while not self._waiting and not self._stopping.is_set():
                self._changed.wait()
            if self._stopping.is_set():
                return None
            ledger_id = next(iter(self._waiting))
            return ledger_id, self._waiting.pop(ledger_id)

    def _submit(self, ledger_id: str, checkpoint: StoredCheckpoint) -> None:
        assert self.witness.url is not None
        signatures = submit(
            self.witness.url,
            self.witness.key,
            parse_note(checkpoint.note),
            lambda first, second: self._tree.consistency_proof(ledger_id, first, second),
            old_size=self._old_sizes.get(ledger_id, 0),
            timeout_s=TIMEOUT_S,
        )
        self._old_sizes[ledger_id] = checkpoint.size
        self._store.add_cosignatures(ledger_id, checkpoint.size, signatures)
        self._problems.pop(ledger_id, None)

    def _refused(self, ledger_id: str, checkpoint: StoredCheckpoint, error: WitnessRefusedError) -> None:
        reason = f"witness {self.witness.name}, checkpoint of size {checkpoint.size}: {error}"
        if self._problems.get(ledger_id) != reason:
            _logger.error("witness-refused", ledger=ledger_id, reason=reason)
        self._problems[ledger_id] = reason

    def _put_back(self, ledger_id: str, checkpoint: StoredCheckpoint) -> None:
        with self._changed:
            self._waiting.setdefault(ledger_id, checkpoint)
        self._stopping.wait(RETRY_S)


def _may_pass(status: int) -> bool:
    """Whether a refusal is about the moment and not about the checkpoint."""
    return status >= _FIRST_SERVER_ERROR or status in _TEMPORARY
