"""What was recorded of one thing, as a table: late entries and what was reversed are marked."""

from collections.abc import Sequence
from enum import Enum
from typing import Any, Final

from api.console.asked import Asked
from api.console.figures import local_time
from api.console.newest_first import CURSOR, PAGE_SIZE, Part, newest_first
from api.console.table import Column, Kind, Row, Table
from domain.command import Basis
from domain.flow import AllocationStage, DisbursementKind, RecoveryDestination

LATE_DAYS: Final = 31
"""An entry is late that came more days than these after its business date."""

_NUMBERS: Final = ("document_no", "voucher_no")
_POINTS: Final = ("score", "points", "total")
_GROUNDS: Final = ("reason", "purpose")
_WORDS: Final[tuple[tuple[str, type[Enum]], ...]] = (
    ("stage", AllocationStage),
    ("kind", DisbursementKind),
    ("destination", RecoveryDestination),
)
_OF_MONEY: Final = frozenset({"funds-allocated.v1", "funds-disbursed.v1", "funds-recovered.v1"})
"""Types whose words say what kind of movement it was."""


async def history_of(asked: Asked, path: str) -> tuple[Sequence[Row], Part[Row]]:
    """What was recorded of a thing, by business date, the oldest first; and the page of it, in a file all of it."""
    found: Sequence[Row] = (await asked.get_all(f"{path}/history", order="effective"))["items"]
    size = len(found) if asked.is_for_file else PAGE_SIZE
    cursor = None if asked.is_for_file else asked.values[CURSOR.name]
    return found, newest_first(found, lambda each: int(each["position"]), cursor, size)


async def event_table(asked: Asked, events: Sequence[Row], *, of_points: bool = False) -> Table:
    """The events in their order, with the amounts that they moved, or the points."""
    ledger = await asked.inside.get(asked.address(""))
    time_zone: str = ledger["time_zone"]
    figure = (
        Column(title=asked.say("得分"), value=lambda row: _first(row, _POINTS), kind=Kind.POINTS)
        if of_points
        else Column(title=asked.say("金额"), value=_amount, kind=Kind.AMOUNT)
    )
    columns = (
        Column(
            title=asked.say("业务日期"),
            value=lambda row: row["effective_date"],
            kind=Kind.DAY,
        ),
        Column(
            title=asked.say("事项"),
            value=lambda row: asked.event_type(row["type"]),
            note=lambda row: _words(asked, row),
        ),
        figure,
        Column(title=asked.say("文号/凭证号"), value=lambda row: _first(row, _NUMBERS)),
        Column(title=asked.say("事由"), value=lambda row: _first(row, _GROUNDS)),
        Column(
            title=asked.say("标记"),
            value=lambda row: "、".join(text for _, text in marks(asked, row)),
            chips=lambda row: marks(asked, row),
        ),
        Column(
            title=asked.say("录入时间"), value=lambda row: local_time(row["recorded_at"], time_zone), kind=Kind.INSTANT
        ),
        Column(
            title=asked.say("流水号"),
            value=lambda row: f"#{row['position']}",
            link=lambda row: asked.link(f"events/{row['position']}"),
        ),
    )
    return Table(name="history", title=asked.say("流水"), columns=columns, rows=events)


def marks(asked: Asked, event: Row) -> list[tuple[str, str]]:
    """What a reader must not overlook in an event, each with the class of its chip."""
    found = []
    if event["late_days"] > LATE_DAYS:
        found.append(("late", asked.say("补录 {days} 天", days=event["late_days"])))
    if event["reversed_by"] is not None:
        found.append(("over", asked.say("已被 #{position} 冲销", position=event["reversed_by"])))
    if "reverses" in event["data"]:
        found.append(("over", asked.say("冲销 #{position}", position=event["data"]["reverses"]["position"])))
    if event["data"].get("overrun"):
        found.append(("over", asked.say("超指标支付")))
    if event["basis"] == Basis.ASSUMED:
        found.append(("late", asked.say("推定")))
    return found


def _fact(event: Row) -> Any:
    """What the event says; of a reversal what was reversed, its own grounds in front."""
    data = event["data"]
    return {**data["fact"], **data} if "fact" in data else data


def _amount(event: Row) -> str | None:
    """The amount that was moved; of a balance taken over the budget it begins with."""
    fact = _fact(event)
    amount: str | None = fact.get("amount", fact.get("adjusted"))
    return amount


def _first(event: Row, names: Sequence[str]) -> str | None:
    fact = _fact(event)
    return next((fact[name] for name in names if fact.get(name)), None)


def _words(asked: Asked, event: Row) -> str | None:
    if event["type"] not in _OF_MONEY:
        return None
    data = event["data"]
    return " ".join(asked.word(members, data[name]) for name, members in _WORDS if name in data) or None
