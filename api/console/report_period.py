"""Of which year and which days a report is: parameters of its address, and who draws it up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from api.console.asked import Asked
from api.console.figures import local_day
from api.console.fiscal_year import EVERY_YEAR, FIRST_YEAR, LAST_YEAR, shown_year
from api.console.inside import Refused
from api.console.typed import typed_day
from api.console.view import UNIT_NAMES
from api.invalid import InvalidParameter
from api.parameters import day
from api.problems import problem_of
from domain.dates import format_instant, parse_day
from domain.unit import UnitKind

FROM: Final = typed_day(day("from", "First day of the period; the fiscal year's first when it is not given."))


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


def year_of(asked: Asked, years: Sequence[int]) -> int:
    """The fiscal year of a report; the calendar's where the ledger has no line."""
    at = business_date(asked)
    shown = shown_year(asked.values["fiscal_year"], years, at)
    return min(max(at.year, FIRST_YEAR), LAST_YEAR) if shown is None else shown


def period_of(asked: Asked, years: Sequence[int]) -> Period:
    """The period of a ledger of movements, which ends at the business date.

    Raises:
        Refused: it begins after that.
    """
    last = business_date(asked)
    fiscal_year = None if asked.values["fiscal_year"] == EVERY_YEAR else year_of(asked, years)
    first: date | None = asked.values["from"]
    if first is not None and first > last:
        problem = problem_of(InvalidParameter.of("from", "not-after", latest=last.isoformat()), asked.view.language)
        raise Refused(problem["status"], problem)
    begin = date(fiscal_year or (min(years) if years else last.year), 1, 1)
    return Period(first=first or min(begin, last), last=last, fiscal_year=fiscal_year, years=years)


def business_date(asked: Asked) -> date:
    """The day at which the report stands."""
    as_of = asked.view.as_of
    assert as_of is not None
    return as_of


def compiler_of(asked: Asked, units: Iterable[Mapping[str, Any]], ledger: Mapping[str, Any]) -> str:
    """编制单位: the finance unit where the ledger has exactly one, else the name of the ledger.

    Who sees some units alone draws up a report of those.
    """
    if asked.scope is not None:
        return asked.scope.listed(asked.say)
    finance = [unit["name"] for unit in units if unit["kind"] == UnitKind.FINANCE]
    return finance[0] if len(finance) == 1 else str(ledger["name"])


def compiled_on(asked: Asked, time_zone: str) -> date:
    """编制日期: the day, in the ledger's zone, up to whose end was known what the report says.

    A position is known from when it was recorded; a report that stands on a later day was not drawn up before that.
    """
    known_at, recorded_at = asked.view.known_at or asked.view.known_as, asked.here["known_at"]
    if isinstance(known_at, datetime):
        return parse_day(local_day(format_instant(known_at), time_zone))
    if known_at is not None:
        return known_at
    at = business_date(asked)
    return at if recorded_at is None else max(at, parse_day(local_day(recorded_at, time_zone)))


def head_of(asked: Asked, compiler: str, period: str, time_zone: str) -> tuple[tuple[str, str], ...]:
    """The lines above a report: who drew it up, of what days, in what amounts are, and when."""
    return (
        (asked.say("编制单位"), compiler),
        (asked.say("所属期间"), period),
        (asked.say("金额单位"), asked.say(UNIT_NAMES[asked.view.unit])),
        (asked.say("编制日期"), compiled_on(asked, time_zone).isoformat()),
    )
