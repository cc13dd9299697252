"""Signed notes: a text and the signatures under it, and the keys that verify them.

Source: C2SP signed-note; C2SP tlog-cosignature for signatures that bear a time. A text is to be ignored until
`verify_note` has accepted a signature under it. Ed25519 itself is brought by the caller.
"""

import base64
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import Final, NamedTuple, Protocol

MAX_NOTE_BYTES: Final = 2**18
MAX_SIGNATURES: Final = 32
"""Most signature lines of a note, inclusive. Both bounds leave room for 16 post-quantum signatures, as they must."""

MAX_TIME_S: Final = 2**63 - 1
"""Latest time of a cosignature, inclusive, in seconds since 1970."""

_KEY_ID_BYTES: Final = 4
_TIME_BYTES: Final = 8
_PUBLIC_KEY_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
# Possessive (the second plus): a long line that does not match is not tried again from every length.
_NAME: Final = r"[^\s+\x00-\x1f\ud800-\udfff]++"
_BASE64: Final = r"[A-Za-z0-9+/]++={0,2}"
_SIGNATURE_LINE: Final = re.compile(f"— ({_NAME}) ({_BASE64})")
_VERIFIER_KEY: Final = re.compile(rf"({_NAME})\+([0-9a-f]{{8}})\+({_BASE64})")

VerifyEd25519 = Callable[[bytes, bytes, bytes], bool]
"""Whether, under a public key of 32 bytes, a signature of 64 bytes is one of a message; it raises nothing."""


class MalformedNoteError(ValueError):
    """The bytes are no signed note, or are more than is read."""


class MalformedKeyError(ValueError):
    """The text is no verifier key of an algorithm that is known here."""


class UntrustedNoteError(ValueError):
    """No known key has signed the note, or a signature of a known key is wrong."""


class Algorithm(IntEnum):
    """What a key signs with; a key signs in one way only."""

    ED25519 = 0x01
    """The text as it is."""

    COSIGNATURE = 0x04
    """Ed25519 over a time and the text of a checkpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierKey:
    """A public key of 32 bytes under a name; the name has no space and no plus."""

    name: str
    algorithm: Algorithm
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that name this key in signature lines."""
        return key_id(self.name, self.algorithm, self.public_key)


class Signature(NamedTuple):
    """A signature line: who says to have signed, and the bytes; nothing about it is verified."""

    name: str
    key_id: bytes
    value: bytes


class Note(NamedTuple):
    """A text, ending in a newline, and at least one signature, in the order of their lines."""

    text: str
    signatures: tuple[Signature, ...]


class VerifiedSignature(NamedTuple):
    """A key that has signed; time in seconds since 1970 as the signer states it, None where it states none."""

    key: VerifierKey
    time_s: int | None


