"""Appropriations: what was received, what its lines hold of it, and what is left."""

from domain.appropriation import AppropriationReceived, BudgetBook, SourceLevel, SourceNature
from domain.errors import AlreadyExists, AmountOutOfRange, OverAllocated
from tests.support.builders import (
    FUNDED,
    LATER,
    STANDING,
    allocation,
    appropriation,
    disbursement,
    line,
    on,
    opening_balance,
    project,
    recovery,
    reduction,
    return_of,
    reversal,
    unit,
    yuan,
)
from tests.support.scenario import CommandOrRecipe, Given, Ledger, given

FULL = "9999999999999.99"


def unallocated_after(*steps: CommandOrRecipe) -> int:
    return given(*STANDING, *steps).ledger.appropriation().flow.unallocated


def test_an_appropriation_is_recorded_with_its_defaults_filled_in() -> None:
    given().when(appropriation("A1", "1000.00")).then(
        AppropriationReceived(
            appropriation_id="A1",
            name="中央衔接资金",
            source_level=SourceLevel.CENTRAL,
            source_nature=SourceNature.BUDGET,
            budget_book=BudgetBook.GENERAL_PUBLIC,
            instrument=None,
            direct=False,
            fiscal_year=2023,
            amount=100_000,
            document_no="财农〔2023〕1号",
            document_date=None,
        )
    )


def test_an_appropriation_id_is_used_once() -> None:
    given(appropriation()).when(appropriation()).then_refused(AlreadyExists, at="/appropriation_id")


def test_the_id_of_a_reversed_appropriation_stays_used() -> None:
    before = given(appropriation(), reversal(AppropriationReceived))
    before.when(appropriation(at=LATER)).then_refused(AlreadyExists)


def test_what_is_received_is_unallocated_at_first() -> None:
    assert unallocated_after() == yuan("1000.00")


def test_an_allocation_of_either_stage_takes_from_what_is_unallocated() -> None:
    both = (allocation("300.00"), allocation("200.00", stage="additional"))
    assert unallocated_after(*both) == yuan("500.00")


def test_a_reduction_gives_back() -> None:
    assert unallocated_after(allocation("300.00"), reduction("100.00")) == yuan("800.00")


def test_an_opening_balance_takes_what_it_says_was_adjusted_and_nothing_else() -> None:
    opening = opening_balance(initial="500.00", adjusted="400.00", disbursed="450.00", recovered="30.00")
    assert unallocated_after(opening) == yuan("600.00")


def test_a_disbursement_and_its_return_leave_the_appropriation_alone() -> None:
    steps = (allocation("300.00"), disbursement("100.00"), return_of("V1", "50.00"))
    assert unallocated_after(*steps) == yuan("700.00")


def test_a_recovery_to_the_appropriation_makes_money_allocatable_again() -> None:
    assert unallocated_after(allocation("300.00"), recovery("100.00", to="appropriation")) == yuan("800.00")


def test_a_recovery_to_anywhere_else_does_not() -> None:
    elsewhere = ("treasury", "higher_level", "not_stated")
    assert [unallocated_after(allocation("300.00"), recovery("100.00", to=to)) for to in elsewhere] == [
        yuan("700.00")
    ] * 3


def test_everything_may_be_allocated_and_not_a_fen_more() -> None:
    given(*STANDING).when(allocation("1000.00")).then_accepted()
    given(*STANDING).when(allocation("1000.01")).then_refused(
        OverAllocated, at="/amount", unallocated="1000.00", requested="1000.01"
    )


def test_lines_of_one_appropriation_share_what_it_has() -> None:
    given(*FUNDED, line("L2")).when(allocation("900.01", line_id="L2")).then_refused(
        OverAllocated, unallocated="900.00", requested="900.01"
    )


def test_an_opening_balance_above_what_is_unallocated_is_refused() -> None:
    given(*FUNDED, line("L2")).when(opening_balance(line_id="L2", adjusted="900.01")).then_refused(
        OverAllocated, unallocated="900.00", requested="900.01"
    )


def test_limits_look_at_all_facts_whatever_their_dates() -> None:
    before = (*STANDING, allocation("1000.00", at=on("2024-01-01")))
    given(*before).when(allocation("0.01", at=on("2023-01-02"))).then_refused(
        OverAllocated, unallocated="0.00", requested="0.01"
    )


def filled_project() -> Ledger:
    """A project of ten lines, each with an appropriation of its own, nine of which hold the largest amount there is."""
    ledger = given(unit(), project()).ledger
    for index in range(10):
        ledger.run(appropriation(f"A{index}", FULL))
        ledger.run(line(f"L{index}", appropriation_id=f"A{index}"))
        if index < 9:
            ledger.run(allocation(FULL, line_id=f"L{index}"))
    return ledger


def test_the_sums_of_a_project_reach_the_largest_exact_integer_and_not_one_fen_more() -> None:
    ledger = filled_project()
    room = 2**53 - 1 - ledger.project().flow.adjusted
    ledger.run(allocation(f"{room // 100}.{room % 100:02d}", line_id="L9"))
    assert ledger.project().flow.adjusted == 2**53 - 1
    Given(ledger).when(allocation("0.01", line_id="L9")).then_refused(
        AmountOutOfRange, at="/amount", sum="90071992547409.92", limit="90071992547409.91"
    )


def test_an_appropriation_bears_its_own_tag_alone() -> None:
    assert given(appropriation()).ledger.events[-1].tags == {"appropriation:A1": 1}
