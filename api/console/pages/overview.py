"""资金总览: the sums of the ledger, how far each project has come, and what an auditor would look at first."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from api.console.asked import EVERY_ROW, Asked, Content
from api.console.figures import elapsed_share, hundredths_of
from api.console.page import Page
from api.console.table import Kind, Row, Table, field_column
from domain.money import format_hundredths
from projections.rows import Flag

BARS_SHOWN: Final = 20
LAG_HUNDREDTHS: Final = 2_000
"""A project lags that is so far behind the elapsed share of the year: 20 percentage points."""
COMPARED_DAYS: Final = 30
FULL: Final = 10_000
"""A rate of 100 %, in hundredths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """Why a project is on the list: a flag, or None where it lags."""

    project: Row
    flag: Flag | None
    figure: str


async def make_overview(asked: Asked) -> Content:
    """The page."""
    as_of = asked.view.as_of
    assert as_of is not None
    before = (as_of - timedelta(days=COMPARED_DAYS)).isoformat()
    found, units, earlier = await asyncio.gather(
        asked.get("projects", sort="-adjusted_budget", limit=EVERY_ROW),
        asked.get_all("units"),
        asked.get("projects", limit=1, as_of=before),
    )
    projects: list[Row] = found["items"]
    elapsed = elapsed_share(as_of.isoformat())
    shown = sorted(projects[:BARS_SHOWN], key=_rate_of, reverse=True)
    return Content(
        title=asked.say("资金总览"),
        values={
            "totals": found["totals"],
            "changes": _changes(found["totals"], earlier["totals"]),
            "compared_days": COMPARED_DAYS,
            "elapsed": elapsed,
            "projects": shown,
            "project_count": len(projects),
            "is_cut": found["next"] is not None,
            "unit_names": {unit["unit_id"]: unit["name"] for unit in units["items"]},
            "attention": list(_attention(projects, elapsed)),
            "lags": lambda row: _lags(row, elapsed),
            "full": FULL,
        },
        tables=(_table(asked, projects, found["totals"]),),
    )


def _changes(now: Row, before: Row) -> dict[str, str]:
    """What the sums have changed by, signed."""
    names = ("adjusted_budget", "disbursed")
    return {name: format_hundredths(hundredths_of(now[name]) - hundredths_of(before[name])) for name in names}


def _rate_of(row: Row) -> int:
    """For the order of the bars; a project without a budget comes last."""
    return -1 if row["execution_rate"] is None else hundredths_of(row["execution_rate"])


def _lags(row: Row, elapsed: str) -> bool:
    rate = row["execution_rate"]
    return rate is not None and hundredths_of(rate) < hundredths_of(elapsed) - LAG_HUNDREDTHS


def _attention(projects: Sequence[Row], elapsed: str) -> Iterator[Attention]:
    """Every flag of every project, those of a kind together; then what lags."""
    for flag in Flag:
        for row in projects:
            if flag.value in row["flags"]:
                yield Attention(project=row, flag=flag, figure=row["available"])
    for row in projects:
        if _lags(row, elapsed):
            yield Attention(project=row, flag=None, figure=row["execution_rate"])


def _table(asked: Asked, projects: Sequence[Row], totals: Row) -> Table:
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
    named_total: dict[str, Any] = {"project_id": asked.say("合计"), "name": None, **totals}
    return Table(name="projects", title=asked.say("项目执行率"), columns=columns, rows=projects, total=named_total)


OVERVIEW: Final = Page(
    name="overview", path="overview", make=make_overview, template="overview.html", section="overview"
)
