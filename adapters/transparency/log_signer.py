"""Signing checkpoints: never one that does not continue what was signed last, whatever the database holds by now.

What was signed last is kept in a file of the signer's own. A database restored from an old backup, or one whose entries
were rewritten, therefore gets no signature; an operator who has to go on from it raises the epoch, which every later
checkpoint shows.
"""

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from adapters.durable_file import replace_file
from adapters.file_lock import locked
from adapters.transparency.ed25519 import KeyFile, UnusableKeyFileError
from adapters.transparency.log_keys import LogKeys
from domain.checkpoint import Checkpoint, epoch_extensions, format_checkpoint
from domain.merkle import ImpossibleProofError, InvalidProofError, verify_consistency
from domain.note import Note, format_note, signature_of

_STATE: Final = "state.json"
_LOCK: Final = "state.lock"
_PLACE: Final = "database"


class SigningRefusedError(Exception):
    """The log does not continue what was signed last, or the keys it was signed with are not here."""


class SignedTree(Protocol):
    """What a signer asks of a log's tree. See ports.LogTree."""

    def root(self, ledger_id: str, size: int, /) -> bytes:
        """See LogTree.root."""

    def consistency_proof(self, ledger_id: str, first_size: int, second_size: int, /) -> tuple[bytes, ...]:
        """See LogTree.consistency_proof."""


class Signed(NamedTuple):
    """What was signed last. Size 0: nothing yet in this epoch."""

    size: int
    root: bytes
    epoch: int


def was_signed(keys: LogKeys, ledger_id: str, log_id: str) -> bool:
    """Whether a log was ever signed here; also where who asks may not look."""
    try:
        return (keys.folder(ledger_id, log_id) / _STATE).exists()
    except OSError:
        return True


def signed_last(keys: LogKeys, ledger_id: str, log_id: str) -> Signed | None:
    """What was signed last of a log, also of one that is in no database any more; None where that cannot be read."""
    try:
        return _read_state(keys.folder(ledger_id, log_id) / _STATE)
    except (SigningRefusedError, OSError):
        return None


def noted_place(keys: LogKeys, ledger_id: str, log_id: str) -> str | None:
    """The database that the log was in when it was signed last; None where nobody noted it."""
    try:
        return (keys.folder(ledger_id, log_id) / _PLACE).read_text("utf-8").strip()
    except (OSError, ValueError):
        return None


def _read_state(path: Path) -> Signed:
    try:
        state = json.loads(path.read_bytes())
        return Signed(int(state["size"]), bytes.fromhex(state["root"]), int(state["epoch"]))
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise SigningRefusedError(f"{path.name} cannot be read: what was signed last is not known") from error


