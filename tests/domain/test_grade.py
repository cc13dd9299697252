"""Totals and the grades that follow from them."""

import pytest

from domain.grade import Grade, grade_of, total_of


@pytest.mark.parametrize(
    ("total", "grade"),
    [
        (999_99, Grade.EXCELLENT),
        (100_50, Grade.EXCELLENT),
        (100_00, Grade.EXCELLENT),
        (90_00, Grade.EXCELLENT),
        (89_99, Grade.GOOD),
        (89_93, Grade.GOOD),
        (80_00, Grade.GOOD),
        (79_99, Grade.FAIR),
        (60_00, Grade.FAIR),
        (59_99, Grade.POOR),
        (0, Grade.POOR),
        (-1, Grade.POOR),
        (-3_00, Grade.POOR),
    ],
)
def test_a_grade_follows_from_the_unrounded_total(total: int, grade: Grade) -> None:
    assert grade_of(total) is grade


def test_a_total_is_the_sum_of_the_marks_and_the_granted_points() -> None:
    assert total_of([45_00, 44_93], None, 0) == 89_93
    assert total_of([45_00, 44_93], None, -1_50) == 88_43


def test_a_total_may_be_above_full_marks_or_below_zero() -> None:
    assert total_of([100_00], None, 50) == 100_50
    assert total_of([0], None, -3_00) == -3_00


def test_a_result_stands_where_there_are_no_indicators() -> None:
    assert total_of([], 92_00, 1_00) == 93_00


def test_there_is_no_total_while_nothing_is_scored_whatever_was_granted() -> None:
    assert total_of([], None, 5_00) is None
    assert total_of([None, None], None, 5_00) is None


def test_what_is_scored_counts_while_the_rest_is_missing() -> None:
    assert total_of([45_00, None], None, 0) == 45_00


def test_a_score_of_zero_is_a_score() -> None:
    assert total_of([0], None, 0) == 0
    assert total_of([], 0, 0) == 0
