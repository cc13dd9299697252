"""Evaluations: indicators, scores, adjustments, granted points, results, and what is final."""

import pytest

from domain.command import Command
from domain.errors import (
    AlreadyExists,
    DateBeforeOriginal,
    DateBeforeRegistration,
    Finalised,
    HasIndicators,
    MaximumSum,
    ScoreAboveMaximum,
    ScoreExists,
    ScoresMissing,
    UnknownAppropriation,
    UnknownEvaluation,
    UnknownIndicator,
    UnknownProject,
    UnknownUnit,
)
from domain.evaluation import (
    EvaluationFinalised,
    EvaluationOpened,
    PointsGranted,
    ResultRecorded,
    ScoreAdjusted,
    ScoreRecorded,
)
from domain.grade import Grade
from tests.support.builders import (
    EVALUATED,
    LATER,
    Recipe,
    adjustment,
    appropriation,
    evaluation,
    finalisation,
    granted,
    indicator,
    on,
    project,
    result,
    reversal,
    score,
    unit,
)
from tests.support.scenario import CommandOrRecipe, given

SCORED = (*EVALUATED, score("a", "45"), score("b", "44.93"))
WITHOUT_INDICATORS = (unit(), project(), evaluation(indicators=()))


def test_an_evaluation_bears_the_tags_of_its_subject_and_its_evaluator() -> None:
    ledger = given(unit(), unit("U2"), project(), evaluation(evaluator="U2")).ledger
    assert ledger.events[-1].tags == {"evaluation:E1": 1, "project:P1": 2, "unit:U2": 2}


def test_a_unit_that_evaluates_itself_bears_its_tag_once() -> None:
    ledger = given(unit(), evaluation(subject="unit:U1", evaluator="U1")).ledger
    assert ledger.events[-1].tags == {"evaluation:E1": 1, "unit:U1": 2}


def test_an_appropriation_can_be_evaluated() -> None:
    ledger = given(appropriation(), evaluation(subject="appropriation:A1")).ledger
    assert ledger.events[-1].tags == {"evaluation:E1": 1, "appropriation:A1": 2}


def test_a_programme_is_evaluated_under_its_printed_name_and_needs_no_registration() -> None:
    ledger = given(evaluation(subject="programme:衔接资金:项目 一"), score("a", "1")).ledger
    assert ledger.events[-1].tags == {"evaluation:E1": 2, "programme:衔接资金:项目 一": 2}


@pytest.mark.parametrize(
    ("subject", "refusal"),
    [("project:P9", UnknownProject), ("unit:U9", UnknownUnit), ("appropriation:A9", UnknownAppropriation)],
)
def test_any_other_subject_must_be_registered(
    subject: str, refusal: type[UnknownProject | UnknownUnit | UnknownAppropriation]
) -> None:
    given(unit(), project()).when(evaluation(subject=subject)).then_refused(refusal, at="/subject/id")


def test_an_evaluator_must_be_registered() -> None:
    given(unit(), project()).when(evaluation(evaluator="U9")).then_refused(UnknownUnit, at="/evaluator_unit_id")


def test_an_evaluation_id_is_used_once_even_when_its_opening_was_reversed() -> None:
    given(*EVALUATED).when(evaluation()).then_refused(AlreadyExists, at="/evaluation_id")
    given(*EVALUATED, reversal(EvaluationOpened)).when(evaluation(at=LATER)).then_refused(AlreadyExists)


@pytest.mark.parametrize(
    ("things", "command"),
    [
        ((unit(), project(at=on("2023-05-01"))), evaluation(at=on("2023-04-30"))),
        ((unit(at=on("2023-05-01")),), evaluation(subject="unit:U1", at=on("2023-04-30"))),
        (
            (appropriation(at=on("2023-05-01")),),
            evaluation(subject="appropriation:A1", at=on("2023-04-30")),
        ),
        (
            (unit(at=on("2023-05-01")),),
            evaluation(subject="programme:衔接资金", evaluator="U1", at=on("2023-04-30")),
        ),
    ],
    ids=["project", "unit", "appropriation", "evaluator"],
)
def test_an_evaluation_is_not_dated_before_what_it_names(things: tuple[Command, ...], command: Command) -> None:
    given(*things).when(command).then_refused(DateBeforeRegistration, registered_on="2023-05-01")


