"""绩效评价: where scores, granted points and results stand."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from domain.boundary import Kind
from domain.evaluation import EvaluationKind, Subject, SubjectKind, evaluation_key
from domain.grade import Grade, grade_of, total_of
from projections.facts import FactKind
from projections.rows import AdjustmentItem, EvaluationDetail, EvaluationRow, IndicatorItem
from projections.scope import Scope
from projections.things import Said, Thing, every_thing, some_things

_KIND_ORDER = (EvaluationKind.FINANCE, EvaluationKind.THIRD_PARTY, EvaluationKind.DEPARTMENT, EvaluationKind.SELF)


class Opened(NamedTuple):
    """An evaluation with the (day, position) of its opening."""

    row: EvaluationRow
    opened: tuple[int, int]


def rows(scope: Scope) -> list[EvaluationRow]:
    """Every evaluation, by id."""
    return [each.row for each in every_evaluation(scope)]


def every_evaluation(scope: Scope) -> list[Opened]:
    """Every evaluation, by id."""
    return opened(every_thing(scope, Kind.EVALUATION))


def opened(evaluations: Mapping[str, Thing]) -> list[Opened]:
    """Those of the evaluations that exist, in their order."""
    return [Opened(EvaluationRow(**_fields(thing)), thing.opened) for thing in evaluations.values() if thing.exists]


def detail(scope: Scope, evaluation_id: str) -> EvaluationDetail | None:
    """One evaluation in full, or None where it does not exist."""
    key = evaluation_key(evaluation_id)
    thing = some_things(scope, [key]).get(key)
    if thing is None or not thing.exists:
        return None
    indicators = tuple(_indicator(each, thing) for each in thing.attributes["indicators"])
    return EvaluationDetail(**_fields(thing), indicators=indicators, points=_points(thing))


def counting(evaluations: Iterable[Opened]) -> EvaluationRow | None:
    """The one whose total and grade a project shows, of those opened on it; None when none has a total."""
    scored = [each for each in evaluations if each.row.total is not None]
    return min(scored, key=_precedence).row if scored else None


def _precedence(each: Opened) -> tuple[bool, int, int, int]:
    day, position = each.opened
    return not each.row.finalised, _KIND_ORDER.index(each.row.kind), -day, -position


def _fields(thing: Thing) -> dict[str, Any]:
    """The fields of the row."""
    values = thing.attributes
    scores = _latest_scores(thing, len(values["indicators"]))
    marks = [scores.get(indicator["code"]) for indicator in values["indicators"]]
    results = thing.of(FactKind.RESULT)
    total = total_of(marks, results[-1].value if results else None, _points(thing))
    return {
        "evaluation_id": values["evaluation_id"],
        "subject": Subject(kind=SubjectKind(values["subject"]["kind"]), id=values["subject"]["id"]),
        "fiscal_year": values["fiscal_year"],
        "evaluation_year": values["evaluation_year"],
        "kind": EvaluationKind(values["kind"]),
        "evaluator_unit_id": values["evaluator_unit_id"],
        "total": total,
        "grade": _grade(total, marks),
        "finalised": bool(thing.of(FactKind.FINALISED)),
    }


def _grade(total: int | None, marks: list[int | None]) -> Grade | None:
    return grade_of(total) if total is not None and None not in marks else None


def _points(thing: Thing) -> int:
    return sum(fact.value for fact in thing.of(FactKind.POINTS))


def _latest_scores(thing: Thing, indicator_count: int) -> dict[str, int]:
    """Score by indicator: the last one by (effective date, position) stands."""
    latest: dict[str, int] = {}
    for fact in reversed(thing.of(FactKind.SCORE, FactKind.ADJUSTMENT)):
        if len(latest) == indicator_count:
            break
        value = fact.value
        latest.setdefault(value["indicator"], value["score"])
    return latest


def _indicator(values: dict[str, Any], thing: Thing) -> IndicatorItem:
    code = values["code"]
    marks = [fact for fact in thing.of(FactKind.SCORE, FactKind.ADJUSTMENT) if fact.value["indicator"] == code]
    first = next((fact.value for fact in reversed(marks) if fact.kind is FactKind.SCORE), None)
    return IndicatorItem(
        **values,
        score=marks[-1].value["score"] if marks else None,
        actual=first["actual"] if first else None,
        deviation_reason=first["deviation_reason"] if first else None,
        adjustments=tuple(_adjustment(fact) for fact in marks if fact.kind is FactKind.ADJUSTMENT),
    )


def _adjustment(fact: Said) -> AdjustmentItem:
    value = fact.value
    return AdjustmentItem(
        position=fact.position, previous=value["previous"], score=value["score"], reason=value["reason"]
    )
