"""Disbursements from a budget line: cover, overruns, vouchers, and money that comes back."""

import pytest

from domain.budget_line import voucher_key
from domain.command import Command
from domain.errors import (
    AlreadyReversed,
    AmountOutOfRange,
    DateBeforeOriginal,
    DuplicateVoucher,
    InsufficientFunds,
    OverrunNotNeeded,
    ReturnExceedsDisbursement,
    UnknownDisbursement,
)
from domain.event import EventReversed
from domain.flow import (
    DisbursementKind,
    DisbursementReturned,
    FundsAllocated,
    FundsDisbursed,
    OpeningBalanceRecorded,
    Overrun,
    ReturnedDisbursement,
)
from domain.registry import EventData
from tests.support.builders import (
    FUNDED,
    LATER,
    NO_SUCH_EVENT,
    STANDING,
    allocation,
    appropriation,
    disbursement,
    line,
    on,
    opening_balance,
    project,
    return_of,
    return_to,
    reversal,
    unit,
)
from tests.support.scenario import CommandOrRecipe, given

PAID = (*FUNDED, disbursement("60.00"))


def test_a_disbursement_is_a_payment_unless_it_is_said_to_be_a_transfer() -> None:
    ledger = (
        given(*FUNDED)
        .when(disbursement("60.00"))
        .then(
            FundsDisbursed(
                line_id="L1",
                amount=60_00,
                kind=DisbursementKind.PAYMENT,
                method=None,
                voucher_no="V1",
                purpose=None,
                overrun=None,
            )
        )
    )
    assert (ledger.line().flow.disbursed, ledger.line().flow.transferred) == (60_00, 0)


def test_a_disbursement_bears_the_tag_of_its_voucher_in_the_year_of_its_date() -> None:
    ledger = given(*FUNDED, disbursement("1.00", voucher="记-0042", at=on("2023-12-31"))).ledger
    assert ledger.events[-1].tags == {
        "line:L1": 3,
        "project:P1": 4,
        "appropriation:A1": 4,
        "voucher:L1/2023/记-0042": 1,
    }


def test_a_transfer_is_disbursed_and_counted_apart() -> None:
    flow = given(*FUNDED, disbursement("60.00", kind="transfer")).ledger.line().flow
    assert (flow.disbursed, flow.transferred, flow.available) == (60_00, 60_00, 40_00)


def test_what_is_available_can_be_disbursed_and_not_a_fen_more() -> None:
    given(*FUNDED).when(disbursement("100.00")).then_accepted()
    given(*FUNDED).when(disbursement("100.01")).then_refused(
        InsufficientFunds, at="/amount", available="100.00", requested="100.01"
    )


def test_nothing_can_be_disbursed_from_a_line_without_money() -> None:
    given(*STANDING).when(disbursement("0.01")).then_refused(InsufficientFunds, available="0.00", requested="0.01")


def test_a_payment_may_be_dated_before_the_allocation_that_covers_it() -> None:
    before = (*STANDING, allocation("100.00", at=on("2023-06-01")))
    given(*before).when(disbursement("100.00", at=on("2023-01-01"))).then_accepted()


def test_an_overrun_is_recorded_with_its_authority_and_leaves_a_negative_balance() -> None:
    ledger = given(*FUNDED).when(disbursement("124.06", overrun=True)).then_accepted()
    disbursed = ledger.events[-1].data
    assert isinstance(disbursed, FundsDisbursed)
    assert disbursed.overrun == Overrun(authority="县政府常务会议", reason="应急抢险")
    assert (ledger.line().flow.available, ledger.line().flow.overrun_count) == (-24_06, 1)


@pytest.mark.parametrize("amount", ["0.01", "100.00"])
def test_an_overrun_that_is_not_needed_is_refused(amount: str) -> None:
    given(*FUNDED).when(disbursement(amount, overrun=True)).then_refused(
        OverrunNotNeeded, at="/overrun", available="100.00", requested=amount
    )


def test_an_overrun_by_one_fen_is_needed() -> None:
    given(*FUNDED).when(disbursement("100.01", overrun=True)).then_accepted()


def test_every_further_disbursement_from_an_overdrawn_line_needs_an_overrun_of_its_own() -> None:
    overdrawn = given(*FUNDED, disbursement("150.00", overrun=True))
    overdrawn.when(disbursement("0.01", voucher="V2")).then_refused(
        InsufficientFunds, available="-50.00", requested="0.01"
    )
    overdrawn.when(disbursement("0.01", voucher="V2", overrun=True)).then_accepted()


def test_an_overrun_stays_visible_when_the_line_is_covered_later() -> None:
    covered = given(*FUNDED, disbursement("150.00", overrun=True), allocation("60.00", stage="additional"))
    flow = covered.ledger.line().flow
    assert (flow.available, flow.overrun_count) == (10_00, 1)


def test_an_overrun_that_was_reversed_counts_no_more() -> None:
    flow = given(*FUNDED, disbursement("150.00", overrun=True), reversal(FundsDisbursed)).ledger.line().flow
    assert (flow.available, flow.overrun_count) == (100_00, 0)


def test_an_opening_balance_in_excess_covers_no_further_disbursement() -> None:
    given(*STANDING, opening_balance(adjusted="100.00", disbursed="124.06")).when(disbursement("1.00")).then_refused(
        InsufficientFunds, available="-24.06", requested="1.00"
    )


def test_a_voucher_number_is_used_once_on_a_line_and_in_a_year() -> None:
    given(*PAID).when(disbursement("1.00", at=on("2023-12-31"))).then_refused(
        DuplicateVoucher, at="/voucher_no", position=7
    )


