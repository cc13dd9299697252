"""The shapes a field of a fact can have, beyond its Python type.

A field is declared once, as `amount: Amount`; how it is read from a request, stored and shown follows from its shape.
`text_problem` is the grammar of the textual shapes; money and points have theirs in `money`.
"""

import re
import unicodedata
from collections.abc import Callable
from enum import Enum
from functools import cache, partial
from typing import Annotated, Final


class Shape(Enum):
    """What a bare int or str of a fact means."""

    AMOUNT = "amount"
    """Money above zero, in fen."""
    AMOUNT_OR_ZERO = "amount-or-zero"
    """Money, zero included, in fen: zero is a value, absent is not zero."""
    POINTS = "points"
    """Points of an indicator, in hundredths, 0 to 999.99."""
    GRANTED_POINTS = "granted-points"
    """Points added or (negative) deducted, in hundredths, not zero."""
    TOTAL_POINTS = "total-points"
    """A sum of points, in hundredths; may be negative or above 100."""
    NAME = "name"
    """Text of 1 to 200 characters."""
    PROSE = "prose"
    """Text of 1 to 1000 characters: grounds and descriptions, never persons."""
    REFERENCE = "reference"
    """Text of 1 to 128 characters: a document, voucher or correlation number."""
    IDENTIFIER = "identifier"
    """Id of a unit, project, line ...: ASCII, 1 to 64 characters."""
    CODE = "code"
    """Lower-case code word without an enforced list, 1 to 32 characters."""
    INDICATOR_CODE = "indicator-code"
    """Code of an indicator inside one evaluation: text of 1 to 32 characters and at most 64 bytes."""
    EVENT_ID = "event-id"
    """Id of a recorded event (UUID text, lower case)."""
    YEAR = "year"
    """Calendar or fiscal year, 1949 to 2100."""
    COUNT = "count"
    """A number of things, 1 to 1 000 000."""
    SHA256 = "sha256"
    """64 lower-case hexadecimal digits."""
    TREE_SIZE = "tree-size"
    """Size of a tree; of a log's tree also the position of the last entry in it. 0 to 2^53 - 1."""
    EPOCH = "epoch"
    """Number of an epoch of a log after its first, 1 to 2^53 - 1."""
    VERIFIER_KEY = "verifier-key"
    """Verifier key of a log as text: name, key id and public key."""


Amount = Annotated[int, Shape.AMOUNT]
AmountOrZero = Annotated[int, Shape.AMOUNT_OR_ZERO]
Points = Annotated[int, Shape.POINTS]
GrantedPoints = Annotated[int, Shape.GRANTED_POINTS]
TotalPoints = Annotated[int, Shape.TOTAL_POINTS]
Name = Annotated[str, Shape.NAME]
Prose = Annotated[str, Shape.PROSE]
Reference = Annotated[str, Shape.REFERENCE]
Identifier = Annotated[str, Shape.IDENTIFIER]
Code = Annotated[str, Shape.CODE]
IndicatorCode = Annotated[str, Shape.INDICATOR_CODE]
EventId = Annotated[str, Shape.EVENT_ID]
Year = Annotated[int, Shape.YEAR]
Count = Annotated[int, Shape.COUNT]
Sha256 = Annotated[str, Shape.SHA256]
TreeSize = Annotated[int, Shape.TREE_SIZE]
Epoch = Annotated[int, Shape.EPOCH]
VerifierKeyText = Annotated[str, Shape.VERIFIER_KEY]

MAX_TEXT_LENGTH: Final[dict[Shape, int]] = {
    Shape.NAME: 200,
    Shape.PROSE: 1000,
    Shape.REFERENCE: 128,
    Shape.INDICATOR_CODE: 32,
}
MAX_INDICATOR_CODE_BYTES: Final = 64
PATTERN: Final[dict[Shape, str]] = {
    Shape.IDENTIFIER: r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
    Shape.CODE: r"^[a-z][a-z0-9_-]{0,31}$",
    Shape.EVENT_ID: r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    Shape.SHA256: r"^[0-9a-f]{64}$",
    # Names are ASCII and have no plus; the key is base64 of its kind (1 byte) and of 32 bytes.
    Shape.VERIFIER_KEY: r"^[!-*,-~]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$",
}
_MAX_INTEGER: Final = 2**53 - 1
"""Every reader of JSON has integers up to here exactly."""
RANGE: Final[dict[Shape, tuple[int, int]]] = {
    Shape.YEAR: (1949, 2100),
    Shape.COUNT: (1, 1_000_000),
    Shape.TREE_SIZE: (0, _MAX_INTEGER),
    Shape.EPOCH: (1, _MAX_INTEGER),
}

