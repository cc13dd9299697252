"""Checkpoints that were kept outside of what they are about, and are now held against it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from adapters.transparency import ed25519
from api.terminal import CommandFailed
from domain.checkpoint import Checkpoint, MalformedCheckpointError, parse_checkpoint
from domain.note import (
    MAX_NOTE_BYTES,
    Algorithm,
    MalformedKeyError,
    MalformedNoteError,
    Note,
    UntrustedNoteError,
    VerifierKey,
    parse_note,
    parse_verifier_key,
    verify_note,
)


class OutsideCheckpoint(NamedTuple):
    """A checkpoint in a file; nothing of it is verified yet."""

    path: Path
    note: Note
    checkpoint: Checkpoint

    def is_of(self, ledger_id: str, log_id: str) -> bool:
        """Whether it is this log's, in whatever deployment."""
        return self.checkpoint.origin.endswith(f"/{ledger_id}/{log_id}")

    @property
    def ledger_id(self) -> str:
        """The ledger that its origin names."""
        return self.checkpoint.origin.split("/")[-2] if self.checkpoint.origin.count("/") > 1 else ""

    def is_signed_by(self, keys: Iterable[VerifierKey]) -> bool:
        """Whether one of the keys, which are the log's own, has signed it, and none of their signatures is wrong."""
        own = [key for key in keys if key.algorithm is Algorithm.ED25519 and key.name == self.checkpoint.origin]
        try:
            return bool(verify_note(self.note, own, ed25519.verify))
        except UntrustedNoteError:
            return False


def read_checkpoints(paths: Sequence[Path]) -> list[OutsideCheckpoint]:
    """The checkpoints in the files, one in each.

    Raises:
        CommandFailed: a file holds none.
    """
    return [_read(path) for path in paths]


def read_keys(texts: Sequence[str]) -> list[VerifierKey]:
    """The verifier keys of the command line.

    Raises:
        CommandFailed: a text is none.
    """
    try:
        return [parse_verifier_key(text) for text in texts]
    except MalformedKeyError:
        raise CommandFailed("--log-key: not a verifier key, as `fundtrail log-key list` shows it") from None


def _read(path: Path) -> OutsideCheckpoint:
    try:
        with path.open("rb") as stream:
            note = parse_note(stream.read(MAX_NOTE_BYTES + 1))
        return OutsideCheckpoint(path, note, parse_checkpoint(note.text))
    except (MalformedNoteError, MalformedCheckpointError) as error:
        raise CommandFailed(f"{path} is no signed checkpoint: {error}") from error
