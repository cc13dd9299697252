"""What stands of the scores of one evaluation: marks by indicator, the youngest of which counts."""

from typing import Final, NamedTuple

from domain.errors import ScoreAboveMaximum, UnknownIndicator

MAX_REMEMBERED_MARKS: Final = 140
"""How many marks (scores and adjustments) of one evaluation its state remembers: the youngest of each indicator."""


class Mark(NamedTuple):
    """One unreversed score, adjustment or result; `day` is the proleptic ordinal of its effective date."""

    position: int
    day: int
    points: int


class IndicatorState(NamedTuple):
    """An indicator's maximum and its unreversed marks, oldest first; the last one counts."""

    code: str
    max_points: int | None
    marks: tuple[Mark, ...]


def known_indicator(indicators: tuple[IndicatorState, ...], code: str) -> IndicatorState:
    """The indicator with that code, or UnknownIndicator."""
    for indicator in indicators:
        if indicator.code == code:
            return indicator
    raise UnknownIndicator("/indicator")


def refuse_above_maximum(indicator: IndicatorState, score: int) -> None:
    """Refuses more points than the indicator has.

    Raises:
        ScoreAboveMaximum: where a maximum is given.
    """
    if indicator.max_points is not None and score > indicator.max_points:
        raise ScoreAboveMaximum("/score", maximum=indicator.max_points, requested=score)


def points_on(day: int, mark: Mark | None) -> int | None:
    """The points of a mark that is dated on or before the day (an ordinal), else None."""
    return mark.points if mark is not None and mark.day <= day else None


def with_marks(
    indicators: tuple[IndicatorState, ...], code: str, marks: tuple[Mark, ...]
) -> tuple[IndicatorState, ...]:
    """The indicators with other marks of one; where there are too many in all, the deepest pile loses its oldest."""
    changed = [each._replace(marks=marks) if each.code == code else each for each in indicators]
    if sum(len(each.marks) for each in changed) > MAX_REMEMBERED_MARKS:
        deepest = max(range(len(changed)), key=lambda each: len(changed[each].marks))
        changed[deepest] = changed[deepest]._replace(marks=changed[deepest].marks[1:])
    return tuple(changed)
