"""How figures are shown: exact texts in, texts for people out. Nothing is computed from what is shown."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from api.console.view import AmountUnit
from domain.dates import parse_day, parse_instant
from domain.money import FEN_PER_WAN, format_hundredths, format_wan, percent

MINUS: Final = "\N{MINUS SIGN}"
ABSENT: Final = "\N{EM DASH}"
"""Stands where there is no value: absent is not zero."""

_WAN_DECIMALS: Final = 6


def hundredths_of(text: str) -> int:
    """Fen of an amount as the interface writes it, or hundredths of its points and rates; a sign in front."""
    return int(text.replace(".", ""))


def amount(text: str | None, unit: AmountUnit, *, signed: bool = False) -> str:
    """An amount of the interface (yuan, two decimals) in the unit, two decimals, a comma every three digits.

    In 万元 it is rounded half away from zero. `signed`: a plus sign too, as differences have.
    """
    if text is None:
        return ABSENT
    fen = hundredths_of(text)
    return grouped(format_wan(fen) if unit is AmountUnit.WAN else format_hundredths(fen), signed=signed)


def exact_amount(text: str | None, unit: AmountUnit) -> str | None:
    """The amount in the unit without rounding and without separators, for files: 万元 with up to six decimals."""
    if text is None or unit is AmountUnit.YUAN:
        return text
    fen = hundredths_of(text)
    whole, part = divmod(abs(fen), FEN_PER_WAN)
    decimals = f"{part:0{_WAN_DECIMALS}d}"
    shown = decimals.rstrip("0").ljust(2, "0")
    return f"{'-' if fen < 0 else ''}{whole}.{shown}"


def unrounded_amount(text: str | None, unit: AmountUnit) -> str:
    """The same for people, with a comma every three digits."""
    exact = exact_amount(text, unit)
    return ABSENT if exact is None else grouped(exact)


def rate(text: str | None) -> str:
    """A rate or points of the interface, grouped and with a true minus sign."""
    return ABSENT if text is None else grouped(text)


def grouped(text: str, *, signed: bool = False) -> str:
    """A plain number with a comma every three digits and a true minus sign."""
    digits = text.lstrip("-")
    whole, point, part = digits.partition(".")
    shown = f"{int(whole):,}{point}{part}"
    is_zero = not digits.strip("0.")
    if text.startswith("-") and not is_zero:
        return f"{MINUS}{shown}"
    return f"+{shown}" if signed and not is_zero else shown


def is_negative(text: str | None, unit: AmountUnit = AmountUnit.YUAN) -> bool:
    """Whether the figure is below zero as it is shown: what rounds to 0.00 is not red."""
    return amount(text, unit).startswith(MINUS)


def local_time(instant: str, time_zone: str) -> str:
    """An instant of the interface as the ledger's clocks show it, to the minute."""
    return _in_zone(instant, time_zone).strftime("%Y-%m-%d %H:%M")


def local_day(instant: str, time_zone: str) -> str:
    """The day of an instant in the ledger's zone."""
    return _in_zone(instant, time_zone).strftime("%Y-%m-%d")


def elapsed_share(day: str) -> str:
    """序时进度: the part of the calendar year that has passed at the end of the day, in percent with two decimals."""
    at = parse_day(day)
    length = (at.replace(month=12, day=31) - at.replace(month=1, day=1)).days + 1
    passed = (at - at.replace(month=1, day=1)).days + 1
    share = percent(passed, length)
    assert share is not None
    return share


def _in_zone(instant: str, time_zone: str) -> datetime:
    return parse_instant(instant).astimezone(ZoneInfo(time_zone))
