"""预算年度 of what a page shows, and how far that year has come: 序时进度 belongs to the year of the lines.

A ledger of 2023 seen in 2026 is a year that is over, not one that is nine tenths through.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, Final

from api.console.figures import elapsed_share
from api.parameters import Parameter, WrongValueError
from domain.shape import RANGE, Shape

EVERY_YEAR: Final = "all"
OVER: Final = "100.00"
NOT_BEGUN: Final = "0.00"

FIRST_YEAR, LAST_YEAR = RANGE[Shape.YEAR]
_YEAR: Final = re.compile(r"[0-9]{4}\Z", re.ASCII)

Chosen = int | str | None
"""What the address says: a year, EVERY_YEAR, or nothing."""


def _read_year(text: str) -> int:
    if not _YEAR.match(text) or not FIRST_YEAR <= int(text) <= LAST_YEAR:
        raise WrongValueError("number", minimum=FIRST_YEAR, maximum=LAST_YEAR)
    return int(text)


def _read_year_or_every(text: str) -> int | str:
    return EVERY_YEAR if text == EVERY_YEAR else _read_year(text)


_SCHEMA: Final = {"type": "string"}
FISCAL_YEAR: Final = Parameter(
    name="fiscal_year", read=_read_year, schema=_SCHEMA, description="That of the business date when it is not given."
)
FISCAL_YEAR_OR_EVERY: Final = Parameter(
    name="fiscal_year", read=_read_year_or_every, schema=_SCHEMA, description=f"The same; or `{EVERY_YEAR}`."
)


def years_of(lines: Iterable[Mapping[str, Any]]) -> list[int]:
    """The fiscal years that lines are of, the latest first."""
    return sorted({line["fiscal_year"] for line in lines}, reverse=True)


def shown_year(chosen: Chosen, years: Collection[int], day: date) -> int | None:
    """The year that a page shows at a business date: the one asked for, else the year of that date.

    Where that has no line, it is the latest one before; of a ledger whose lines are all of later years the first.
    None: all of them, or there is none.
    """
    if isinstance(chosen, int):
        return chosen
    if chosen == EVERY_YEAR:
        return None
    return max((year for year in years if year <= day.year), default=min(years, default=None))


def elapsed_of(year: int, day: date) -> str:
    """序时进度 of the year at the end of the day, in percent with two decimals."""
    if day.year == year:
        return elapsed_share(day.isoformat())
    return OVER if day.year > year else NOT_BEGUN
