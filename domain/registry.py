"""The closed list: which events and commands exist, what a command touches, who decides it, what an event changes.

A new event type starts here; the type checker then names every place that must handle it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, assert_never

from domain import appropriation, budget_line, custody, evaluation, project, reversal, unit
from domain.appropriation import AppropriationReceived, AppropriationState, appropriation_key
from domain.authority import refuse_beyond_authority
from domain.boundary import Kind, States, event_key
from domain.budget_line import LineOpened, LineState, ReturnDisbursement, VoucherState, line_key
from domain.command import Command, Context
from domain.custody import (
    CustodyFact,
    EpochRaised,
    LedgerDigest,
    LogKeyAdded,
    LogKeyRetired,
    PersonalDataErased,
)
from domain.dates import EARLIEST_EFFECTIVE_DATE
from domain.errors import DateOutOfRange
from domain.evaluation import (
    AdjustScore,
    EvaluationFinalised,
    EvaluationOpened,
    EvaluationState,
    FinaliseEvaluation,
    PointsGranted,
    ResultRecorded,
    ScoreAdjusted,
    ScoreRecorded,
    evaluation_key,
)
from domain.event import (
    Effect,
    EventReversed,
    EventState,
    ForeignFact,
    LedgerOpened,
    ProposedEvent,
    RecordedEvent,
)
from domain.flow import (
    AllocationReduced,
    DisbursementReturned,
    FundsAllocated,
    FundsDisbursed,
    FundsRecovered,
    OpeningBalanceRecorded,
)
from domain.ledger import ledger_key
from domain.project import ProjectAmended, ProjectRegistered, ProjectState, ProjectStatusChanged
from domain.reversal import ReverseEvent
from domain.unit import UnitRegistered, UnitState

Fact = (
    UnitRegistered
    | AppropriationReceived
    | ProjectRegistered
    | ProjectAmended
    | ProjectStatusChanged
    | LineOpened
    | OpeningBalanceRecorded
    | FundsAllocated
    | AllocationReduced
    | FundsDisbursed
    | DisbursementReturned
    | FundsRecovered
    | EvaluationOpened
    | ScoreRecorded
    | ScoreAdjusted
    | PointsGranted
    | ResultRecorded
    | EvaluationFinalised
)
"""What a reversal can take back."""

EventData = Fact | LedgerOpened | EventReversed | CustodyFact | ForeignFact

Body = (
    UnitRegistered
    | AppropriationReceived
    | ProjectRegistered
    | ProjectAmended
    | ProjectStatusChanged
    | LineOpened
    | OpeningBalanceRecorded
    | FundsAllocated
    | AllocationReduced
    | FundsDisbursed
    | ReturnDisbursement
    | FundsRecovered
    | EvaluationOpened
    | ScoreRecorded
    | AdjustScore
    | PointsGranted
    | ResultRecorded
    | FinaliseEvaluation
    | ReverseEvent
    | CustodyFact
)

FACT_TYPES: Final[dict[str, type[Fact]]] = {
    "unit-registered.v1": UnitRegistered,
    "appropriation-received.v1": AppropriationReceived,
    "project-registered.v1": ProjectRegistered,
    "project-amended.v1": ProjectAmended,
    "project-status-changed.v1": ProjectStatusChanged,
    "line-opened.v1": LineOpened,
    "opening-balance-recorded.v1": OpeningBalanceRecorded,
    "funds-allocated.v1": FundsAllocated,
    "allocation-reduced.v1": AllocationReduced,
    "funds-disbursed.v1": FundsDisbursed,
    "disbursement-returned.v1": DisbursementReturned,
    "funds-recovered.v1": FundsRecovered,
    "evaluation-opened.v1": EvaluationOpened,
    "score-recorded.v1": ScoreRecorded,
    "score-adjusted.v1": ScoreAdjusted,
    "points-granted.v1": PointsGranted,
    "result-recorded.v1": ResultRecorded,
    "evaluation-finalised.v1": EvaluationFinalised,
}
CUSTODY_TYPES: Final[dict[str, type[CustodyFact]]] = {
    "ledger-digest.v1": LedgerDigest,
    "personal-data-erased.v1": PersonalDataErased,
    "epoch-raised.v1": EpochRaised,
    "log-key-added.v1": LogKeyAdded,
    "log-key-retired.v1": LogKeyRetired,
}
EVENT_TYPES: Final[dict[str, type[EventData]]] = {
    "ledger-opened.v1": LedgerOpened,
    **FACT_TYPES,
    "event-reversed.v1": EventReversed,
    **CUSTODY_TYPES,
}
"""Stored name of every event type ever written (foreign ones aside); a name never changes."""

FOREIGN_PREFIX: Final = "x-"
"""Types and tags appended through the eventsourcing interface start with it."""

_NAMES: Final = {data_type: name for name, data_type in EVENT_TYPES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandType:
    """A command callers may give: its name in batches and files, its path over HTTP, its body, its private fields.

    `in_files` is False where it concerns what one log keeps: export leaves it out, and no import file names it.
    """

    name: str
    path: str
    body: type[Body]
    private: tuple[str, ...] = ()
    in_files: bool = True


COMMANDS: Final = (
    CommandType(name="register-unit", path="/units", body=UnitRegistered),
    CommandType(name="receive-appropriation", path="/appropriations", body=AppropriationReceived),
    CommandType(name="register-project", path="/projects", body=ProjectRegistered),
    CommandType(name="amend-project", path="/project-amendments", body=ProjectAmended),
    CommandType(name="open-line", path="/lines", body=LineOpened),
    CommandType(name="record-opening-balance", path="/opening-balances", body=OpeningBalanceRecorded),
    CommandType(name="allocate-funds", path="/allocations", body=FundsAllocated),
    CommandType(name="reduce-allocation", path="/allocation-reductions", body=AllocationReduced),
    CommandType(name="record-disbursement", path="/disbursements", body=FundsDisbursed, private=("payee",)),
    CommandType(name="return-disbursement", path="/disbursement-returns", body=ReturnDisbursement),
    CommandType(name="recover-funds", path="/recoveries", body=FundsRecovered),
    CommandType(name="change-project-status", path="/project-status-changes", body=ProjectStatusChanged),
    CommandType(name="open-evaluation", path="/evaluations", body=EvaluationOpened),
    CommandType(name="record-score", path="/scores", body=ScoreRecorded),
    CommandType(name="adjust-score", path="/score-adjustments", body=AdjustScore),
    CommandType(name="grant-points", path="/points", body=PointsGranted),
    CommandType(name="record-result", path="/results", body=ResultRecorded),
    CommandType(name="finalise-evaluation", path="/evaluation-finalisations", body=FinaliseEvaluation),
    CommandType(name="reverse-event", path="/reversals", body=ReverseEvent),
    CommandType(name="erase-private-values", path="/erasures", body=PersonalDataErased, in_files=False),
)
SERVICE_COMMANDS: Final[dict[type[Body], str]] = {
    LedgerDigest: "record-digest",
    EpochRaised: "raise-epoch",
    LogKeyAdded: "add-log-key",
    LogKeyRetired: "retire-log-key",
}
"""Names of the commands that only the service gives: no path, batch or file takes them."""

COMMAND_NAMES: Final[dict[type[Body], str]] = {**{each.body: each.name for each in COMMANDS}, **SERVICE_COMMANDS}

STATE_TYPES: Final[dict[Kind, type[Any]]] = {
    Kind.UNIT: UnitState,
    Kind.APPROPRIATION: AppropriationState,
    Kind.PROJECT: ProjectState,
    Kind.LINE: LineState,
    Kind.VOUCHER: VoucherState,
    Kind.EVALUATION: EvaluationState,
}
"""State type of each boundary kind; ledger and programme have none, an event's is built from the log."""


