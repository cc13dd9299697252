"""The movements of money on lines in a period, as a ledger on paper has them: a reversal stands in red where it undoes.

Read from the recorded events; every movement says how it changes each sum of its line, in fen.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from api.console.asked import Asked
from api.console.figures import hundredths_of
from api.console.report_period import Period
from domain.dates import LATE_AFTER_DAYS

Event = Mapping[str, Any]
"""As the interface shows it."""

REVERSAL: Final = "event-reversed.v1"
ALLOCATION: Final = "funds-allocated.v1"
REDUCTION: Final = "allocation-reduced.v1"
RECOVERY: Final = "funds-recovered.v1"
OPENING_BALANCE: Final = "opening-balance-recorded.v1"
DISBURSEMENT: Final = "funds-disbursed.v1"
RETURN: Final = "disbursement-returned.v1"

OF_BUDGET: Final = (OPENING_BALANCE, ALLOCATION, REDUCTION, RECOVERY)
"""What changes how much a line may spend."""
OF_SPENDING: Final = (OPENING_BALANCE, DISBURSEMENT, RETURN)
"""What changes how much it has spent."""


class Measure(StrEnum):
    """The columns that movements stand in."""

    INITIAL = "initial"
    ADDED = "added"
    REDUCED = "reduced"
    RECOVERED = "recovered"
    PAID = "paid"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One fact that moves money, or the reversal of one: then every sum is negative.

    `fact` is the data of what was recorded, or of what is undone; `reverses` the position of the latter. `changes` are
    in fen, by the column they stand in. `undone_by` is the position of a reversal that counts at the page,
    `undone_later_by` that of one that is known there, but of a later business date.
    """

    event: Event
    type: str
    fact: Mapping[str, Any]
    changes: Mapping[Measure, int]
    reverses: int | None = None
    undone_by: int | None = None
    undone_later_by: int | None = None

    @property
    def line_id(self) -> str:
        """Whose money it is."""
        line_id: str = self.fact["line_id"]
        return line_id

    @property
    def order(self) -> tuple[str, int]:
        """By business date, then by position."""
        return self.event["effective_date"], self.event["position"]


def _of_opening_balance(fact: Mapping[str, Any]) -> dict[Measure, int]:
    initial = hundredths_of(fact["initial"]) if fact["initial"] is not None else 0
    return {
        Measure.INITIAL: initial,
        Measure.ADDED: hundredths_of(fact["adjusted"]) - initial,
        Measure.RECOVERED: hundredths_of(fact["recovered"]),
        Measure.PAID: hundredths_of(fact["disbursed"]),
    }


def _of_allocation(fact: Mapping[str, Any]) -> dict[Measure, int]:
    return {Measure.INITIAL if fact["stage"] == "initial" else Measure.ADDED: hundredths_of(fact["amount"])}


def _into(measure: Measure) -> Callable[[Mapping[str, Any]], dict[Measure, int]]:
    return lambda fact: {measure: hundredths_of(fact["amount"])}


_CHANGES: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[Measure, int]]]] = {
    OPENING_BALANCE: _of_opening_balance,
    ALLOCATION: _of_allocation,
    REDUCTION: _into(Measure.REDUCED),
    RECOVERY: _into(Measure.RECOVERED),
    DISBURSEMENT: _into(Measure.PAID),
    RETURN: _into(Measure.RETURNED),
}


async def movements_of(asked: Asked, period: Period, types: tuple[str, ...]) -> list[Movement]:
    """Every movement of these types in the period by business date, and the reversals in it of any such.

    Raises:
        Refused: the reader may not see events.
    """
    events = await _events(asked, types, period, from_first=True)
    reversals = await _events(asked, (REVERSAL,), period, from_first=False)
    undone = {each["data"]["reverses"]["position"]: each["position"] for each in reversals}
    first = period.first.isoformat()
    found = [_recorded(event, undone.get(event["position"])) for event in events]
    found += [
        _reversal(event)
        for event in reversals
        if event["effective_date"] >= first and event["data"]["reverses"]["type"] in types
    ]
    return sorted(found, key=lambda movement: movement.order)


def balance_change(movement: Movement) -> int:
    """By how much a movement changes what a line was given and has not been taken from it again."""
    changes = movement.changes
    more = changes.get(Measure.INITIAL, 0) + changes.get(Measure.ADDED, 0)
    return more - changes.get(Measure.REDUCED, 0) - changes.get(Measure.RECOVERED, 0)


def spending_change(movement: Movement) -> int:
    """By how much it changes what was spent."""
    return movement.changes.get(Measure.PAID, 0) - movement.changes.get(Measure.RETURNED, 0)


def sums_of(movements: Iterable[Movement]) -> dict[Measure, int]:
    """All movements together, every column given."""
    total = dict.fromkeys(Measure, 0)
    for movement in movements:
        for measure, change in movement.changes.items():
            total[measure] += change
    return total


def marks_of(asked: Asked, movement: Movement) -> Iterator[str]:
    """What a reader must know of it beyond its figures."""
    if movement.reverses is not None:
        yield asked.say("冲销 #{position}", position=movement.reverses)
    if movement.undone_by is not None:
        yield asked.say("已被 #{position} 冲销", position=movement.undone_by)
    if movement.undone_later_by is not None:
        yield asked.say("此后被 #{position} 冲销", position=movement.undone_later_by)
    if movement.event["late_days"] > LATE_AFTER_DAYS:
        yield asked.say("补录（晚 {days} 天）", days=movement.event["late_days"])


def _recorded(event: Event, undone_by: int | None) -> Movement:
    fact = event["data"]
    changes = _CHANGES[event["type"]](fact)
    later = event["reversed_by"] if undone_by is None else None
    return Movement(
        event=event,
        type=event["type"],
        fact=fact,
        changes=changes,
        undone_by=undone_by,
        undone_later_by=later,
    )


def _reversal(event: Event) -> Movement:
    reverses, fact = event["data"]["reverses"], event["data"]["fact"]
    changes = {measure: -change for measure, change in _CHANGES[reverses["type"]](fact).items()}
    return Movement(event=event, type=reverses["type"], fact=fact, changes=changes, reverses=reverses["position"])


async def _events(asked: Asked, types: tuple[str, ...], period: Period, *, from_first: bool) -> list[Event]:
    """The events of the types that took effect up to the end of the period, or within it."""
    begin = period.first.isoformat() if from_first else None
    wanted = {"type": types, "effective_from": begin, "effective_until": period.last.isoformat()}
    found = await asked.get_all("events", as_of=None, **wanted)
    events: list[Event] = found["items"]
    return events
