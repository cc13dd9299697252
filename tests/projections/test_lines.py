"""What a line has at a business date, as known at a position."""

from projections.lanes import stored
from projections.loading import insert_rows
from projections.measures import Measures
from projections.rows import AmountBlock, Flag
from projections.tables import balance_tables
from tests.support.builders import (
    FUNDED,
    STANDING,
    allocation,
    appropriation,
    disbursement,
    line,
    on,
    opening_balance,
    recovery,
    reduction,
    return_to,
    reversal_of,
)
from tests.support.views import LEDGER, Desk


def test_every_kind_of_money_fact_moves_its_sum(desk: Desk) -> None:
    desk.record(*FUNDED, allocation("50.00", stage="additional"), reduction("20.00"))
    transfer = desk.record(disbursement("40.00", kind="transfer"))
    desk.record(disbursement("13.00", voucher="V2"), return_to(transfer.id, "10.00"), recovery("7.00"))
    assert desk.line().amounts == AmountBlock(
        initial_budget=100_00,
        adjusted_budget=130_00,
        disbursed=43_00,
        transferred=30_00,
        recovered=7_00,
        carried_out=0,
        available=80_00,
        execution_rate="33.08",
        execution_rate_initial="43.00",
    )


def test_an_answer_holds_only_what_had_happened_and_was_recorded(desk: Desk) -> None:
    desk.record(*STANDING, allocation("100.00", at=on("2023-03-01")))
    known = desk.log.head
    desk.record(disbursement("30.00", at=on("2023-02-01")), disbursement("5.00", voucher="V2", at=on("2023-04-01")))
    positions = (known, known + 1, known + 2)
    figures = {
        (day, position): desk.line(at=desk.at(on(day), position)).amounts
        for day in ("2023-01-31", "2023-02-01", "2023-03-01", "2023-04-01")
        for position in positions
    }
    assert [figures["2023-02-01", position].disbursed for position in positions] == [0, 30_00, 30_00]
    assert [figures["2023-04-01", position].disbursed for position in positions] == [0, 30_00, 35_00]
    assert figures["2023-01-31", known + 2].disbursed == 0
    assert figures["2023-02-01", known + 1].available == -30_00


def test_a_reversal_takes_its_event_out_from_its_own_date_on(desk: Desk) -> None:
    desk.record(*FUNDED)
    wrong = desk.record(disbursement("30.00", at=on("2023-04-01")))
    desk.record(reversal_of(wrong.id, at=on("2023-05-01")))
    assert desk.line(at=desk.at(on("2023-04-30"))).amounts.disbursed == 30_00
    assert desk.line(at=desk.at(on("2023-05-01"))).amounts.disbursed == 0
    assert desk.line(at=desk.at(on("2023-05-01"), wrong.position)).amounts.disbursed == 30_00


def test_there_is_no_initial_budget_while_none_was_allocated_and_zero_is_one(desk: Desk) -> None:
    desk.record(*STANDING, allocation("100.00", stage="additional"))
    assert (desk.line().amounts.initial_budget, desk.line().amounts.execution_rate_initial) == (None, None)
    desk.record(allocation("0.00"))
    assert (desk.line().amounts.initial_budget, desk.line().amounts.execution_rate_initial) == (0, None)


def test_a_line_taken_over_in_mid_life_starts_with_its_opening_balance(desk: Desk) -> None:
    desk.record(*STANDING, opening_balance(initial="60.00", adjusted="80.00", disbursed="90.00", recovered="1.00"))
    amounts = desk.line().amounts
    assert (amounts.initial_budget, amounts.adjusted_budget, amounts.disbursed) == (60_00, 80_00, 90_00)
    assert (amounts.recovered, amounts.available, amounts.execution_rate) == (1_00, -11_00, "112.50")


def test_a_line_exists_from_its_opening_until_the_reversal_of_it(desk: Desk) -> None:
    opened = desk.record(*STANDING)
    desk.record(reversal_of(opened.id, at=on("2023-09-01")))
    present = {
        day: desk.views.line(LEDGER, desk.at(on(day)), "L1") for day in ("2022-12-31", "2023-01-01", "2023-08-31")
    }
    assert [row is not None for row in present.values()] == [False, True, True]
    assert desk.views.line(LEDGER, desk.at(on("2023-09-01")), "L1") is None
    assert desk.views.line(LEDGER, desk.at(on("2023-09-01"), opened.position), "L1") is not None
    assert desk.views.line(LEDGER, desk.at(), "no-such-line") is None


def test_a_line_shows_what_it_has_from_its_appropriation(desk: Desk) -> None:
    desk.record(*STANDING)
    row = desk.line()
    assert (row.fiscal_year, row.source_level, row.source_nature) == (2023, "central", "budget")
    assert (row.budget_book, row.unit_id, row.function_code) == ("general_public", "U1", None)


def test_an_overrun_is_flagged_until_it_is_reversed(desk: Desk) -> None:
    desk.record(*FUNDED)
    overrun = desk.record(disbursement("124.06", overrun=True))
    assert desk.line().flags[:2] == (Flag.OVERRUN, Flag.NEGATIVE_AVAILABLE)
    assert desk.line().amounts.execution_rate == "124.06"
    desk.record(reversal_of(overrun.id))
    assert not {Flag.OVERRUN, Flag.NEGATIVE_AVAILABLE} & set(desk.line().flags)


def test_spending_with_no_budget_at_all_is_flagged(desk: Desk) -> None:
    desk.record(*STANDING, disbursement("1.00", overrun=True))
    assert Flag.SPENDING_WITHOUT_BUDGET in desk.line().flags
    assert desk.line().amounts.execution_rate is None


def test_spending_of_a_budget_that_is_negative_at_an_early_date_is_not_spending_without_one(desk: Desk) -> None:
    desk.record(*FUNDED, reduction("10.00", at=on("2023-02-01")), disbursement("1.00", at=on("2023-02-01")))
    early = desk.line(at=desk.at(on("2023-02-01")))
    assert (early.amounts.adjusted_budget, early.amounts.disbursed) == (-10_00, 1_00)
    assert Flag.SPENDING_WITHOUT_BUDGET not in early.flags


def test_lines_of_one_appropriation_share_it(desk: Desk) -> None:
    desk.record(*FUNDED, appropriation("A2", "10.00"), line("L2"), line("L3", appropriation_id="A2"))
    desk.record(
        allocation("200.00", line_id="L2"), allocation("10.00", line_id="L3"), recovery("5.00", to="appropriation")
    )
    first = desk.views.appropriation(LEDGER, desk.at(), "A1")
    assert first is not None
    assert (first.received, first.allocated, first.unallocated) == (1000_00, 295_00, 705_00)
    assert (first.disbursed, first.recovered, first.amount) == (0, 5_00, 1000_00)
    assert desk.views.appropriation(LEDGER, desk.at(on("2022-01-01")), "A1") is None


def test_sums_beyond_64_bits_at_a_past_date_are_still_exact(desk: Desk) -> None:
    desk.record(*FUNDED)
    huge = 2**62
    rows = [
        (LEDGER, "line:L1", lane, position, 1, *stored(Measures(adjusted=adjusted)))
        for lane, position, adjusted in ((1, 1, huge), (2, 2, 3 * huge), (3, 3, -huge))
    ]
    with desk.database.views_writer.begin() as connection:
        insert_rows(connection, balance_tables(1).lane, rows)
    assert desk.line().amounts.adjusted_budget == 100_00 + 3 * huge
