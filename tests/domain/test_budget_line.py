"""Budget lines: opening one, putting money on it, and taking money away before it is spent."""

import pytest

from domain.budget_line import LineOpened
from domain.command import Command
from domain.errors import (
    AlreadyExists,
    AmountOutOfRange,
    BelowDisbursed,
    DateBeforeRegistration,
    OpeningNotFirst,
    UnknownAppropriation,
    UnknownLine,
    UnknownProject,
    UnknownUnit,
)
from domain.flow import (
    AllocationReduced,
    AllocationStage,
    Flow,
    FundsAllocated,
    FundsRecovered,
    OpeningBalanceRecorded,
    RecoveryDestination,
)
from tests.support.builders import (
    FUNDED,
    LATER,
    STANDING,
    Recipe,
    allocation,
    appropriation,
    disbursement,
    line,
    on,
    opening_balance,
    project,
    recovery,
    reduction,
    reversal,
    unit,
)
from tests.support.scenario import CommandOrRecipe, given

NAMED = (unit(), appropriation(), project())


def flow_after(*steps: CommandOrRecipe) -> Flow:
    return given(*STANDING, *steps).ledger.line().flow


def test_a_line_is_opened_between_an_appropriation_a_project_and_a_unit() -> None:
    opened = given(*NAMED).when(line())
    ledger = opened.then(
        LineOpened(
            line_id="L1",
            appropriation_id="A1",
            project_id="P1",
            unit_id="U1",
            function_code=None,
            economic_code=None,
            expenditure_kind=None,
        )
    )
    assert set(ledger.events[-1].tags) == {"line:L1", "project:P1", "appropriation:A1", "unit:U1"}


def test_a_line_id_is_used_once_even_when_its_opening_was_reversed() -> None:
    given(*STANDING).when(line()).then_refused(AlreadyExists, at="/line_id")
    given(*STANDING, reversal(LineOpened)).when(line(at=LATER)).then_refused(AlreadyExists, at="/line_id")


def test_a_line_names_only_what_is_registered() -> None:
    before = given(*NAMED)
    before.when(line(appropriation_id="A9")).then_refused(UnknownAppropriation, at="/appropriation_id")
    before.when(line(project_id="P9")).then_refused(UnknownProject, at="/project_id")
    before.when(line(unit_id="U9")).then_refused(UnknownUnit, at="/unit_id")


@pytest.mark.parametrize(
    ("things", "registered_on"),
    [
        ((unit(), appropriation(at=on("2023-04-01")), project()), "2023-04-01"),
        ((unit(), appropriation(), project(at=on("2023-05-01"))), "2023-05-01"),
        ((unit(), unit("U2", at=on("2023-06-01")), appropriation(), project()), "2023-06-01"),
    ],
    ids=["appropriation", "project", "unit"],
)
def test_a_line_is_not_dated_before_anything_it_names(things: tuple[Command, ...], registered_on: str) -> None:
    unit_id = "U2" if registered_on == "2023-06-01" else "U1"
    given(*things).when(line(unit_id=unit_id, at=on("2023-03-31"))).then_refused(
        DateBeforeRegistration, at="/effective_date", registered_on=registered_on
    )


@pytest.mark.parametrize(
    "command",
    [
        opening_balance(adjusted="1.00", at=on("2022-12-31")),
        allocation("1.00", at=on("2022-12-31")),
        reduction("1.00", at=on("2022-12-31")),
        disbursement("1.00", at=on("2022-12-31")),
        recovery("1.00", at=on("2022-12-31")),
    ],
    ids=lambda command: type(command.body).__name__,
)
def test_no_money_moves_on_a_line_before_it_is_opened(command: Command) -> None:
    given(*STANDING).when(command).then_refused(DateBeforeRegistration, registered_on="2023-01-01")


@pytest.mark.parametrize(
    "command",
    [
        opening_balance(line_id="L9", adjusted="1.00"),
        allocation("1.00", line_id="L9"),
        reduction("1.00", line_id="L9"),
        disbursement("1.00", line_id="L9"),
        recovery("1.00", line_id="L9"),
    ],
    ids=lambda command: type(command.body).__name__,
)
def test_no_money_moves_on_a_line_that_is_unknown(command: Command) -> None:
    given(*STANDING).when(command).then_refused(UnknownLine, at="/line_id")


def test_an_allocation_is_recorded_on_the_line_its_project_and_its_appropriation() -> None:
    ledger = (
        given(*STANDING)
        .when(allocation("100.00", stage="additional"))
        .then(
            FundsAllocated(
                line_id="L1",
                amount=100_00,
                stage=AllocationStage.ADDITIONAL,
                document_no="青财预〔2023〕5号",
                reason=None,
            )
        )
    )
    assert set(ledger.events[-1].tags) == {"line:L1", "project:P1", "appropriation:A1"}
    assert ledger.line().flow.adjusted == ledger.project().flow.adjusted == 100_00
    assert ledger.appropriation().flow.allocated == 100_00


def test_initial_and_additional_allocations_and_reductions_make_the_adjusted_budget() -> None:
    flow = flow_after(allocation("100.00"), allocation("30.00", stage="additional"), reduction("20.00"))
    assert (flow.initial_budget, flow.adjusted, flow.available) == (100_00, 110_00, 110_00)


