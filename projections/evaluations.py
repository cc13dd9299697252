"""绩效评价: where scores, granted points and results stand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from domain.boundary import Kind
from domain.evaluation import EvaluationKind, Subject, SubjectKind, evaluation_key
from domain.grade import grade_of, total_of
from projections.balances import as_of, as_of_some
from projections.facts import FactKind
from projections.measures import NOTHING, Measures
from projections.rows import AdjustmentItem, EvaluationDetail, EvaluationRow, IndicatorItem
from projections.scope import Scope
from projections.things import Said, Thing, every_thing, some_things

_KINDS: Final = {kind.value: kind for kind in EvaluationKind}
_SUBJECT_KINDS: Final = {kind.value: kind for kind in SubjectKind}
_MARKS: Final = (FactKind.ADJUSTMENT, FactKind.SCORE)
_PRECEDENCE: Final = (
    EvaluationKind.FINANCE,
    EvaluationKind.THIRD_PARTY,
    EvaluationKind.DEPARTMENT,
    EvaluationKind.SELF,
)


class Opened(NamedTuple):
    """An evaluation with the (day, position) of its opening."""

    row: EvaluationRow
    opened: tuple[int, int]


def rows(scope: Scope, evaluation_ids: Iterable[str] | None) -> list[EvaluationRow]:
    """The evaluations of the ids that exist, by id; with None every one."""
    if evaluation_ids is None:
        return [each.row for each in every_evaluation(scope)]
    found = some_things(scope, map(evaluation_key, evaluation_ids))
    return [each.row for each in opened(found, as_of_some(scope, found))]


def every_evaluation(scope: Scope) -> list[Opened]:
    """Every evaluation, by id."""
    found = every_thing(scope, Kind.EVALUATION)
    return opened(found, as_of_some(scope, found))


def opened(evaluations: Mapping[str, Thing], measures: Mapping[str, Measures]) -> list[Opened]:
    """Those of the evaluations that exist, in their order; `measures` has at least what moved any of them."""
    return [
        Opened(EvaluationRow(**_fields(thing, measures.get(key, NOTHING).points)), thing.opened)
        for key, thing in evaluations.items()
        if thing.exists
    ]


def detail(scope: Scope, evaluation_id: str) -> EvaluationDetail | None:
    """One evaluation in full, or None where it does not exist."""
    key = evaluation_key(evaluation_id)
    thing = some_things(scope, [key]).get(key)
    if thing is None or not thing.exists:
        return None
    indicators = tuple(_indicator(each, thing) for each in thing.attributes["indicators"])
    points = as_of(scope, key).points
    return EvaluationDetail(**_fields(thing, points), indicators=indicators, points=points)


def counting(evaluations: Iterable[Opened]) -> EvaluationRow | None:
    """The one whose total and grade a project shows, of those opened on it; None when none has a total."""
    scored = [each for each in evaluations if each.row.total is not None]
    return min(scored, key=_precedence).row if scored else None


def _precedence(each: Opened) -> tuple[bool, int, int, int]:
    day, position = each.opened
    return not each.row.finalised, _PRECEDENCE.index(each.row.kind), -day, -position


def _fields(thing: Thing, points: int) -> dict[str, Any]:
    """The fields of the row; `points` are all that was granted, in hundredths."""
    values = thing.attributes
    standing = _standing(thing)
    marks = [standing.scores.get(indicator["code"]) for indicator in values["indicators"]]
    total = total_of(marks, standing.result, points)
    return {
        "evaluation_id": values["evaluation_id"],
        "subject": Subject(kind=_SUBJECT_KINDS[values["subject"]["kind"]], id=values["subject"]["id"]),
        "fiscal_year": values["fiscal_year"],
        "evaluation_year": values["evaluation_year"],
        "kind": _KINDS[values["kind"]],
        "evaluator_unit_id": values["evaluator_unit_id"],
        "total": total,
        "grade": grade_of(total) if total is not None and None not in marks else None,
        "finalised": standing.finalised,
    }


@dataclass(slots=True)
class _Standing:
    """What counts: of scores (by indicator) and results the last one by (effective date, position)."""

    scores: dict[str, int] = field(default_factory=dict)
    result: int | None = None
    finalised: bool = False


def _standing(thing: Thing) -> _Standing:
    standing = _Standing()
    for fact in thing.said:
        if fact.kind in _MARKS:
            value = fact.value
            standing.scores[value["indicator"]] = value["score"]
        elif fact.kind is FactKind.RESULT:
            standing.result = fact.value
        elif fact.kind is FactKind.FINALISED:
            standing.finalised = True
    return standing


def _indicator(values: dict[str, Any], thing: Thing) -> IndicatorItem:
    code = values["code"]
    marks = [fact for fact in thing.of(*_MARKS) if fact.value["indicator"] == code]
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
