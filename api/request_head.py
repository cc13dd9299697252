"""What the head of a request may be: small, of one meaning, and addressed to one host.

The parser takes a head of any size, and shapes that two servers in a row could read differently: those are refused.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from api.invalid import BadRequest, HeadTooLarge, TargetTooLong

MAX_TARGET_BYTES: Final = 16 * 1024
"""Of the path and the query together."""
MAX_HEAD_BYTES: Final = 32 * 1024
"""Of the target, and the names and values of all headers."""
MAX_HEADERS: Final = 100

_ONCE: Final = frozenset({b"host", b"content-type", b"content-encoding", b"idempotency-key", b"authorization"})
"""Headers of which a second one would contradict the first."""

_VERSIONS: Final = frozenset({"1.0", "1.1"})
_ENCODED_SLASH: Final = re.compile(rb"%2f", re.IGNORECASE)

Header = tuple[bytes, bytes]
"""Name in lower case, and value."""


def refuse_head(target: bytes, headers: Sequence[Header], http_version: str) -> None:
    """Returns when the head is acceptable.

    Raises:
        TargetTooLong, HeadTooLarge: it is too large.
        BadRequest: it can be read in two ways, or names no host, or not one.
    """
    if len(target) > MAX_TARGET_BYTES:
        raise TargetTooLong
    if len(headers) > MAX_HEADERS or size_of(target, headers) > MAX_HEAD_BYTES:
        raise HeadTooLarge
    names = {name for name, _ in headers}
    if has_two_readings(target, headers) or (len(names) < len(headers) and _contradicts_itself(headers)):
        raise BadRequest
    # A body in chunks came with version 1.1, and a server before us that knows only 1.0 would not see its end.
    needed, forbidden = (b"host", None) if http_version == "1.1" else (None, b"transfer-encoding")
    if http_version not in _VERSIONS or (needed and needed not in names) or forbidden in names:
        raise BadRequest


def _contradicts_itself(headers: Iterable[Header]) -> bool:
    names = [name for name, _ in headers]
    return any(names.count(name) > 1 for name in _ONCE)


def has_two_readings(target: bytes, headers: Iterable[Header]) -> bool:
    """Whether a server before us may have seen another address, or another end of the body, than we do."""
    if _ENCODED_SLASH.search(target.partition(b"?")[0]):
        return True
    return any(name == b"transfer-encoding" and value.strip().lower() != b"chunked" for name, value in headers)


def size_of(target: bytes, headers: Iterable[Header]) -> int:
    """Bytes of a head, without what only separates its parts."""
    return len(target) + sum(len(name) + len(value) for name, value in headers)


def has_body(headers: Iterable[Header]) -> bool:
    """Whether a body is announced."""
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value.strip() != b"0") for name, value in headers
    )
