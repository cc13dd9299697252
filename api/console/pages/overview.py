"""资金总览: the sums of a fiscal year, how far each project has come, and what an auditor would look at first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from api.console.asked import Asked, Content
from api.console.attention import attention_of, lags
from api.console.calendar_days import days_before, year_earlier
from api.console.figures import hundredths_of
from api.console.fiscal_year import EVERY_YEAR, FISCAL_YEAR_OR_EVERY, elapsed_of, shown_year, years_of
from api.console.line_sums import lines_by, sums_of
from api.console.money_flow import Measure, MoneyFlow, Names, money_flow_of
from api.console.page import Page
from api.console.signing_in import SEE_OTHER
from api.console.table import Kind, Row, Table, field_column
from api.console.texts import mark
from api.console.worded_choice import worded_choice
from domain.money import format_hundredths

BARS_SHOWN: Final = 20
CONCERNS_SHOWN: Final = 12
COMPARED_DAYS: Final = 30
FULL: Final = 10_000
"""A rate of 100 %, in hundredths."""

_MEASURES: Final[Mapping[str, str]] = {
    Measure.ADJUSTED_BUDGET: mark("按全年预算"),
    Measure.DISBURSED: mark("按累计支出"),
}
_FLOW: Final = worded_choice("flow", "By what the streams are wide.", _MEASURES, Measure.ADJUSTED_BUDGET.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What the page is made of: every project, line and unit at the coordinates."""

    projects: Sequence[Row]
    lines: Sequence[Row]
    unit_names: Mapping[str, str]

    @property
    def years(self) -> list[int]:
        """The fiscal years that have a line, the latest first."""
        return years_of(self.lines)

    def of_year(self, year: int | None) -> tuple[list[Row], list[Row]]:
        """The projects with the sums of that year only, and its lines; None: all of both."""
        if year is None or self.years == [year]:
            return list(self.projects), list(self.lines)
        lines = [line for line in self.lines if line["fiscal_year"] == year]
        sums = {project: sums_of(its) for project, its in lines_by("project_id", lines).items()}
        return [{**row, **sums[row["project_id"]]} for row in self.projects if row["project_id"] in sums], lines


async def make_overview(asked: Asked) -> Content | Response:
    """The page; who may see no more than the lines of a unit is led to them."""
    if not asked.may(asked.view.path):
        return RedirectResponse(asked.view.url("lines"), SEE_OTHER)
    return await _content(asked, await _ledger(asked))


async def _content(asked: Asked, ledger: Ledger) -> Content:
    as_of = asked.view.as_of
    assert as_of is not None
    year = shown_year(asked.values["fiscal_year"], ledger.years, as_of)
    projects, lines = ledger.of_year(year)
    # Of no lines there is no sum: that is not 0.00.
    totals = sums_of(lines) if lines else dict.fromkeys(sums_of(lines))
    elapsed = None if year is None else elapsed_of(year, as_of)
    names = Names(units=ledger.unit_names, projects={row["project_id"]: row["name"] for row in projects})
    flow = money_flow_of(asked, lines, Measure(asked.values["flow"]), names)
    attention = attention_of(projects, ledger.lines, elapsed)
    return Content(
        title=asked.say("资金总览"),
        values={
            "totals": totals,
            "changes": await _changes(asked, as_of, year, totals),
            "last_year": await _last_year(asked, as_of, year, ledger.years),
            "compared_days": COMPARED_DAYS,
            "elapsed": elapsed,
            "gap": _gap(totals["execution_rate"], elapsed),
            "years": ledger.years,
            "year": year,
            "every_year": EVERY_YEAR,
            "projects": _bars(projects),
            "project_count": len(projects),
            "unit_names": ledger.unit_names,
            "attention": attention,
            "concerns": attention.concerns[:CONCERNS_SHOWN],
            "lags": lambda row: lags(row, elapsed),
            "full": FULL,
            "flow": flow,
            "measures": [(each.value, asked.say(_MEASURES[each])) for each in Measure],
            "measure": asked.values["flow"],
        },
        tables=_tables(asked, projects, totals, flow),
    )


