"""Facts that are not sums: what was registered, amended, scored; statuses; what was reversed, and what is assumed.

Money and granted points write no row here, for their sums are in the balances; only that they are assumed.
"""

import json
from dataclasses import fields
from datetime import date
from enum import StrEnum
from typing import Any, Final, assert_never

import msgspec
from sqlalchemy import Connection

from domain.appropriation import AppropriationReceived, appropriation_key
from domain.budget_line import LineOpened, line_key
from domain.command import Basis
from domain.custody import EpochRaised, LedgerDigest, LogKeyAdded, LogKeyRetired, PersonalDataErased
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
from domain.event import EventReversed, ForeignFact, LedgerOpened, RecordedEvent
from domain.flow import (
    MONEY_FACTS,
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
from projections.measures import marked_by
from projections.projection import Projection, Row, Start
from projections.tables import fact_tables


class FactKind(StrEnum):
    """What a fact row says of its subject."""

    REGISTERED = "registered"
    AMENDED = "amended"
    LINE = "line"
    """A line opened for the project, or from the appropriation: what the line's own registration says."""
    EVALUATION = "evaluation"
    """The id of an evaluation opened on the project, as it is."""
    SCORE = "score"
    ADJUSTMENT = "adjustment"
    RESULT = "result"
    FINALISED = "finalised"


_UNASSUMED: Final = (LedgerOpened, ForeignFact, EventReversed)

Said = tuple[str, FactKind, Any]
"""Subject (a tag), kind, and value: a text is kept as it is, anything else as JSON."""


class FactFold:
    """A page of the facts; see projection.Fold. It keeps nothing."""

    def __init__(self, start: Start, _kept: None) -> None:
        self._ledger_id = start.ledger_id
        self._facts: list[Row] = []
        self._statuses: list[Row] = []
        self._reversals: list[Row] = []
        self._assumptions: list[Row] = []

    def take(self, event: RecordedEvent) -> None:
        """See Fold.take."""
        data = event.data
        # What comes by the thousand says nothing here.
        if not isinstance(data, MONEY_FACTS):
            self._take_fact(event)
        if event.basis is Basis.ASSUMED and not isinstance(data, _UNASSUMED):
            day, subjects = event.effective_date.toordinal(), marked_by(event.tags)
            self._assumptions.extend((self._ledger_id, subject, day, event.position) for subject in subjects)

    def _take_fact(self, event: RecordedEvent) -> None:
        data = event.data
        ledger_id, position, day = self._ledger_id, event.position, event.effective_date.toordinal()
        if isinstance(data, EventReversed):
            self._reversals.append((ledger_id, data.reverses.position, day, position))
        elif isinstance(data, ProjectStatusChanged):
            self._statuses.append((ledger_id, project_key(data.project_id), day, position, data.status.value))
        else:
            # All of it first: of an event that cannot be projected nothing stays.
            said = [(subject, kind.value, _text(value)) for subject, kind, value in said_by(data)]
            self._facts.extend((ledger_id, subject, day, position, kind, text) for subject, kind, text in said)

    def rows(self, _connection: Connection) -> tuple[list[Row], ...]:
        """See Fold.rows."""
        return self._facts, self._statuses, self._reversals, self._assumptions

    def kept(self) -> None:
        """See Fold.kept."""


FACTS: Final = Projection(name="facts", version=2, tables=fact_tables, fold=FactFold)


def said_by(data: EventData) -> list[Said]:
    """What an event says of which subject: at most one thing of each."""
    match data:
        # Cases are tried in order: what comes by the thousand comes first.
        case FundsDisbursed() | FundsAllocated() | ProjectStatusChanged() | PointsGranted():
            return []
        case UnitRegistered():
            return [(unit_key(data.unit_id), FactKind.REGISTERED, data)]
        case AppropriationReceived():
            return [(appropriation_key(data.appropriation_id), FactKind.REGISTERED, data)]
        case ProjectRegistered():
            return [(project_key(data.project_id), FactKind.REGISTERED, data)]
        case ProjectAmended():
            return [(project_key(data.project_id), FactKind.AMENDED, data.changes)]
        case LineOpened():
            return [
                (line_key(data.line_id), FactKind.REGISTERED, data),
                (project_key(data.project_id), FactKind.LINE, data),
                (appropriation_key(data.appropriation_id), FactKind.LINE, data),
            ]
        case EvaluationOpened():
            return [(evaluation_key(data.evaluation_id), FactKind.REGISTERED, data), *_evaluated(data)]
        case ScoreRecorded():
            return [(evaluation_key(data.evaluation_id), FactKind.SCORE, data)]
        case ScoreAdjusted():
            return [(evaluation_key(data.evaluation_id), FactKind.ADJUSTMENT, data)]
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
    return _decode(text)


def _text(value: object) -> str:
    return str(value) if isinstance(value, str) else _encode(value)


def _plain(value: Any) -> Any:
    """What JSON does not know: dates, and facts with the parts they are made of. Enumerations are texts."""
    if isinstance(value, date):
        return value.isoformat()
    return {each.name: getattr(value, each.name) for each in fields(value)}


_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain).encode
_decode: Final = msgspec.json.Decoder().decode
