"""Every refusal a decision can give, each raised by one plain example with the figures that explain it."""

from typing import Final, NamedTuple

import pytest

from domain.command import Command
from domain.errors import (
    AlreadyExists,
    AlreadyReversed,
    AmountOutOfRange,
    ApproverNeeded,
    BelowDisbursed,
    DateBeforeOriginal,
    DateBeforeRegistration,
    DateOutOfRange,
    DuplicateVoucher,
    EvidenceTooLarge,
    Figure,
    Finalised,
    FundtrailError,
    HasIndicators,
    HasReturns,
    IdempotencyKeyReused,
    InsufficientFunds,
    InUse,
    MaximumSum,
    NoPrivateValues,
    NotReversible,
    OpeningNotFirst,
    OutsideUnits,
    OverAllocated,
    OverrunNotNeeded,
    Refusal,
    ReturnExceedsDisbursement,
    ScoreAboveMaximum,
    ScoreExists,
    ScoresMissing,
    StatusNotAllowed,
    TooLarge,
    Unavailable,
    Unknown,
    UnknownAppropriation,
    UnknownCheckpoint,
    UnknownDisbursement,
    UnknownEvaluation,
    UnknownEvent,
    UnknownIndicator,
    UnknownLedger,
    UnknownLine,
    UnknownProject,
    UnknownTile,
    UnknownUnit,
    ValueRefusal,
)
from domain.event import LedgerOpened
from domain.flow import FundsAllocated, FundsDisbursed
from domain.unit import UnitRegistered
from tests.support.builders import (
    EVALUATED,
    FUNDED,
    NO_SUCH_EVENT,
    STANDING,
    allocation,
    appropriation,
    disbursement,
    erasure_of,
    evaluation,
    finalisation,
    indicator,
    line,
    on,
    opening_balance,
    project,
    recovery,
    result,
    return_of,
    return_to,
    reversal,
    reversal_of,
    score,
    status,
    unit,
)
from tests.support.scenario import CommandOrRecipe, Ledger, given


class Example(NamedTuple):
    """A ledger, a command it refuses, why, at which field, and the figures it gives."""

    before: tuple[CommandOrRecipe, ...]
    command: CommandOrRecipe
    refusal: type[Refusal]
    pointer: str
    figures: dict[str, Figure]


def return_of_an_allocation(ledger: Ledger) -> Command:
    return return_to(ledger.the_last(FundsAllocated).id, "1.00")


PAID: Final = (*FUNDED, disbursement("60.00"))
FULL_YUAN: Final = "9999999999999.99"
FULL_LINES: Final = tuple(
    step
    for index in range(10)
    for step in (
        appropriation(f"B{index}", FULL_YUAN),
        line(f"M{index}", appropriation_id=f"B{index}"),
        *([allocation(FULL_YUAN, line_id=f"M{index}")] if index < 9 else []),
    )
)

# fmt: off
EXAMPLES: Final = (
    Example((), unit(at=on("1979-12-31")), DateOutOfRange, "/effective_date",
            {"earliest": "1980-01-01", "latest": "2024-06-30"}),
    Example((*STANDING, *FULL_LINES), allocation(FULL_YUAN, line_id="M9"), AmountOutOfRange, "/amount",
            {"sum": "99999999999999.90", "limit": "90071992547409.91"}),
    Example((unit(), project()), evaluation(indicators=(indicator("a", "60"), indicator("b", "39.99"))), MaximumSum,
            "/indicators", {"sum": "99.99"}),
    Example(FUNDED, disbursement("100.00", overrun=True), OverrunNotNeeded, "/overrun",
            {"available": "100.00", "requested": "100.00"}),
    Example((unit(),), unit(), AlreadyExists, "/unit_id", {}),
    Example((), unit("U2", parent="U1"), UnknownUnit, "/parent_unit_id", {}),
    Example((unit(), project()), line(), UnknownAppropriation, "/appropriation_id", {}),
    Example((unit(), appropriation()), line(), UnknownProject, "/project_id", {}),
    Example(STANDING, allocation("1.00", line_id="L2"), UnknownLine, "/line_id", {}),
    Example((), score("a", "10"), UnknownEvaluation, "/evaluation_id", {}),
    Example(EVALUATED, score("c", "10"), UnknownIndicator, "/indicator", {}),
    Example((), reversal_of(NO_SUCH_EVENT), UnknownEvent, "/event_id", {}),
    Example(FUNDED, return_of_an_allocation, UnknownDisbursement, "/event_id", {}),
    Example(PAID, disbursement("1.00"), DuplicateVoucher, "/voucher_no", {"position": 7}),
    Example((*EVALUATED, score("a", "10")), score("a", "10"), ScoreExists, "/indicator", {}),
    Example(EVALUATED, result("90"), HasIndicators, "/evaluation_id", {}),
    Example(FUNDED, opening_balance(adjusted="1.00"), OpeningNotFirst, "/line_id", {}),
    Example((*STANDING, status("cancelled")), status("started"), StatusNotAllowed, "/status",
            {"ended_on": "2023-03-01"}),
    Example((*EVALUATED, score("a", "45"), score("b", "45"), finalisation()), finalisation(), Finalised,
            "/evaluation_id", {}),
    Example(STANDING, allocation("1.00", at=on("2022-12-31")), DateBeforeRegistration, "/effective_date",
            {"registered_on": "2023-01-01"}),
    Example(PAID, return_of("V1", "1.00", at=on("2023-02-28")), DateBeforeOriginal, "/effective_date",
            {"original_date": "2023-03-01"}),
    Example((*PAID, reversal(FundsDisbursed)), return_of("V1", "1.00"), AlreadyReversed, "/event_id",
            {"position": 8}),
    Example((), reversal(LedgerOpened, at=on("2024-06-30")), NotReversible, "/event_id", {}),
    Example(FUNDED, erasure_of(FundsAllocated), NoPrivateValues, "/event_ids/0", {"position": 6}),
    Example((unit(), project()), reversal(UnitRegistered), InUse, "/event_id", {"count": 1}),
    Example((*PAID, return_of("V1", "10.00")), reversal(FundsDisbursed), HasReturns, "/event_id",
            {"returned": "10.00"}),
    Example(FUNDED, allocation("900.01"), OverAllocated, "/amount", {"unallocated": "900.00", "requested": "900.01"}),
    Example(PAID, recovery("40.01"), BelowDisbursed, "/amount", {"available": "40.00", "requested": "40.01"}),
    Example(PAID, disbursement("40.01", voucher="V2"), InsufficientFunds, "/amount",
            {"available": "40.00", "requested": "40.01"}),
    Example((*PAID, return_of("V1", "10.00")), return_of("V1", "50.01"), ReturnExceedsDisbursement, "/amount",
            {"disbursed": "60.00", "returned": "10.00", "requested": "50.01"}),
    Example(EVALUATED, score("a", "50.01"), ScoreAboveMaximum, "/score", {"maximum": "50.00", "requested": "50.01"}),
    Example((*EVALUATED, score("a", "50")), finalisation(), ScoresMissing, "/evaluation_id", {"missing": 1}),
)
# fmt: on