async def _ledger(asked: Asked) -> Ledger:
    # One after the other: they wait for the same rows, and Python does one thing at a time anyway.
    projects = await asked.get_all("projects", sort="-adjusted_budget")
    lines = await asked.get_all("lines")
    units = await asked.get_all("units")
    return Ledger(
        projects=projects["items"],
        lines=lines["items"],
        unit_names={unit["unit_id"]: unit["name"] for unit in units["items"]},
    )


def _bars(projects: Sequence[Row]) -> list[Row]:
    """The largest projects, those first that are furthest; one without a budget comes last."""
    largest = sorted(projects, key=lambda row: -hundredths_of(row["adjusted_budget"]))[:BARS_SHOWN]
    rates = {row["project_id"]: row["execution_rate"] for row in largest}
    return sorted(
        largest,
        key=lambda row: -1 if (rate := rates[row["project_id"]]) is None else hundredths_of(rate),
        reverse=True,
    )


async def _of_years(asked: Asked, day: date) -> dict[int | None, Row]:
    """The sums of each fiscal year at another business date, known as the page knows; under None those of all."""
    found = await asked.get("execution", group_by="fiscal_year", as_of=day.isoformat())
    return {None: found["total"], **{item["key"]: item for item in found["items"]}}


async def _changes(asked: Asked, as_of: date, year: int | None, now: Row) -> dict[str, str | None]:
    """What the sums have changed by since some days ago, signed."""
    day = days_before(as_of, COMPARED_DAYS).isoformat()
    before = (await asked.get("lines", limit=1, as_of=day, fiscal_year=year))["totals"]
    return {
        name: None if now[name] is None else format_hundredths(hundredths_of(now[name]) - hundredths_of(before[name]))
        for name in ("adjusted_budget", "disbursed")
    }


async def _last_year(asked: Asked, as_of: date, year: int | None, years: Iterable[int]) -> Row | None:
    """The fiscal year before, on the same day a year earlier; None where the ledger did not hold it then."""
    if year is None or year - 1 not in years:
        return None
    return (await _of_years(asked, year_earlier(as_of))).get(year - 1)


def _gap(rate: str | None, elapsed: str | None) -> str | None:
    """By how many percentage points execution is ahead of the elapsed share; negative: behind it."""
    if rate is None or elapsed is None:
        return None
    return format_hundredths(hundredths_of(rate) - hundredths_of(elapsed))


def _tables(asked: Asked, projects: Sequence[Row], totals: Row, flow: MoneyFlow) -> tuple[Table, ...]:
    def address(row: Row) -> str:
        return asked.view.url(f"projects/{row['project_id']}")

    amounts: tuple[tuple[str, str, Kind], ...] = (
        ("adjusted_budget", asked.say("全年预算"), Kind.AMOUNT),
        ("disbursed", asked.say("累计支出"), Kind.AMOUNT),
        ("available", asked.say("可用余额"), Kind.AMOUNT),
        ("execution_rate", asked.say("执行率"), Kind.RATE),
    )
    columns = (
        field_column("project_id", asked.say("项目编号"), link=address),
        field_column("name", asked.say("项目名称")),
        *(field_column(name, title, kind) for name, title, kind in amounts),
    )
    named_total: dict[str, Any] | None = {"project_id": asked.say("合计"), "name": None, **totals} if projects else None
    bars = Table(name="projects", title=asked.say("项目执行率"), columns=columns, rows=projects, total=named_total)
    return bars, flow.table


OVERVIEW: Final = Page(
    name="overview",
    path="overview",
    make=make_overview,
    template="overview.html",
    section="overview",
    parameters=(FISCAL_YEAR_OR_EVERY, _FLOW),
)