def test_maxima_that_are_all_given_sum_to_a_hundred() -> None:
    exact = (indicator("a", "33.33"), indicator("b", "33.33"), indicator("c", "33.34"))
    given(*EVALUATED).when(evaluation("E2", indicators=exact)).then_accepted()
    for last, total in (("33.33", "99.99"), ("33.35", "100.01")):
        short = (*exact[:2], indicator("c", last))
        given(*EVALUATED).when(evaluation("E2", indicators=short)).then_refused(MaximumSum, at="/indicators", sum=total)


def test_maxima_of_which_a_report_prints_only_some_may_sum_to_anything() -> None:
    given(*EVALUATED).when(evaluation("E2", indicators=(indicator("a", "10"), indicator("b")))).then_accepted()
    given(*EVALUATED).when(evaluation("E2", indicators=(indicator("a"), indicator("b")))).then_accepted()
    given(*EVALUATED).when(evaluation("E2", indicators=())).then_accepted()


def test_a_score_is_recorded_for_an_indicator() -> None:
    ledger = (
        given(*EVALUATED)
        .when(score("a", "45.5"))
        .then(ScoreRecorded(evaluation_id="E1", indicator="a", score=45_50, actual=None, deviation_reason=None))
    )
    assert ledger.events[-1].tags == {"evaluation:E1": 2, "project:P1": 3}


@pytest.mark.parametrize(
    "command",
    [score("a", "1"), adjustment("a", "1"), granted("1"), result("1"), finalisation()],
    ids=lambda command: type(command.body).__name__,
)
def test_nothing_is_recorded_of_an_unknown_evaluation(command: Command) -> None:
    given(unit(), project()).when(command).then_refused(UnknownEvaluation, at="/evaluation_id")


def test_only_indicators_of_the_evaluation_are_scored_or_adjusted() -> None:
    given(*EVALUATED).when(score("c", "1")).then_refused(UnknownIndicator, at="/indicator")
    given(*EVALUATED).when(adjustment("c", "1")).then_refused(UnknownIndicator, at="/indicator")
    given(*WITHOUT_INDICATORS).when(score("a", "1")).then_refused(UnknownIndicator, at="/indicator")


def test_an_indicator_is_scored_once_also_after_adjustments() -> None:
    given(*SCORED).when(score("a", "45")).then_refused(ScoreExists, at="/indicator")
    given(*SCORED, adjustment("a", "40")).when(score("a", "45")).then_refused(ScoreExists, at="/indicator")


def test_a_reversed_score_may_be_recorded_again_also_with_an_earlier_date() -> None:
    given(*SCORED, reversal(ScoreRecorded, indicator="a")).when(score("a", "12", at=on("2023-01-01"))).then_accepted()


def test_a_score_reaches_its_maximum_and_does_not_pass_it() -> None:
    given(*EVALUATED).when(score("a", "50.00")).then_accepted()
    given(*EVALUATED).when(score("a", "50.01")).then_refused(
        ScoreAboveMaximum, at="/score", maximum="50.00", requested="50.01"
    )
    given(*SCORED).when(adjustment("a", "50.01")).then_refused(
        ScoreAboveMaximum, at="/score", maximum="50.00", requested="50.01"
    )


def test_a_score_is_not_limited_where_a_report_prints_no_maximum() -> None:
    given(unit(), project(), evaluation(indicators=(indicator("a"),))).when(score("a", "999.99")).then_accepted()


def test_an_indicator_of_which_the_maximum_is_zero_scores_zero() -> None:
    indicators = (indicator("a", "0"), indicator("b", "100"))
    before = given(unit(), project(), evaluation(indicators=indicators))
    before.when(score("a", "0")).then_accepted()
    before.when(score("a", "0.01")).then_refused(ScoreAboveMaximum, maximum="0.00", requested="0.01")


def test_the_ledger_fills_in_what_an_adjustment_changes() -> None:
    first = ScoreAdjusted(evaluation_id="E1", indicator="a", previous=45_00, score=40_00, reason="复核")
    second = ScoreAdjusted(evaluation_id="E1", indicator="a", previous=40_00, score=41_00, reason="复核")
    given(*SCORED).when(adjustment("a", "40")).then(first)
    given(*SCORED, adjustment("a", "40")).when(adjustment("a", "41")).then(second)


