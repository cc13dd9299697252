"""Reversals: what one says, and chains of them. Which are refused is the table of test_reversal_matrix."""

import pytest

from domain.appropriation import AppropriationReceived
from domain.budget_line import LineOpened
from domain.errors import AmountOutOfRange, InUse, UnknownEvent
from domain.evaluation import EvaluationOpened, ScoreAdjusted, ScoreRecorded
from domain.event import EventReversed, ReversedEvent
from domain.flow import AllocationReduced, AllocationStage, FundsAllocated
from domain.project import ProjectAmended, ProjectRegistered
from domain.unit import UnitRegistered
from tests.support.builders import (
    EVALUATED,
    FUNDED,
    NO_SUCH_EVENT,
    STANDING,
    adjustment,
    allocation,
    amendment,
    appropriation,
    disbursement,
    line,
    on,
    project,
    reduction,
    reversal,
    reversal_of,
    score,
    unit,
)
from tests.support.scenario import CommandOrRecipe, Given, Ledger, given

Registration = UnitRegistered | AppropriationReceived | ProjectRegistered | LineOpened | EvaluationOpened


def test_a_reversal_says_what_it_takes_back_in_full() -> None:
    allocated = FundsAllocated(
        line_id="L1", amount=100_00, stage=AllocationStage.INITIAL, document_no="青财预〔2023〕5号", reason=None
    )
    original = given(*FUNDED).ledger.events[-1]
    reverses = ReversedEvent(id=original.id, type="funds-allocated.v1", position=6, effective_date=on("2023-03-01"))
    given(*FUNDED).when(reversal(FundsAllocated)).then(
        EventReversed(reverses=reverses, fact=allocated, reason="录入错误")
    )


def test_what_was_never_recorded_is_not_reversed() -> None:
    given(*FUNDED).when(reversal_of(NO_SUCH_EVENT)).then_refused(UnknownEvent, at="/event_id")


def test_a_fact_that_was_reversed_can_be_recorded_anew_and_reversed_again() -> None:
    again = given(*FUNDED, reversal(FundsAllocated), allocation("70.00"), reversal(FundsAllocated, amount=70_00))
    assert again.ledger.line().flow == given(*STANDING).ledger.line().flow


def current_score(ledger: Ledger) -> int:
    return ledger.evaluation().indicators[0].marks[-1].points


def test_a_chain_of_adjustments_is_taken_back_link_by_link() -> None:
    chain = (score("a", "45"), adjustment("a", "44"), adjustment("a", "43"), adjustment("a", "42"))
    ledger = given(*EVALUATED, *chain).ledger
    seen = []
    for points in (42_00, 43_00, 44_00):
        ledger.run(reversal(ScoreAdjusted, score=points))
        seen.append(current_score(ledger))
    assert seen == [43_00, 44_00, 45_00]
    ledger.run(reversal(ScoreRecorded))
    assert ledger.evaluation().indicators == given(*EVALUATED).ledger.evaluation().indicators


def test_an_adjustment_after_a_reversed_one_changes_what_stood_before_that() -> None:
    undone = given(*EVALUATED, score("a", "45"), adjustment("a", "44"), reversal(ScoreAdjusted))
    undone.when(adjustment("a", "43")).then(
        ScoreAdjusted(evaluation_id="E1", indicator="a", previous=45_00, score=43_00, reason="复核")
    )


def test_the_middle_of_a_chain_of_adjustments_is_held_by_its_end() -> None:
    chain = (score("a", "45"), adjustment("a", "44"), adjustment("a", "43"), adjustment("a", "42"))
    before = given(*EVALUATED, *chain)
    end = before.ledger.events[-1].position
    before.when(reversal(ScoreAdjusted, score=43_00)).then_refused(InUse, at="/event_id", position=end)
    before.when(reversal(ScoreAdjusted, score=44_00)).then_refused(InUse, at="/event_id", position=end)
    before.when(reversal(ScoreRecorded)).then_refused(InUse, at="/event_id", position=end)


def test_the_end_that_holds_a_chain_is_the_last_one_that_was_not_taken_back() -> None:
    chain = (score("a", "45"), adjustment("a", "44"), adjustment("a", "43"), adjustment("a", "42"))
    before = given(*EVALUATED, *chain, reversal(ScoreAdjusted))
    end = before.ledger.the_last(ScoreAdjusted, score=43_00).position
    before.when(reversal(ScoreRecorded)).then_refused(InUse, position=end)