_FORBIDDEN_CATEGORIES: Final = frozenset({"Cc", "Cs", "Cn", "Zl", "Zp"})
_BIDI_CONTROLS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE: Final = frozenset(
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u200b\u2800\u3164\ufeff\uffa0\U0001107f\U00016fe4\U0001d159"
) | frozenset(
    chr(each)
    for first, last in (
        (0x2060, 0x2064),
        (0x206A, 0x206F),
        (0xFFF9, 0xFFFB),
        (0x13430, 0x13438),
        (0x1BCA0, 0x1BCA3),
        (0x1D173, 0x1D17A),
        (0xE0000, 0xE007F),
    )
    for each in range(first, last + 1)
)
"""Two texts that look alike would differ by them. Not those that join letters, which some scripts need."""
_FORBIDDEN: Final = _BIDI_CONTROLS | _INVISIBLE
_VARIATION_SELECTORS: Final = frozenset(
    map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)
_RADICALS: Final = frozenset(map(chr, range(0x2E80, 0x2FE0)))
"""Parts of Chinese characters that look like whole ones."""
_SPACES_OF_NUMBERS: Final = frozenset(" \u3000")
_PLAIN: Final = re.compile(r"[\x20-\x7e\u3001\u3002\u3007-\u3011\u3014-\u3017\u4e00-\u9fa5\uff08\uff09\uff0c\uff1a]*\Z")


def text_problem(shape: Shape, value: str) -> str | None:
    """The code of what is wrong with a text of that shape, or None: `length`, `pattern`, `characters`, `not-nfc`."""
    return text_check(shape)(value)


@cache
def text_check(shape: Shape) -> Callable[[str], str | None]:
    """What `text_problem` says of the texts of one shape; for who checks many."""
    if shape in PATTERN:
        matches = re.compile(PATTERN[shape][:-1] + r"\Z").match
        return lambda value: None if matches(value) else "pattern"
    if shape is Shape.REFERENCE:
        return _reference_problem
    most_bytes = MAX_INDICATOR_CODE_BYTES if shape is Shape.INDICATOR_CODE else None
    return partial(_prose_problem, MAX_TEXT_LENGTH[shape], most_bytes)


def _prose_problem(most_characters: int, most_bytes: int | None, value: str) -> str | None:
    if not 1 <= len(value) <= most_characters:
        return "length"
    if most_bytes is not None and len(value.encode(errors="replace")) > most_bytes:
        return "length"
    if not value.strip():
        return "characters"
    return characters_problem(value)


def _reference_problem(value: str) -> str | None:
    """Two numbers that differ by what is not seen must not both be taken, or the same voucher could be paid twice."""
    problem = _prose_problem(MAX_TEXT_LENGTH[Shape.REFERENCE], None, value)
    if problem is not None:
        return problem
    if value != value.strip() or "  " in value:
        return "characters"
    return None if _PLAIN.match(value) or not any(map(_hides_a_difference, value)) else "characters"


def _hides_a_difference(character: str) -> bool:
    if character in _VARIATION_SELECTORS or character in _RADICALS:
        return True
    category = unicodedata.category(character)
    return category in {"Cf", "Co"} or (category == "Zs" and character not in _SPACES_OF_NUMBERS)


def characters_problem(value: str) -> str | None:
    """`characters` when a control, bidi, invisible, unassigned or surrogate character is in it, `not-nfc`, or None.

    Text without them reads the same on every screen and has one spelling in the hash.
    """
    if _PLAIN.match(value):
        return None
    for character in value:
        if character in _FORBIDDEN or unicodedata.category(character) in _FORBIDDEN_CATEGORIES:
            return "characters"
    return None if unicodedata.is_normalized("NFC", value) else "not-nfc"
