"""Facts that are not sums: what was registered, amended, scored; what was reversed; and what must be marked.

Money facts write no fact row (their sums are in the balances), only the marks they deserve.
"""

import json
from dataclasses import fields
from datetime import date
from enum import StrEnum
from typing import Any, Final, assert_never

from domain.appropriation import AppropriationReceived, appropriation_key
from domain.boundary import Kind
from domain.budget_line import LineOpened, line_key
from domain.command import Basis
from domain.custody import EpochRaised, LedgerDigest, LogKeyAdded, LogKeyRetired, PersonalDataErased
from domain.dates import LATE_AFTER_DAYS, day_in_zone
from domain.evaluation import (
    EvaluationFinalised,
    EvaluationOpened,
    PointsGranted,
    ResultRecorded,
    ScoreAdjusted,
    ScoreRecorded,
    SubjectKind,
    evaluation_key,
)
from domain.event import EventReversed, ForeignFact, LedgerOpened, RecordedEvent, reversed_position
from domain.flow import (
    AllocationReduced,
    DisbursementReturned,
    FundsAllocated,
    FundsDisbursed,
    FundsRecovered,
    OpeningBalanceRecorded,
)
from domain.project import ProjectAmended, ProjectRegistered, ProjectStatusChanged, project_key
from domain.registry import EventData
from domain.unit import UnitRegistered, unit_key
from projections.projection import Projection, Row
from projections.tables import fact_tables


class FactKind(StrEnum):
    """What a fact row says of its subject."""

    REGISTERED = "registered"
    AMENDED = "amended"
    STATUS = "status"
    """The status, as it is."""
    LINE = "line"
    """A line opened for the project: what the line's own registration says."""
    EVALUATION = "evaluation"
    """The id of an evaluation opened on the project, as it is."""
    SCORE = "score"
    ADJUSTMENT = "adjustment"
    POINTS = "points"
    RESULT = "result"
    FINALISED = "finalised"


class MarkKind(StrEnum):
    """What a reader of a line or project must not overlook."""

    LATE = "late"
    REVERSAL = "reversal"
    ASSUMED = "assumed"


_MARKED_PREFIXES: Final = (f"{Kind.PROJECT}:", f"{Kind.LINE}:")
_UNMARKED: Final = (LedgerOpened, ForeignFact)

Said = tuple[str, FactKind, Any]
"""Subject (a tag), kind, and value: a text is kept as it is, anything else as JSON."""


def rows_of(event: RecordedEvent, time_zone: str) -> tuple[list[Row], list[Row], list[Row]]:
    """The event's rows of the tables fact, reversal and mark."""
    ledger_id, position = event.ledger, event.position
    day = event.effective_date.toordinal()
    facts: list[Row] = [
        (ledger_id, subject, day, position, kind.value, _text(value)) for subject, kind, value in said_by(event.data)
    ]
    target = reversed_position(event)
    reversals: list[Row] = [] if target is None else [(ledger_id, target, day, position)]
    marks = [mark.value for mark in marks_of(event, time_zone)]
    if not marks:
        return facts, reversals, []
    subjects = [tag for tag in event.tags if tag.startswith(_MARKED_PREFIXES)]
    return facts, reversals, [(ledger_id, subject, mark, day, position) for mark in marks for subject in subjects]


FACTS: Final = Projection(name="facts", version=1, tables=fact_tables, rows_of=rows_of)


def late_days(event: RecordedEvent, time_zone: str) -> int:
    """Days from the effective date to the day of recording in the ledger's zone."""
    return (day_in_zone(event.recorded_at, time_zone) - event.effective_date).days


def marks_of(event: RecordedEvent, time_zone: str) -> list[MarkKind]:
    """The marks an event leaves on the lines and projects whose tags it bears."""
    if isinstance(event.data, _UNMARKED):
        return []
    marks = [MarkKind.LATE] if late_days(event, time_zone) > LATE_AFTER_DAYS else []
    if isinstance(event.data, EventReversed):
        marks.append(MarkKind.REVERSAL)
    elif event.basis is Basis.ASSUMED:
        marks.append(MarkKind.ASSUMED)
    return marks


def said_by(data: EventData) -> list[Said]:
    """What an event says of which subject: at most one thing of each."""
    match data:
        # Cases are tried in order: what comes by the thousand comes first.
        case FundsDisbursed() | FundsAllocated():
            return []
        case UnitRegistered():
            return [(unit_key(data.unit_id), FactKind.REGISTERED, data)]
        case AppropriationReceived():
            return [(appropriation_key(data.appropriation_id), FactKind.REGISTERED, data)]
        case ProjectRegistered():
            return [(project_key(data.project_id), FactKind.REGISTERED, data)]
        case ProjectAmended():
            return [(project_key(data.project_id), FactKind.AMENDED, data.changes)]
        case ProjectStatusChanged():
            return [(project_key(data.project_id), FactKind.STATUS, data.status)]
        case LineOpened():
            return [
                (line_key(data.line_id), FactKind.REGISTERED, data),
                (project_key(data.project_id), FactKind.LINE, data),
            ]
        case EvaluationOpened():
            return [(evaluation_key(data.evaluation_id), FactKind.REGISTERED, data), *_evaluated(data)]
        case ScoreRecorded():
            return [(evaluation_key(data.evaluation_id), FactKind.SCORE, data)]
        case ScoreAdjusted():
            return [(evaluation_key(data.evaluation_id), FactKind.ADJUSTMENT, data)]
        case PointsGranted():
            return [(evaluation_key(data.evaluation_id), FactKind.POINTS, data.points)]
        case ResultRecorded():
            return [(evaluation_key(data.evaluation_id), FactKind.RESULT, data.total)]
        case EvaluationFinalised():
            return [(evaluation_key(data.evaluation_id), FactKind.FINALISED, data.total)]
        case OpeningBalanceRecorded() | AllocationReduced() | DisbursementReturned() | FundsRecovered():
            return []
        case LedgerOpened() | EventReversed() | ForeignFact():
            return []
        case LedgerDigest() | PersonalDataErased() | EpochRaised() | LogKeyAdded() | LogKeyRetired():
            return []
        case _:
            assert_never(data)


def _evaluated(data: EvaluationOpened) -> list[Said]:
    if data.subject.kind is not SubjectKind.PROJECT:
        return []
    return [(project_key(data.subject.id), FactKind.EVALUATION, data.evaluation_id)]


def parsed(text: str) -> Any:
    """The value of a fact that is kept as JSON."""
    # Written by `_text`, so no space is around it; the public function would look for some.
    return _decode(text)[0]


def _text(value: object) -> str:
    return str(value) if isinstance(value, str) else _encode(value)


def _plain(value: Any) -> Any:
    """What JSON does not know: dates, and facts with the parts they are made of. Enumerations are texts."""
    if isinstance(value, date):
        return value.isoformat()
    return {each.name: getattr(value, each.name) for each in fields(value)}


_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain).encode
_decode: Final = json.JSONDecoder().raw_decode
