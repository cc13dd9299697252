"""Which tags an event must bear, worked out again from what it says: an audit holds stored entries against this."""

from datetime import date
from typing import assert_never

from domain import budget_line, evaluation, project, unit
from domain.appropriation import AppropriationReceived, appropriation_key
from domain.boundary import States
from domain.budget_line import LineOpened, LineState, line_key, money_tags, voucher_key
from domain.custody import EpochRaised, LedgerDigest, LogKeyAdded, LogKeyRetired, PersonalDataErased
from domain.evaluation import (
    EvaluationFinalised,
    EvaluationOpened,
    EvaluationState,
    PointsGranted,
    ResultRecorded,
    ScoreAdjusted,
    ScoreRecorded,
    evaluation_key,
)
from domain.event import EventReversed, ForeignFact, LedgerOpened, RecordedEvent
from domain.flow import (
    AllocationReduced,
    DisbursementReturned,
    FundsAllocated,
    FundsDisbursed,
    FundsRecovered,
    OpeningBalanceRecorded,
)
from domain.ledger import ledger_key
from domain.project import ProjectAmended, ProjectRegistered, ProjectStatusChanged
from domain.registry import Fact
from domain.unit import UnitRegistered


def tags_of(event: RecordedEvent, states: States) -> frozenset[str]:
    """The tags that follow from the event, given the states as they were before it.

    A reversal bears those of the fact it copies. What another application appended bears whatever it was given.
    """
    data = event.data
    match data:
        case ForeignFact():
            return frozenset(event.tags)
        case EventReversed():
            return frozenset(_tags_of_fact(data.fact, data.reverses.effective_date, states))
        case LedgerOpened() | LedgerDigest() | PersonalDataErased() | EpochRaised() | LogKeyAdded() | LogKeyRetired():
            return frozenset({ledger_key(event.ledger)})
        case _:
            return frozenset(_tags_of_fact(data, event.effective_date, states))


def _tags_of_fact(fact: Fact, effective_date: date, states: States) -> tuple[str, ...]:
    match fact:
        case UnitRegistered():
            return unit.tags_of_registration(fact)
        case AppropriationReceived():
            return (appropriation_key(fact.appropriation_id),)
        case ProjectRegistered():
            return project.tags_of_registration(fact)
        case ProjectAmended():
            return project.tags_of_amendment(fact)
        case ProjectStatusChanged():
            return (project.project_key(fact.project_id),)
        case LineOpened():
            return budget_line.tags_of_opening(fact)
        case FundsDisbursed():
            return (*_tags_of_money(fact.line_id, states), voucher_key(fact, effective_date))
        case (
            OpeningBalanceRecorded()
            | FundsAllocated()
            | AllocationReduced()
            | DisbursementReturned()
            | FundsRecovered()
        ):
            return _tags_of_money(fact.line_id, states)
        case EvaluationOpened():
            return evaluation.tags_of_opening(fact)
        case ScoreRecorded() | ScoreAdjusted() | PointsGranted() | ResultRecorded() | EvaluationFinalised():
            return _tags_of_mark(fact.evaluation_id, states)
        case _:
            assert_never(fact)


def _tags_of_money(line_id: str, states: States) -> tuple[str, ...]:
    line: LineState | None = states.get(line_key(line_id))
    return (line_key(line_id),) if line is None else money_tags(line_id, line)


def _tags_of_mark(evaluation_id: str, states: States) -> tuple[str, ...]:
    state: EvaluationState | None = states.get(evaluation_key(evaluation_id))
    return (evaluation_key(evaluation_id), *([state.subject_key] if state else []))
