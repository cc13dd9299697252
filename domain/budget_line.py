"""项目指标: where money of one appropriation, for one project, is held by one unit, and what limits its use."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from domain.appropriation import (
    AppropriationState,
    appropriation_key,
    known_appropriation,
    refuse_out_of_range,
    refuse_over_allocation,
)
from domain.boundary import (
    States,
    event_key,
    known,
    later_of,
    refuse_before_registration,
    refuse_existing,
)
from domain.command import Command
from domain.errors import (
    AlreadyReversed,
    BelowDisbursed,
    DateBeforeOriginal,
    DuplicateVoucher,
    InsufficientFunds,
    OpeningNotFirst,
    OverrunNotNeeded,
    ReturnExceedsDisbursement,
    UnknownDisbursement,
    UnknownLine,
)
from domain.event import Effect, EventState, ProposedEvent, disbursement_of
from domain.flow import (
    NO_FLOW,
    AllocationReduced,
    DisbursementReturned,
    Flow,
    FundsAllocated,
    FundsDisbursed,
    FundsRecovered,
    MoneyFact,
    OpeningBalanceRecorded,
    ReturnedDisbursement,
    flow_of,
)
from domain.project import known_project, project_key
from domain.shape import Amount, EventId, Identifier, Prose
from domain.unit import known_unit, unit_key


class ExpenditureKind(StrEnum):
    """基本支出 or 项目支出."""

    BASIC = "basic"
    PROJECT = "project"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOpened:
    """A budget line; its codes are the functional and economic class of the account."""

    line_id: Identifier
    appropriation_id: Identifier
    project_id: Identifier
    unit_id: Identifier
    function_code: Identifier | None = None
    economic_code: Identifier | None = None
    expenditure_kind: ExpenditureKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnDisbursement:
    """Request: money of a disbursement (named by its event) came back."""

    event_id: EventId
    amount: Amount
    reason: Prose


class LineState(NamedTuple):
    """Whose line it is, its sums over all recorded facts whatever their dates, and how many money facts stand."""

    registered_on: date | None = None
    live_count: int = 0
    appropriation_id: str = ""
    project_id: str = ""
    unit_id: str = ""
    flow: Flow = NO_FLOW
    money_count: int = 0
    last_on: date | None = None


class VoucherState(NamedTuple):
    """Position of the unreversed disbursement that bears the voucher number, or None."""

    position: int | None = None


def line_key(line_id: str) -> str:
    """Boundary key and tag of a line."""
    return "line:" + line_id


def voucher_key(fact: FundsDisbursed, effective_date: date) -> str:
    """Boundary key and tag of a voucher: unique per line and calendar year of the effective date."""
    return f"voucher:{fact.line_id}/{effective_date.year}/{fact.voucher_no}"


def tags_of_opening(fact: LineOpened) -> tuple[str, ...]:
    """The line, its project, its appropriation and its unit."""
    return (
        line_key(fact.line_id),
        project_key(fact.project_id),
        appropriation_key(fact.appropriation_id),
        unit_key(fact.unit_id),
    )


def money_tags(line_id: str, line: LineState) -> tuple[str, ...]:
    """The tags of every money fact of a line: the accounts it moves."""
    return (line_key(line_id), project_key(line.project_id), appropriation_key(line.appropriation_id))


def known_line(states: States, line_id: str) -> LineState:
    """The line's state, or UnknownLine."""
    return known(states, line_key(line_id), LineState, UnknownLine, "/line_id")


def decide_opening(fact: LineOpened, command: Command, states: States) -> ProposedEvent:
    """Opens a line.

    Raises:
        UnknownAppropriation, UnknownProject, UnknownUnit, AlreadyExists, DateBeforeRegistration: in this order.
    """
    appropriation = known_appropriation(states, fact.appropriation_id, "/appropriation_id")
    project = known_project(states, fact.project_id, "/project_id")
    unit = known_unit(states, fact.unit_id, "/unit_id")
    refuse_existing(states, line_key(fact.line_id), "/line_id")
    refuse_before_registration(command.effective_date, appropriation, project, unit)
    return ProposedEvent(data=fact, tags=tags_of_opening(fact))


