"""What stands in a cell, as the HTTP interface takes it."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Final

from api.console.texts import translations_of
from api.console.words import WORDS
from api.languages import Language

YUAN_PER_WAN: Final = 10_000
_MAX_DIGITS: Final = 40

_ASCII: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x2212: 0x2D}
"""Full-width characters and the true minus sign, as the ones that they stand for."""
_FULL_WIDTH: Final = {chr(plain_code): chr(code) for code, plain_code in _ASCII.items()}
_NUMBER: Final = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?\Z", re.ASCII)
_DAYS: Final = (
    re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})\Z", re.ASCII),
    re.compile(r"(\d{4})(年)(\d{1,2})月(\d{1,2})日\Z", re.ASCII),
    re.compile(r"(\d{4})()(\d{2})(\d{2})\Z", re.ASCII),
)
_TIME: Final = re.compile(r"(?<=[\d日])[ T]+(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(?:Z|[+-]\d{2}:?\d{2})?\Z", re.ASCII)
_MIDNIGHT: Final = re.compile(r"0{1,2}:00(?::00(?:\.0+)?)?\Z", re.ASCII)
_YES: Final = frozenset({"是", "true", "yes", "y", "1", "√"})
_NO: Final = frozenset({"否", "false", "no", "n", "0"})
_BETWEEN: Final = re.compile(r"[,，、;；\s]+")


class WrongCellError(ValueError):
    """The cell holds none of what its column takes; its argument is one of the codes of `problems`."""


def narrow(text: str) -> str:
    """The text with full-width letters, digits and signs as plain ones."""
    return text.translate(_ASCII).strip()


def wide(letter: str) -> str:
    """The letter as a full-width one, where it has such a form."""
    return _FULL_WIDTH.get(letter, letter)


def plain(text: str) -> str:
    """Text as it stands, in its one spelling."""
    return unicodedata.normalize("NFC", text)


def yuan(text: str, *, wan: bool) -> str:
    """An amount in yuan with two decimals, from one in yuan or 万元.

    Raises:
        WrongCellError: it is no number, below zero, or no whole number of fen.
    """
    amount = _number(narrow(text).removeprefix("¥").removeprefix("￥").strip()) * (YUAN_PER_WAN if wan else 1)
    return _two_decimals(amount, "part-of-fen")


def points(text: str) -> str:
    """Points, with a minus sign where they have one.

    Raises:
        WrongCellError: it is no number of two decimals.
    """
    narrowed = narrow(text)
    shown = _two_decimals(_number(narrowed.removeprefix("-")), "points")
    return f"-{shown}" if narrowed.startswith("-") else shown


def whole(text: str) -> int:
    """A year or a count.

    Raises:
        WrongCellError: it is no whole number.
    """
    narrowed = narrow(text).removesuffix("年")
    if not narrowed.isdecimal() or not narrowed.isascii() or len(narrowed) > len("9007199254740991"):
        raise WrongCellError("whole")
    return int(narrowed)


def day(text: str) -> str:
    """A day as YYYY-MM-DD. Midnight behind it is none but the time that a program gives a day that has none.

    Raises:
        WrongCellError: it is none, or has another time.
    """
    narrowed = narrow(text)
    time = _TIME.search(narrowed)
    found = _day(narrowed if time is None else narrowed[: time.start()])
    if time is not None and not _MIDNIGHT.match(time[1]):
        raise WrongCellError("day-with-time")
    return found


def _day(text: str) -> str:
    found = next((match for spelling in _DAYS if (match := spelling.match(text))), None)
    if found is None:
        raise WrongCellError("day")
    year, _sign, month, of_month = found.groups()
    try:
        return date(int(year), int(month), int(of_month)).isoformat()
    except ValueError:
        raise WrongCellError("day") from None


def event(text: str) -> str:
    """A position, also with the sign that it is shown with (`#86`), or an id."""
    return narrow(text).removeprefix("#").strip()


def yes_or_no(text: str) -> bool:
    """Whether it says yes.

    Raises:
        WrongCellError: it says neither.
    """
    word = narrow(text).lower()
    if word not in _YES | _NO:
        raise WrongCellError("yes-or-no")
    return word in _YES


def word_code(members: type[Enum], text: str) -> str:
    """The code of a word of a closed list, given as itself or as what it is called.

    Raises:
        WrongCellError: the list has no such word.
    """
    code = _codes(members).get(_folded(text))
    if code is None:
        raise WrongCellError("word")
    return code


def identifiers(text: str) -> list[str]:
    """Several ids in one cell, between commas, semicolons or spaces."""
    return [each for each in _BETWEEN.split(narrow(text)) if each]


@cache
def _codes(members: type[Enum]) -> Mapping[str, str]:
    english = translations_of(Language.ENGLISH)
    codes: dict[str, str] = {}
    for code, name in WORDS[members].items():
        codes |= {_folded(each): str(code) for each in (code, name, english.gettext(name))}
    return codes


def _folded(text: str) -> str:
    return narrow(text).replace(" ", "").lower()


def _number(text: str) -> Decimal:
    if text.startswith("-"):
        raise WrongCellError("negative")
    if not _NUMBER.match(text) or len(text) > _MAX_DIGITS:
        raise WrongCellError("number")
    return Decimal(text.replace(",", ""))


def _two_decimals(value: Decimal, code: str) -> str:
    hundredths = value * 100
    if hundredths != hundredths.to_integral_value():
        raise WrongCellError(code)
    units, part = divmod(int(hundredths), 100)
    return f"{units}.{part:02d}"
