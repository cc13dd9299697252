"""Money, points and rates: exact integers in, exact text out. No float, no Decimal in what is stored.

Money is an int of fen (1/100 yuan), points an int of hundredths; both are written with two decimals.
"""

import re
from typing import Final

MAX_MINOR: Final = 2**53 - 1
"""Largest sum of fen, inclusive: every reader of JSON represents it exactly."""

_ONE: Final = 100
"""In hundredths."""

FEN_PER_WAN: Final = 1_000_000
"""Fen in one 万元."""

AMOUNT_PATTERN: Final = r"^(0|[1-9]\d{0,12})(\.\d{1,2})?$"
POINTS_PATTERN: Final = r"^(0|[1-9]\d{0,2})(\.\d{1,2})?$"
GRANTED_POINTS_PATTERN: Final = r"^-?(0|[1-9]\d{0,2})(\.\d{1,2})?$"

_AMOUNT: Final = re.compile(AMOUNT_PATTERN[:-1] + r"\Z", re.ASCII)
_POINTS: Final = re.compile(POINTS_PATTERN[:-1] + r"\Z", re.ASCII)
_WAN: Final = re.compile(r"(0|[1-9]\d{0,8})(\.\d{1,6})?\Z", re.ASCII)


class NotAnAmountError(ValueError):
    """The text is no amount (or no points) in the one accepted spelling."""


def parse_yuan(text: str) -> int:
    """Fen of a text such as `1234.5`.

    Raises:
        NotAnAmountError: sign, exponent, separator, full-width digit, more than 13 digits or 2 decimals.
    """
    return _parse_hundredths(text, _AMOUNT)


def parse_points(text: str) -> int:
    """Hundredths of points of a text such as `89.93`, from 0 to 999.99.

    Raises:
        NotAnAmountError: any other spelling.
    """
    return _parse_hundredths(text, _POINTS)


def parse_granted_points(text: str) -> int:
    """Hundredths of points of a text such as `-3`; not zero.

    Raises:
        NotAnAmountError: zero, or any other spelling.
    """
    negative = text.startswith("-")
    points = _parse_hundredths(text[1:] if negative else text, _POINTS)
    if points == 0:
        raise NotAnAmountError
    return -points if negative else points


def parse_wan(text: str) -> int:
    """Fen of a text in 万元 (import files with `"unit": "wan"`), up to six decimals.

    Raises:
        NotAnAmountError: any other spelling, or a part of a fen.
    """
    if not _WAN.match(text):
        raise NotAnAmountError
    whole, _, decimals = text.partition(".")
    return int(whole) * FEN_PER_WAN + int(decimals.ljust(6, "0"))


def format_hundredths(value: int) -> str:
    """Two-decimal text of fen (in yuan) or of hundredths of points; a minus sign when negative."""
    if value >= _ONE:
        # What most are: the same as below in half the time, for lists with thousands of amounts.
        digits = str(value)
        return f"{digits[:-2]}.{digits[-2:]}"
    sign = "-" if value < 0 else ""
    whole, part = divmod(abs(value), _ONE)
    return f"{sign}{whole}.{part:02d}"


def format_wan(fen: int) -> str:
    """万元 with two decimals, half away from zero: for people, never for sums."""
    return format_hundredths(divide_half_away(fen * 100, FEN_PER_WAN))


def percent(part: int, base: int | None) -> str | None:
    """Percent of part in base with two decimals, half away from zero; None when base is None, zero or negative."""
    if base is None or base <= 0:
        return None
    return format_hundredths(divide_half_away(part * 10_000, base))


def divide_half_away(numerator: int, denominator: int) -> int:
    """The quotient rounded half away from zero; denominator above zero."""
    quotient = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -quotient if numerator < 0 else quotient


def _parse_hundredths(text: str, pattern: re.Pattern[str]) -> int:
    if not pattern.match(text):
        raise NotAnAmountError
    whole, _, decimals = text.partition(".")
    return int(whole) * 100 + int(decimals.ljust(2, "0"))
