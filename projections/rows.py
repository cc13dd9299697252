"""The rows that reads answer with: their fields, in the order in which they are shown.

A field named `amounts` is shown as its own fields, in its place. Money is in fen, points in hundredths, rates are text.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

from domain.appropriation import BudgetBook, SourceLevel, SourceNature
from domain.budget_line import ExpenditureKind
from domain.command import Actor, Basis, Source
from domain.dates import DatePrecision
from domain.evaluation import EvaluationKind, Subject
from domain.flow import Flow
from domain.grade import Grade
from domain.money import percent
from domain.project import ProjectStatus, Recurrence
from domain.shape import (
    AmountOrZero,
    Code,
    Count,
    EventId,
    Identifier,
    IndicatorCode,
    Name,
    Points,
    Prose,
    Reference,
    TotalPoints,
    Year,
)
from domain.unit import UnitKind

if TYPE_CHECKING:
    from domain.registry import EventData

Money = AmountOrZero
"""Fen of a sum; negative where a figure can be."""

PERCENT: Final = "percent"
Percent = Annotated[str, PERCENT]
"""A rate in percent: text with two decimals, as `domain.money.percent` writes it."""


class Flag(StrEnum):
    """What a reader must not overlook, in the order in which flags are listed."""

    OVERRUN = "overrun"
    NEGATIVE_AVAILABLE = "negative-available"
    SPENDING_WITHOUT_BUDGET = "spending-without-budget"
    LATE_ENTRY = "late-entry"
    REVERSED_FACTS = "reversed-facts"
    ASSUMED_FACTS = "assumed-facts"
    USED_BEFORE_ACCEPTANCE = "used-before-acceptance"
    STARTED_BEFORE_APPROVAL = "started-before-approval"


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountBlock:
    """Sums of one line or of several; a roll-up's rates are sum over sum."""

    initial_budget: Money | None
    adjusted_budget: Money
    disbursed: Money
    transferred: Money
    recovered: Money
    carried_out: Money
    available: Money
    execution_rate: Percent | None
    execution_rate_initial: Percent | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """A unit as it was registered."""

    unit_id: Identifier
    name: Name
    kind: UnitKind
    parent_unit_id: Identifier | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppropriationRow:
    """An appropriation and what became of it."""

    appropriation_id: Identifier
    name: Name
    source_level: SourceLevel
    source_nature: SourceNature
    budget_book: BudgetBook
    instrument: Name | None
    direct: bool
    fiscal_year: Year
    amount: Money
    document_no: Reference
    document_date: date | None
    received: Money
    allocated: Money
    unallocated: Money
    disbursed: Money
    recovered: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class AppropriationTotals:
    """The five sums over several appropriations."""

    received: Money
    allocated: Money
    unallocated: Money
    disbursed: Money
    recovered: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """A budget line, with what it has from its appropriation."""

    line_id: Identifier
    appropriation_id: Identifier
    project_id: Identifier
    unit_id: Identifier
    function_code: Identifier | None
    economic_code: Identifier | None
    expenditure_kind: ExpenditureKind | None
    fiscal_year: Year
    source_level: SourceLevel
    source_nature: SourceNature
    budget_book: BudgetBook
    flags: tuple[Flag, ...]
    amounts: AmountBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRow:
    """A project; score and grade are those of the evaluation that counts for it, status None while it has none."""

    project_id: Identifier
    name: Name
    programme: Name | None
    category: Code
    recurrence: Recurrence
    lead_unit_id: Identifier
    implementing_unit_ids: tuple[Identifier, ...]
    start_year: Year
    end_year: Year | None
    planned_amount: Money | None
    total_investment: Money | None
    location: Prose | None
    represents: Count
    parent_project_id: Identifier | None
    status: ProjectStatus | None
    status_date: date | None
    score: TotalPoints | None
    grade: Grade | None
    flags: tuple[Flag, ...]
    amounts: AmountBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRow:
    """An evaluation; total and grade None while what they need is missing."""

    evaluation_id: Identifier
    subject: Subject
    fiscal_year: Year
    evaluation_year: Year | None
    kind: EvaluationKind
    evaluator_unit_id: Identifier | None
    total: TotalPoints | None
    grade: Grade | None
    finalised: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentItem:
    """One adjustment of an indicator's score."""

    position: int
    previous: Points
    score: Points
    reason: Prose


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorItem:
    """An indicator and where its score stands; the adjustments are by (effective date, position)."""

    code: IndicatorCode
    name: Name
    level1: Name
    level2: Name | None
    max_points: Points | None
    target: Prose | None
    unit: Name | None
    score: Points | None
    actual: Prose | None
    deviation_reason: Prose | None
    adjustments: tuple[AdjustmentItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationDetail(EvaluationRow):
    """One evaluation in full; `points` is the sum of the points granted and deducted."""

    indicators: tuple[IndicatorItem, ...]
    points: TotalPoints


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """One thing that happened to a project."""

    status: ProjectStatus
    effective_date: date
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectDetail(ProjectRow):
    """One project with its lines and evaluations, each by id, and its milestones by (effective date, position)."""

    lines: tuple[LineRow, ...]
    evaluations: tuple[EvaluationRow, ...]
    milestones: tuple[Milestone, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionGroup:
    """The lines that share a key. `name` is None where the key is the word itself; a key of None is "not stated".

    `project_count` counts the projects behind the printed rows of the group's lines.
    """

    key: str | int | None
    name: Name | None
    amounts: AmountBlock
    share: Percent | None
    project_count: int
    line_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionTotal:
    """All groups together, each line and each project once."""

    amounts: AmountBlock
    project_count: int
    line_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """Groups by key, None last, and their total."""

    items: tuple[ExecutionGroup, ...]
    total: ExecutionTotal


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffItem:
    """A project at two coordinates (None where it does not exist) and the events that count at only one of them."""

    project_id: Identifier
    before: ProjectRow | None
    after: ProjectRow | None
    events: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotTotals:
    """Sums over all lines, and over all appropriations."""

    lines: AmountBlock
    appropriations: AppropriationTotals


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The whole ledger; each list by id."""

    units: tuple[UnitRow, ...]
    appropriations: tuple[AppropriationRow, ...]
    projects: tuple[ProjectRow, ...]
    lines: tuple[LineRow, ...]
    evaluations: tuple[EvaluationRow, ...]
    totals: SnapshotTotals


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """A recorded event as it is shown.

    `reversed_by` is the position of its reversal as known at the position of the read; `late_days` the days from
    effective date to recording; `leaf_hash` is hex.
    """

    position: int
    event_id: EventId
    type: str
    effective_date: date
    date_precision: DatePrecision
    recorded_at: datetime
    actor: Actor
    tags: dict[str, int]
    data: "EventData"
    corrects: EventId | None
    reversed_by: int | None
    late_days: int
    basis: Basis
    source: Source | None
    correlation_id: Reference | None
    causation_id: EventId | None
    leaf_hash: str


def amounts_of(flow: Flow) -> AmountBlock:
    """The amount block of one account."""
    return _block(
        initial=flow.initial_budget,
        adjusted=flow.adjusted,
        disbursed=flow.disbursed,
        transferred=flow.transferred,
        recovered=flow.recovered,
    )


def sum_amounts(blocks: Iterable[AmountBlock]) -> AmountBlock:
    """The roll-up: a missing initial budget counts as nothing, and all missing is missing."""
    every = list(blocks)
    initials = [block.initial_budget for block in every if block.initial_budget is not None]
    return _block(
        initial=sum(initials) if initials else None,
        adjusted=sum(block.adjusted_budget for block in every),
        disbursed=sum(block.disbursed for block in every),
        transferred=sum(block.transferred for block in every),
        recovered=sum(block.recovered for block in every),
    )


def sum_appropriations(rows: Iterable[AppropriationRow]) -> AppropriationTotals:
    """The five sums over the rows."""
    every = list(rows)
    return AppropriationTotals(
        received=sum(row.received for row in every),
        allocated=sum(row.allocated for row in every),
        unallocated=sum(row.unallocated for row in every),
        disbursed=sum(row.disbursed for row in every),
        recovered=sum(row.recovered for row in every),
    )


def _block(*, initial: int | None, adjusted: int, disbursed: int, transferred: int, recovered: int) -> AmountBlock:
    return AmountBlock(
        initial_budget=initial,
        adjusted_budget=adjusted,
        disbursed=disbursed,
        transferred=transferred,
        recovered=recovered,
        carried_out=0,
        available=adjusted - disbursed - recovered,
        execution_rate=percent(disbursed, adjusted),
        execution_rate_initial=None if initial is None else percent(disbursed, initial),
    )
