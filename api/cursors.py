"""Page cursors: where a page ended, and under which coordinates and parameters; opaque to callers.

A cursor is checked, not secret: its tag ties it to one log, so that a made-up cursor, one of another ledger or one
of other parameters is refused instead of giving a page that belongs to nothing.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

import msgspec

from api.invalid import InvalidParameter

_TAG_BYTES: Final = 12


class Pin(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Coordinates as the first page resolved them; texts as they were answered."""

    as_of: str
    known_at: str | None
    position: int
    closed: bool


class Cursor(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """`question` is the digest of the path and parameters; `last` what names the last row of the page."""

    question: str
    pin: Pin
    last: str


def digest_of(path: str, parameters: Sequence[tuple[str, str]]) -> str:
    """What two requests share when they ask the same, whatever the order and the page."""
    question = msgspec.json.encode([path, sorted(parameters)])
    return hashlib.sha256(question).hexdigest()[:16]


def encode(cursor: Cursor, log_id: str) -> str:
    """The cursor's text."""
    content = msgspec.json.encode(cursor)
    return base64.urlsafe_b64encode(_tag(content, log_id) + content).rstrip(b"=").decode()


def decode(text: str, log_id: str, question: str) -> Cursor:
    """The cursor of a text.

    Raises:
        InvalidParameter: it is none of this log, or of another question.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        content = raw[_TAG_BYTES:]
        genuine = hmac.compare_digest(raw[:_TAG_BYTES], _tag(content, log_id))
        cursor = msgspec.json.decode(content, type=Cursor) if genuine else None
    except (ValueError, binascii.Error, msgspec.DecodeError):
        cursor = None
    if cursor is None or cursor.question != question:
        raise InvalidParameter.of("cursor", "cursor")
    return cursor


def _tag(content: bytes, log_id: str) -> bytes:
    return hmac.new(log_id.encode(), b"fundtrail/cursor/v1\x00" + content, hashlib.sha256).digest()[:_TAG_BYTES]
