"""What a log sends to a witness, and when the witness may cosign it.

Source: C2SP tlog-witness, `add-checkpoint`. The witness keeps the last checkpoint it cosigned of each log, and cosigns
another only when the log shows that it begins with that one.
"""

import base64
import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from domain.checkpoint import MAX_PROOF_HASHES, Checkpoint, parse_checkpoint, parse_size
from domain.merkle import EMPTY_ROOT, InvalidProofError, verify_consistency
from domain.note import (
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    Note,
    Signature,
    VerifierKey,
    VerifyEd25519,
    decode_base64,
    format_note,
    parse_note,
    verify_note,
)

ADD_CHECKPOINT: Final = "/add-checkpoint"
"""Where a request is posted, after the submission prefix."""

SIZE_TYPE: Final = "text/x.tlog.size"
"""The media type of the one answer that is a size, as a decimal and a newline."""

_OLD: Final = "old "
_HEAD: Final = re.compile(rf"{_OLD}(?P<size>[0-9]+)(?P<hashes>(?:\n[A-Za-z0-9+/]{{43}}=){{0,{MAX_PROOF_HASHES}}})")
_HASH_LINE_BYTES: Final = 45
_OLD_LINE_BYTES: Final = 24
MAX_REQUEST_BYTES: Final = _OLD_LINE_BYTES + MAX_PROOF_HASHES * _HASH_LINE_BYTES + 1 + MAX_NOTE_BYTES
"""Longest request, inclusive."""


class MalformedRequestError(ValueError):
    """The bytes are no request, or it contradicts itself."""


class UnknownLogError(ValueError):
    """No log of that origin is watched."""


class StaleSizeError(ValueError):
    """The witness has last cosigned another size than the request starts from."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the last checkpoint cosigned has size {size}")
        self.size = size


class CosigningRequest(NamedTuple):
    """A signed checkpoint, and the proof that it begins with the tree of old_size leaves; nothing is verified."""

    old_size: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint


def parse_cosigning_request(data: bytes) -> CosigningRequest:
    """The request of these bytes, which are exactly what `format_cosigning_request` gives for its parts.

    Raises:
        MalformedRequestError: any other bytes before the note, or more than MAX_REQUEST_BYTES.
        MalformedNoteError, MalformedCheckpointError: the rest is no note, or its text no checkpoint.
    """
    head, _, note_bytes = data.partition(b"\n\n")
    match = _HEAD.fullmatch(head.decode("ascii", "replace")) if len(data) <= MAX_REQUEST_BYTES else None
    if match is None:
        raise MalformedRequestError("a request is an old size, at most 63 hashes, an empty line and a checkpoint")
    old_size = parse_size(match["size"])
    proof = [decode_base64(line) for line in match["hashes"].split()]
    if old_size is None or None in proof:
        raise MalformedRequestError("the old size or the base64 is in another spelling")
    note = parse_note(note_bytes)
    return CosigningRequest(old_size, tuple(filter(None, proof)), note, parse_checkpoint(note.text))


def format_cosigning_request(old_size: int, proof: Sequence[bytes], note: Note) -> bytes:
    """The bytes of a request.

    Raises:
        MalformedRequestError: the size or the proof cannot stand in one.
        MalformedNoteError, MalformedCheckpointError: the note cannot be written, or its text is no checkpoint.
    """
    lines = [f"{_OLD}{old_size}\n", *(f"{base64.b64encode(one).decode()}\n" for one in proof)]
    data = "".join(lines).encode() + b"\n" + format_note(note)
    if parse_cosigning_request(data)[:3] != (old_size, tuple(proof), note):
        raise MalformedRequestError("a part of the request would be read as another one")
    return data


def signed_by_log(request: CosigningRequest, watched: Iterable[VerifierKey], verify: VerifyEd25519) -> Note:
    """The checkpoint with the signatures that the watched keys of its origin made, one for each key, and no other.

    A key speaks for the origin that is its name. There is room for one more signature.

    Raises:
        UnknownLogError: no watched key has that name.
        UntrustedNoteError: none of them has signed it, or a signature of one is wrong.
    """
    keys = [key for key in watched if key.name == request.checkpoint.origin]
    if not keys:
        raise UnknownLogError("no log of that origin is watched")
    verified = {(signed.key.name, signed.key.key_id) for signed in verify_note(request.note, keys, verify)}
    first: dict[tuple[str, bytes], Signature] = {}
    for signature in request.note.signatures:
        if signature[:2] in verified:
            first.setdefault(signature[:2], signature)
    return Note(request.note.text, tuple(first.values())[: MAX_SIGNATURES - 1])


def refuse_unless_append_only(request: CosigningRequest, latest: Checkpoint | None) -> None:
    """Accepts a request that starts from the last checkpoint cosigned (None: there is none) and takes nothing back.

    Raises, in this order:
        MalformedRequestError: it starts from a size above its own.
        StaleSizeError: it starts from another size than the last.
        InvalidProofError: its tree does not begin with the last one.
    """
    old_size, proof, _, checkpoint = request
    if old_size > checkpoint.size:
        raise MalformedRequestError("the old size is above that of the checkpoint")
    if old_size != (0 if latest is None else latest.size):
        raise StaleSizeError(0 if latest is None else latest.size)
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise InvalidProofError("the root is not that of the empty tree")
    if old_size == 0 and proof:
        raise InvalidProofError("every tree begins with the empty one, so there is nothing to prove")
    if old_size > 0:
        assert latest is not None
        verify_consistency(old_size, checkpoint.size, proof, latest.root, checkpoint.root)