def type_name(data: EventData) -> str:
    """Stored type name of an event's data. A foreign fact has none: its caller names it."""
    return _NAMES[type(data)]


def references(body: Body) -> tuple[str, ...]:
    """Ids of the recorded events a command refers to."""
    if isinstance(body, PersonalDataErased):
        return body.event_ids
    return (body.event_id,) if isinstance(body, ReturnDisbursement | ReverseEvent) else ()


def boundaries(command: Command, states: States, ledger_id: str) -> tuple[str, ...]:
    """Keys of the states the command's decision and events need, as far as the states given show them.

    A line names its project and appropriation, a referenced event its tags: ask again with those states until no new
    key comes (three rounds at most).
    """
    body = command.body
    match body:
        # Cases are tried in order: what comes by the thousand comes first.
        case FundsDisbursed():
            return (*_line_boundaries(body.line_id, states), budget_line.voucher_key(body, command.effective_date))
        case OpeningBalanceRecorded() | FundsAllocated() | AllocationReduced() | FundsRecovered():
            return _line_boundaries(body.line_id, states)
        case UnitRegistered():
            return unit.tags_of_registration(body)
        case AppropriationReceived():
            return (appropriation_key(body.appropriation_id),)
        case ProjectRegistered():
            return project.tags_of_registration(body)
        case ProjectAmended():
            return project.tags_of_amendment(body)
        case ProjectStatusChanged():
            return (project.project_key(body.project_id),)
        case LineOpened():
            return budget_line.tags_of_opening(body)
        case EvaluationOpened():
            return evaluation.tags_of_opening(body)
        case ScoreRecorded() | AdjustScore() | PointsGranted() | ResultRecorded() | FinaliseEvaluation():
            return _evaluation_boundaries(body.evaluation_id, states)
        case ReturnDisbursement() | ReverseEvent():
            return _event_boundaries(body.event_id, states)
        case PersonalDataErased():
            return (ledger_key(ledger_id), *map(event_key, body.event_ids))
        case LedgerDigest() | EpochRaised() | LogKeyAdded() | LogKeyRetired():
            return (ledger_key(ledger_id),)
        case _:
            assert_never(body)


