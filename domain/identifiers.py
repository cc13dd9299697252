"""Ids that follow from content: commands, events, leaves and commitments."""

import hashlib
import hmac
import json
from collections.abc import Iterable
from typing import Final

_LEAF_PREFIX: Final = b"\x00"
_quoted: Final = json.encoder.encode_basestring
"""A text as JSON, as RFC 8785 writes it."""
_COMMITMENT_LABEL: Final = b"fundtrail/commit/v1"


def command_id(ledger_id: str | None, subject: str, key: str) -> str:
    """Hex SHA-256 naming a command by who sent it where under which idempotency key.

    Ledger is None for the creation of a ledger, whose keys have a scope of their own.
    """
    return command_ids(ledger_id, subject, (key,))[0]


def command_ids(ledger_id: str | None, subject: str, keys: Iterable[str]) -> list[str]:
    """The `command_id` under each of the keys, in their order."""
    ledger = "null" if ledger_id is None else _quoted(ledger_id)
    scope = f"[{ledger},{_quoted(subject)},"
    return [hashlib.sha256(f"{scope}{_quoted(key)}]".encode()).hexdigest() for key in keys]


def event_id(command: str, index: int) -> str:
    """UUIDv8 text of the event with that index (from 0) of a command: a retry gives the same id.

    Source: RFC 9562 section 5.8.
    """
    digest = bytearray(hashlib.sha256(bytes.fromhex(command) + index.to_bytes(4, "big")).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def event_id_bytes(event: str) -> bytes:
    """The 16 bytes of an event id."""
    return bytes.fromhex(event.replace("-", ""))


def leaf_hash(entry: bytes) -> bytes:
    """The 32 bytes that stand for a stored entry in the Merkle tree. Source: RFC 6962 section 2.1."""
    return hashlib.sha256(_LEAF_PREFIX + entry).digest()


def commitment(salt: bytes, field: str, value: str) -> str:
    """Hex HMAC that binds a private value without showing it; the salt is 32 random bytes kept outside the log."""
    message = b"\x00".join((_COMMITMENT_LABEL, field.encode(), value.encode()))
    return hmac.new(salt, message, hashlib.sha256).hexdigest()


def canonical_json(value: object) -> bytes:
    """UTF-8 JSON with sorted keys and no white space; equals RFC 8785 for text, integers within 2^53 and null."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
