"""The envelope of a recorded event, the reversal of one, and what later events did to one."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from domain.command import Actor, Basis, Source
from domain.dates import DatePrecision
from domain.flow import MONEY_FACTS, NO_FLOW, DisbursementReturned, Flow, FundsDisbursed, flow_of
from domain.shape import EventId, Identifier, Prose

if TYPE_CHECKING:
    from domain.registry import EventData, Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerOpened:
    """The first event of every ledger. `log_id` (128 random bits, hex) tells two logs of one name apart."""

    name: str
    currency: str
    time_zone: str
    region_code: Identifier | None
    demo: bool
    log_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversedEvent:
    """Which event a reversal takes back."""

    id: EventId
    type: str
    position: int
    effective_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReversed:
    """冲销. `fact` is the data of the reversed event: a reader of this one event knows what it undoes."""

    reverses: ReversedEvent
    fact: "Fact"
    reason: Prose


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignFact:
    """Data of an event appended through the eventsourcing interface; no rule and no figure knows it."""

    base64: str


class ProposedEvent(NamedTuple):
    """What a decision wants recorded. `tags` are boundary keys, without numbers; `corrects` an event id or None."""

    data: "EventData"
    tags: tuple[str, ...]
    corrects: str | None = None


class RecordedEvent(NamedTuple):
    """One stored fact, exactly as its entry says it (design: the keys of section 3 of the architecture).

    `tags` map each object tag to n: this is the n-th event of the ledger bearing it, from 1. `recorded_at` is in UTC.
    `leaf_hash` is SHA-256(0x00 || entry); it and nothing else here is not part of the entry.
    """

    ledger: str
    position: int
    id: str
    type: str
    tags: dict[str, int]
    effective_date: date
    date_precision: DatePrecision
    recorded_at: datetime
    actor: Actor
    command_id: str
    command_hash: str
    correlation_id: str | None
    causation_id: str | None
    corrects: str | None
    basis: Basis
    source: Source | None
    data: "EventData"
    private: dict[str, str]
    leaf_hash: bytes


class Effect(NamedTuple):
    """What an event does at every boundary whose tag it bears: it adds a fact (sign 1) or takes one away (sign -1).

    `change` is what that adds to sums of money, with its sign; None when the fact moves none.
    """

    event: RecordedEvent
    fact: "EventData"
    sign: int
    change: Flow | None


def effect_of(event: RecordedEvent) -> Effect:
    """The effect of an event; a reversal takes away the fact it copies."""
    data = event.data
    if isinstance(data, EventReversed):
        fact = data.fact
        return Effect(event, fact, -1, NO_FLOW.plus(flow_of(fact), -1) if isinstance(fact, MONEY_FACTS) else None)
    return Effect(event, data, 1, flow_of(data) if isinstance(data, MONEY_FACTS) else None)


def reversed_position(event: RecordedEvent) -> int | None:
    """Position of the event that a reversal takes back; None for every other event."""
    return event.data.reverses.position if isinstance(event.data, EventReversed) else None


class EventState(NamedTuple):
    """What the ledger holds of one event that a command refers to.

    `reversed_at` is the position of its reversal or None; `returned` the fen of its unreversed returns.
    """

    event: RecordedEvent
    reversed_at: int | None = None
    returned: int = 0


def evolve_event_state(state: EventState, event: RecordedEvent) -> EventState:
    """The state after a later event that corrects it, or that reverses a return of it."""
    match event.data:
        case EventReversed(reverses=reverses) if reverses.id == state.event.id:
            return state._replace(reversed_at=event.position)
        case EventReversed(fact=DisbursementReturned() as fact) if fact.disbursement.id == state.event.id:
            return state._replace(returned=state.returned - fact.amount)
        case DisbursementReturned() as fact if fact.disbursement.id == state.event.id:
            return state._replace(returned=state.returned + fact.amount)
        case _:
            return state


def disbursement_of(state: EventState | None) -> FundsDisbursed | None:
    """The disbursement an event holds, or None when there is no such event or it is of another type."""
    data = state.event.data if state is not None else None
    return data if isinstance(data, FundsDisbursed) else None
