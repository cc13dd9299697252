"""冲销: taking one recorded fact back, from a business date on, when nothing later rests on it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from domain.appropriation import (
    AppropriationReceived,
    appropriation_key,
    known_appropriation,
    refuse_over_allocation,
)
from domain.boundary import Standing, States, event_key
from domain.budget_line import (
    LineOpened,
    known_line,
    line_key,
    refuse_before_original,
    refuse_below_disbursed,
    refuse_unrepresentable,
)
from domain.command import Command
from domain.custody import CustodyFact
from domain.errors import AlreadyReversed, HasReturns, InsufficientFunds, InUse, NotReversible, UnknownEvent
from domain.evaluation import (
    EvaluationFinalised,
    EvaluationOpened,
    PointsGranted,
    ResultRecorded,
    ScoreAdjusted,
    ScoreRecorded,
    evaluation_key,
    known_evaluation,
    last_mark_position,
    refuse_finalised,
)
from domain.event import (
    EventReversed,
    EventState,
    ForeignFact,
    LedgerOpened,
    ProposedEvent,
    RecordedEvent,
    ReversedEvent,
)
from domain.flow import (
    MONEY_FACTS,
    NO_FLOW,
    AllocationReduced,
    DisbursementReturned,
    FundsAllocated,
    FundsDisbursed,
    FundsRecovered,
    OpeningBalanceRecorded,
    RecoveryDestination,
    flow_of,
)
from domain.project import ProjectAmended, ProjectRegistered, ProjectStatusChanged, known_project, project_key
from domain.shape import EventId, Prose
from domain.unit import UnitRegistered, unit_key

if TYPE_CHECKING:
    from domain.registry import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseEvent:
    """Request: the event did not happen as recorded."""

    event_id: EventId
    reason: Prose


def decide_reversal(request: ReverseEvent, command: Command, states: States) -> ProposedEvent:
    """Takes an event out of every figure from the effective date on.

    The `in-use` of a registration is read at the reversal's date: it is refused while another unreversed event bears
    the tag, and also with a date before the last one of any event that bore it, reversals included. Else there were
    days on which the thing is gone while facts about it still count: a line registered on 1 January whose allocation
    of 1 June was reversed as of 1 July goes from 1 July on, not from 1 March.

    Raises:
        UnknownEvent, AlreadyReversed, NotReversible, DateBeforeOriginal, what `refuse_when_rested_upon` says, and
        AmountOutOfRange: in this order.
    """
    original: EventState | None = states.get(event_key(request.event_id))
    if original is None:
        raise UnknownEvent("/event_id")
    if original.reversed_at is not None:
        raise AlreadyReversed("/event_id", position=original.reversed_at)
    fact = original.event.data
    if isinstance(fact, LedgerOpened | EventReversed | ForeignFact | CustodyFact):
        raise NotReversible("/event_id")
    refuse_before_original(command, original)
    refuse_when_rested_upon(fact, original, command, states)
    if isinstance(fact, MONEY_FACTS):
        change = NO_FLOW.plus(flow_of(fact), -1)
        refuse_unrepresentable(change, known_line(states, fact.line_id), states, "/event_id")
    return ProposedEvent(
        data=EventReversed(reverses=_reversed(original.event), fact=fact, reason=request.reason),
        tags=tuple(original.event.tags),
        corrects=original.event.id,
    )


def refuse_when_rested_upon(fact: "Fact", original: EventState, command: Command, states: States) -> None:
    """Refuses when the ledger would no longer hold together without the fact.

    Raises:
        InUse, Finalised, HasReturns, BelowDisbursed, OverAllocated, InsufficientFunds: the one of the fact's type.
    """
    match fact:
        case UnitRegistered():
            _refuse_in_use(unit_key(fact.unit_id), command, states)
        case AppropriationReceived():
            _refuse_in_use(appropriation_key(fact.appropriation_id), command, states)
        case ProjectRegistered():
            _refuse_in_use(project_key(fact.project_id), command, states)
        case LineOpened():
            _refuse_in_use(line_key(fact.line_id), command, states)
        case EvaluationOpened():
            refuse_finalised(known_evaluation(states, fact.evaluation_id), "/event_id")
            _refuse_in_use(evaluation_key(fact.evaluation_id), command, states)
        case ProjectAmended():
            amendments = known_project(states, fact.project_id, "/event_id").amendments
            _refuse_unless_last(original, amendments[-1] if amendments else None)
        case OpeningBalanceRecorded():
            later_count = known_line(states, fact.line_id).money_count - 1
            if later_count > 0:
                raise InUse("/event_id", count=later_count)
        case FundsAllocated():
            refuse_below_disbursed(known_line(states, fact.line_id), fact.amount, "/event_id")
        case AllocationReduced():
            _refuse_over_allocation(fact, states)
        case FundsRecovered():
            if fact.destination is RecoveryDestination.APPROPRIATION:
                _refuse_over_allocation(fact, states)
        case FundsDisbursed():
            if original.returned > 0:
                raise HasReturns("/event_id", returned=original.returned)
        case DisbursementReturned():
            available = known_line(states, fact.line_id).flow.available
            if available < fact.amount:
                raise InsufficientFunds("/event_id", available=available, requested=fact.amount)
        case ScoreRecorded() | ScoreAdjusted():
            evaluation = known_evaluation(states, fact.evaluation_id)
            refuse_finalised(evaluation, "/event_id")
            _refuse_unless_last(original, last_mark_position(evaluation, fact.indicator))
        case PointsGranted() | ResultRecorded():
            refuse_finalised(known_evaluation(states, fact.evaluation_id), "/event_id")
        case ProjectStatusChanged() | EvaluationFinalised():
            pass
        case _:
            assert_never(fact)


def _refuse_in_use(own_key: str, command: Command, states: States) -> None:
    """A registration goes only when, from the reversal's date on, no other unreversed event bears its own tag."""
    standing: Standing | None = states.get(own_key)
    if standing is None:
        return
    if standing.live_count > 1:
        raise InUse("/event_id", count=standing.live_count - 1)
    if standing.last_on is not None and command.effective_date < standing.last_on:
        raise InUse("/event_id", last_on=standing.last_on.isoformat())


def _refuse_unless_last(original: EventState, last_position: int | None) -> None:
    """An amendment or mark goes only while it is the youngest; `last_position` is None when that is not known."""
    if last_position is None:
        raise InUse("/event_id")
    if original.event.position != last_position:
        raise InUse("/event_id", position=last_position)


def _refuse_over_allocation(fact: AllocationReduced | FundsRecovered, states: States) -> None:
    line = known_line(states, fact.line_id)
    appropriation = known_appropriation(states, line.appropriation_id, "/event_id")
    refuse_over_allocation(appropriation, fact.amount, "/event_id")


def _reversed(event: RecordedEvent) -> ReversedEvent:
    return ReversedEvent(id=event.id, type=event.type, position=event.position, effective_date=event.effective_date)