def decide_opening_balance(fact: OpeningBalanceRecorded, command: Command, states: States) -> ProposedEvent:
    """Takes over a line in mid-life; checked against the appropriation only.

    Raises:
        UnknownLine, OpeningNotFirst, DateBeforeRegistration, OverAllocated, AmountOutOfRange: in this order.
    """
    line = known_line(states, fact.line_id)
    if line.money_count > 0:
        raise OpeningNotFirst("/line_id")
    refuse_before_registration(command.effective_date, line)
    refuse_over_allocation(_appropriation_of(states, line), fact.adjusted, "/adjusted")
    return _money_event(fact, fact.line_id, line, states, pointer="")


def decide_allocation(fact: FundsAllocated, command: Command, states: States) -> ProposedEvent:
    """Gives money of the appropriation to a line.

    Raises:
        UnknownLine, DateBeforeRegistration, OverAllocated, AmountOutOfRange: in this order.
    """
    line = known_line(states, fact.line_id)
    refuse_before_registration(command.effective_date, line)
    refuse_over_allocation(_appropriation_of(states, line), fact.amount)
    return _money_event(fact, fact.line_id, line, states)


def decide_reduction(fact: AllocationReduced, command: Command, states: States) -> ProposedEvent:
    """Takes allocated money back from a line.

    Raises:
        UnknownLine, DateBeforeRegistration, BelowDisbursed: in this order.
    """
    line = known_line(states, fact.line_id)
    refuse_before_registration(command.effective_date, line)
    refuse_below_disbursed(line, fact.amount)
    return _money_event(fact, fact.line_id, line, states)


def decide_disbursement(fact: FundsDisbursed, command: Command, states: States) -> ProposedEvent:
    """Pays (or transfers) from a line, never more than it has available unless an authority covers the overrun.

    Raises:
        UnknownLine, DuplicateVoucher, DateBeforeRegistration, InsufficientFunds or OverrunNotNeeded,
        AmountOutOfRange: in this order.
    """
    line = known_line(states, fact.line_id)
    voucher_tag = voucher_key(fact, command.effective_date)
    voucher: VoucherState | None = states.get(voucher_tag)
    if voucher is not None and voucher.position is not None:
        raise DuplicateVoucher("/voucher_no", position=voucher.position)
    refuse_before_registration(command.effective_date, line)
    available = line.flow.available
    if fact.overrun is None and fact.amount > available:
        raise InsufficientFunds(available=available, requested=fact.amount)
    if fact.overrun is not None and fact.amount <= available:
        raise OverrunNotNeeded("/overrun", available=available, requested=fact.amount)
    refuse_unrepresentable(flow_of(fact), line, states, "/amount")
    return ProposedEvent(data=fact, tags=(*money_tags(fact.line_id, line), voucher_tag))


def decide_return(request: ReturnDisbursement, command: Command, states: States) -> ProposedEvent:
    """Brings money of one disbursement back to its line.

    Raises:
        UnknownDisbursement, AlreadyReversed, DateBeforeOriginal, ReturnExceedsDisbursement: in this order.
    """
    original: EventState | None = states.get(event_key(request.event_id))
    disbursement = disbursement_of(original)
    if original is None or disbursement is None:
        raise UnknownDisbursement("/event_id")
    if original.reversed_at is not None:
        raise AlreadyReversed("/event_id", position=original.reversed_at)
    refuse_before_original(command, original)
    if request.amount > disbursement.amount - original.returned:
        raise ReturnExceedsDisbursement(
            disbursed=disbursement.amount, returned=original.returned, requested=request.amount
        )
    returned = ReturnedDisbursement(id=original.event.id, position=original.event.position, kind=disbursement.kind)
    fact = DisbursementReturned(
        disbursement=returned, line_id=disbursement.line_id, amount=request.amount, reason=request.reason
    )
    event = _money_event(fact, fact.line_id, known_line(states, fact.line_id), states)
    return event._replace(corrects=original.event.id)