def test_amendments_are_taken_back_from_the_latest() -> None:
    ledger = given(unit(), project(), *(amendment({"location": f"{index}组"}) for index in range(3))).ledger
    amended = [event.id for event in ledger.events if isinstance(event.data, ProjectAmended)]
    last = ledger.events[-1].position
    Given(ledger).when(reversal_of(amended[1])).then_refused(InUse, at="/event_id", position=last)
    for event_id in reversed(amended):
        ledger.run(reversal_of(event_id))
    assert ledger.project().amendments == ()


def test_a_disbursement_is_reversed_before_the_allocation_that_covers_it() -> None:
    ledger = given(*FUNDED, disbursement("60.00")).ledger
    ledger.run(reversal_of(ledger.events[-1].id))
    ledger.run(reversal(FundsAllocated))
    assert ledger.line().flow == given(*STANDING).ledger.line().flow


def test_the_reversal_of_a_reduction_keeps_the_sums_of_the_project_within_the_largest_exact_integer() -> None:
    largest = "9999999999999.99"
    ledger = given(unit(), project()).ledger
    for index in range(10):
        ledger.run(appropriation(f"A{index}", largest))
        ledger.run(line(f"L{index}", appropriation_id=f"A{index}"))
        if index < 9:
            ledger.run(allocation(largest, line_id=f"L{index}"))
    ledger.run(reduction("72000000000.00", line_id="L0"))
    ledger.run(allocation("80000000000.00", line_id="L9", stage="additional"))
    Given(ledger).when(reversal(AllocationReduced)).then_refused(
        AmountOutOfRange, at="/event_id", sum="90079999999999.91", limit="90071992547409.91"
    )


JUNE, JULY = on("2023-06-01"), on("2023-07-01")
PAID_AND_UNDONE = (*STANDING, allocation("1.00", at=JUNE), reversal(FundsAllocated, at=JULY))
SCORED_AND_UNDONE = (*EVALUATED, score("a", "1", at=JUNE), reversal(ScoreRecorded, at=JULY))


@pytest.mark.parametrize(
    ("before", "registration"),
    [
        ((unit(), unit("U2", parent="U1", at=JUNE), reversal(UnitRegistered, unit_id="U2", at=JULY)), UnitRegistered),
        ((*PAID_AND_UNDONE, reversal(LineOpened, at=JULY)), AppropriationReceived),
        ((*PAID_AND_UNDONE, reversal(LineOpened, at=JULY)), ProjectRegistered),
        (PAID_AND_UNDONE, LineOpened),
        (SCORED_AND_UNDONE, EvaluationOpened),
    ],
    ids=["unit", "appropriation", "project", "line", "evaluation"],
)
def test_a_registration_is_in_use_on_every_day_before_the_last_event_that_bore_its_tag(
    before: tuple[CommandOrRecipe, ...], registration: type[Registration]
) -> None:
    given_these = given(*before)
    registered = next(event for event in given_these.ledger.events if isinstance(event.data, registration)).id
    for day in ("2023-03-01", "2023-06-01", "2023-06-30"):
        given_these.when(reversal_of(registered, at=on(day))).then_refused(InUse, at="/event_id", last_on="2023-07-01")
    given_these.when(reversal_of(registered, at=JULY)).then_accepted()


def test_the_last_day_of_a_thing_is_the_latest_date_and_not_that_of_the_last_entry() -> None:
    late_entry = (allocation("2.00", at=on("2023-03-01")), reversal(FundsAllocated, at=on("2023-04-01")))
    ledger = given(*PAID_AND_UNDONE, *late_entry).ledger
    assert [state.last_on for state in (ledger.line(), ledger.project(), ledger.appropriation())] == [JULY] * 3
    Given(ledger).when(reversal(LineOpened, at=on("2023-05-01"))).then_refused(InUse, last_on="2023-07-01")


def test_facts_that_stand_are_counted_before_dates_are_compared() -> None:
    standing = given(*PAID_AND_UNDONE, allocation("2.00"))
    standing.when(reversal(LineOpened, at=on("2023-03-01"))).then_refused(InUse, at="/event_id", count=1)
