"""What events did to the sums of a project, worked out from the events as the interface answers them.

How a fact moves the sums is said at one place, domain.flow; here its amounts are read, and the events are added up by
business date. A reversal takes its fact away on its own date, so the sums are right at every date.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from api.console.figures import hundredths_of
from api.console.table import Row
from domain.event import EventReversed
from domain.flow import MONEY_FACTS, NO_FLOW, Flow, MoneyFact, flow_of
from domain.registry import EVENT_TYPES

REVERSALS: Final = frozenset(name for name, data in EVENT_TYPES.items() if data is EventReversed)
"""The types that take an event back."""

_MONEY: Final = {name: data for name, data in EVENT_TYPES.items() if data in MONEY_FACTS}
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
    if event["type"] in REVERSALS:
        fact = _money_fact(event["data"]["reverses"]["type"], event["data"]["fact"])
        return None if fact is None else NO_FLOW.plus(flow_of(fact), -1)
    fact = _money_fact(event["type"], event["data"])
    return None if fact is None else flow_of(fact)


def by_day(moved: Sequence[Moved]) -> list[tuple[str, Flow]]:
    """The sums at the end of each day on which money moved, ascending."""
    days = {each.event["effective_date"]: each.after for each in moved if each.change is not None}
    return sorted(days.items())


def _money_fact(name: str, data: Row) -> MoneyFact | None:
    if name not in _MONEY:
        return None
    read = {key: _read(key, value) for key, value in data.items()}
    fact: MoneyFact = msgspec.convert(read, _MONEY[name])
    return fact


def _read(name: str, value: Any) -> Any:
    return hundredths_of(value) if name in _AMOUNTS and value is not None else value
