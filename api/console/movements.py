"""What events did to the sums of money and of points, worked out from the events as the interface answers them.

How a fact moves the sums is said at one place, domain.flow; here its amounts are read, and the events are added up by
business date. A reversal takes its fact away on its own date, so the sums are right at every date.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from api.console.figures import hundredths_of
from api.console.table import Row
from domain.appropriation import AppropriationReceived
from domain.event import EventReversed
from domain.flow import MONEY_FACTS, NO_FLOW, Flow, MoneyFact, flow_of
from domain.money import format_hundredths
from domain.registry import EVENT_TYPES

REVERSALS: Final = frozenset(name for name, data in EVENT_TYPES.items() if data is EventReversed)
"""The types that take an event back."""

_MONEY: Final = {name: data for name, data in EVENT_TYPES.items() if data in MONEY_FACTS}
_RECEIPTS: Final = frozenset(name for name, data in EVENT_TYPES.items() if data is AppropriationReceived)
_AMOUNTS: Final = ("amount", "initial", "adjusted", "disbursed", "recovered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """An event, what it did to the sums (None where it moves no money), and the sums after it."""

    event: Row
    change: Flow | None
    after: Flow


def movements(events: Iterable[Row]) -> list[Moved]:
    """The events in their order, which is that of their business dates, with the sums after each."""
    moved: list[Moved] = []
    sums = NO_FLOW
    for event in events:
        change = change_of(event)
        sums = sums if change is None else sums.plus(change)
        moved.append(Moved(event=event, change=change, after=sums))
    return moved


def change_of(event: Row) -> Flow | None:
    """How an event changes the sums; None where it moves no money."""
    kind, data, sign = _told(event)
    change = Flow(received=hundredths_of(data["amount"])) if kind in _RECEIPTS else _flow(kind, data)
    return None if change is None else NO_FLOW.plus(change, sign)


def points_of(event: Row) -> str | None:
    """By how much an event changes a score, signed; None where it changes none."""
    kind, data, sign = _told(event)
    if kind == "score-adjusted.v1":
        return format_hundredths(sign * (hundredths_of(data["score"]) - hundredths_of(data["previous"])))
    given = {"score-recorded.v1": "score", "points-granted.v1": "points", "result-recorded.v1": "total"}
    return format_hundredths(sign * hundredths_of(data[given[kind]])) if kind in given else None


def undone_among(events: Iterable[Row]) -> frozenset[int]:
    """The positions of what the reversals among the events take back: at their business date it counts no more."""
    return frozenset(event["data"]["reverses"]["position"] for event in events if event["type"] in REVERSALS)


def by_day(moved: Sequence[Moved]) -> list[tuple[str, Flow]]:
    """The sums at the end of each day on which money moved, ascending."""
    days = {each.event["effective_date"]: each.after for each in moved if each.change is not None}
    return sorted(days.items())


def _told(event: Row) -> tuple[str, Row, int]:
    """The type and the data of the fact that an event tells of, and with which sign: a reversal takes it back."""
    if event["type"] in REVERSALS:
        return event["data"]["reverses"]["type"], event["data"]["fact"], -1
    return event["type"], event["data"], 1


def _flow(name: str, data: Row) -> Flow | None:
    if name not in _MONEY:
        return None
    read = {key: _read(key, value) for key, value in data.items()}
    fact: MoneyFact = msgspec.convert(read, _MONEY[name])
    return flow_of(fact)


def _read(name: str, value: Any) -> Any:
    return hundredths_of(value) if name in _AMOUNTS and value is not None else value
