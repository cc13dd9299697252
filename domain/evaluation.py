"""绩效评价: indicators, scores, adjustments, granted points and a result."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

from domain.appropriation import known_appropriation
from domain.boundary import (
    Kind,
    Standing,
    States,
    key_of,
    known,
    later_of,
    refuse_before_registration,
    refuse_existing,
)
from domain.command import Command
from domain.errors import (
    DateBeforeOriginal,
    Finalised,
    HasIndicators,
    MaximumSum,
    ScoreExists,
    ScoresMissing,
    UnknownEvaluation,
)
from domain.event import Effect, EventReversed, ProposedEvent, RecordedEvent
from domain.grade import Grade, grade_of, total_of
from domain.mark import IndicatorState, Mark, known_indicator, points_on, refuse_above_maximum, with_marks
from domain.project import known_project
from domain.shape import GrantedPoints, Identifier, IndicatorCode, Name, Points, Prose, TotalPoints, Year
from domain.unit import known_unit, unit_key

FULL_MARKS: Final = 100_00


class SubjectKind(StrEnum):
    """What is evaluated; a programme is named by its printed name and needs no registration."""

    PROJECT = "project"
    PROGRAMME = "programme"
    UNIT = "unit"
    APPROPRIATION = "appropriation"


class EvaluationKind(StrEnum):
    """单位自评, 部门评价, 财政评价, 第三方评价."""

    SELF = "self"
    DEPARTMENT = "department"
    FINANCE = "finance"
    THIRD_PARTY = "third_party"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an evaluation is about."""

    kind: SubjectKind
    id: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """绩效指标; `max_points` (分值) is None where a report prints none."""

    code: IndicatorCode
    name: Name
    level1: Name
    level2: Name | None = None
    max_points: Points | None = None
    target: Prose | None = None
    unit: Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationOpened:
    """An evaluation of one subject for one fiscal year."""

    evaluation_id: Identifier
    subject: Subject
    fiscal_year: Year
    evaluation_year: Year | None = None
    kind: EvaluationKind
    evaluator_unit_id: Identifier | None = None
    indicators: tuple[Indicator, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRecorded:
    """得分 of one indicator, once."""

    evaluation_id: Identifier
    indicator: IndicatorCode
    score: Points
    actual: Prose | None = None
    deviation_reason: Prose | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustScore:
    """Request: 得分调整 of one indicator."""

    evaluation_id: Identifier
    indicator: IndicatorCode
    score: Points
    reason: Prose


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreAdjusted:
    """得分调整; `previous` is what stood before."""

    evaluation_id: Identifier
    indicator: IndicatorCode
    previous: Points
    score: Points
    reason: Prose


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsGranted:
    """加分 or (negative) 减分."""

    evaluation_id: Identifier
    points: GrantedPoints
    reason: Prose


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRecorded:
    """The total of a report that prints no indicators."""

    evaluation_id: Identifier
    total: Points


@dataclass(frozen=True, slots=True, kw_only=True)
class FinaliseEvaluation:
    """Request: the result stands."""

    evaluation_id: Identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationFinalised:
    """The total (hundredths, may be negative or above 100) and grade that stand."""

    evaluation_id: Identifier
    total: TotalPoints
    grade: Grade


class EvaluationState(NamedTuple):
    """What the rules need to know; `points` is the sum of granted points in hundredths."""

    registered_on: date | None = None
    live_count: int = 0
    subject_key: str = ""
    indicators: tuple[IndicatorState, ...] = ()
    result: Mark | None = None
    points: int = 0
    finalised: bool = False
    last_on: date | None = None


def evaluation_key(evaluation_id: str) -> str:
    """Boundary key and tag of an evaluation."""
    return "evaluation:" + evaluation_id


def subject_key(subject: Subject) -> str:
    """Boundary key and tag of what is evaluated."""
    return key_of(Kind(subject.kind.value), subject.id)


def tags_of_opening(fact: EvaluationOpened) -> tuple[str, ...]:
    """The evaluation, its subject and its evaluator, once each."""
    evaluator = (unit_key(fact.evaluator_unit_id),) if fact.evaluator_unit_id else ()
    return tuple(dict.fromkeys((evaluation_key(fact.evaluation_id), subject_key(fact.subject), *evaluator)))


def decide_opening(fact: EvaluationOpened, command: Command, states: States) -> ProposedEvent:
    """Opens an evaluation.

    Raises:
        MaximumSum, then the unknown subject or evaluator, AlreadyExists, DateBeforeRegistration: in this order.
    """
    maxima = [indicator.max_points for indicator in fact.indicators]
    given = [maximum for maximum in maxima if maximum is not None]
    if maxima and len(given) == len(maxima) and sum(given) != FULL_MARKS:
        raise MaximumSum("/indicators", sum=sum(given))
    named = _known_subject(fact.subject, states)
    if fact.evaluator_unit_id:
        named.append(known_unit(states, fact.evaluator_unit_id, "/evaluator_unit_id"))
    refuse_existing(states, evaluation_key(fact.evaluation_id), "/evaluation_id")
    refuse_before_registration(command.effective_date, *named)
    return ProposedEvent(data=fact, tags=tags_of_opening(fact))


def decide_score(fact: ScoreRecorded, command: Command, states: States) -> ProposedEvent:
    """Scores an indicator for the first time.

    Raises:
        UnknownEvaluation, UnknownIndicator, Finalised, ScoreExists, DateBeforeRegistration, ScoreAboveMaximum:
        in this order.
    """
    state = known_evaluation(states, fact.evaluation_id)
    indicator = known_indicator(state.indicators, fact.indicator)
    refuse_finalised(state)
    if indicator.marks:
        raise ScoreExists("/indicator")
    refuse_before_registration(command.effective_date, state)
    refuse_above_maximum(indicator, fact.score)
    return _evaluation_event(fact, fact.evaluation_id, state)


def decide_adjustment(request: AdjustScore, command: Command, states: States) -> ProposedEvent:
    """Adjusts the score of an indicator.

    Raises:
        UnknownEvaluation, UnknownIndicator, Finalised, ScoresMissing, DateBeforeOriginal, ScoreAboveMaximum:
        in this order.
    """
    state = known_evaluation(states, request.evaluation_id)
    indicator = known_indicator(state.indicators, request.indicator)
    refuse_finalised(state)
    if not indicator.marks:
        raise ScoresMissing("/indicator", missing=1)
    last = indicator.marks[-1]
    if command.effective_date.toordinal() < last.day:
        original_date = command.effective_date.fromordinal(last.day).isoformat()
        raise DateBeforeOriginal("/effective_date", original_date=original_date)
    refuse_above_maximum(indicator, request.score)
    fact = ScoreAdjusted(
        evaluation_id=request.evaluation_id,
        indicator=request.indicator,
        previous=last.points,
        score=request.score,
        reason=request.reason,
    )
    return _evaluation_event(fact, fact.evaluation_id, state)


def decide_points(fact: PointsGranted, command: Command, states: States) -> ProposedEvent:
    """Grants or deducts points.

    Raises:
        UnknownEvaluation, Finalised, DateBeforeRegistration: in this order.
    """
    state = known_evaluation(states, fact.evaluation_id)
    refuse_finalised(state)
    refuse_before_registration(command.effective_date, state)
    return _evaluation_event(fact, fact.evaluation_id, state)


def decide_result(fact: ResultRecorded, command: Command, states: States) -> ProposedEvent:
    """Records the total of an evaluation without indicators.

    Raises:
        UnknownEvaluation, Finalised, HasIndicators, ScoreExists, DateBeforeRegistration: in this order.
    """
    state = known_evaluation(states, fact.evaluation_id)
    refuse_finalised(state)
    if state.indicators:
        raise HasIndicators("/evaluation_id")
    if state.result is not None:
        raise ScoreExists("/evaluation_id")
    refuse_before_registration(command.effective_date, state)
    return _evaluation_event(fact, fact.evaluation_id, state)


def decide_finalisation(request: FinaliseEvaluation, command: Command, states: States) -> ProposedEvent:
    """Makes the result stand; a score, adjustment or result dated after the finalisation is missing on its day.

    Raises:
        UnknownEvaluation, Finalised, DateBeforeRegistration, ScoresMissing: in this order.
    """
    state = known_evaluation(states, request.evaluation_id)
    refuse_finalised(state)
    refuse_before_registration(command.effective_date, state)
    day = command.effective_date.toordinal()
    marks = [points_on(day, indicator.marks[-1] if indicator.marks else None) for indicator in state.indicators]
    total = total_of(marks, points_on(day, state.result), state.points)
    if total is None or None in marks:
        raise ScoresMissing("/evaluation_id", missing=marks.count(None) or 1)
    fact = EvaluationFinalised(evaluation_id=request.evaluation_id, total=total, grade=grade_of(total))
    return _evaluation_event(fact, fact.evaluation_id, state)


def refuse_finalised(state: EvaluationState, pointer: str = "/evaluation_id") -> None:
    """Refuses to touch a final evaluation.

    Raises:
        Finalised: when it is.
    """
    if state.finalised:
        raise Finalised(pointer)


def known_evaluation(states: States, evaluation_id: str) -> EvaluationState:
    """The evaluation's state, or UnknownEvaluation."""
    return known(states, evaluation_key(evaluation_id), EvaluationState, UnknownEvaluation, "/evaluation_id")


def last_mark_position(state: EvaluationState, code: str) -> int | None:
    """Position of the indicator's youngest unreversed score or adjustment; None without one, or when forgotten."""
    marks = known_indicator(state.indicators, code).marks
    return (marks[-1].position or None) if marks else None


def evolve(key: str, state: EvaluationState | None, effect: Effect) -> EvaluationState:
    """The evaluation's state after an event bearing its tag."""
    state = state or EvaluationState()
    event, fact, sign, _ = effect
    last_on = later_of(state.last_on, event.effective_date)
    state = state._replace(live_count=state.live_count + sign, last_on=last_on)
    match fact:
        case EvaluationOpened() if evaluation_key(fact.evaluation_id) == key:
            indicators = tuple(IndicatorState(each.code, each.max_points, ()) for each in fact.indicators)
            registered_on = event.effective_date if sign > 0 else None
            return state._replace(
                registered_on=registered_on, subject_key=subject_key(fact.subject), indicators=indicators
            )
        case ScoreRecorded() | ScoreAdjusted():
            return _with_marks_after(state, fact.indicator, event)
        case ResultRecorded():
            mark = Mark(event.position, event.effective_date.toordinal(), fact.total)
            return state._replace(result=mark if sign > 0 else None)
        case PointsGranted():
            return state._replace(points=state.points + sign * fact.points)
        case EvaluationFinalised():
            return state._replace(finalised=sign > 0)
        case _:
            return state


def _with_marks_after(state: EvaluationState, code: str, event: RecordedEvent) -> EvaluationState:
    marks = _marks_after(known_indicator(state.indicators, code).marks, event)
    return state._replace(indicators=with_marks(state.indicators, code, marks))


def _marks_after(marks: tuple[Mark, ...], event: RecordedEvent) -> tuple[Mark, ...]:
    """With the mark of a score or adjustment, or without the youngest one: no other can be reversed."""
    match event.data:
        case ScoreRecorded(score=points) | ScoreAdjusted(score=points):
            return (*marks, Mark(event.position, event.effective_date.toordinal(), points))
        case EventReversed(fact=ScoreAdjusted(previous=points), reverses=adjustment) if len(marks) == 1:
            # What it changed is no longer remembered: its points are known, not its position nor its exact date.
            return (Mark(0, adjustment.effective_date.toordinal(), points),)
        case _:
            return marks[:-1]


def _known_subject(subject: Subject, states: States) -> list[Standing]:
    match subject.kind:
        case SubjectKind.PROJECT:
            return [known_project(states, subject.id, "/subject/id")]
        case SubjectKind.UNIT:
            return [known_unit(states, subject.id, "/subject/id")]
        case SubjectKind.APPROPRIATION:
            return [known_appropriation(states, subject.id, "/subject/id")]
        case SubjectKind.PROGRAMME:
            return []


def _evaluation_event(
    fact: ScoreRecorded | ScoreAdjusted | PointsGranted | ResultRecorded | EvaluationFinalised,
    evaluation_id: str,
    state: EvaluationState,
) -> ProposedEvent:
    return ProposedEvent(data=fact, tags=(evaluation_key(evaluation_id), state.subject_key))
