"""Where scores, points and results of an evaluation stand."""

from tests.support.builders import (
    EVALUATED,
    HALVES,
    adjustment,
    evaluation,
    finalisation,
    granted,
    indicator,
    on,
    project,
    result,
    reversal_of,
    score,
    unit,
)
from tests.support.views import LEDGER, Desk


def test_the_last_adjustment_stands_and_all_are_shown(desk: Desk) -> None:
    desk.record(*EVALUATED, score("a", "40"), score("b", "45"))
    first = desk.record(adjustment("a", "42", at=on("2023-04-01")))
    second = desk.record(adjustment("a", "41.5", at=on("2023-05-01")))
    row = desk.evaluation()
    assert (row.total, row.grade, row.finalised) == (86_50, "good", False)
    a, b = row.indicators
    assert (a.score, b.score) == (41_50, 45_00)
    assert [(each.position, each.previous, each.score) for each in a.adjustments] == [
        (first.position, 40_00, 42_00),
        (second.position, 42_00, 41_50),
    ]
    assert desk.evaluation(at=desk.at(on("2023-04-30"))).total == 87_00
    assert desk.evaluation(at=desk.at(on("2023-04-30"), first.position - 1)).total == 85_00


def test_the_reversal_of_an_adjustment_restores_what_was_before(desk: Desk) -> None:
    desk.record(*EVALUATED, score("a", "40"))
    adjusted = desk.record(adjustment("a", "30"))
    desk.record(reversal_of(adjusted.id))
    assert desk.evaluation().total == 40_00
    assert desk.evaluation().indicators[0].adjustments == ()
    assert desk.evaluation(at=desk.at(on("2023-08-31"))).total == 30_00


def test_granted_points_count_only_beside_a_score(desk: Desk) -> None:
    desk.record(*EVALUATED, granted("3"), granted("-0.5"))
    assert (desk.evaluation().total, desk.evaluation().grade, desk.evaluation().points) == (None, None, 2_50)
    desk.record(score("a", "50"))
    assert (desk.evaluation().total, desk.evaluation().grade) == (52_50, None)
    desk.record(score("b", "50"))
    assert (desk.evaluation().total, desk.evaluation().grade) == (102_50, "excellent")


def test_a_result_stands_for_the_scores_of_an_evaluation_without_indicators(desk: Desk) -> None:
    desk.record(unit(), project(), evaluation(indicators=()))
    wrong = desk.record(result("59.99"))
    assert (desk.evaluation().total, desk.evaluation().grade) == (59_99, "poor")
    desk.record(reversal_of(wrong.id), result("60", at=on("2023-09-02")))
    assert (desk.evaluation().total, desk.evaluation().grade) == (60_00, "fair")
    assert desk.evaluation(at=desk.at(on("2023-09-01"))).total is None


def test_of_two_results_that_count_at_an_early_date_the_later_one_stands(desk: Desk) -> None:
    desk.record(unit(), project(), evaluation(indicators=()))
    first = desk.record(result("70", at=on("2023-03-01")))
    desk.record(reversal_of(first.id, at=on("2023-09-01")), result("80", at=on("2023-04-01")))
    days = ("2023-03-31", "2023-04-01", "2023-09-01")
    assert [desk.evaluation(at=desk.at(on(day))).total for day in days] == [70_00, 80_00, 80_00]


def test_an_evaluation_is_open_again_when_its_finalisation_is_reversed(desk: Desk) -> None:
    desk.record(*EVALUATED, score("a", "45"), score("b", "44.93"))
    final = desk.record(finalisation())
    assert (desk.evaluation().finalised, desk.evaluation().total, desk.evaluation().grade) == (True, 89_93, "good")
    desk.record(reversal_of(final.id))
    assert not desk.evaluation().finalised
    assert desk.evaluation(at=desk.at(on("2023-08-31"))).finalised


def test_indicators_show_their_text_as_it_was_opened(desk: Desk) -> None:
    desk.record(unit(), project(), evaluation(indicators=(*HALVES[:1], indicator("c", "50"))))
    shown = desk.evaluation().indicators[0]
    assert (shown.code, shown.name, shown.level1, shown.level2, shown.max_points) == ("a", "指标a", "产出", None, 50_00)
    assert (shown.score, shown.actual, shown.deviation_reason, shown.adjustments) == (None, None, None, ())


def test_an_evaluation_exists_from_its_opening_until_the_reversal_of_it(desk: Desk) -> None:
    opened = desk.record(*EVALUATED)
    desk.record(reversal_of(opened.id))
    assert desk.views.evaluation(LEDGER, desk.at(), "E1") is None
    assert desk.project().evaluations == ()
    assert desk.evaluation(at=desk.at(on("2023-08-31"))).evaluation_id == "E1"


def test_only_an_evaluation_of_the_project_itself_is_its(desk: Desk) -> None:
    desk.record(unit(), project(), evaluation("E1", subject="unit:U1"), evaluation("E2", subject="programme:P1"))
    assert desk.project().evaluations == ()