class Signer(Protocol):
    """Holds a private key."""

    @property
    def key(self) -> VerifierKey:
        """What verifies its signatures."""

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature, 64 bytes, of the message as it is."""


def key_id(name: str, algorithm: Algorithm, public_key: bytes) -> bytes:
    """The 4 bytes that, with the name, tell a key from others; they are no proof of anything."""
    # A name that UTF-8 cannot write is none that a verifier key is read with; it is refused there.
    return sha256(name.encode(errors="replace") + b"\n" + bytes([algorithm]) + public_key).digest()[:_KEY_ID_BYTES]


def parse_verifier_key(text: str) -> VerifierKey:
    """The key of a text `name+id+key`.

    Raises:
        MalformedKeyError: any other spelling, an id of another key, or an algorithm that is not known here.
    """
    match = _VERIFIER_KEY.fullmatch(text)
    typed = None if match is None else decode_base64(match[3])
    if match is None or typed is None or len(typed) != 1 + _PUBLIC_KEY_BYTES or typed[0] not in list(Algorithm):
        raise MalformedKeyError
    key = VerifierKey(name=match[1], algorithm=Algorithm(typed[0]), public_key=typed[1:])
    if key.key_id.hex() != match[2]:
        raise MalformedKeyError
    return key


def format_verifier_key(key: VerifierKey) -> str:
    """The text `name+id+key`.

    Raises:
        MalformedKeyError: the name or the length of the key does not allow one.
    """
    typed = bytes([key.algorithm]) + key.public_key
    text = f"{key.name}+{key.key_id.hex()}+{base64.b64encode(typed).decode()}"
    if parse_verifier_key(text) != key:
        raise MalformedKeyError
    return text


def parse_note(data: bytes) -> Note:
    """The note of these bytes, which are exactly what `format_note` gives for it.

    Raises:
        MalformedNoteError: any other bytes, more than MAX_NOTE_BYTES or more than MAX_SIGNATURES.
    """
    if len(data) > MAX_NOTE_BYTES:
        raise MalformedNoteError(f"a note has at most {MAX_NOTE_BYTES} bytes")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise MalformedNoteError("a note is UTF-8") from error
    # The text may hold empty lines: the last one ends it.
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or not lines.endswith("\n") or _CONTROL.search(whole):
        raise MalformedNoteError("a note is lines of text, an empty line and signature lines")
    if lines.count("\n") > MAX_SIGNATURES:
        raise MalformedNoteError(f"a note has at most {MAX_SIGNATURES} signatures")
    return Note(text + "\n", tuple([_parse_signature(line) for line in lines[:-1].split("\n")]))


def format_note(note: Note) -> bytes:
    """The bytes of a note.

    Raises:
        MalformedNoteError: the text or a name cannot stand in a note, there is no signature, or the note is too large.
    """
    # What UTF-8 cannot write is replaced, and the comparison then refuses it like any other part that reads otherwise.
    data = "".join((note.text, "\n", *map(format_signature, note.signatures))).encode(errors="replace")
    if parse_note(data) != note:
        raise MalformedNoteError("a part of the note would be read as another one")
    return data


def format_signature(signature: Signature) -> str:
    """The line of a signature, with its newline; `format_note` refuses one that would be read otherwise."""
    return f"— {signature.name} {base64.b64encode(signature.key_id + signature.value).decode()}\n"


def signature_of(text: str, signer: Signer) -> Signature:
    """The signature of a text by a signer whose algorithm is ED25519."""
    assert signer.key.algorithm is Algorithm.ED25519
    return Signature(signer.key.name, signer.key.key_id, signer.sign(text.encode()))


def cosignature_of(text: str, signer: Signer, time_s: int) -> Signature:
    """The signature of a checkpoint's text and a time, 0 to MAX_TIME_S, by a signer whose algorithm is COSIGNATURE."""
    assert signer.key.algorithm is Algorithm.COSIGNATURE
    assert 0 <= time_s <= MAX_TIME_S
    signed = signer.sign(cosigned_message(text, time_s))
    return Signature(signer.key.name, signer.key.key_id, time_s.to_bytes(_TIME_BYTES, "big") + signed)


def cosigned_message(text: str, time_s: int) -> bytes:
    """What a cosigner signs: the time, in seconds since 1970, and the text of a checkpoint."""
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def verify_note(note: Note, keys: Iterable[VerifierKey], verify: VerifyEd25519) -> tuple[VerifiedSignature, ...]:
    """Every signature by one of the keys, in the order of the lines; those by other keys are passed over.

    Which of them suffice is for the caller to judge: a witness alone does not speak for the log, and one key may
    have signed several times.

    Raises:
        UntrustedNoteError: there is none, or one of them is wrong.
    """
    known = {(key.name, key.key_id): key for key in keys}
    claims = [(known.get((signature.name, signature.key_id)), signature.value) for signature in note.signatures]
    verified = [_verified(note.text, key, value, verify) for key, value in claims if key is not None]
    if not verified:
        raise UntrustedNoteError("no known key has signed the note")
    return tuple(verified)


def decode_base64(text: str) -> bytes | None:
    """The bytes of a base64 text (RFC 4648 section 4); None for every spelling but the one that encoding gives."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if base64.b64encode(data).decode() == text else None


def _parse_signature(line: str) -> Signature:
    match = _SIGNATURE_LINE.fullmatch(line)
    identified = None if match is None else decode_base64(match[2])
    if match is None or identified is None or len(identified) <= _KEY_ID_BYTES:
        raise MalformedNoteError("a signature line is a dash, a name and base64 of a key id and a signature")
    return Signature(match[1], identified[:_KEY_ID_BYTES], identified[_KEY_ID_BYTES:])


def _verified(text: str, key: VerifierKey, value: bytes, verify: VerifyEd25519) -> VerifiedSignature:
    if key.algorithm is Algorithm.ED25519:
        time_s, message, signature = None, text.encode(), value
    else:
        # A value too short to hold a time has no bytes left for the signature, and is refused for that.
        time_s, signature = int.from_bytes(value[:_TIME_BYTES], "big"), value[_TIME_BYTES:]
        message = cosigned_message(text, time_s)
    timely = time_s is None or time_s <= MAX_TIME_S
    if not timely or len(signature) != _SIGNATURE_BYTES or not verify(key.public_key, signature, message):
        raise UntrustedNoteError(f"the signature of {key.name} is wrong")
    return VerifiedSignature(key, time_s)