def test_what_was_never_scored_is_not_adjusted() -> None:
    given(*EVALUATED).when(adjustment("a", "40")).then_refused(ScoresMissing, at="/indicator", missing=1)


def test_an_adjustment_is_not_dated_before_what_it_changes() -> None:
    scored = (*EVALUATED, score("a", "45", at=on("2023-03-01")))
    adjusted = (*scored, adjustment("a", "44", at=on("2023-05-01")))
    given(*scored).when(adjustment("a", "40", at=on("2023-02-28"))).then_refused(
        DateBeforeOriginal, at="/effective_date", original_date="2023-03-01"
    )
    given(*adjusted).when(adjustment("a", "40", at=on("2023-04-30"))).then_refused(
        DateBeforeOriginal, at="/effective_date", original_date="2023-05-01"
    )
    given(*adjusted).when(adjustment("a", "40", at=on("2023-05-01"))).then_accepted()


def test_an_adjustment_may_be_dated_before_one_that_was_reversed() -> None:
    undone = (adjustment("a", "44", at=on("2023-05-01")), reversal(ScoreAdjusted))
    given(*SCORED, *undone).when(adjustment("a", "40", at=on("2023-04-01"))).then_accepted()


@pytest.mark.parametrize("command", [score("a", "1", at=on("2022-12-31")), granted("1", at=on("2022-12-31"))])
def test_nothing_of_an_evaluation_is_dated_before_its_opening(command: Command) -> None:
    given(*EVALUATED).when(command).then_refused(DateBeforeRegistration, registered_on="2023-01-01")


def test_a_result_and_a_finalisation_are_not_dated_before_the_opening() -> None:
    early = on("2022-12-31")
    given(*WITHOUT_INDICATORS).when(result("90", at=early)).then_refused(
        DateBeforeRegistration, registered_on="2023-01-01"
    )
    given(*SCORED).when(finalisation(at=early)).then_refused(DateBeforeRegistration, registered_on="2023-01-01")


def test_an_evaluation_without_indicators_takes_one_result() -> None:
    given(*WITHOUT_INDICATORS).when(result("89.93")).then(ResultRecorded(evaluation_id="E1", total=89_93))
    given(*WITHOUT_INDICATORS, result("89.93")).when(result("90")).then_refused(ScoreExists, at="/evaluation_id")
    given(*WITHOUT_INDICATORS, result("89.93"), reversal(ResultRecorded)).when(result("90")).then_accepted()


def test_an_evaluation_with_indicators_takes_no_result() -> None:
    given(*EVALUATED).when(result("90")).then_refused(HasIndicators, at="/evaluation_id")


def test_points_may_be_granted_and_deducted() -> None:
    given(*EVALUATED).when(granted("2.5")).then(PointsGranted(evaluation_id="E1", points=2_50, reason="加减分"))
    given(*EVALUATED).when(granted("-3")).then(PointsGranted(evaluation_id="E1", points=-3_00, reason="加减分"))


@pytest.mark.parametrize(
    ("steps", "total", "grade"),
    [
        ((*SCORED,), 89_93, Grade.GOOD),
        ((*SCORED, adjustment("b", "45")), 90_00, Grade.EXCELLENT),
        ((*SCORED, adjustment("b", "45"), reversal(ScoreAdjusted)), 89_93, Grade.GOOD),
        ((*EVALUATED, granted("0.07"), score("a", "45"), score("b", "44.93")), 90_00, Grade.EXCELLENT),
        ((*EVALUATED, score("a", "50"), score("b", "50"), granted("0.5")), 100_50, Grade.EXCELLENT),
        ((*EVALUATED, score("a", "0"), score("b", "0"), granted("-3")), -3_00, Grade.POOR),
        ((*SCORED, granted("5"), granted("-1"), reversal(PointsGranted, points=5_00)), 88_93, Grade.GOOD),
        ((*WITHOUT_INDICATORS, result("59.99")), 59_99, Grade.POOR),
        ((*WITHOUT_INDICATORS, result("59.99"), granted("0.01")), 60_00, Grade.FAIR),
    ],
)
def test_what_is_final_is_the_total_of_everything_that_stands_and_its_grade(
    steps: tuple[CommandOrRecipe, ...], total: int, grade: Grade
) -> None:
    given(*steps).when(finalisation()).then(EvaluationFinalised(evaluation_id="E1", total=total, grade=grade))


