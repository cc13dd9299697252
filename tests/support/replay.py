"""What the views must answer, worked out the slow way: from all events, with no table and none of their code."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from domain.appropriation import AppropriationReceived
from domain.budget_line import LineOpened
from domain.command import Basis
from domain.evaluation import (
    EvaluationFinalised,
    EvaluationOpened,
    PointsGranted,
    ResultRecorded,
    ScoreAdjusted,
    ScoreRecorded,
)
from domain.event import EventReversed, RecordedEvent
from domain.flow import (
    AllocationReduced,
    AllocationStage,
    DisbursementKind,
    DisbursementReturned,
    FundsAllocated,
    FundsDisbursed,
    FundsRecovered,
    OpeningBalanceRecorded,
    RecoveryDestination,
)
from domain.ports import Coordinates
from domain.project import ProjectAmended, ProjectRegistered, ProjectStatusChanged

ZONE = ZoneInfo("Asia/Shanghai")
FLAGS = (
    "overrun",
    "negative-available",
    "spending-without-budget",
    "late-entry",
    "reversed-facts",
    "assumed-facts",
    "used-before-acceptance",
    "started-before-approval",
)
KINDS = ("finance", "third_party", "department", "self")


@dataclass
class Sums:
    """The money of some facts, in fen."""

    received: int = 0
    initial: int | None = None
    adjusted: int = 0
    disbursed: int = 0
    transferred: int = 0
    recovered: int = 0
    returned_to_source: int = 0

    @property
    def available(self) -> int:
        return self.adjusted - self.disbursed - self.recovered

    def figures(self) -> tuple[int | None, ...]:
        return self.initial, self.adjusted, self.disbursed, self.transferred, self.recovered, self.available


class Replay:
    """The facts of one ledger that count at the coordinates: `counted` all, `standing` those that nothing undoes."""

    def __init__(self, events: Iterable[RecordedEvent], at: Coordinates) -> None:
        self.counted = [each for each in events if each.position <= at.position and each.effective_date <= at.as_of]
        undone = {each.data.reverses.id for each in self.counted if isinstance(each.data, EventReversed)}
        self.standing = [
            each for each in self.counted if each.id not in undone and not isinstance(each.data, EventReversed)
        ]
        self.by_date = sorted(self.standing, key=lambda each: (each.effective_date, each.position))

    def sums(self, tag: str) -> Sums:
        sums = Sums()
        for event in self.standing:
            if tag in event.tags:
                _add(sums, event)
        return sums

    def lines(self) -> dict[str, LineOpened]:
        opened = (event.data for event in self.standing)
        return {data.line_id: data for data in opened if isinstance(data, LineOpened)}

    def line_flags(self, line_id: str) -> list[str]:
        return _in_order(self._account_flags(f"line:{line_id}"))

    def projects(self) -> dict[str, dict[str, object]]:
        """Attributes by id."""
        found: dict[str, dict[str, object]] = {}
        for event in self.by_date:
            if isinstance(event.data, ProjectRegistered):
                data = event.data
                found[data.project_id] = {name: getattr(data, name) for name in ProjectRegistered.__slots__}
        for event in self.by_date:
            if isinstance(event.data, ProjectAmended) and event.data.project_id in found:
                found[event.data.project_id] |= event.data.changes
        return found

    def statuses(self, project_id: str) -> list[tuple[str, date]]:
        facts = ((event.data, event.effective_date) for event in self.by_date)
        return [
            (data.status.value, day)
            for data, day in facts
            if isinstance(data, ProjectStatusChanged) and data.project_id == project_id
        ]

    def status(self, project_id: str) -> tuple[str | None, date | None]:
        history = self.statuses(project_id)
        return (_shown([name for name, _ in history]), history[-1][1]) if history else (None, None)

    def project_flags(self, project_id: str) -> list[str]:
        flags = self._account_flags(f"project:{project_id}")
        for line_id, line in self.lines().items():
            if line.project_id == project_id:
                flags |= self._account_flags(f"line:{line_id}")
        first: dict[str, date] = {}
        for name, day in self.statuses(project_id):
            first.setdefault(name, day)
        if "in_use" in first and first["in_use"] < first.get("finally_accepted", date.max):
            flags.add("used-before-acceptance")
        if first.get("started", date.max) < first.get("approved", date.min):
            flags.add("started-before-approval")
        return _in_order(flags)

    def evaluations(self) -> dict[str, tuple[EvaluationOpened, RecordedEvent]]:
        return {
            event.data.evaluation_id: (event.data, event)
            for event in self.standing
            if isinstance(event.data, EvaluationOpened)
        }

    def result(self, opened: EvaluationOpened) -> tuple[int | None, str | None, bool]:
        """Total, grade and whether it is final."""
        scores: dict[str, int] = {}
        total, points, final = None, 0, False
        for event in self.by_date:
            data = event.data
            if getattr(data, "evaluation_id", None) != opened.evaluation_id:
                continue
            if isinstance(data, ScoreRecorded | ScoreAdjusted):
                scores[data.indicator] = data.score
            elif isinstance(data, ResultRecorded):
                total = data.total
            elif isinstance(data, PointsGranted):
                points += data.points
            final = final or isinstance(data, EvaluationFinalised)
        if scores:
            total = sum(scores.values())
        complete = total is not None and all(each.code in scores for each in opened.indicators)
        total = None if total is None else total + points
        return total, _grade(total) if complete and total is not None else None, final

    def score(self, project_id: str) -> tuple[int | None, str | None]:
        ranked = []
        for opened, event in self.evaluations().values():
            total, grade, final = self.result(opened)
            if opened.subject.kind == "project" and opened.subject.id == project_id and total is not None:
                age = (-event.effective_date.toordinal(), -event.position)
                ranked.append(((not final, KINDS.index(opened.kind), *age), (total, grade)))
        return min(ranked)[1] if ranked else (None, None)

    def _account_flags(self, tag: str) -> set[str]:
        sums = self.sums(tag)
        bearing = [event for event in self.counted if tag in event.tags]
        standing = [event for event in self.standing if tag in event.tags]
        found = {
            "overrun": any(isinstance(each.data, FundsDisbursed) and each.data.overrun for each in standing),
            "negative-available": sums.available < 0,
            "spending-without-budget": sums.disbursed > 0 and sums.adjusted == 0,
            "late-entry": any(_waited(event) > timedelta(days=31) for event in bearing),
            "reversed-facts": any(isinstance(event.data, EventReversed) for event in bearing),
            "assumed-facts": any(event.basis is Basis.ASSUMED for event in standing),
        }
        return {flag for flag, raised in found.items() if raised}


def _add(sums: Sums, event: RecordedEvent) -> None:
    data = event.data
    if isinstance(data, AppropriationReceived):
        sums.received += data.amount
    elif isinstance(data, FundsAllocated):
        sums.adjusted += data.amount
        _add_initial(sums, data.amount if data.stage is AllocationStage.INITIAL else None)
    elif isinstance(data, AllocationReduced):
        sums.adjusted -= data.amount
    elif isinstance(data, FundsRecovered):
        sums.recovered += data.amount
        sums.returned_to_source += data.amount * (data.destination is RecoveryDestination.APPROPRIATION)
    elif isinstance(data, OpeningBalanceRecorded):
        sums.adjusted += data.adjusted
        sums.disbursed += data.disbursed
        sums.recovered += data.recovered
        _add_initial(sums, data.initial)
    elif isinstance(data, FundsDisbursed | DisbursementReturned):
        _add_payment(sums, data)


def _add_initial(sums: Sums, amount: int | None) -> None:
    if amount is not None:
        sums.initial = (sums.initial or 0) + amount


def _add_payment(sums: Sums, data: FundsDisbursed | DisbursementReturned) -> None:
    amount = data.amount if isinstance(data, FundsDisbursed) else -data.amount
    kind = data.kind if isinstance(data, FundsDisbursed) else data.disbursement.kind
    sums.disbursed += amount
    sums.transferred += amount * (kind is DisbursementKind.TRANSFER)


def _waited(event: RecordedEvent) -> timedelta:
    return event.recorded_at.astimezone(ZONE).date() - event.effective_date


def _shown(history: list[str]) -> str:
    """The last status; after a `resumed` that ends a suspension the one that held before it."""
    earlier = _without_last(history, "resumed")
    if earlier == history or not earlier or earlier[-1] != "suspended":
        return history[-1]
    earlier = _without_last(earlier, "suspended")
    return _shown(earlier) if earlier else "resumed"


def _without_last(history: list[str], status: str) -> list[str]:
    kept = len(history)
    while kept and history[kept - 1] == status:
        kept -= 1
    return history[:kept]


def _grade(total: int) -> str:
    bands = ((90_00, "excellent"), (80_00, "good"), (60_00, "fair"))
    return next((grade for lowest, grade in bands if total >= lowest), "poor")


def _in_order(flags: set[str]) -> list[str]:
    return [flag for flag in FLAGS if flag in flags]
