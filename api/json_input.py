"""Reading the body of a request: what is not one plain JSON object of bearable size goes no further."""

import json
import math
import re
from json import JSONDecodeError
from typing import Any, ClassVar, Final

from starlette.requests import ClientDisconnect, Request

from api.schemas.problem import pointer_to_unknown
from api.schemas.rules import repeated
from domain.errors import FundtrailError

MAX_BODY_BYTES: Final = 1024 * 1024
MAX_BATCH_BYTES: Final = 16 * 1024 * 1024
MAX_DEPTH: Final = 32
MAX_MEMBERS: Final = 64
"""Most members of one object: no request has half as many."""
MAX_INTEGER_DIGITS: Final = 16
"""Longer integers are beyond 2^53, which no field takes."""

_CHARSET: Final = re.compile(r";\s*charset\s*=\s*\"?([^\s\";]*)")
_UTF8: Final = frozenset({"utf-8", "utf8"})
_UNCOMPRESSED: Final = frozenset({"", "identity"})
_BRACKETS: Final = b"[]{}"
_ROUND: Final = bytes.maketrans(_BRACKETS, b"()()")
_ALL_BUT_BRACKETS: Final = bytes(set(range(256)) - set(_BRACKETS))
_ALL_BUT_MARKS: Final = bytes(set(range(256)) - set(_BRACKETS + b'"\\'))
# Possessive and without a mandatory end: linear whatever comes, also in a text that is never closed.
_TEXTS: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)


class UnreadableBody(FundtrailError):
    """The body is no acceptable JSON object, so nothing was looked at."""

    code: ClassVar[str]


class BodyTooLarge(UnreadableBody):
    """More bytes than the request may have; the rest was not read."""

    code = "body-too-large"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(self.code)
        self.limit_bytes = limit_bytes


class UnsupportedMediaType(UnreadableBody):
    """The body is not declared as JSON."""

    code = "unsupported-media-type"


class UnsupportedEncoding(UnreadableBody):
    """The body is compressed, or declared as text of another encoding than UTF-8."""

    code = "unsupported-encoding"


class NotUtf8(UnreadableBody):
    """The bytes are not UTF-8."""

    code = "not-utf8"


class NotJson(UnreadableBody):
    """The text is no JSON."""

    code = "not-json"


class TooDeep(UnreadableBody):
    """Arrays and objects are nested deeper than 32."""

    code = "too-deep"


class DuplicateField(UnreadableBody):
    """An object names a field twice, so it is not known which of the two was meant."""

    code = "duplicate-field"

    def __init__(self, name: str) -> None:
        super().__init__(self.code)
        self.pointer = pointer_to_unknown((), name)


class TooManyFields(UnreadableBody):
    """An object has more fields than any request."""

    code = "too-many-fields"


class NotAnObject(UnreadableBody):
    """The body is JSON, but no object."""

    code = "not-an-object"


async def read_object(request: Request, limit_bytes: int) -> dict[str, Any]:
    """The JSON object of the request's body.

    Raises:
        UnsupportedMediaType, UnsupportedEncoding, BodyTooLarge, and what `parse_object` raises.
    """
    return parse_object(await read_bytes(request, limit_bytes))


async def read_bytes(request: Request, limit_bytes: int) -> bytes:
    """The body of a request that declares it as JSON.

    Raises:
        UnsupportedMediaType, UnsupportedEncoding, BodyTooLarge: in this order.
    """
    declared = header_of(request, b"content-type").lower()
    if declared.partition(";")[0].strip() != "application/json":
        raise UnsupportedMediaType
    charset = _CHARSET.search(declared)
    if charset is not None and charset[1] not in _UTF8:
        raise UnsupportedEncoding
    if header_of(request, b"content-encoding").strip().lower() not in _UNCOMPRESSED:
        raise UnsupportedEncoding
    return await read_body(request, limit_bytes)


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """The body of any type, counted while it comes in, whatever length was announced.

    How long it may take to come is a matter of the connection (`connections`).

    Raises:
        BodyTooLarge: see there.
        ClientDisconnect: it will not come.
    """
    announced = header_of(request, b"content-length")
    if announced.isdecimal() and int(announced[:20]) > limit_bytes:
        raise BodyTooLarge(limit_bytes)
    return await _received(request, limit_bytes)


def header_of(request: Request, name: bytes) -> str:
    """The first header of that name (in lower case), or an empty text."""
    for each, value in request.scope["headers"]:
        if each == name:
            text: str = value.decode("latin-1")
            return text
    return ""


async def _received(request: Request, limit_bytes: int) -> bytes:
    body = bytearray()
    more = True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > limit_bytes:
            raise BodyTooLarge(limit_bytes)
        more = message.get("more_body", False)
    return bytes(body)


def parse_object(body: bytes) -> dict[str, Any]:
    """The object that the bytes say.

    Integers beyond 2^53, and NaN, become infinity, which no field takes: the field is then named in the answer.

    Raises:
        NotUtf8, TooDeep, NotJson, DuplicateField, TooManyFields, NotAnObject.
    """
    if is_too_deep(body):
        raise TooDeep
    try:
        value = _DECODER.decode(body.decode())
    except UnicodeDecodeError:
        raise NotUtf8 from None
    except JSONDecodeError:
        raise NotJson from None
    if not isinstance(value, dict):
        raise NotAnObject
    return value


def is_too_deep(body: bytes) -> bool:
    """Whether brackets nest deeper than 32, or do not come in pairs; in time linear in the length."""
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return False
    # Of a text without brackets and escapes only its two quotes are left, so every other one leaves an odd quote here.
    outside_texts = body.translate(None, _ALL_BUT_MARKS).replace(b'""', b"")
    if b'"' in outside_texts or b"\\" in outside_texts:
        outside_texts = _TEXTS.sub(b"", body)
    brackets = outside_texts.translate(_ROUND, _ALL_BUT_BRACKETS)
    for _ in range(MAX_DEPTH):
        outer = brackets.replace(b"()", b"")
        if len(outer) in {0, len(brackets)}:
            return bool(outer)
        brackets = outer
    return True


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise DuplicateField(pairs[next(repeated(name for name, _ in pairs))][0])
    if len(pairs) > MAX_MEMBERS:
        raise TooManyFields
    return members


def _integer_of(digits: str) -> int | float:
    return int(digits) if len(digits) <= MAX_INTEGER_DIGITS else math.inf


def _constant_of(_: str) -> float:
    return math.inf


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_object_of, parse_int=_integer_of, parse_constant=_constant_of)
