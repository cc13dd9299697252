"""预算与支出累计: how the two sums of a project came about, for a chart and its table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.console.asked import Asked
from api.console.figures import amount
from api.console.movements import Moved, by_day
from api.console.table import Kind, Table, field_column
from api.console.view import AmountUnit
from domain.dates import parse_day
from domain.flow import Flow
from domain.money import FEN_PER_WAN, format_hundredths

_FEN_PER_YUAN: Final = 100
_BUDGET_COLOUR: Final = "#7b8794"
_DISBURSED_COLOUR: Final = "#1f6f8b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """`chart` is what charts.js draws; None while no money has moved."""

    chart: Mapping[str, Any] | None
    table: Table


def trend_of(asked: Asked, moved: Sequence[Moved]) -> Trend:
    """The sums at the end of each day on which money moved, up to the business date of the page."""
    days = by_day(moved)
    return Trend(chart=_chart(asked, days) if days else None, table=_table(asked, days))


def _chart(asked: Asked, days: Sequence[tuple[str, Flow]]) -> Mapping[str, Any]:
    first, moved_last = parse_day(days[0][0]), parse_day(days[-1][0])
    assert asked.view.as_of is not None
    # Years in which nothing moved any more would press together those in which it did.
    last = min(asked.view.as_of, moved_last.replace(month=12, day=31)).isoformat()
    sums = [days[-1][1]]
    # The lines rise from nothing on their first day, and stay as they are until the day of the page.
    every = [Flow(), *(flow for _, flow in days), *sums]
    series = [
        _series(asked, asked.say("全年预算"), [flow.adjusted for flow in every], _BUDGET_COLOUR),
        {
            **_series(asked, asked.say("累计支出"), [flow.disbursed for flow in every], _DISBURSED_COLOUR),
            "filled": True,
        },
    ]
    return {
        "kind": "trend",
        "first": first.replace(day=1).isoformat(),
        "last": last,
        "days": [days[0][0], *(day for day, _ in days), last],
        "scale": _FEN_PER_YUAN if asked.view.unit is AmountUnit.YUAN else FEN_PER_WAN,
        "series": series,
    }


def _series(asked: Asked, name: str, fen: Sequence[int], colour: str) -> dict[str, Any]:
    shown = amount(format_hundredths(fen[-1]), asked.view.unit)
    return {"name": name, "amount": shown, "values": fen, "colour": colour, "filled": False}


def _table(asked: Asked, days: Sequence[tuple[str, Flow]]) -> Table:
    rows = [
        {
            "effective_date": day,
            "adjusted_budget": format_hundredths(flow.adjusted),
            "disbursed": format_hundredths(flow.disbursed),
            "recovered": format_hundredths(flow.recovered),
            "available": format_hundredths(flow.available),
        }
        for day, flow in days
    ]
    columns = (
        field_column("effective_date", asked.say("业务日期"), Kind.DAY),
        field_column("adjusted_budget", asked.say("全年预算"), Kind.AMOUNT),
        field_column("disbursed", asked.say("累计支出"), Kind.AMOUNT),
        field_column("recovered", asked.say("收回"), Kind.AMOUNT),
        field_column("available", asked.say("可用余额"), Kind.AMOUNT),
    )
    return Table(name="trend", title=asked.say("预算与支出累计"), columns=columns, rows=rows)
