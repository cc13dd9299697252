"""Writing a ledger down as the commands that make it again: the same figures at every business date.

Commands stand in the order they were recorded, each under the id of its event as key; a command that refers to an
event names it by that key (`event_key`). What the ledger adds by itself is left out: positions, recording times, who
recorded, and the copies of other facts in events. So are the facts about the log itself (digests, erasures, epochs,
keys): they are true of this log and not of a copy.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from adapters.database import Database
from adapters.event_log import store
from adapters.event_log.encoding import UnreadableEntryError
from api.rendering.values import render
from domain.budget_line import ReturnDisbursement
from domain.command import Basis
from domain.custody import CustodyFact
from domain.dates import DatePrecision
from domain.evaluation import AdjustScore, EvaluationFinalised, FinaliseEvaluation, ScoreAdjusted
from domain.event import EventReversed, ForeignFact, LedgerOpened, RecordedEvent
from domain.flow import DisbursementReturned
from domain.ports import EventFeed, LedgerInfo
from domain.registry import COMMAND_NAMES, Body, EventData
from domain.reversal import ReverseEvent

PAGE: Final = 1_000

_REQUESTS: Final[dict[type[Any], type[Body]]] = {
    DisbursementReturned: ReturnDisbursement,
    ScoreAdjusted: AdjustScore,
    EvaluationFinalised: FinaliseEvaluation,
    EventReversed: ReverseEvent,
}
"""Body of the command behind the events whose data is more than what was asked for."""


@dataclass(slots=True, kw_only=True)
class Exported:
    """What was written of one ledger. `private_left_out`: events whose personal values are not in the file.

    `custody`: facts about the log itself, which are none of a copy. `foreign`: events of other applications, which no
    command can make.
    """

    ledger: LedgerInfo
    commands: int = 0
    private_left_out: int = 0
    custody: int = 0
    foreign: int = 0


class Exporter:
    """Reads ledgers as commands. `with_private`: together with the personal values that were not erased."""

    def __init__(self, database: Database, feed: EventFeed, *, with_private: bool) -> None:
        self._database = database
        self._feed = feed
        self._with_private = with_private

    def lines(self, exported: Exported, advance: Callable[[int], None]) -> Iterator[bytes]:
        """One JSON object for each command, up to the position of the ledger given; counts what it leaves out."""
        for event in self._events(exported.ledger):
            advance(1)
            if isinstance(event.data, LedgerOpened):
                continue
            if isinstance(event.data, CustodyFact):
                exported.custody += 1
                continue
            if isinstance(event.data, ForeignFact):
                exported.foreign += 1
                continue
            private = self._private(event)
            exported.private_left_out += event.private.keys() != private.keys()
            exported.commands += 1
            yield msgspec.json.encode(command_of(event, private))

    def _events(self, ledger: LedgerInfo) -> Iterator[RecordedEvent]:
        position = 0
        while position < ledger.position:
            page = self._feed.page(ledger.ledger_id, after=position, limit=min(PAGE, ledger.position - position))
            if not page:
                message = f"nothing stands behind position {position}, and the head is {ledger.position}"
                raise UnreadableEntryError(message)
            yield from page
            position = page[-1].position

    def _private(self, event: RecordedEvent) -> dict[str, str]:
        if not event.private or not self._with_private:
            return {}
        with self._database.log_reader.begin() as connection:
            return store.load_openings(connection, event)


def command_of(event: RecordedEvent, private: dict[str, str]) -> dict[str, Any]:
    """The command that recorded the event, as an item of a batch; values that are defaults or absent are left out."""
    body: Any = _REQUESTS.get(type(event.data), type(event.data))
    item: dict[str, Any] = {
        "command": COMMAND_NAMES[body],
        "key": event.id,
        "effective_date": event.effective_date,
    }
    if event.date_precision is not DatePrecision.DAY:
        item["date_precision"] = event.date_precision
    item |= _without_none(_fields_of(event.data)) | private
    if event.basis is not Basis.RECORDED:
        item["basis"] = event.basis
    if event.source is not None:
        item["source"] = _without_none(msgspec.to_builtins(event.source))
    if event.correlation_id is not None:
        item["correlation_id"] = event.correlation_id
    return item


def _fields_of(data: EventData) -> dict[str, Any]:
    match data:
        case EventReversed():
            return {"event_key": data.reverses.id, "reason": data.reason}
        case DisbursementReturned():
            shown = _plain(data)
            return {"event_key": data.disbursement.id, "amount": shown["amount"], "reason": data.reason}
        case ScoreAdjusted():
            return {name: value for name, value in _plain(data).items() if name != "previous"}
        case EvaluationFinalised():
            return {"evaluation_id": data.evaluation_id}
        case _:
            return _plain(data)


def _plain(data: EventData) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(render(data))
    return fields


def _without_none(fields: dict[str, Any]) -> dict[str, Any]:
    """Absent is left out; nested objects (such as amendments, where null clears) stay as they are."""
    return {name: value for name, value in fields.items() if value is not None}