def decide_recovery(fact: FundsRecovered, command: Command, states: States) -> ProposedEvent:
    """Recovers unspent money from a line.

    Raises:
        UnknownLine, DateBeforeRegistration, BelowDisbursed, AmountOutOfRange: in this order.
    """
    line = known_line(states, fact.line_id)
    refuse_before_registration(command.effective_date, line)
    refuse_below_disbursed(line, fact.amount)
    return _money_event(fact, fact.line_id, line, states)


def refuse_below_disbursed(line: LineState, requested: int, pointer: str = "/amount") -> None:
    """Refuses to take away more than the line has left.

    Raises:
        BelowDisbursed: with what is available and what was asked for.
    """
    if requested > line.flow.available:
        raise BelowDisbursed(pointer, available=line.flow.available, requested=requested)


def refuse_before_original(command: Command, original: EventState) -> None:
    """Refuses a correction dated before the event it corrects.

    Raises:
        DateBeforeOriginal: with the original's date.
    """
    if command.effective_date < original.event.effective_date:
        raise DateBeforeOriginal("/effective_date", original_date=original.event.effective_date.isoformat())


def evolve(_key: str, state: LineState | None, effect: Effect) -> LineState:
    """The line's state after an event bearing its tag."""
    state = state or LineState()
    event, fact, sign, change = effect
    last_on = later_of(state.last_on, event.effective_date)
    if change is not None:
        return LineState(
            state.registered_on,
            state.live_count + sign,
            state.appropriation_id,
            state.project_id,
            state.unit_id,
            state.flow.plus(change),
            state.money_count + sign,
            last_on,
        )
    state = state._replace(live_count=state.live_count + sign, last_on=last_on)
    if isinstance(fact, LineOpened):
        return state._replace(
            registered_on=event.effective_date if sign > 0 else None,
            appropriation_id=fact.appropriation_id,
            project_id=fact.project_id,
            unit_id=fact.unit_id,
        )
    return state


def evolve_voucher(_key: str, _state: VoucherState | None, effect: Effect) -> VoucherState:
    """The voucher's state after an event bearing its tag: a disbursement takes it, its reversal frees it."""
    return VoucherState(effect.event.position if effect.sign > 0 else None)


def voucher_after(n: int, position: int) -> VoucherState:
    """The voucher's state when its last event is the n-th one and stands at that position.

    Disbursements and their reversals take turns: a number in use is refused, and nothing else bears the tag.
    """
    return VoucherState(position if n % 2 else None)


def _appropriation_of(states: States, line: LineState) -> AppropriationState:
    return known_appropriation(states, line.appropriation_id, "/line_id")


def refuse_unrepresentable(change: Flow, line: LineState, states: States, pointer: str) -> None:
    """Refuses a change after which a sum of the line, its project or its appropriation leaves the exact range.

    Raises:
        AmountOutOfRange: with the largest sum there would be.
    """
    accounts = (
        line,
        known_project(states, line.project_id, "/line_id"),
        known_appropriation(states, line.appropriation_id, "/line_id"),
    )
    for account in accounts:
        before = account.flow
        refuse_out_of_range(
            max(
                before.initial + change.initial,
                before.adjusted + change.adjusted,
                before.disbursed + change.disbursed,
                before.recovered + change.recovered,
            ),
            pointer,
        )


def _money_event(
    fact: MoneyFact, line_id: str, line: LineState, states: States, pointer: str = "/amount"
) -> ProposedEvent:
    """The event of a money fact, once none of the sums it moves leaves the exact range."""
    refuse_unrepresentable(flow_of(fact), line, states, pointer)
    return ProposedEvent(data=fact, tags=money_tags(line_id, line))
