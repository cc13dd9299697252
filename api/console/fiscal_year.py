"""预算年度 of what a page shows, and how far that year has come: 序时进度 belongs to the year of the lines.

A ledger of 2023 seen in 2026 is a year that is over, not one that is nine tenths through.
"""

from collections.abc import Collection
from datetime import date
from typing import Final

from api.console.figures import elapsed_share
from api.parameters import Parameter, WrongValueError
from domain.shape import RANGE, Shape

ALL_YEARS: Final = "all"
OVER: Final = "100.00"
NOT_BEGUN: Final = "0.00"

_LOWEST, _HIGHEST = RANGE[Shape.YEAR]
_YEAR_DIGITS: Final = 4

Chosen = int | str | None
"""What the address says: a year, ALL_YEARS, or nothing."""


def read_chosen(text: str) -> int | str:
    """A year, or ALL_YEARS."""
    if text == ALL_YEARS:
        return ALL_YEARS
    if not (text.isascii() and text.isdigit() and len(text) == _YEAR_DIGITS and _LOWEST <= int(text) <= _HIGHEST):
        raise WrongValueError("number", minimum=_LOWEST, maximum=_HIGHEST)
    return int(text)


FISCAL_YEAR: Final = Parameter(
    name="fiscal_year",
    read=read_chosen,
    schema={"type": "string"},
    description=f"Only lines of that fiscal year, or {ALL_YEARS}; the latest where none is named.",
)


def shown_year(chosen: Chosen, years: Collection[int]) -> int | None:
    """The year that a page shows: the one asked for, else the latest there is. None: all of them, or there is none."""
    if isinstance(chosen, int):
        return chosen
    return None if chosen == ALL_YEARS else max(years, default=None)


def elapsed_of(year: int | None, day: date) -> str | None:
    """序时进度 of the year at the end of the day, in percent with two decimals; None without one year."""
    if year is None:
        return None
    if day.year == year:
        return elapsed_share(day.isoformat())
    return OVER if day.year > year else NOT_BEGUN
