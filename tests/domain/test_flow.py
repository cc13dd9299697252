"""How each money fact moves the sums of a line, and what follows from the sums."""

from dataclasses import replace
from typing import Final

import pytest

from domain.flow import (
    MONEY_FACTS,
    NO_FLOW,
    AllocationReduced,
    AllocationStage,
    DisbursementKind,
    DisbursementReturned,
    Flow,
    FundsAllocated,
    FundsDisbursed,
    FundsRecovered,
    MoneyFact,
    OpeningBalanceRecorded,
    Overrun,
    RecoveryDestination,
    ReturnedDisbursement,
    flow_of,
)

OPENING: Final = OpeningBalanceRecorded(line_id="L1", initial=80, adjusted=70, disbursed=50, recovered=5)
ALLOCATED: Final = FundsAllocated(line_id="L1", amount=100, stage=AllocationStage.INITIAL, document_no="1号")
DISBURSED: Final = FundsDisbursed(line_id="L1", amount=40, voucher_no="V1")
RETURNED: Final = DisbursementReturned(
    disbursement=ReturnedDisbursement(id="", position=1, kind=DisbursementKind.PAYMENT),
    line_id="L1",
    amount=10,
    reason="账户错误",
)
RECOVERED: Final = FundsRecovered(line_id="L1", amount=20, destination=RecoveryDestination.TREASURY, document_no="2号")
TRANSFER: Final = ReturnedDisbursement(id="", position=1, kind=DisbursementKind.TRANSFER)

MOVES: Final[list[tuple[MoneyFact, Flow]]] = [
    (OPENING, Flow(initial=80, initial_count=1, adjusted=70, disbursed=50, recovered=5)),
    (replace(OPENING, initial=0), Flow(initial_count=1, adjusted=70, disbursed=50, recovered=5)),
    (replace(OPENING, initial=None), Flow(adjusted=70, disbursed=50, recovered=5)),
    (ALLOCATED, Flow(initial=100, initial_count=1, adjusted=100)),
    (replace(ALLOCATED, amount=0), Flow(initial_count=1)),
    (replace(ALLOCATED, stage=AllocationStage.ADDITIONAL), Flow(adjusted=100)),
    (AllocationReduced(line_id="L1", amount=30, document_no="3号", reason="压减"), Flow(adjusted=-30)),
    (DISBURSED, Flow(disbursed=40)),
    (replace(DISBURSED, kind=DisbursementKind.TRANSFER), Flow(disbursed=40, transferred=40)),
    (replace(DISBURSED, overrun=Overrun(authority="县政府", reason="抢险")), Flow(disbursed=40, overrun_count=1)),
    (RETURNED, Flow(disbursed=-10)),
    (replace(RETURNED, disbursement=TRANSFER), Flow(disbursed=-10, transferred=-10)),
    (RECOVERED, Flow(recovered=20)),
    (replace(RECOVERED, destination=RecoveryDestination.HIGHER_LEVEL), Flow(recovered=20)),
    (replace(RECOVERED, destination=RecoveryDestination.NOT_STATED), Flow(recovered=20)),
    (
        replace(RECOVERED, destination=RecoveryDestination.APPROPRIATION),
        Flow(recovered=20, recovered_to_appropriation=20),
    ),
]


@pytest.mark.parametrize(("fact", "flow"), MOVES, ids=[type(fact).__name__ for fact, _ in MOVES])
def test_a_money_fact_moves_just_these_sums(fact: MoneyFact, flow: Flow) -> None:
    assert flow_of(fact) == flow


def test_every_kind_of_money_fact_is_tried() -> None:
    assert {type(fact) for fact, _ in MOVES} == set(MONEY_FACTS)


def test_what_was_added_can_be_taken_away() -> None:
    total = NO_FLOW
    for _, flow in MOVES:
        total = total.plus(flow)
    for _, flow in MOVES:
        total = total.plus(flow, -1)
    assert total == NO_FLOW


def test_available_is_what_was_adjusted_less_what_was_disbursed_and_recovered() -> None:
    assert Flow(adjusted=100, disbursed=60, recovered=15).available == 25
    assert Flow(adjusted=100, disbursed=124, recovered=0).available == -24


def test_unallocated_is_what_was_received_less_what_lines_hold_and_did_not_give_back() -> None:
    flow = Flow(received=1000, adjusted=400, recovered=50, recovered_to_appropriation=30)
    assert (flow.allocated, flow.unallocated) == (370, 630)


def test_there_is_an_initial_budget_as_soon_as_one_fact_says_so() -> None:
    assert Flow(initial_count=0).initial_budget is None
    assert Flow(initial_count=1).initial_budget == 0
    assert Flow(initial=300, initial_count=2).initial_budget == 300