def test_a_voucher_number_may_come_again_in_another_year_or_on_another_line() -> None:
    given(*PAID).when(disbursement("1.00", at=on("2024-01-01"))).then_accepted()
    given(*PAID, line("L2"), allocation("1.00", line_id="L2")).when(disbursement("1.00", line_id="L2")).then_accepted()


def test_a_voucher_number_is_free_after_the_reversal_of_its_disbursement() -> None:
    freed = given(*PAID, reversal(FundsDisbursed))
    reused = freed.when(disbursement("2.00")).then_accepted()
    assert reused.events[-1].tags["voucher:L1/2023/V1"] == 3


def test_a_voucher_number_that_was_used_again_names_the_one_that_stands() -> None:
    given(*PAID, reversal(FundsDisbursed), disbursement("2.00")).when(disbursement("3.00")).then_refused(
        DuplicateVoucher, position=9
    )


def test_a_voucher_number_stays_used_when_all_its_money_came_back() -> None:
    given(*PAID, return_of("V1", "60.00")).when(disbursement("1.00")).then_refused(DuplicateVoucher, position=7)


def test_a_reversal_dated_in_another_year_frees_the_voucher_of_the_original_year() -> None:
    freed = given(*PAID, reversal(FundsDisbursed, at=on("2024-02-01")))
    freed.when(disbursement("1.00", at=on("2023-05-01"))).then_accepted()


def test_the_parts_of_a_voucher_key_cannot_be_taken_for_one_another() -> None:
    odd = disbursement("1.00", voucher="2023/V1")
    plain = disbursement("1.00", voucher="V1")
    assert isinstance(odd.body, FundsDisbursed)
    assert isinstance(plain.body, FundsDisbursed)
    assert voucher_key(odd.body, odd.effective_date) == "voucher:L1/2023/2023/V1"
    assert voucher_key(plain.body, plain.effective_date) == "voucher:L1/2023/V1"


def test_money_that_comes_back_is_available_again() -> None:
    ledger = given(*PAID).ledger
    paid = ledger.the_last(FundsDisbursed)
    returned = DisbursementReturned(
        disbursement=ReturnedDisbursement(id=paid.id, position=7, kind=DisbursementKind.PAYMENT),
        line_id="L1",
        amount=20_00,
        reason="收款人账户错误",
    )
    after = given(*PAID).when(return_of("V1", "20.00")).then(returned)
    assert (after.line().flow.disbursed, after.line().flow.available) == (40_00, 60_00)
    assert after.events[-1].corrects == paid.id
    assert set(after.events[-1].tags) == {"line:L1", "project:P1", "appropriation:A1"}


def test_the_return_of_a_transfer_is_no_longer_transferred() -> None:
    flow = given(*FUNDED, disbursement("60.00", kind="transfer"), return_of("V1", "20.00")).ledger.line().flow
    assert (flow.disbursed, flow.transferred) == (40_00, 40_00)


def test_several_returns_together_bring_back_the_whole_disbursement_and_not_a_fen_more() -> None:
    partly = given(*PAID, return_of("V1", "20.00"), return_of("V1", "30.00"))
    partly.when(return_of("V1", "10.00")).then_accepted()
    partly.when(return_of("V1", "10.01")).then_refused(
        ReturnExceedsDisbursement, at="/amount", disbursed="60.00", returned="50.00", requested="10.01"
    )


def test_a_reversed_return_may_be_made_again() -> None:
    undone = given(*PAID, return_of("V1", "60.00"), reversal(DisbursementReturned))
    undone.when(return_of("V1", "60.00", at=LATER)).then_accepted()


def test_nothing_comes_back_from_a_reversed_disbursement() -> None:
    given(*PAID, reversal(FundsDisbursed)).when(return_of("V1", "1.00", at=LATER)).then_refused(
        AlreadyReversed, at="/event_id", position=8
    )


def test_a_return_is_not_dated_before_its_disbursement() -> None:
    given(*PAID).when(return_of("V1", "1.00", at=on("2023-02-28"))).then_refused(
        DateBeforeOriginal, at="/effective_date", original_date="2023-03-01"
    )
    given(*PAID).when(return_of("V1", "1.00", at=on("2023-03-01"))).then_accepted()


@pytest.mark.parametrize("data_type", [FundsAllocated, DisbursementReturned, EventReversed, OpeningBalanceRecorded])
def test_only_a_disbursement_is_returned(data_type: type[EventData]) -> None:
    steps: dict[type[EventData], tuple[CommandOrRecipe, ...]] = {
        FundsAllocated: FUNDED,
        DisbursementReturned: (*PAID, return_of("V1", "1.00")),
        EventReversed: (*FUNDED, reversal(FundsAllocated)),
        OpeningBalanceRecorded: (*STANDING, opening_balance(adjusted="5.00", disbursed="5.00")),
    }
    before = given(*steps[data_type])
    named = before.ledger.the_last(data_type).id
    before.when(return_to(named, "1.00", at=LATER)).then_refused(UnknownDisbursement, at="/event_id")


def test_a_return_names_an_event_of_the_ledger() -> None:
    given(*PAID).when(return_to(NO_SUCH_EVENT, "1.00")).then_refused(UnknownDisbursement, at="/event_id")


def test_disbursements_stay_within_the_largest_exact_integer() -> None:
    largest = "9999999999999.99"
    nine: list[Command] = [disbursement(largest, voucher=f"V{index}", overrun=True) for index in range(9)]
    before = given(unit(), appropriation(), project(), line(), *nine)
    before.when(disbursement(largest, voucher="V9", overrun=True)).then_refused(
        AmountOutOfRange, at="/amount", sum="99999999999999.90", limit="90071992547409.91"
    )
