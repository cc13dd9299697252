"""When several reasons apply, one order decides which is given: the same command is always refused the same way.

Value and date first, then unknown ids, already-exists and duplicates, then status and dates of the thing, then amounts.
"""

from typing import Final, NamedTuple

import pytest

from domain.errors import (
    AlreadyExists,
    AlreadyReversed,
    DateBeforeOriginal,
    DateBeforeRegistration,
    DateOutOfRange,
    DuplicateVoucher,
    Finalised,
    MaximumSum,
    NotReversible,
    OpeningNotFirst,
    Refusal,
    ScoreExists,
    UnknownAppropriation,
    UnknownDisbursement,
    UnknownEvent,
    UnknownIndicator,
    UnknownLine,
    UnknownProject,
    UnknownUnit,
)
from domain.event import EventReversed
from domain.flow import FundsAllocated, FundsDisbursed
from domain.registry import EventData
from domain.unit import UnitRegistered
from tests.support.builders import (
    EVALUATED,
    FUNDED,
    NO_SUCH_EVENT,
    STANDING,
    Recipe,
    adjustment,
    allocation,
    amendment,
    appropriation,
    disbursement,
    erasure,
    evaluation,
    finalisation,
    indicator,
    line,
    on,
    opening_balance,
    project,
    recovery,
    reduction,
    return_of,
    return_to,
    reversal,
    reversal_of,
    score,
    status,
    unit,
)
from tests.support.scenario import CommandOrRecipe, given

EARLY: Final = on("2022-12-31")
"""A day before anything is registered."""
TOO_EARLY: Final = on("1979-12-31")
PAID: Final = (*FUNDED, disbursement("60.00"))
FINAL: Final = (*EVALUATED, score("a", "1"), score("b", "1"), finalisation())


class Contest(NamedTuple):
    """A command that may be refused for several reasons, and the one that is given."""

    before: tuple[CommandOrRecipe, ...]
    command: CommandOrRecipe
    given: type[Refusal]
    not_given: str


def with_an_unknown_event(data_type: type[EventData]) -> Recipe:
    """The last event of the type is to be erased, and after it one that is not there."""
    return lambda ledger: erasure(ledger.the_last(data_type).id, NO_SUCH_EVENT)