def test_an_initial_budget_of_zero_is_a_value_and_none_is_not_zero() -> None:
    assert flow_after().initial_budget is None
    assert flow_after(allocation("5.00", stage="additional")).initial_budget is None
    assert flow_after(allocation("0.00")).initial_budget == 0


def test_an_initial_budget_whose_allocation_was_reversed_is_none_again() -> None:
    assert flow_after(allocation("0.00"), reversal(FundsAllocated)).initial_budget is None


def test_a_reduction_takes_what_is_available_and_not_a_fen_more() -> None:
    before = given(*FUNDED, disbursement("60.00"))
    before.when(reduction("40.00")).then(
        AllocationReduced(line_id="L1", amount=40_00, document_no="青财预〔2023〕9号", reason="压减一般性支出")
    )
    before.when(reduction("40.01")).then_refused(BelowDisbursed, available="40.00", requested="40.01")


@pytest.mark.parametrize("destination", ["treasury", "higher_level", "appropriation", "not_stated"])
def test_a_recovery_takes_what_is_available_and_leaves_the_adjusted_budget(destination: str) -> None:
    before = given(*FUNDED, disbursement("60.00"))
    recovered = FundsRecovered(
        line_id="L1",
        amount=40_00,
        destination=RecoveryDestination(destination),
        document_no="青财预〔2023〕30号",
    )
    flow = before.when(recovery("40.00", to=destination)).then(recovered).line().flow
    assert (flow.adjusted, flow.disbursed, flow.recovered, flow.available) == (100_00, 60_00, 40_00, 0)
    before.when(recovery("40.01", to=destination)).then_refused(
        BelowDisbursed, at="/amount", available="40.00", requested="40.01"
    )


def test_nothing_can_be_taken_from_a_line_that_is_overdrawn() -> None:
    before = given(*FUNDED, disbursement("150.00", overrun=True))
    before.when(reduction("0.01")).then_refused(BelowDisbursed, available="-50.00", requested="0.01")
    before.when(recovery("0.01")).then_refused(BelowDisbursed, available="-50.00", requested="0.01")


def test_an_opening_balance_counts_its_initial_as_a_part_of_its_adjusted() -> None:
    opening = opening_balance(initial="80.00", adjusted="100.00", disbursed="30.00", recovered="10.00")
    ledger = (
        given(*STANDING)
        .when(opening)
        .then(
            OpeningBalanceRecorded(line_id="L1", initial=80_00, adjusted=100_00, disbursed=30_00, recovered=10_00),
        )
    )
    flow = ledger.line().flow
    assert (flow.initial_budget, flow.adjusted, flow.disbursed, flow.recovered) == (80_00, 100_00, 30_00, 10_00)
    assert (flow.available, flow.transferred, flow.recovered_to_appropriation) == (60_00, 0, 0)


def test_an_opening_balance_may_know_no_initial_budget_or_one_of_zero() -> None:
    assert flow_after(opening_balance(adjusted="0.00")).initial_budget is None
    assert flow_after(opening_balance(initial="0.00", adjusted="0.00")).initial_budget == 0


def test_an_opening_initial_and_later_initial_allocations_add_up() -> None:
    flow = flow_after(opening_balance(initial="80.00", adjusted="70.00"), allocation("5.00"))
    assert (flow.initial_budget, flow.adjusted) == (85_00, 75_00)


def test_an_opening_balance_may_have_disbursed_more_than_was_adjusted() -> None:
    assert flow_after(opening_balance(adjusted="100.00", disbursed="124.06")).available == -24_06


@pytest.mark.parametrize(
    "first",
    [allocation("100.00"), disbursement("1.00", overrun=True), opening_balance(adjusted="0.00")],
    ids=["an allocation", "an overrun", "another opening balance"],
)
def test_an_opening_balance_is_the_first_money_fact_of_its_line(first: Command) -> None:
    before = given(*STANDING, first)
    before.when(opening_balance(adjusted="1.00")).then_refused(OpeningNotFirst, at="/line_id")


@pytest.mark.parametrize(
    ("first", "undone"),
    [
        (allocation("100.00"), reversal(FundsAllocated)),
        (opening_balance(adjusted="7.00"), reversal(OpeningBalanceRecorded)),
    ],
    ids=["an allocation", "another opening balance"],
)
def test_an_opening_balance_may_follow_money_facts_that_were_all_reversed(first: Command, undone: Recipe) -> None:
    given(*STANDING, first, undone).when(opening_balance(adjusted="1.00", at=LATER)).then_accepted()


def test_money_on_another_line_does_not_hinder_an_opening_balance() -> None:
    given(*FUNDED, line("L2")).when(opening_balance(line_id="L2", adjusted="1.00")).then_accepted()


def test_initial_budgets_stay_within_the_largest_exact_integer_also_when_they_were_reduced_since() -> None:
    largest = "9999999999999.99"
    taken_back_each_time = [each for _ in range(9) for each in (allocation(largest), reduction(largest))]
    before = given(unit(), appropriation(amount=largest), project(), line(), *taken_back_each_time)
    before.when(allocation(largest)).then_refused(
        AmountOutOfRange, at="/amount", sum="99999999999999.90", limit="90071992547409.91"
    )