def decide(command: Command, states: States, context: Context) -> tuple[ProposedEvent, ...]:
    """The events that record the command: exactly one for each command of the first set.

    Raises:
        OutsideUnits, ApproverNeeded, DateOutOfRange, then what the deciding function of the body says: each documents
        its order.
    """
    refuse_beyond_authority(command, states, context.authority)
    if not EARLIEST_EFFECTIVE_DATE <= command.effective_date <= context.today:
        raise DateOutOfRange(
            "/effective_date", earliest=EARLIEST_EFFECTIVE_DATE.isoformat(), latest=context.today.isoformat()
        )
    return (_decide_body(command, states, context.ledger_id),)


def _decide_body(command: Command, states: States, ledger_id: str) -> ProposedEvent:
    body = command.body
    match body:
        # As above.
        case FundsDisbursed():
            return budget_line.decide_disbursement(body, command, states)
        case FundsAllocated():
            return budget_line.decide_allocation(body, command, states)
        case UnitRegistered():
            return unit.decide_registration(body, command, states)
        case AppropriationReceived():
            return appropriation.decide_receipt(body, states)
        case ProjectRegistered():
            return project.decide_registration(body, command, states)
        case ProjectAmended():
            return project.decide_amendment(body, command, states)
        case ProjectStatusChanged():
            return project.decide_status(body, command, states)
        case LineOpened():
            return budget_line.decide_opening(body, command, states)
        case OpeningBalanceRecorded():
            return budget_line.decide_opening_balance(body, command, states)
        case AllocationReduced():
            return budget_line.decide_reduction(body, command, states)
        case ReturnDisbursement():
            return budget_line.decide_return(body, command, states)
        case FundsRecovered():
            return budget_line.decide_recovery(body, command, states)
        case EvaluationOpened():
            return evaluation.decide_opening(body, command, states)
        case ScoreRecorded():
            return evaluation.decide_score(body, command, states)
        case AdjustScore():
            return evaluation.decide_adjustment(body, command, states)
        case PointsGranted():
            return evaluation.decide_points(body, command, states)
        case ResultRecorded():
            return evaluation.decide_result(body, command, states)
        case FinaliseEvaluation():
            return evaluation.decide_finalisation(body, command, states)
        case ReverseEvent():
            return reversal.decide_reversal(body, command, states)
        case PersonalDataErased():
            return custody.decide_erasure(body, states, ledger_id)
        case LedgerDigest() | EpochRaised() | LogKeyAdded() | LogKeyRetired():
            return custody.record_of(body, ledger_id)
        case _:
            assert_never(body)


def evolve(key: str, state: Any, effect: Effect) -> Any:
    """The state of a boundary after an event bearing its tag; None where the kind keeps no state, or is foreign.

    Raises:
        LookupError: there is no such kind.
    """
    fold = _EVOLVE.get(key.partition(":")[0])
    if fold is not None:
        return fold(key, state, effect)
    if key.startswith(FOREIGN_PREFIX):
        return None
    raise LookupError


def _evolve_nothing(_key: str, _state: None, _effect: Effect) -> None:
    return None


_EVOLVE: Final[dict[str, Callable[[str, Any, Effect], Any]]] = {
    Kind.LEDGER: _evolve_nothing,
    Kind.UNIT: unit.evolve,
    Kind.APPROPRIATION: appropriation.evolve,
    Kind.PROJECT: project.evolve,
    Kind.LINE: budget_line.evolve,
    Kind.VOUCHER: budget_line.evolve_voucher,
    Kind.EVALUATION: evaluation.evolve,
    Kind.PROGRAMME: _evolve_nothing,
}
"""Fold of each kind that is a tag; looked up for every tag of every event."""


def corrected_events(event: RecordedEvent) -> tuple[str, ...]:
    """Ids of the earlier events whose own state an event changes: what it corrects, a reversed return's payment."""
    if event.corrects is None:
        return ()
    match event.data:
        case EventReversed(fact=DisbursementReturned() as fact):
            return (event.corrects, fact.disbursement.id)
        case _:
            return (event.corrects,)


def _line_boundaries(line_id: str, states: States) -> tuple[str, ...]:
    line: LineState | None = states.get(line_key(line_id))
    return (line_key(line_id),) if line is None else budget_line.money_tags(line_id, line)


def _evaluation_boundaries(evaluation_id: str, states: States) -> tuple[str, ...]:
    key = evaluation_key(evaluation_id)
    state: EvaluationState | None = states.get(key)
    return (key,) if state is None else (key, state.subject_key)


def _event_boundaries(event_id: str, states: States) -> tuple[str, ...]:
    key = event_key(event_id)
    original: EventState | None = states.get(key)
    if original is None:
        return (key,)
    if isinstance(original.event.data, DisbursementReturned):
        return (key, *original.event.tags, event_key(original.event.data.disbursement.id))
    return (key, *original.event.tags)
