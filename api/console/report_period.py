"""Of which year and which days a report is: parameters of its address, and who draws it up."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from api.console.asked import UNIT_NAMES, Asked
from api.console.figures import elapsed_share
from api.console.inside import Refused
from api.invalid import InvalidParameter
from api.parameters import Parameter, WrongValueError, day
from api.problems import problem_of
from domain.shape import RANGE, Shape
from domain.unit import UnitKind

EVERY_YEAR: Final = "all"
FULL_SHARE: Final = "100.00"
NO_SHARE: Final = "0.00"

_YEARS: Final = RANGE[Shape.YEAR]
FIRST_YEAR: Final = _YEARS[0]
_YEAR: Final = re.compile(r"[0-9]{4}\Z", re.ASCII)


def _read_year(text: str) -> int:
    if not _YEAR.match(text) or not _YEARS[0] <= int(text) <= _YEARS[1]:
        raise WrongValueError("number", minimum=_YEARS[0], maximum=_YEARS[1])
    return int(text)


def _read_year_or_every(text: str) -> int | str:
    return EVERY_YEAR if text == EVERY_YEAR else _read_year(text)


_SCHEMA: Final = {"type": "string"}
FISCAL_YEAR: Final = Parameter(
    name="fiscal_year", read=_read_year, schema=_SCHEMA, description="The latest with a line when it is not given."
)
FISCAL_YEAR_OR_EVERY: Final = Parameter(
    name="fiscal_year", read=_read_year_or_every, schema=_SCHEMA, description="The same; or `all`."
)
FROM: Final = day("from", "First day of the period; the fiscal year's first when it is not given.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days, both inclusive, and the fiscal year of the lines (None: of every year). `years` have lines."""

    first: date
    last: date
    fiscal_year: int | None
    years: Sequence[int]

    def has(self, row: Mapping[str, Any]) -> bool:
        """Whether a line is of the fiscal year."""
        return self.fiscal_year is None or row["fiscal_year"] == self.fiscal_year

    def text(self, asked: Asked) -> str:
        """As it stands above a report."""
        days = asked.say("{first} 至 {last}", first=self.first.isoformat(), last=self.last.isoformat())
        year = asked.say("全部年度") if self.fiscal_year is None else asked.say("{year}年度", year=self.fiscal_year)
        return asked.say("{days}（{year}指标）", days=days, year=year)


def years_of(lines: Iterable[Mapping[str, Any]]) -> list[int]:
    """The fiscal years that lines are of, the latest first."""
    return sorted({line["fiscal_year"] for line in lines}, reverse=True)


def year_of(asked: Asked, years: Sequence[int]) -> int:
    """The fiscal year of a report: the one asked for, else the latest with a line, else the calendar's."""
    wanted = asked.values["fiscal_year"]
    if isinstance(wanted, int):
        return wanted
    return years[0] if years else min(max(business_date(asked).year, FIRST_YEAR), _YEARS[1])


def period_of(asked: Asked, years: Sequence[int]) -> Period:
    """The period of a ledger of movements, which ends at the business date.

    Raises:
        Refused: it begins after that.
    """
    last = business_date(asked)
    fiscal_year = None if asked.values["fiscal_year"] == EVERY_YEAR else year_of(asked, years)
    first: date | None = asked.values["from"]
    if first is not None and first > last:
        problem = problem_of(InvalidParameter.of("from", "date"), asked.view.language)
        raise Refused(problem["status"], problem)
    begin = date(fiscal_year or (min(years) if years else last.year), 1, 1)
    return Period(first=first or min(begin, last), last=last, fiscal_year=fiscal_year, years=years)


def business_date(asked: Asked) -> date:
    """The day at which the report stands."""
    as_of = asked.view.as_of
    assert as_of is not None
    return as_of


def elapsed_of_year(at: date, fiscal_year: int) -> str:
    """序时进度 of a fiscal year at a day: before the year nothing, after it all."""
    if at.year != fiscal_year:
        return FULL_SHARE if at.year > fiscal_year else NO_SHARE
    return elapsed_share(at.isoformat())


def compiler_of(units: Iterable[Mapping[str, Any]], ledger: Mapping[str, Any]) -> str:
    """编制单位: the finance unit where the ledger has exactly one, else the name of the ledger."""
    finance = [unit["name"] for unit in units if unit["kind"] == UnitKind.FINANCE]
    return finance[0] if len(finance) == 1 else str(ledger["name"])


def head_of(asked: Asked, compiler: str, period: str) -> tuple[tuple[str, str], ...]:
    """The lines above a report: who drew it up, of what, in what amounts are, and when."""
    return (
        (asked.say("编制单位"), compiler),
        (asked.say("所属期间"), period),
        (asked.say("金额单位"), asked.say(UNIT_NAMES[asked.view.unit])),
        (asked.say("编制日期"), business_date(asked).isoformat()),
    )
