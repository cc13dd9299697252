"""What an event adds or takes away, and what later events do to an earlier one."""

from domain.event import EventState, disbursement_of, effect_of, evolve_event_state, reversed_position
from domain.flow import NO_FLOW, DisbursementReturned, FundsDisbursed
from tests.support.builders import FUNDED, disbursement, return_of, reversal
from tests.support.scenario import Ledger, given

PAID = (*FUNDED, disbursement("60.00"), disbursement("10.00", voucher="V2"))


def state_of(ledger: Ledger, voucher: str = "V1") -> EventState:
    state: EventState = ledger.states["event:" + ledger.the_last(FundsDisbursed, voucher_no=voucher).id]
    return state


def test_an_event_adds_its_fact_and_its_reversal_takes_the_same_fact_away() -> None:
    ledger = given(*PAID, reversal(FundsDisbursed)).ledger
    paid, undone = ledger.events[-2], ledger.events[-1]
    assert effect_of(paid)[:3] == (paid, paid.data, 1)
    assert effect_of(undone)[:3] == (undone, paid.data, -1)


def test_what_a_reversal_changes_cancels_what_its_fact_changed() -> None:
    ledger = given(*PAID, reversal(FundsDisbursed)).ledger
    paid, undone = effect_of(ledger.events[-2]).change, effect_of(ledger.events[-1]).change
    assert paid is not None
    assert undone is not None
    assert paid.disbursed > 0
    assert paid.plus(undone) == NO_FLOW


def test_a_fact_without_money_changes_no_sum() -> None:
    assert effect_of(given(*FUNDED).ledger.events[0]).change is None


def test_a_reversal_knows_the_position_of_what_it_takes_back() -> None:
    ledger = given(*PAID, reversal(FundsDisbursed)).ledger
    assert reversed_position(ledger.events[-1]) == ledger.events[-2].position
    assert reversed_position(ledger.events[-2]) is None


def test_returns_add_up_on_their_disbursement_alone() -> None:
    ledger = given(*PAID, return_of("V1", "20.00"), return_of("V1", "5.00")).ledger
    assert state_of(ledger).returned == 25_00
    assert state_of(ledger, "V2").returned == 0


def test_a_reversed_return_no_longer_counts_on_its_disbursement() -> None:
    ledger = given(*PAID, return_of("V1", "20.00"), return_of("V1", "5.00"), reversal(DisbursementReturned)).ledger
    assert state_of(ledger).returned == 20_00


def test_an_event_knows_the_position_of_its_reversal() -> None:
    ledger = given(*PAID, reversal(FundsDisbursed, voucher_no="V1")).ledger
    assert state_of(ledger).reversed_at == ledger.events[-1].position
    assert state_of(ledger, "V2").reversed_at is None


def test_an_event_is_left_alone_by_what_does_not_concern_it() -> None:
    ledger = given(*PAID).ledger
    state = state_of(ledger)
    for event in ledger.events:
        assert evolve_event_state(state, event) == state


def test_only_a_disbursement_is_read_as_one() -> None:
    ledger = given(*PAID).ledger
    assert disbursement_of(state_of(ledger)) == ledger.events[6].data
    assert disbursement_of(EventState(event=ledger.events[5])) is None
    assert disbursement_of(None) is None
