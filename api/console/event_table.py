"""What was recorded of one thing, as a table: late entries and what was reversed are marked.

What each entry changed stands with its sign, so that the column adds up to the figure of the thing.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final

from api.console.asked import Asked
from api.console.figures import local_time, rate
from api.console.movements import change_of, points_of, undone_among
from api.console.newest_first import CURSOR, PAGE_SIZE, Part, newest_first
from api.console.returns import Returned, return_said, returned_among
from api.console.table import Column, Kind, Row, Table, field_column
from api.console.telling import sentence
from domain.command import Basis
from domain.flow import AllocationStage, DisbursementKind, Flow, RecoveryDestination
from domain.grade import Grade
from domain.money import format_hundredths

LATE_DAYS: Final = 31
"""An entry is late that came more days than these after its business date."""

_NUMBERS: Final = ("document_no", "voucher_no")
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


async def line_table(asked: Asked, history: Sequence[Row], events: Sequence[Row]) -> Table:
    """Those events of the history of a line that are shown, with what each did to its available balance."""
    rows = [
        {**event, "change": None if change is None else format_hundredths(change.available)}
        for event, change in _changes(events)
    ]
    own = [*_told(asked), _difference("change", asked.say("可用余额变动")), _paper(asked)]
    return await _table(asked, rows, own, history)


async def appropriation_table(asked: Asked, history: Sequence[Row], events: Sequence[Row]) -> Table:
    """Those events of the history that are shown, with what each did to what is unallocated and what the lines have."""
    rows = [
        {
            **event,
            "unallocated_change": _unallocated(change),
            "change": None if change is None or change.received else format_hundredths(change.available),
        }
        for event, change in _changes(events)
    ]
    left = _difference("unallocated_change", asked.say("未下达变动"))
    own = [*_told(asked), left, _difference("change", asked.say("可用余额变动")), _paper(asked)]
    return await _table(asked, rows, own, history)


async def evaluation_table(asked: Asked, events: Sequence[Row], indicators: Mapping[str, str]) -> Table:
    """The events of an evaluation, each with its indicator and what it did to the total; `indicators`: name by code."""
    rows = [{**event, "points_change": points_of(event)} for event in events]
    about = Column(
        title=asked.say("内容"),
        value=lambda row: _about(asked, _fact(row), indicators),
        note=lambda row: _adjustment(_fact(row)),
    )
    both = (
        [_points("previous", asked.say("调整前")), _points("score", asked.say("调整后"))] if asked.is_for_file else []
    )
    change = field_column("points_change", asked.say("得分变动"), Kind.POINTS_CHANGE)
    return await _table(asked, rows, [about, *both, change], events)


async def _table(asked: Asked, rows: Sequence[Row], own: Sequence[Column], history: Sequence[Row]) -> Table:
    """The rows in their order; `own` are the columns of the one kind of thing, `history` is all of its events."""
    undone = undone_among(history)
    returned = returned_among(history, undone)
    ledger = await asked.inside.get(asked.address(""))
    time_zone: str = ledger["time_zone"]
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
        *own,
        Column(title=asked.say("事由"), value=lambda row: _first(row, _GROUNDS)),
        Column(
            title=asked.say("标记"),
            value=lambda row: asked.say("、").join(text for _, text in _marks(asked, row, undone, returned)),
            chips=lambda row: _marks(asked, row, undone, returned),
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
    return Table(name="history", title=asked.say("流水"), columns=columns, rows=rows)


def _marks(asked: Asked, event: Row, undone: frozenset[int], returned: Mapping[int, Returned]) -> list[tuple[str, str]]:
    """What a reader must not overlook in an event, each with the class of its chip."""
    found = []
    if event["late_days"] > LATE_DAYS:
        found.append(("late", asked.say("补录 {days} 天", days=event["late_days"])))
    if event["position"] in undone:
        found.append(("over", asked.say("已被 #{position} 冲销", position=event["reversed_by"])))
    elif event["reversed_by"] is not None:
        # The reversal is known, but of a later business date: here the event still counts.
        found.append(("", asked.say("此后被 #{position} 冲销", position=event["reversed_by"])))
    if "reverses" in event["data"]:
        found.append(("over", asked.say("冲销 #{position}", position=event["data"]["reverses"]["position"])))
    if (came_back := return_said(asked, event, returned)) is not None:
        found.append(("late", came_back))
    if event["data"].get("overrun"):
        found.append(("over", asked.say("超指标支付")))
    if event["basis"] == Basis.ASSUMED:
        found.append(("late", asked.say("推定")))
    return found


def _fact(event: Row) -> Any:
    """What the event says; of a reversal what was reversed, its own grounds in front."""
    data = event["data"]
    return {**data["fact"], **data} if "fact" in data else data


def _changes(events: Sequence[Row]) -> list[tuple[Row, Flow | None]]:
    return [(event, change_of(event)) for event in events]


def _unallocated(change: Flow | None) -> str | None:
    """None of what is no receipt, no allocation and nothing taken back of one, of whatever amount."""
    if change is None:
        return None
    is_of_it = any((change.received, change.adjusted, change.initial_count, change.recovered_to_appropriation))
    return format_hundredths(change.unallocated) if is_of_it else None


def _told(asked: Asked) -> list[Column]:
    """In a file, which has no small print, what the event says in a sentence."""
    return [Column(title=asked.say("内容"), value=lambda row: sentence(asked, row))] if asked.is_for_file else []


def _points(name: str, title: str) -> Column:
    """The points of an adjustment before or after it; nothing of what adjusts none."""

    def value(row: Row) -> str | None:
        fact = _fact(row)
        return fact[name] if "previous" in fact else None

    return Column(title=title, value=value, kind=Kind.POINTS)


def _paper(asked: Asked) -> Column:
    return Column(title=asked.say("文号/凭证号"), value=lambda row: _first(row, _NUMBERS))


def _difference(name: str, title: str) -> Column:
    return field_column(name, title, Kind.DIFFERENCE)


def _about(asked: Asked, fact: Row, indicators: Mapping[str, str]) -> str | None:
    """Which indicator it is of; of a finalisation the result."""
    if "indicator" in fact:
        code = fact["indicator"]
        return f"{code} {indicators[code]}" if code in indicators else str(code)
    return f"{rate(fact['total'])} {asked.word(Grade, fact['grade'])}" if "grade" in fact else None


def _adjustment(fact: Row) -> str | None:
    return f"{rate(fact['previous'])} → {rate(fact['score'])}" if "previous" in fact else None


def _first(event: Row, names: Sequence[str]) -> str | None:
    fact = _fact(event)
    return next((fact[name] for name in names if fact.get(name)), None)


def _words(asked: Asked, event: Row) -> str | None:
    if event["type"] not in _OF_MONEY:
        return None
    data = event["data"]
    return " ".join(asked.word(members, data[name]) for name, members in _WORDS if name in data) or None
