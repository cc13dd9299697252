"""Commands ready to submit, with the fields a test does not care about filled in."""

from datetime import date

from domain.appropriation import AppropriationReceived, BudgetBook, SourceLevel
from domain.budget_line import LineOpened
from domain.command import Command
from domain.flow import AllocationStage, FundsAllocated, FundsDisbursed
from domain.project import ProjectRegistered
from domain.reversal import ReverseEvent
from domain.unit import UnitKind, UnitRegistered

DAY = date(2023, 3, 1)


def register_unit(unit_id: str = "U1", day: date = DAY) -> Command:
    return Command(body=UnitRegistered(unit_id=unit_id, name="青石县财政局", kind=UnitKind.FINANCE), effective_date=day)


def receive_appropriation(appropriation_id: str = "A1", amount: int = 100_000_00) -> Command:
    return Command(
        body=AppropriationReceived(
            appropriation_id=appropriation_id,
            name="中央衔接资金",
            source_level=SourceLevel.CENTRAL,
            budget_book=BudgetBook.GENERAL_PUBLIC,
            fiscal_year=2023,
            amount=amount,
            document_no="财农〔2023〕1号",
        ),
        effective_date=DAY,
    )


def register_project(project_id: str = "P1", unit_id: str = "U1") -> Command:
    return Command(
        body=ProjectRegistered(
            project_id=project_id, name="村村通公路", category="road", lead_unit_id=unit_id, start_year=2023
        ),
        effective_date=DAY,
    )


def open_line(line_id: str = "L1", appropriation_id: str = "A1", project_id: str = "P1") -> Command:
    return Command(
        body=LineOpened(line_id=line_id, appropriation_id=appropriation_id, project_id=project_id, unit_id="U1"),
        effective_date=DAY,
    )


def allocate(amount: int, line_id: str = "L1") -> Command:
    return Command(
        body=FundsAllocated(line_id=line_id, amount=amount, stage=AllocationStage.INITIAL, document_no="1号"),
        effective_date=DAY,
    )


def disburse(amount: int, voucher_no: str, line_id: str = "L1", payee: str | None = None) -> Command:
    return Command(
        body=FundsDisbursed(line_id=line_id, amount=amount, voucher_no=voucher_no),
        effective_date=DAY,
        private={"payee": payee} if payee else {},
    )


def reverse(event_id: str) -> Command:
    return Command(body=ReverseEvent(event_id=event_id, reason="录入错误"), effective_date=DAY)


def ready_line(amount: int = 50_000_00) -> tuple[Command, ...]:
    """Everything up to a line with money."""
    return (register_unit(), receive_appropriation(), register_project(), open_line(), allocate(amount))
