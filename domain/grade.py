"""The total of an evaluation and the grade that follows from it."""

from enum import StrEnum
from typing import Final


class Grade(StrEnum):
    """优 良 中 差."""

    EXCELLENT = "excellent"
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


GRADE_BANDS: Final = ((90_00, Grade.EXCELLENT), (80_00, Grade.GOOD), (60_00, Grade.FAIR))
"""Lowest total, in hundredths and inclusive, of each grade but the last."""


def total_of(marks: list[int | None], result: int | None, points: int) -> int | None:
    """Total in hundredths of the marks (or the result) and the granted points; None when nothing is scored."""
    scored = [mark for mark in (*marks, result) if mark is not None]
    return sum(scored) + points if scored else None


def grade_of(total: int) -> Grade:
    """The grade of an unrounded total: half-open bands; above 100 grades as 100, below 0 as 0."""
    return next((grade for lowest, grade in GRADE_BANDS if total >= lowest), Grade.POOR)
