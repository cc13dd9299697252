"""来源指标（指标文）: money received from a level of government, to be allocated to budget lines."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from domain.boundary import States, known, later_of, refuse_existing
from domain.errors import AmountOutOfRange, OverAllocated, UnknownAppropriation
from domain.event import Effect, ProposedEvent
from domain.flow import NO_FLOW, Flow
from domain.money import MAX_MINOR
from domain.shape import Amount, Identifier, Name, Reference, Year


class SourceLevel(StrEnum):
    """Which level of government the money comes from; `mixed` is one printed sum over several."""

    CENTRAL = "central"
    PROVINCIAL = "provincial"
    MUNICIPAL = "municipal"
    COUNTY = "county"
    TOWNSHIP = "township"
    NONE = "none"
    MIXED = "mixed"
    NOT_STATED = "not_stated"


class SourceNature(StrEnum):
    """What kind of money it is."""

    BUDGET = "budget"
    BOND = "bond"
    SELF_RAISED = "self_raised"
    SOCIAL = "social"
    OTHER = "other"
    NOT_STATED = "not_stated"


class BudgetBook(StrEnum):
    """Which of the budgets the money belongs to. Source: Budget Law (2018) article 5."""

    GENERAL_PUBLIC = "general_public"
    GOVERNMENT_FUND = "government_fund"
    STATE_CAPITAL = "state_capital"
    SOCIAL_INSURANCE = "social_insurance"
    SPECIAL_ACCOUNT = "special_account"
    UNIT_FUNDS = "unit_funds"
    NONE = "none"
    NOT_STATED = "not_stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppropriationReceived:
    """One document, one amount, one fiscal year. `direct` marks 直达资金."""

    appropriation_id: Identifier
    name: Name
    source_level: SourceLevel
    source_nature: SourceNature = SourceNature.BUDGET
    budget_book: BudgetBook
    instrument: Name | None = None
    direct: bool = False
    fiscal_year: Year
    amount: Amount
    document_no: Reference
    document_date: date | None = None


class AppropriationState(NamedTuple):
    """Its sums over all recorded facts, whatever their dates."""

    registered_on: date | None = None
    live_count: int = 0
    flow: Flow = NO_FLOW
    last_on: date | None = None


def appropriation_key(appropriation_id: str) -> str:
    """Boundary key and tag of an appropriation."""
    return "appropriation:" + appropriation_id


def known_appropriation(states: States, appropriation_id: str, pointer: str) -> AppropriationState:
    """The appropriation's state, or UnknownAppropriation."""
    return known(states, appropriation_key(appropriation_id), AppropriationState, UnknownAppropriation, pointer)


def decide_receipt(fact: AppropriationReceived, states: States) -> ProposedEvent:
    """Records an appropriation.

    Raises:
        AlreadyExists: the id is used.
    """
    refuse_existing(states, appropriation_key(fact.appropriation_id), "/appropriation_id")
    return ProposedEvent(data=fact, tags=(appropriation_key(fact.appropriation_id),))


def refuse_over_allocation(state: AppropriationState, requested: int, pointer: str = "/amount") -> None:
    """Refuses to give out more than the appropriation has left.

    Raises:
        OverAllocated: with what is unallocated and what was asked for.
    """
    if requested > state.flow.unallocated:
        raise OverAllocated(pointer, unallocated=state.flow.unallocated, requested=requested)


def refuse_out_of_range(total: int, pointer: str = "/amount") -> None:
    """Refuses a sum no reader of JSON could represent exactly.

    Raises:
        AmountOutOfRange: above 2^53 - 1 fen.
    """
    if total > MAX_MINOR:
        raise AmountOutOfRange(pointer, sum=total, limit=MAX_MINOR)


def evolve(key: str, state: AppropriationState | None, effect: Effect) -> AppropriationState:
    """The appropriation's state after an event bearing its tag."""
    state = state or AppropriationState()
    event, fact, sign, change = effect
    last_on = later_of(state.last_on, event.effective_date)
    if change is not None:
        return AppropriationState(state.registered_on, state.live_count + sign, state.flow.plus(change), last_on)
    state = state._replace(live_count=state.live_count + sign, last_on=last_on)
    if isinstance(fact, AppropriationReceived) and appropriation_key(fact.appropriation_id) == key:
        registered_on = event.effective_date if sign > 0 else None
        received = Flow(received=fact.amount)
        return state._replace(registered_on=registered_on, flow=state.flow.plus(received, sign))
    return state
