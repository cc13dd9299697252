"""Whose lines a caller may touch, and what takes the right to approve: asked before any rule of funds is."""

from typing import TYPE_CHECKING

from domain.boundary import States, event_key
from domain.budget_line import LineOpened, LineState, ReturnDisbursement, line_key
from domain.command import UNLIMITED, Authority, Command
from domain.custody import PersonalDataErased
from domain.errors import ApproverNeeded, OutsideUnits
from domain.event import EventReversed, EventState
from domain.flow import (
    MONEY_FACTS,
    AllocationReduced,
    FundsAllocated,
    FundsDisbursed,
    FundsRecovered,
    OpeningBalanceRecorded,
)
from domain.reversal import ReverseEvent

if TYPE_CHECKING:
    from domain.registry import Body, EventData


def refuse_beyond_authority(command: Command, states: States, authority: Authority) -> None:
    """Refuses what the caller may not ask for, whatever the rules would say of it.

    Raises:
        OutsideUnits, ApproverNeeded: in this order.
    """
    if authority is UNLIMITED:
        return
    if authority.units is not None and unit_of(command.body, states) not in authority.units:
        raise OutsideUnits
    if not authority.may_approve:
        _refuse_unapproved(command.body)


def unit_of(body: "Body", states: States) -> str | None:
    """The unit of the line that a command touches; None where it touches none, or one that is not there."""
    match body:
        case LineOpened():
            return body.unit_id
        case FundsDisbursed() | FundsAllocated() | AllocationReduced() | FundsRecovered() | OpeningBalanceRecorded():
            return _unit_of_line(body.line_id, states)
        case ReturnDisbursement() | ReverseEvent():
            original: EventState | None = states.get(event_key(body.event_id))
            return None if original is None else _unit_of_fact(original.event.data, states)
        case _:
            return None


def _refuse_unapproved(body: "Body") -> None:
    if isinstance(body, FundsDisbursed) and body.overrun is not None:
        raise ApproverNeeded("/overrun")
    if isinstance(body, OpeningBalanceRecorded) and body.disbursed + body.recovered > body.adjusted:
        raise ApproverNeeded("/disbursed")
    if isinstance(body, PersonalDataErased):
        raise ApproverNeeded


def _unit_of_fact(data: "EventData", states: States) -> str | None:
    fact = data.fact if isinstance(data, EventReversed) else data
    if isinstance(fact, LineOpened):
        return fact.unit_id
    return _unit_of_line(fact.line_id, states) if isinstance(fact, MONEY_FACTS) else None


def _unit_of_line(line_id: str, states: States) -> str | None:
    line: LineState | None = states.get(line_key(line_id))
    return None if line is None else line.unit_id
