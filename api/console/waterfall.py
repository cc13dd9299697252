"""得分构成: from the maximum over what each part lost, and over adjustments with their reasons, to the total."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from api.console.asked import Asked
from api.console.figures import hundredths_of
from api.console.table import Kind, Row, Table, field_column
from domain.evaluation import EvaluationKind
from domain.money import format_hundredths

_KINDS: Final = (
    EvaluationKind.FINANCE,
    EvaluationKind.THIRD_PARTY,
    EvaluationKind.DEPARTMENT,
    EvaluationKind.SELF,
)
"""Whose evaluation counts before whose."""


class StepKind(Enum):
    """What a step of the way is: a sum it stands at, or a change that it makes."""

    SUM = auto()
    CHANGE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step. Points in hundredths; `after` is where the way stands after it; `adjusted` the sums around a change."""

    title: str
    kind: StepKind
    change: int
    after: int
    reason: str | None = None
    adjusted: tuple[str, str] | None = None
    position: int | None = None

    @property
    def is_sum(self) -> bool:
        """Whether it is a place on the way, and changes nothing."""
        return self.kind is StepKind.SUM

    @property
    def lower(self) -> int:
        """Where its bar begins."""
        return 0 if self.kind is StepKind.SUM else min(self.after, self.after - self.change)

    @property
    def length(self) -> int:
        """How long its bar is."""
        return self.after if self.kind is StepKind.SUM else abs(self.change)


def counting_evaluation(project: Row, events: Sequence[Row]) -> Row | None:
    """The evaluation whose score the project has: finalised before open, then by kind, then the latest opened."""
    opened = {
        event["data"]["evaluation_id"]: (event["effective_date"], event["position"])
        for event in events
        if event["type"] == "evaluation-opened.v1"
    }
    scored = [each for each in project["evaluations"] if each["total"] is not None]
    scored.sort(key=lambda each: opened.get(each["evaluation_id"], ("", 0)), reverse=True)
    scored.sort(key=lambda each: (not each["finalised"], _KINDS.index(EvaluationKind(each["kind"]))))
    return scored[0] if scored else None


def steps_of(asked: Asked, evaluation: Row) -> list[Step]:
    """The way from the maximum to the total; where a maximum is missing, from nothing up; none for a mere total."""
    if not evaluation["indicators"]:
        return []
    steps: list[Step] = []
    for make in (_parts, _adjustments, _granted):
        steps += make(asked, evaluation, steps[-1].after if steps else 0)
    return [*steps, Step(title=asked.say("总分"), kind=StepKind.SUM, change=0, after=steps[-1].after)]


def waterfall_table(asked: Asked, steps: Sequence[Step]) -> Table:
    """The steps, to take away."""
    rows = [
        {
            "step": step.title,
            "change": format_hundredths(step.change) if step.kind is StepKind.CHANGE else None,
            "after": format_hundredths(step.after),
            "reason": step.reason,
        }
        for step in steps
    ]
    columns = (
        field_column("step", asked.say("步骤")),
        field_column("change", asked.say("变动"), Kind.POINTS_CHANGE),
        field_column("after", asked.say("得分"), Kind.POINTS),
        field_column("reason", asked.say("原因")),
    )
    return Table(name="score", title=asked.say("得分构成"), columns=columns, rows=rows)


def _parts(asked: Asked, evaluation: Row, _at: int) -> list[Step]:
    """Down from the maximum by what each part lost, or up by what it has, to the score before adjustments."""
    indicators = evaluation["indicators"]
    has_maximum = all(each["max_points"] is not None for each in indicators)
    full = sum(hundredths_of(each["max_points"]) for each in indicators) if has_maximum else 0
    steps = [Step(title=asked.say("满分"), kind=StepKind.SUM, change=0, after=full)] if has_maximum else []
    at = full
    for part, members in _by_part(indicators).items():
        change = sum(map(_first_score, members)) - (sum(map(_maximum, members)) if has_maximum else 0)
        at += change
        title = part if all(each["score"] is not None for each in members) else asked.say("{part}（未评全）", part=part)
        steps.append(Step(title=title, kind=StepKind.CHANGE, change=change, after=at))
    return [*steps, Step(title=asked.say("原始得分"), kind=StepKind.SUM, change=0, after=at)]


def _adjustments(asked: Asked, evaluation: Row, at: int) -> Iterator[Step]:
    """Each adjustment of an indicator's score, in the order in which they were recorded."""
    found = [(each, adjustment) for each in evaluation["indicators"] for adjustment in each["adjustments"]]
    for indicator, adjustment in sorted(found, key=lambda pair: pair[1]["position"]):
        change = hundredths_of(adjustment["score"]) - hundredths_of(adjustment["previous"])
        before, at = at, at + change
        yield Step(
            title=asked.say("得分调整 {indicator}", indicator=f"{indicator['code']} {indicator['name']}"),
            kind=StepKind.CHANGE,
            change=change,
            after=at,
            reason=adjustment["reason"],
            adjusted=(format_hundredths(before), format_hundredths(at)),
            position=adjustment["position"],
        )


def _granted(asked: Asked, evaluation: Row, at: int) -> Iterator[Step]:
    points = hundredths_of(evaluation["points"])
    if points:
        yield Step(title=asked.say("加分/减分"), kind=StepKind.CHANGE, change=points, after=at + points)


def _by_part(indicators: Sequence[Row]) -> Mapping[str, list[Row]]:
    """The indicators of each first level, in their order."""
    parts: dict[str, list[Row]] = {}
    for each in indicators:
        parts.setdefault(each["level1"], []).append(each)
    return parts


def _first_score(indicator: Row) -> int:
    """What was scored before any adjustment; nothing where nothing was scored."""
    adjustments: Sequence[Row] = sorted(indicator["adjustments"], key=lambda each: int(each["position"]))
    score = adjustments[0]["previous"] if adjustments else indicator["score"]
    return 0 if score is None else hundredths_of(score)


def _maximum(indicator: Row) -> int:
    return hundredths_of(indicator["max_points"])
