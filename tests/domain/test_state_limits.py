"""A state stays small whatever is recorded: 4 KiB, an evaluation's 12 KiB, at the limits of what one fact can say."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import pytest

from adapters.event_log.encoding import decode_state, encode_state
from domain.boundary import kind_of
from domain.command import Command
from domain.dates import EARLIEST_EFFECTIVE_DATE
from domain.errors import InUse, ScoreExists
from domain.evaluation import EvaluationOpened, Indicator, ScoreAdjusted
from domain.mark import MAX_REMEMBERED_MARKS
from domain.money import MAX_MINOR
from domain.project import MAX_REMEMBERED, Attribute, ProjectAmended
from domain.shape import Shape, text_problem
from tests.support.builders import (
    adjustment,
    allocation,
    amendment,
    appropriation,
    disbursement,
    evaluation,
    finalisation,
    granted,
    line,
    on,
    project,
    recovery,
    reduction,
    return_of,
    reversal,
    score,
    status,
    unit,
)
from tests.support.scenario import TODAY, Given, Ledger, given

LIMIT_BYTES: Final = 4 * 1024
EVALUATION_LIMIT_BYTES: Final = 12 * 1024
LATE_POSITION: Final = 10**9
"""Where the events stand: a ledger that has recorded a thousand million facts."""

LONG: Final = "x" * 63
"""Ids have at most 64 characters: this and one more."""
UNITS: Final = tuple(f"{LONG}{index:x}" if index < 16 else f"{LONG[1:]}{index}" for index in range(20))
PROJECT_ID: Final = "p" * 64
LINE_ID: Final = "l" * 64
APPROPRIATION_ID: Final = "a" * 64
EVALUATION_ID: Final = "e" * 64
LONGEST_NAME: Final = "绩" * 200


def late_ledger() -> Ledger:
    """A ledger whose next event stands at a position of ten digits."""
    ledger = given().ledger
    ledger.positions_before = LATE_POSITION
    return ledger


def sizes(ledger: Ledger) -> dict[str, int]:
    """Bytes of each stored state; every one of them is read back as it was."""
    measured = {}
    for key, state in ledger.states.items():
        if key.startswith("event:"):
            continue
        stored = encode_state(state)
        assert stored is not None
        assert decode_state(kind_of(key), stored) == state
        measured[key] = len(stored)
    return measured


def with_long_names() -> Ledger:
    ledger = late_ledger()
    for unit_id in UNITS:
        ledger.run(unit(unit_id))
    ledger.run(appropriation(APPROPRIATION_ID, "9999999999999.99"))
    ledger.run(project(PROJECT_ID, lead=UNITS[0], implementing=UNITS))
    ledger.run(
        line(LINE_ID, appropriation_id=APPROPRIATION_ID, project_id=PROJECT_ID, unit_id=UNITS[0]),
    )
    return ledger


def money_moves() -> Iterator[Command]:
    for _ in range(100):
        yield allocation("9999999999999.99", line_id=LINE_ID, stage="additional")
        yield reduction("9999999999999.99", line_id=LINE_ID)


def test_the_ids_and_names_used_here_are_the_longest_there_are() -> None:
    for identifier in (*UNITS, PROJECT_ID, LINE_ID, APPROPRIATION_ID, EVALUATION_ID):
        assert len(identifier) == 64
        assert text_problem(Shape.IDENTIFIER, identifier) is None
    assert text_problem(Shape.NAME, LONGEST_NAME) is None
    assert text_problem(Shape.NAME, LONGEST_NAME + "绩") == "length"


def test_things_with_the_longest_ids_and_hundreds_of_money_facts_stay_small() -> None:
    ledger = with_long_names()
    for move in money_moves():
        ledger.run(move)
    ledger.run(allocation("9999999999999.99", line_id=LINE_ID))
    ledger.run(disbursement("9999999999999.99", voucher="凭" * 128, line_id=LINE_ID, kind="transfer"))
    ledger.run(return_of("凭" * 128, "9999999999999.99"))
    ledger.run(recovery("9999999999999.99", line_id=LINE_ID, to="appropriation"))
    assert max(sizes(ledger).values()) <= LIMIT_BYTES
    assert {kind_of(key).value for key in sizes(ledger)} == {"unit", "appropriation", "project", "line", "voucher"}


def test_a_project_with_hundreds_of_amendments_and_statuses_and_as_many_ends_as_can_be_stays_small() -> None:
    ledger = with_long_names()
    for index in range(400):
        changes: dict[str, Attribute] = {"location": "组" * 1000, "represents": index + 1}
        ledger.run(amendment(changes, project_id=PROJECT_ID, at=on("2024-01-01")))
        ledger.run(status("started", project_id=PROJECT_ID, at=on("2024-01-01")))
    registered = on("2023-01-01").toordinal()
    for day in range(registered + 300, registered, -1):
        ledger.run(status("cancelled", project_id=PROJECT_ID, at=EARLIEST_EFFECTIVE_DATE.fromordinal(day)))
    assert LIMIT_BYTES // 2 < sizes(ledger)[f"project:{PROJECT_ID}"] <= LIMIT_BYTES


def test_a_project_with_the_largest_sums_stays_small() -> None:
    ledger = with_long_names()
    state = ledger.project(PROJECT_ID)
    full = state._replace(flow=type(state.flow)(*[-MAX_MINOR] * len(state.flow)))
    assert len(encode_state(full) or b"") <= LIMIT_BYTES


# A quotation mark and a backslash take two bytes in JSON: 32 of them as many as the longest code in UTF-8.
CODES: Final[dict[str, Callable[[int], str]]] = {
    "32 ASCII characters": lambda index: f"{index:032d}",
    "32 quotation marks": lambda index: f"{index:02d}" + '"' * 30,
    "62 bytes of Latin with accents": lambda index: f"{index:02d}" + "é" * 30,
    "64 bytes of Chinese": lambda index: f"{index:04d}" + "绩" * 20,
}


def hundred_indicators(code_of: Callable[[int], str]) -> tuple[Indicator, ...]:
    return tuple(
        Indicator(code=code_of(index), name=LONGEST_NAME, level1=LONGEST_NAME, level2=LONGEST_NAME)
        for index in range(100)
    )


def longest_evaluation(indicators: tuple[Indicator, ...], subject: str) -> Command:
    opening = evaluation(EVALUATION_ID, subject=subject, indicators=indicators, at=on("2023-01-01"))
    assert isinstance(opening.body, EvaluationOpened)
    return replace(opening, body=replace(opening.body, evaluation_year=2023))


@pytest.mark.parametrize("subject", [f"programme:{LONGEST_NAME}", f"programme:{'𠮷' * 200}"], ids=["CJK", "astral"])
@pytest.mark.parametrize("codes", CODES.keys())
def test_an_evaluation_of_a_hundred_indicators_adjusted_many_times_stays_small(codes: str, subject: str) -> None:
    indicators = hundred_indicators(CODES[codes])
    ledger = late_ledger()
    ledger.run(longest_evaluation(indicators, subject))
    for each in indicators:
        assert text_problem(Shape.INDICATOR_CODE, each.code) is None
        ledger.run(score(each.code, "999.99", evaluation_id=EVALUATION_ID))
    for round_number in range(4):
        for each in indicators:
            ledger.run(adjustment(each.code, f"99{round_number}.99", evaluation_id=EVALUATION_ID, at=TODAY))
    ledger.run(granted("999.99", evaluation_id=EVALUATION_ID))
    ledger.run(finalisation(evaluation_id=EVALUATION_ID, at=TODAY))
    size = sizes(ledger)[f"evaluation:{EVALUATION_ID}"]
    assert EVALUATION_LIMIT_BYTES // 2 < size <= EVALUATION_LIMIT_BYTES


def adjusted_beyond_memory() -> Ledger:
    """Every one of a hundred scores was adjusted twice: more marks than the state remembers."""
    indicators = hundred_indicators(CODES["32 ASCII characters"])
    ledger = late_ledger()
    ledger.run(longest_evaluation(indicators, f"programme:{LONGEST_NAME}"))
    for points in ("1.00", "0.90", "0.80"):
        for each in indicators:
            record = score if points == "1.00" else adjustment
            ledger.run(record(each.code, points, evaluation_id=EVALUATION_ID))
    return ledger


def points_of(ledger: Ledger) -> list[int]:
    return [each.marks[-1].points for each in ledger.evaluation(EVALUATION_ID).indicators]


def test_the_reversal_of_an_adjustment_restores_what_stood_before_even_when_the_state_has_forgotten_it() -> None:
    ledger = adjusted_beyond_memory()
    remembered = [len(each.marks) for each in ledger.evaluation(EVALUATION_ID).indicators]
    assert (sum(remembered), min(remembered)) == (MAX_REMEMBERED_MARKS, 1)
    for each in ledger.evaluation(EVALUATION_ID).indicators:
        ledger.run(reversal(ScoreAdjusted, indicator=each.code, score=80))
    assert points_of(ledger) == [90] * 100
    code = ledger.evaluation(EVALUATION_ID).indicators[0].code
    Given(ledger).when(score(code, "1.00", evaluation_id=EVALUATION_ID)).then_refused(ScoreExists)
    Given(ledger).when(finalisation(evaluation_id=EVALUATION_ID)).then_accepted()


def test_what_lies_deeper_than_the_state_remembers_is_adjusted_and_not_reversed() -> None:
    ledger = adjusted_beyond_memory()
    code = next(each.code for each in ledger.evaluation(EVALUATION_ID).indicators if len(each.marks) == 1)
    ledger.run(reversal(ScoreAdjusted, indicator=code, score=80))
    Given(ledger).when(reversal(ScoreAdjusted, indicator=code, score=90)).then_refused(InUse)
    Given(ledger).when(adjustment(code, "0.70", evaluation_id=EVALUATION_ID)).then_accepted()


def test_more_amendments_than_a_state_remembers_are_reversed_one_by_one_as_far_as_it_does() -> None:
    ledger = given(unit(), project(), *(amendment({"represents": index + 1}) for index in range(100))).ledger
    for index in range(MAX_REMEMBERED):
        ledger.run(reversal(ProjectAmended, changes={"represents": 100 - index}))
    Given(ledger).when(reversal(ProjectAmended, changes={"represents": 100 - MAX_REMEMBERED})).then_refused(InUse)
    Given(ledger).when(amendment({"represents": 1})).then_accepted()