def test_an_evaluation_is_final_only_when_everything_is_scored() -> None:
    given(*EVALUATED).when(finalisation()).then_refused(ScoresMissing, at="/evaluation_id", missing=2)
    given(*EVALUATED, score("b", "1")).when(finalisation()).then_refused(ScoresMissing, missing=1)
    given(*SCORED, reversal(ScoreRecorded)).when(finalisation()).then_refused(ScoresMissing, missing=1)
    given(*WITHOUT_INDICATORS).when(finalisation()).then_refused(ScoresMissing, missing=1)


def test_what_is_marked_after_the_day_of_a_finalisation_is_missing_on_that_day() -> None:
    one_late = given(*EVALUATED, score("a", "45", at=on("2023-05-02")), score("b", "40", at=on("2023-05-01")))
    day, day_before = on("2023-05-01"), on("2023-04-30")
    one_late.when(finalisation(at=day)).then_refused(ScoresMissing, at="/evaluation_id", missing=1)
    one_late.when(finalisation(at=day_before)).then_refused(ScoresMissing, at="/evaluation_id", missing=2)
    one_late.when(finalisation(at=on("2023-05-02"))).then_accepted()
    adjusted = given(*SCORED, adjustment("a", "44", at=day))
    adjusted.when(finalisation(at=day_before)).then_refused(ScoresMissing, missing=1)
    adjusted.when(finalisation(at=day)).then_accepted()


def test_a_result_dated_after_the_finalisation_is_missing() -> None:
    reported = given(*WITHOUT_INDICATORS, result("90", at=on("2023-05-01")))
    reported.when(finalisation(at=on("2023-04-30"))).then_refused(ScoresMissing, at="/evaluation_id", missing=1)
    reported.when(finalisation(at=on("2023-05-01"))).then_accepted()


def test_points_alone_make_no_result() -> None:
    given(*WITHOUT_INDICATORS, granted("90")).when(finalisation()).then_refused(ScoresMissing, missing=1)


FINAL = (*SCORED, adjustment("a", "46"), granted("1"), finalisation())


@pytest.mark.parametrize(
    "command",
    [
        score("a", "1"),
        adjustment("a", "1"),
        granted("1"),
        result("1"),
        finalisation(),
        reversal(ScoreRecorded, indicator="a"),
        reversal(ScoreRecorded, indicator="b"),
        reversal(ScoreAdjusted),
        reversal(PointsGranted),
        reversal(EvaluationOpened),
        score("a", "999"),
        adjustment("a", "999", at=on("2023-01-01")),
        score("a", "1", at=on("2022-12-31")),
    ],
)
def test_after_finalisation_anything_else_is_finalised(command: Command | Recipe) -> None:
    given(*FINAL).when(command).then_refused(Finalised)


@pytest.mark.parametrize("taken_back", [ScoreRecorded, ScoreAdjusted, PointsGranted, EvaluationOpened])
def test_what_holds_a_final_evaluation_is_found_at_the_event_that_was_to_be_reversed(
    taken_back: type[ScoreRecorded | ScoreAdjusted | PointsGranted | EvaluationOpened],
) -> None:
    given(*FINAL).when(reversal(taken_back)).then_refused(Finalised, at="/event_id")
    given(*FINAL).when(granted("1")).then_refused(Finalised, at="/evaluation_id")


def test_a_result_stands_still_after_finalisation() -> None:
    final = given(*WITHOUT_INDICATORS, result("89.93"), finalisation())
    final.when(reversal(ResultRecorded)).then_refused(Finalised, at="/event_id")
    final.when(result("1")).then_refused(Finalised)


def test_another_evaluation_of_the_same_subject_stays_open() -> None:
    given(*FINAL, evaluation("E2")).when(score("a", "1", evaluation_id="E2")).then_accepted()


def test_an_evaluation_whose_finalisation_was_reversed_can_be_changed_and_made_final_again() -> None:
    reopened = given(*FINAL, reversal(EvaluationFinalised), adjustment("a", "50"))
    reopened.when(finalisation()).then(EvaluationFinalised(evaluation_id="E1", total=95_93, grade=Grade.EXCELLENT))