# fmt: off
CONTESTS: Final = (
    # value and date before everything else
    Contest((), unit("U2", parent="U1", at=TOO_EARLY), DateOutOfRange, "unknown-unit"),
    Contest((unit(),), unit(at=TOO_EARLY), DateOutOfRange, "already-exists"),
    Contest(PAID, disbursement("999.00", at=on("2024-07-01")), DateOutOfRange, "insufficient-funds"),
    Contest((), reversal_of(NO_SUCH_EVENT, at=TOO_EARLY), DateOutOfRange, "unknown-event"),
    Contest((), evaluation(subject="project:P9", indicators=(indicator("a", "1"),)), MaximumSum, "unknown-project"),
    Contest(EVALUATED, evaluation(indicators=(indicator("a", "1"),)), MaximumSum, "already-exists"),
    # unknown ids before already-exists
    Contest((unit("U2"),), unit("U2", parent="U9"), UnknownUnit, "already-exists"),
    Contest(STANDING, project(lead="U9"), UnknownUnit, "already-exists"),
    Contest(STANDING, project(parent="P9"), UnknownProject, "already-exists"),
    Contest(STANDING, line(appropriation_id="A9"), UnknownAppropriation, "already-exists"),
    Contest(EVALUATED, evaluation(subject="project:P9"), UnknownProject, "already-exists"),
    Contest(EVALUATED, evaluation(evaluator="U9"), UnknownUnit, "already-exists"),
    # already-exists and duplicates before the dates of things
    Contest((unit(), unit("U2")), unit("U2", parent="U1", at=EARLY), AlreadyExists, "date-before-registration"),
    Contest(STANDING, project(at=EARLY), AlreadyExists, "date-before-registration"),
    Contest(STANDING, line(at=EARLY), AlreadyExists, "date-before-registration"),
    Contest(EVALUATED, evaluation(at=EARLY), AlreadyExists, "date-before-registration"),
    Contest(FUNDED, opening_balance(adjusted="1.00", at=EARLY), OpeningNotFirst, "date-before-registration"),
    Contest((unit(), appropriation(), project(), line(at=on("2023-06-01")), allocation("9.00", at=on("2023-06-01")),
             disbursement("1.00", at=on("2023-06-01"))),
            disbursement("1.00", at=on("2023-05-31")), DuplicateVoucher, "date-before-registration"),
    Contest((*EVALUATED, score("a", "1")), score("a", "1", at=EARLY), ScoreExists, "date-before-registration"),
    # unknown ids before status and dates
    Contest(STANDING, allocation("1.00", line_id="L9", at=EARLY), UnknownLine, "over-allocated"),
    Contest((*STANDING, status("cancelled")), amendment({"lead_unit_id": "U9"}, at=EARLY), UnknownUnit,
            "date-before-registration"),
    Contest(FINAL, score("c", "1"), UnknownIndicator, "finalised"),
    Contest(FINAL, adjustment("c", "1"), UnknownIndicator, "finalised"),
    Contest(PAID, return_to(NO_SUCH_EVENT, "999.00", at=EARLY), UnknownDisbursement, "date-before-original"),
    Contest((), reversal_of(NO_SUCH_EVENT, at=EARLY), UnknownEvent, "date-before-original"),
    Contest((), erasure(NO_SUCH_EVENT, at=TOO_EARLY), DateOutOfRange, "unknown-event"),
    Contest(FUNDED, with_an_unknown_event(FundsAllocated), UnknownEvent, "no-private-values"),
    # status and dates before amounts
    Contest(STANDING, allocation("9999.00", at=EARLY), DateBeforeRegistration, "over-allocated"),
    Contest(STANDING, opening_balance(adjusted="9999.00", at=EARLY), DateBeforeRegistration, "over-allocated"),
    Contest(FUNDED, reduction("9999.00", at=EARLY), DateBeforeRegistration, "below-disbursed"),
    Contest(FUNDED, recovery("9999.00", at=EARLY), DateBeforeRegistration, "below-disbursed"),
    Contest(FUNDED, disbursement("9999.00", at=EARLY), DateBeforeRegistration, "insufficient-funds"),
    Contest(FUNDED, disbursement("1.00", overrun=True, at=EARLY), DateBeforeRegistration, "overrun-not-needed"),
    Contest(EVALUATED, score("a", "99", at=EARLY), DateBeforeRegistration, "score-above-maximum"),
    Contest((*EVALUATED, score("a", "1")), adjustment("a", "99", at=EARLY), DateBeforeOriginal, "score-above-maximum"),
    Contest((*EVALUATED, score("a", "1")), finalisation(at=EARLY), DateBeforeRegistration, "scores-missing"),
    Contest(FINAL, finalisation(at=EARLY), Finalised, "date-before-registration, scores-missing"),
    Contest(FINAL, score("a", "99"), Finalised, "score-exists, score-above-maximum"),
    # duplicates before amounts
    Contest(PAID, disbursement("9999.00"), DuplicateVoucher, "insufficient-funds"),
    Contest((*EVALUATED, score("a", "1")), score("a", "99"), ScoreExists, "score-above-maximum"),
    # returns and reversals: already reversed, then what can be reversed at all, then dates, then what rests on it
    Contest((*PAID, reversal(FundsDisbursed)), return_of("V1", "999.00", at=EARLY), AlreadyReversed,
            "date-before-original, return-exceeds-disbursement"),
    Contest(PAID, return_of("V1", "999.00", at=EARLY), DateBeforeOriginal, "return-exceeds-disbursement"),
    Contest((*PAID, reversal(FundsDisbursed)), reversal(FundsDisbursed, at=EARLY), AlreadyReversed,
            "date-before-original"),
    Contest((*PAID, reversal(FundsDisbursed)), reversal(EventReversed, at=EARLY), NotReversible,
            "date-before-original"),
    Contest((*PAID, return_of("V1", "1.00")), reversal(FundsDisbursed, at=EARLY), DateBeforeOriginal, "has-returns"),
    Contest(PAID, reversal(FundsAllocated, at=EARLY), DateBeforeOriginal, "below-disbursed"),
    Contest(STANDING, reversal(UnitRegistered, at=EARLY), DateBeforeOriginal, "in-use"),
    Contest(FINAL, score("a", "1", at=EARLY), Finalised, "score-exists, date-before-registration"),
)
# fmt: on


@pytest.mark.parametrize("contest", CONTESTS, ids=[f"{each.given.code} and not {each.not_given}" for each in CONTESTS])
def test_of_several_reasons_the_first_in_the_published_order_is_given(contest: Contest) -> None:
    refusal = given(*contest.before).when(contest.command).refusal
    assert type(refusal) is contest.given
