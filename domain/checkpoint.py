"""Checkpoints: the text in which a log states its size and root, and one-text proofs that an entry is under one.

Source: C2SP tlog-checkpoint and C2SP tlog-proof. Both are parsed strictly: what is read is written the same way.
"""

import base64
import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from domain.merkle import HASH_BYTES, MAX_TREE_SIZE
from domain.note import MAX_NOTE_BYTES, Note, decode_base64, format_note, parse_note

MAX_EXTENSIONS: Final = 16
MAX_PROOF_HASHES: Final = MAX_TREE_SIZE.bit_length()
MAX_LOG_PROOF_BYTES: Final = 2 * MAX_NOTE_BYTES

_PROOF_HEADER: Final = "c2sp.org/tlog-proof@v1"
_EXTRA: Final = "extra "
_INDEX: Final = "index "
_EPOCH: Final = "epoch "
_FIXED_LINES: Final = 3
_LINE: Final = re.compile(r"[^\x00-\x1f\ud800-\udfff]+")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_LOG_PROOF_HEAD: Final = re.compile(
    rf"{re.escape(_PROOF_HEADER)}\n(?:{_EXTRA}(?P<extra>[A-Za-z0-9+/]++={{0,2}})\n)?{_INDEX}(?P<index>[0-9]+)"
    rf"(?P<hashes>(?:\n[A-Za-z0-9+/]{{43}}=){{0,{MAX_PROOF_HASHES}}})"
)


class MalformedCheckpointError(ValueError):
    """The text is no checkpoint, or the checkpoint has no text."""


class MalformedLogProofError(ValueError):
    """The bytes are no proof of an entry, or the proof cannot be written."""


class Checkpoint(NamedTuple):
    """What a log states: which log it is, how many leaves it has and their root.

    Extensions are the lines after these three, none of them empty; only `epoch N` means something here.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def epoch(self) -> int:
        """The number in the `epoch N` line; 0 when there is none."""
        return next((int(line.removeprefix(_EPOCH)) for line in self.extensions if line.startswith(_EPOCH)), 0)


def origin_of(deployment: str, ledger_id: str, log_id: str) -> str:
    """The name of a ledger's log, as its checkpoints and keys bear it.

    Neither of the three holds a space or a plus, and the ledger's id no slash.
    """
    return f"{deployment}/{ledger_id}/{log_id}"


def epoch_extensions(epoch: int) -> tuple[str, ...]:
    """The extensions that state an epoch, from 0; epoch 0 is stated by none."""
    return (f"{_EPOCH}{epoch}",) if epoch else ()


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint of a note's text, which is exactly what `format_checkpoint` gives for it.

    Raises:
        MalformedCheckpointError: any other text, more than MAX_EXTENSIONS, or an epoch that is not one number above 0.
    """
    if not text.endswith("\n") or text.count("\n") > _FIXED_LINES + MAX_EXTENSIONS:
        raise MalformedCheckpointError("a checkpoint is a few whole lines")
    lines = text[:-1].split("\n")
    if len(lines) < _FIXED_LINES or not all(map(_LINE.fullmatch, lines)):
        raise MalformedCheckpointError("a checkpoint is an origin, a size and a root, and no line of it is empty")
    origin, size_text, root_text, *extensions = lines
    size, root = parse_size(size_text), decode_base64(root_text)
    if size is None or root is None or len(root) != HASH_BYTES:
        raise MalformedCheckpointError("the size is a number and the root base64 of 32 bytes")
    epochs = [line.removeprefix(_EPOCH) for line in extensions if line.startswith(_EPOCH)]
    if len(epochs) > 1 or not all(map(parse_size, epochs)):
        raise MalformedCheckpointError("an epoch is one number above 0")
    return Checkpoint(origin, size, root, tuple(extensions))


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """The text of a checkpoint, for a note.

    Raises:
        MalformedCheckpointError: a part cannot be written, such as an origin with a line break.
    """
    lines = (checkpoint.origin, str(checkpoint.size), _base64(checkpoint.root), *checkpoint.extensions)
    text = "".join([f"{line}\n" for line in lines])
    if parse_checkpoint(text) != checkpoint:
        raise MalformedCheckpointError("a part of the checkpoint would be read as another one")
    return text


def parse_size(text: str) -> int | None:
    """The number of an ASCII decimal up to MAX_TREE_SIZE; None for any other spelling."""
    return int(text) if _NUMBER.fullmatch(text) and int(text) <= MAX_TREE_SIZE else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogProof:
    """That an entry is leaf `index` (from 0) of the tree whose checkpoint the note is: the hashes of its inclusion.

    Extra bytes go along and are proven by nothing; empty when there are none.
    """

    index: int
    hashes: tuple[bytes, ...]
    note: Note
    extra: bytes = b""


def parse_log_proof(data: bytes) -> LogProof:
    """The proof of these bytes, which are exactly what `format_log_proof` gives for it; nothing of it is verified.

    Raises:
        MalformedLogProofError: any other bytes, or more than MAX_LOG_PROOF_BYTES.
        MalformedNoteError: any other bytes in its note.
    """
    head, _, note = data.partition(b"\n\n")
    match = _LOG_PROOF_HEAD.fullmatch(head.decode("ascii", "replace")) if len(data) <= MAX_LOG_PROOF_BYTES else None
    if match is None:
        raise MalformedLogProofError("a proof is a header, perhaps extra bytes, an index, hashes and a checkpoint")
    index = parse_size(match["index"])
    extra = decode_base64(match["extra"] or "")
    hashes = [decode_base64(line) for line in match["hashes"].split()]
    if index is None or extra is None or None in hashes:
        raise MalformedLogProofError("the index or the base64 is in another spelling")
    return LogProof(index=index, hashes=tuple(filter(None, hashes)), note=parse_note(note), extra=extra)


def format_log_proof(proof: LogProof) -> bytes:
    """The bytes of a proof.

    Raises:
        MalformedLogProofError: the index or the hashes cannot be those of a proof, or the extra bytes are too many.
        MalformedNoteError: the note cannot be written.
    """
    extra = [_EXTRA + _base64(proof.extra)] if proof.extra else []
    head = "\n".join([_PROOF_HEADER, *extra, f"{_INDEX}{proof.index}", *map(_base64, proof.hashes)])
    data = head.encode() + b"\n\n" + format_note(proof.note)
    # Reading it refuses what cannot stand in a proof; base64 and digits leave nothing to be read as something else.
    read = parse_log_proof(data)
    assert read == proof
    return data


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
