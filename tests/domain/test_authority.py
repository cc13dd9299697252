"""What a caller may not ask for, whatever the rules of funds would say."""

from typing import Final

import pytest

from domain.budget_line import LineOpened
from domain.command import Authority, Command
from domain.errors import ApproverNeeded, InsufficientFunds, OutsideUnits, Refusal, UnknownDisbursement
from domain.event import EventReversed
from domain.flow import FundsAllocated, FundsDisbursed
from domain.project import ProjectRegistered
from tests.support.builders import (
    A_DIGEST,
    EVALUATED,
    FUNDED,
    NO_SUCH_EVENT,
    STANDING,
    allocation,
    appropriation,
    disbursement,
    erasure_of,
    line,
    opening_balance,
    project,
    recovery,
    reduction,
    return_of,
    return_to,
    reversal,
    reversal_of,
    score,
    stated,
    status,
    to_a_person,
    unit,
)
from tests.support.scenario import CommandOrRecipe, Ledger, given

OF_U1: Final = Authority(units=frozenset({"U1"}), may_approve=False)
OF_U2: Final = Authority(units=frozenset({"U2"}), may_approve=False)
NOBODY: Final = Authority(units=frozenset(), may_approve=False)
CLERK: Final = Authority(may_approve=False)

PAID: Final = (*FUNDED, to_a_person(disbursement("60.00")))
"""Line L1 is unit U1's."""


def return_of_an_allocation(ledger: Ledger) -> Command:
    return return_to(ledger.the_last(FundsAllocated).id, "1.00")


TOUCHING_L1: Final = {
    "allocate": allocation("1.00"),
    "reduce": reduction("1.00"),
    "pay": disbursement("1.00", voucher="V2"),
    "return": return_of("V1", "1.00"),
    "recover": recovery("1.00"),
    "reverse a payment": reversal(FundsDisbursed),
    "open another line": line("L2"),
}


@pytest.mark.parametrize("command", TOUCHING_L1.values(), ids=TOUCHING_L1)
def test_a_clerk_of_a_unit_records_on_its_own_lines_and_on_no_other(command: CommandOrRecipe) -> None:
    ledger = given(*PAID, unit("U2"))
    ledger.when(command, OF_U1).then_accepted()
    ledger.when(command, OF_U2).then_refused(OutsideUnits, at="")
    ledger.when(command, NOBODY).then_refused(OutsideUnits)


def test_the_opening_balance_and_the_opening_of_a_line_are_those_of_its_unit() -> None:
    given(*STANDING).when(opening_balance(adjusted="1.00"), OF_U1).then_accepted()
    given(*STANDING).when(opening_balance(adjusted="1.00"), OF_U2).then_refused(OutsideUnits)
    given(*STANDING).when(reversal(LineOpened), OF_U1).then_accepted()
    given(*STANDING).when(reversal(LineOpened), OF_U2).then_refused(OutsideUnits)


MISSING_OR_ANOTHERS: Final = {
    "no such line": allocation("1.00", line_id="L9"),
    "no such event": reversal_of(NO_SUCH_EVENT),
    "a return to no event": return_to(NO_SUCH_EVENT, "1.00"),
}


@pytest.mark.parametrize("command", MISSING_OR_ANOTHERS.values(), ids=MISSING_OR_ANOTHERS)
def test_what_is_not_there_is_answered_as_what_is_another_units(command: CommandOrRecipe) -> None:
    given(*PAID).when(command, OF_U1).then_refused(OutsideUnits, at="")


BEYOND_LINES: Final = {
    "unit": unit("U3"),
    "appropriation": appropriation("A2"),
    "project": project("P2"),
    "status": status("started"),
    "score": score("a", "1"),
    "erasure": erasure_of(FundsDisbursed),
    "digest": stated(A_DIGEST),
    "reversal of a project": reversal(ProjectRegistered),
}


@pytest.mark.parametrize("command", BEYOND_LINES.values(), ids=BEYOND_LINES)
def test_a_clerk_of_a_unit_records_nothing_but_lines(command: CommandOrRecipe) -> None:
    given(*PAID, *EVALUATED[2:]).when(command, OF_U1).then_refused(OutsideUnits)


def test_a_rule_of_funds_still_answers_who_may_ask() -> None:
    given(*PAID).when(disbursement("40.01", voucher="V2"), OF_U1).then_refused(
        InsufficientFunds, available="40.00", requested="40.01"
    )
    given(*PAID).when(return_of_an_allocation, OF_U1).then_refused(UnknownDisbursement)


def test_the_reversal_of_a_reversal_is_that_of_its_lines_unit() -> None:
    ledger = given(*PAID, reversal(FundsDisbursed))
    ledger.when(reversal(EventReversed), OF_U2).then_refused(OutsideUnits)


TAKING_AN_APPROVER: Final = {
    "overrun": (disbursement("40.01", voucher="V2", overrun=True), "/overrun"),
    "overrun that is not needed": (disbursement("1.00", voucher="V2", overrun=True), "/overrun"),
    "erasure": (erasure_of(FundsDisbursed), ""),
}


OVERSPENT: Final = {
    "paid more than it was given": opening_balance(adjusted="50.00", disbursed="50.01"),
    "paid and recovered more than it was given": opening_balance(
        adjusted="50.00", disbursed="30.00", recovered="20.01"
    ),
    "given nothing": opening_balance(adjusted="0.00", disbursed="0.01"),
}


@pytest.mark.parametrize("command", OVERSPENT.values(), ids=OVERSPENT)
def test_taking_over_a_line_that_is_overspent_takes_an_approver(command: CommandOrRecipe) -> None:
    for authority in (CLERK, OF_U1):
        given(*STANDING).when(command, authority).then_refused(ApproverNeeded, at="/disbursed")
    given(*STANDING).when(command, Authority()).then_accepted()


def test_taking_over_a_line_that_has_spent_all_it_was_given_takes_none() -> None:
    command = opening_balance(adjusted="50.00", disbursed="30.00", recovered="20.00")
    given(*STANDING).when(command, CLERK).then_accepted()


@pytest.mark.parametrize(("command", "pointer"), TAKING_AN_APPROVER.values(), ids=TAKING_AN_APPROVER)
def test_spending_above_what_is_available_and_erasing_take_an_approver(command: CommandOrRecipe, pointer: str) -> None:
    given(*PAID).when(command, CLERK).then_refused(ApproverNeeded, at=pointer)


def test_an_approver_may_overrun_and_erase() -> None:
    for command in (disbursement("40.01", voucher="V2", overrun=True), erasure_of(FundsDisbursed)):
        given(*PAID).when(command, Authority()).then_accepted()


def test_whose_line_it_is_is_said_before_who_would_have_to_approve() -> None:
    refusals: dict[str, type[Refusal]] = {"U1": ApproverNeeded, "U2": OutsideUnits}
    for unit_id, refusal in refusals.items():
        authority = Authority(units=frozenset({unit_id}), may_approve=False)
        given(*PAID).when(disbursement("40.01", voucher="V2", overrun=True), authority).then_refused(refusal)
