"""Canonical bytes of a record's entry, and the hash that chains it to the one before.

As in the ledgers' log: UTF-8 JSON, keys sorted, no white space, every key always present. Stored bytes never change.
"""

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

from domain.access_log import AccessEntry, AccessKind
from domain.errors import Figure
from domain.shape import Shape, text_problem

ENTRY_FORMAT: Final = 1
START: Final = bytes(32)
"""What stands for the hash before the first record."""
_LABEL: Final = b"fundtrail/access/v1\x00"
"""So that no bytes that are hashed elsewhere are a record."""
_encode: Final = msgspec.json.Encoder(order="sorted").encode


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """The keys of a stored entry, all required."""

    action: str
    address: str | None
    code: str
    concerns: tuple[str, ...]
    count: int
    figures: Mapping[str, Figure]
    issuer: str | None
    kind: AccessKind
    ledger_id: str | None
    role: str | None
    subject: str | None
    v: int


_decode: Final = msgspec.json.Decoder(_Entry).decode


class UnreadableRecordError(Exception):
    """Stored bytes are no entry of a known format."""


def ledger_named(text: str | None) -> str | None:
    """The text where it can be the id of a ledger, else None: what a caller makes up is not kept."""
    return None if text is None or text_problem(Shape.IDENTIFIER, text) else text


def encode_entry(entry: AccessEntry) -> bytes:
    """The canonical bytes of an entry.

    Raises:
        UnicodeEncodeError: a text in it has half of a surrogate pair.
    """
    return _encode(
        _Entry(
            action=entry.action,
            address=entry.address,
            code=entry.code,
            concerns=entry.concerns,
            count=entry.count,
            figures=entry.figures,
            issuer=entry.issuer,
            kind=entry.kind,
            ledger_id=ledger_named(entry.ledger_id),
            role=entry.role,
            subject=entry.subject,
            v=ENTRY_FORMAT,
        )
    )


def decode_entry(stored: bytes) -> AccessEntry:
    """The entry of stored bytes.

    Raises:
        UnreadableRecordError: a missing or unknown key, another format.
    """
    try:
        raw = _decode(stored)
    except (msgspec.MsgspecError, TypeError) as error:
        raise UnreadableRecordError(str(error)) from error
    if raw.v != ENTRY_FORMAT:
        message = f"entry format {raw.v}"
        raise UnreadableRecordError(message)
    return AccessEntry(
        kind=raw.kind,
        action=raw.action,
        code=raw.code,
        ledger_id=raw.ledger_id,
        subject=raw.subject,
        issuer=raw.issuer,
        role=raw.role,
        address=raw.address,
        concerns=raw.concerns,
        figures=raw.figures,
        count=raw.count,
    )


def record_hash(previous: bytes, sequence: int, recorded_at_us: int, entry: bytes) -> bytes:
    """SHA-256 of a label, the hash of the record before, and the record: number, instant and canonical bytes.

    All but the last have one length each, so no two records have the same bytes.
    """
    place = sequence.to_bytes(8, "big") + recorded_at_us.to_bytes(8, "big", signed=True)
    return hashlib.sha256(_LABEL + previous + place + entry).digest()