class LogSigner:
    """Signs for the logs of one deployment; any number of processes on one machine may share the folder of keys."""

    def __init__(self, keys: LogKeys, tree: SignedTree, place: Callable[[], str] | None = None) -> None:
        """`place` says which database it is, for what is noted beside the keys of each log that is signed."""
        self.keys = keys
        self._tree = tree
        self._place = place

    def sign(
        self, ledger_id: str, log_id: str, head: Callable[[], int], *, stored_size: int | None
    ) -> tuple[int, bytes] | None:
        """The size and note of a checkpoint over all of the log, signed by every active key; None when there is one.

        What was signed is durable before it is given. `head` is asked while nobody else signs. `stored_size` is that of
        the last checkpoint that is stored; None before the first, and only then a log without keys gets one.

        Raises:
            SigningRefusedError: nothing was signed.
        """
        with locked(self.keys.folder(ledger_id, log_id) / _LOCK):
            signers = self._signers(ledger_id, log_id, is_first=stored_size is None)
            last = self.last(ledger_id, log_id, is_first=stored_size is None)
            size = head()
            root = self._tree.root(ledger_id, size)
            self._refuse_fork(ledger_id, last, size, root)
            self._note_place(ledger_id, log_id)
            if size == last.size == stored_size:
                return None
            self._write(ledger_id, log_id, Signed(size, root, last.epoch))
            checkpoint = Checkpoint(self.keys.origin(ledger_id, log_id), size, root, epoch_extensions(last.epoch))
            text = format_checkpoint(checkpoint)
            return size, format_note(Note(text, tuple(signature_of(text, signer) for signer in signers)))

    def problem(self, ledger_id: str, log_id: str, head: Callable[[], int]) -> str | None:
        """Why the log would not be signed; None when it continues what was signed last. `head` is asked after that."""
        try:
            last = self.last(ledger_id, log_id, is_first=not self.keys.active(ledger_id, log_id))
            size = head()
            self._refuse_fork(ledger_id, last, size, self._tree.root(ledger_id, size))
        except SigningRefusedError as error:
            return str(error)
        return None

    def age_s(self, ledger_id: str, log_id: str) -> float:
        """Seconds since any process signed the log; infinite before the first time."""
        path = self._state(ledger_id, log_id)
        return time.time() - path.stat().st_mtime if path.exists() else math.inf

    def last(self, ledger_id: str, log_id: str, *, is_first: bool = False) -> Signed:
        """What was signed last; nothing only where this is the first time.

        Raises:
            SigningRefusedError: the file that says so is missing or cannot be read.
        """
        path = self._state(ledger_id, log_id)
        if path.exists():
            return _read_state(path)
        if is_first:
            return Signed(0, b"", 0)
        raise SigningRefusedError(f"{path.name} is missing beside the keys: what was signed last is not known")

    def raise_epoch(self, ledger_id: str, log_id: str, epoch: int) -> None:
        """Forgets what was signed last: the next checkpoint starts the epoch, and says so."""
        with locked(self.keys.folder(ledger_id, log_id) / _LOCK):
            self._write(ledger_id, log_id, Signed(0, b"", epoch))

    def _signers(self, ledger_id: str, log_id: str, *, is_first: bool) -> list[KeyFile]:
        try:
            if is_first and not self.keys.active(ledger_id, log_id):
                self.keys.add(ledger_id, log_id)
            signers = self.keys.active(ledger_id, log_id)
        except UnusableKeyFileError as error:
            raise SigningRefusedError(str(error)) from error
        if not signers:
            raise SigningRefusedError("the keys of this log are not here, and others have signed it before")
        origin = self.keys.origin(ledger_id, log_id)
        if other := next((each.key.name for each in signers if each.key.name != origin), None):
            raise SigningRefusedError(f"its keys are those of {other}, not of {origin}: a deployment keeps its name")
        return signers

    def _refuse_fork(self, ledger_id: str, last: Signed, size: int, root: bytes) -> None:
        if last.size == 0:
            return
        if size < last.size:
            raise SigningRefusedError(f"the log has {size} entries, but {last.size} were signed: it was set back")
        try:
            proof = self._tree.consistency_proof(ledger_id, last.size, size)
            verify_consistency(last.size, size, proof, last.root, root)
        except (ImpossibleProofError, InvalidProofError) as error:
            raise SigningRefusedError(
                f"the first {last.size} entries are not those that were signed: they were rewritten"
            ) from error

    def _write(self, ledger_id: str, log_id: str, signed: Signed) -> None:
        state = {"size": signed.size, "root": signed.root.hex(), "epoch": signed.epoch}
        replace_file(self._state(ledger_id, log_id), json.dumps(state, sort_keys=True).encode() + b"\n")

    def _note_place(self, ledger_id: str, log_id: str) -> None:
        if self._place is not None and noted_place(self.keys, ledger_id, log_id) != (place := self._place()):
            replace_file(self.keys.folder(ledger_id, log_id) / _PLACE, place.encode() + b"\n")

    def _state(self, ledger_id: str, log_id: str) -> Path:
        return self.keys.folder(ledger_id, log_id) / _STATE
