"""Commands as a test wants to read them: what matters is said, the rest has sensible defaults. Money in yuan."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Final

from domain.appropriation import AppropriationReceived, BudgetBook, SourceLevel
from domain.budget_line import LineOpened, ReturnDisbursement
from domain.command import Command
from domain.custody import EpochRaised, LedgerDigest, PersonalDataErased, ServiceFact
from domain.dates import parse_day
from domain.evaluation import (
    AdjustScore,
    EvaluationKind,
    EvaluationOpened,
    FinaliseEvaluation,
    Indicator,
    PointsGranted,
    ResultRecorded,
    ScoreRecorded,
    Subject,
    SubjectKind,
)
from domain.flow import (
    AllocationReduced,
    AllocationStage,
    DisbursementKind,
    FundsAllocated,
    FundsDisbursed,
    FundsRecovered,
    OpeningBalanceRecorded,
    Overrun,
    RecoveryDestination,
)
from domain.money import parse_granted_points, parse_points, parse_yuan
from domain.project import Attribute, ProjectAmended, ProjectRegistered, ProjectStatus, ProjectStatusChanged
from domain.registry import EventData
from domain.reversal import ReverseEvent
from domain.unit import UnitKind, UnitRegistered
from tests.support.scenario import Ledger

Recipe = Callable[[Ledger], Command]

on: Final = parse_day
yuan: Final = parse_yuan
score_of: Final = parse_points

NEW_YEAR: Final = on("2023-01-01")
"""When everything is registered, unless a test says otherwise."""

SPRING: Final = on("2023-03-01")
"""When everything happens, unless a test says otherwise."""

LATER: Final = on("2023-09-01")
"""When reversals are dated, unless a test says otherwise."""


def unit(unit_id: str = "U1", *, parent: str | None = None, at: date = NEW_YEAR) -> Command:
    body = UnitRegistered(unit_id=unit_id, name="青石县财政局", kind=UnitKind.FINANCE, parent_unit_id=parent)
    return Command(body=body, effective_date=at)


def appropriation(appropriation_id: str = "A1", amount: str = "1000.00", *, at: date = NEW_YEAR) -> Command:
    body = AppropriationReceived(
        appropriation_id=appropriation_id,
        name="中央衔接资金",
        source_level=SourceLevel.CENTRAL,
        budget_book=BudgetBook.GENERAL_PUBLIC,
        fiscal_year=2023,
        amount=yuan(amount),
        document_no="财农〔2023〕1号",
    )
    return Command(body=body, effective_date=at)


def project(
    project_id: str = "P1",
    *,
    lead: str = "U1",
    implementing: tuple[str, ...] = (),
    parent: str | None = None,
    at: date = NEW_YEAR,
) -> Command:
    body = ProjectRegistered(
        project_id=project_id,
        name="村村通公路",
        parent_project_id=parent,
        category="road",
        lead_unit_id=lead,
        implementing_unit_ids=implementing,
        start_year=2023,
    )
    return Command(body=body, effective_date=at)


def amendment(changes: dict[str, Attribute], *, project_id: str = "P1", at: date = SPRING) -> Command:
    return Command(body=ProjectAmended(project_id=project_id, changes=changes, reason="调整"), effective_date=at)


def status(name: str, *, project_id: str = "P1", at: date = SPRING) -> Command:
    body = ProjectStatusChanged(project_id=project_id, status=ProjectStatus(name))
    return Command(body=body, effective_date=at)


def line(
    line_id: str = "L1",
    *,
    appropriation_id: str = "A1",
    project_id: str = "P1",
    unit_id: str = "U1",
    at: date = NEW_YEAR,
) -> Command:
    body = LineOpened(line_id=line_id, appropriation_id=appropriation_id, project_id=project_id, unit_id=unit_id)
    return Command(body=body, effective_date=at)


def opening_balance(
    *,
    adjusted: str,
    initial: str | None = None,
    disbursed: str = "0.00",
    recovered: str = "0.00",
    line_id: str = "L1",
    at: date = SPRING,
) -> Command:
    body = OpeningBalanceRecorded(
        line_id=line_id,
        initial=None if initial is None else yuan(initial),
        adjusted=yuan(adjusted),
        disbursed=yuan(disbursed),
        recovered=yuan(recovered),
    )
    return Command(body=body, effective_date=at)


def allocation(amount: str, *, line_id: str = "L1", stage: str = "initial", at: date = SPRING) -> Command:
    body = FundsAllocated(
        line_id=line_id, amount=yuan(amount), stage=AllocationStage(stage), document_no="青财预〔2023〕5号"
    )
    return Command(body=body, effective_date=at)


def reduction(amount: str, *, line_id: str = "L1", at: date = SPRING) -> Command:
    body = AllocationReduced(
        line_id=line_id, amount=yuan(amount), document_no="青财预〔2023〕9号", reason="压减一般性支出"
    )
    return Command(body=body, effective_date=at)


def disbursement(
    amount: str,
    *,
    voucher: str = "V1",
    kind: str = "payment",
    overrun: bool = False,
    line_id: str = "L1",
    at: date = SPRING,
) -> Command:
    body = FundsDisbursed(
        line_id=line_id,
        amount=yuan(amount),
        kind=DisbursementKind(kind),
        voucher_no=voucher,
        overrun=Overrun(authority="县政府常务会议", reason="应急抢险") if overrun else None,
    )
    return Command(body=body, effective_date=at)


def to_a_person(payment: Command, payee: str = "王某") -> Command:
    """The payment, with who received it as its private value."""
    return replace(payment, private={"payee": payee})


def recovery(amount: str, *, to: str = "treasury", line_id: str = "L1", at: date = SPRING) -> Command:
    body = FundsRecovered(
        line_id=line_id, amount=yuan(amount), destination=RecoveryDestination(to), document_no="青财预〔2023〕30号"
    )
    return Command(body=body, effective_date=at)


def indicator(code: str, max_points: str | None = None) -> Indicator:
    return Indicator(
        code=code, name=f"指标{code}", level1="产出", max_points=None if max_points is None else score_of(max_points)
    )


HALVES: Final = (indicator("a", "50"), indicator("b", "50"))
"""Two indicators of 50 points each."""


def evaluation(
    evaluation_id: str = "E1",
    *,
    subject: str = "project:P1",
    indicators: tuple[Indicator, ...] = HALVES,
    evaluator: str | None = None,
    at: date = NEW_YEAR,
) -> Command:
    kind, _, subject_id = subject.partition(":")
    body = EvaluationOpened(
        evaluation_id=evaluation_id,
        subject=Subject(kind=SubjectKind(kind), id=subject_id),
        fiscal_year=2023,
        kind=EvaluationKind.SELF,
        evaluator_unit_id=evaluator,
        indicators=indicators,
    )
    return Command(body=body, effective_date=at)


def score(code: str, points: str, *, evaluation_id: str = "E1", at: date = SPRING) -> Command:
    body = ScoreRecorded(evaluation_id=evaluation_id, indicator=code, score=score_of(points))
    return Command(body=body, effective_date=at)


def adjustment(code: str, points: str, *, evaluation_id: str = "E1", at: date = SPRING) -> Command:
    body = AdjustScore(evaluation_id=evaluation_id, indicator=code, score=score_of(points), reason="复核")
    return Command(body=body, effective_date=at)


def granted(points: str, *, evaluation_id: str = "E1", at: date = SPRING) -> Command:
    body = PointsGranted(evaluation_id=evaluation_id, points=parse_granted_points(points), reason="加减分")
    return Command(body=body, effective_date=at)


def result(total: str, *, evaluation_id: str = "E1", at: date = SPRING) -> Command:
    return Command(body=ResultRecorded(evaluation_id=evaluation_id, total=score_of(total)), effective_date=at)


def finalisation(*, evaluation_id: str = "E1", at: date = SPRING) -> Command:
    return Command(body=FinaliseEvaluation(evaluation_id=evaluation_id), effective_date=at)


def return_of(voucher: str, amount: str, *, at: date = SPRING) -> Recipe:
    """Money of the disbursement with this voucher number comes back."""

    def recipe(ledger: Ledger) -> Command:
        return return_to(ledger.the_last(FundsDisbursed, voucher_no=voucher).id, amount, at=at)

    return recipe


def return_to(event_id: str, amount: str, *, at: date = SPRING) -> Command:
    """Money comes back that the event with this id (a disbursement, it is hoped) had paid."""
    body = ReturnDisbursement(event_id=event_id, amount=yuan(amount), reason="收款人账户错误")
    return Command(body=body, effective_date=at)


def reversal(data_type: type[EventData], *, at: date = LATER, **attributes: object) -> Recipe:
    """The youngest event of that type whose data has these attributes is taken back."""

    def recipe(ledger: Ledger) -> Command:
        return reversal_of(ledger.the_last(data_type, **attributes).id, at=at)

    return recipe


def reversal_of(event_id: str, *, at: date = LATER) -> Command:
    """The event with this id is taken back."""
    return Command(body=ReverseEvent(event_id=event_id, reason="录入错误"), effective_date=at)


def erasure(*event_ids: str, at: date = LATER) -> Command:
    """The private values of the events with these ids are erased."""
    body = PersonalDataErased(event_ids=event_ids, legal_basis="retention_ended")
    return Command(body=body, effective_date=at)


def erasure_of(data_type: type[EventData], *, at: date = LATER, **attributes: object) -> Recipe:
    """The private values of the youngest event of that type whose data has these attributes are erased."""

    def recipe(ledger: Ledger) -> Command:
        return erasure(ledger.the_last(data_type, **attributes).id, at=at)

    return recipe


def stated(fact: ServiceFact, *, at: date = LATER) -> Command:
    """The service states a fact about the log."""
    return Command(body=fact, effective_date=at)


A_HASH: Final = "5a" * 32
A_DIGEST: Final = LedgerDigest(position=1, root=A_HASH, tag_count=1)
A_VERIFIER_KEY: Final = "finance.example/qingshi/" + "0" * 32 + "+1a2b3c4d+" + "A" * 44
AN_EPOCH: Final = EpochRaised(epoch=1, last_signed_size=9, last_signed_root=A_HASH, reason="由备份恢复")

NO_SUCH_EVENT: Final = "00000000-0000-8000-8000-000000000000"

STANDING: Final = (unit(), appropriation(), project(), line())
"""A unit U1, an appropriation A1 of 1000 yuan, a project P1, and a line L1 between them."""

FUNDED: Final = (*STANDING, allocation("100.00"))
"""The same, with 100 yuan on the line."""

EVALUATED: Final = (unit(), project(), evaluation())
"""A project P1 with an open evaluation E1 of two indicators."""