PUBLISHED: Final = """
    already-exists unknown-ledger unknown-unit unknown-appropriation unknown-project unknown-line
    unknown-evaluation unknown-indicator unknown-event unknown-disbursement over-allocated below-disbursed
    insufficient-funds overrun-not-needed duplicate-voucher return-exceeds-disbursement opening-not-first
    status-not-allowed date-before-registration date-before-original date-out-of-range amount-out-of-range
    too-large maximum-sum score-above-maximum score-exists has-indicators scores-missing finalised
    already-reversed not-reversible in-use has-returns no-private-values idempotency-key-reused
    unknown-checkpoint unknown-tile evidence-too-large outside-units approver-needed
"""

NOT_DECIDED_BY_RULES: Final = {
    UnknownLedger,  # there is no ledger to decide on
    TooLarge,  # found when the event is encoded
    IdempotencyKeyReused,  # found before anything is decided
    UnknownCheckpoint,  # of a read, like the two below
    UnknownTile,
    EvidenceTooLarge,
    OutsideUnits,  # of who asks, whatever the ledger holds: tests/domain/test_authority.py
    ApproverNeeded,
}


def refusals_with_a_code() -> set[type[Refusal]]:
    """The classes of the tree that stand for one reason."""
    found: set[type[Refusal]] = set()
    remaining: list[type[Refusal]] = [Refusal]
    while remaining:
        each = remaining.pop()
        remaining += each.__subclasses__()
        if "code" in vars(each):
            found.add(each)
    return found


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.refusal.code for example in EXAMPLES])
def test_a_refusal_names_its_field_and_explains_itself_with_figures(example: Example) -> None:
    outcome = given(*example.before).when(example.command)
    outcome.then_refused(example.refusal, at=example.pointer, **example.figures)


def test_every_refusal_of_a_decision_has_an_example() -> None:
    assert {example.refusal for example in EXAMPLES} == refusals_with_a_code() - NOT_DECIDED_BY_RULES


def test_the_codes_are_those_of_the_published_list_and_no_other() -> None:
    assert sorted(refusal.code for refusal in refusals_with_a_code()) == sorted(PUBLISHED.split())


def test_a_value_that_is_wrong_whatever_the_ledger_holds_is_told_apart() -> None:
    values = {each.code for each in refusals_with_a_code() if issubclass(each, ValueRefusal)}
    assert values == {
        "date-out-of-range",
        "amount-out-of-range",
        "too-large",
        "maximum-sum",
        "overrun-not-needed",
        "idempotency-key-reused",
        "evidence-too-large",
    }


def test_every_unknown_thing_is_an_unknown() -> None:
    unknown = {each for each in refusals_with_a_code() if each.code.startswith("unknown-")}
    assert unknown == {each for each in refusals_with_a_code() if issubclass(each, Unknown)}


def test_amounts_in_figures_are_yuan_text() -> None:
    assert InsufficientFunds(available=-5, requested=1_234_50).figures == {"available": "-0.05", "requested": "1234.50"}


def test_what_cannot_be_decided_now_is_no_refusal() -> None:
    assert issubclass(Unavailable, FundtrailError)
    assert not issubclass(Unavailable, Refusal)
