"""What the log signed, and whether it holds: signatures of checkpoints, and the steps of a proof from leaf to root."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from api.console.asked import Asked
from api.console.inside import Refused
from domain.checkpoint import Checkpoint, parse_checkpoint
from domain.merkle import node_hash
from domain.note import Note, UntrustedNoteError, VerifierKey, parse_note, parse_verifier_key, verify_note

NOT_FOUND: Final = 404
_FIRST_BAD: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A checkpoint with its note as it was signed. `signers` are names of the log's keys whose signatures hold."""

    text: str
    note: Note
    checkpoint: Checkpoint
    signers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One level of a proof: the hash beside the path, on which side it stands, and the hash of both."""

    number: int
    beside: bytes
    is_left: bool
    result: bytes


async def signed_at(asked: Asked, size: int | None = None) -> Signed | None:
    """The checkpoint of that size, or the latest; None where there is none."""
    path = "checkpoint" if size is None else "checkpoints"
    answer = await asked.inside.send("GET", asked.address(path), {"size": size})
    if answer.status == NOT_FOUND:
        return None
    if answer.status >= _FIRST_BAD:
        raise Refused(answer.status, answer.json())
    note = parse_note(answer.content)
    keys = await log_keys(asked)
    return Signed(
        text=answer.content.decode(),
        note=note,
        checkpoint=parse_checkpoint(note.text),
        signers=signers_of(note, keys),
    )


async def log_keys(asked: Asked) -> tuple[VerifierKey, ...]:
    """The keys that the log says it signs with now."""
    answer = await asked.inside.send("GET", asked.address("log.pub"), {})
    return tuple(map(parse_verifier_key, answer.content.decode().split())) if answer.status < _FIRST_BAD else ()


def signers_of(note: Note, keys: Sequence[VerifierKey]) -> tuple[str, ...]:
    """Names of those of the keys that signed the note; none where a signature of one is wrong."""
    try:
        return tuple(each.key.name for each in verify_note(note, keys, verify_ed25519))
    except UntrustedNoteError:
        return ()


def verify_ed25519(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """See note.VerifyEd25519."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def steps_of(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> Iterator[Step]:
    """The steps of an inclusion proof from the leaf (from 0) up. Source: RFC 9162 section 2.1.3.2."""
    number, last, result = index, size - 1, leaf
    for count, beside in enumerate(proof, start=1):
        is_left = number % 2 == 1 or number == last
        result = node_hash(beside, result) if is_left else node_hash(result, beside)
        while is_left and number % 2 == 0 and number:
            number, last = number >> 1, last >> 1
        yield Step(number=count, beside=beside, is_left=is_left, result=result)
        number, last = number >> 1, last >> 1


def hashes_of(answer: dict[str, Any]) -> list[bytes]:
    """The hashes of a proof as the interface writes them."""
    return [base64.b64decode(each) for each in answer["proof"]]
