"""街道 2020: two recurrent works with an initial budget; one of them spent more than it, with no adjustment printed."""

from typing import Final

from scripts.examples_book import NOT_PRINTED, Book, Payment, Source, When
from scripts.examples_case import Case

LEDGER: Final = "jiedao-2020"
CASE: Final = "jiedao-2020"

OPENING: Final = When("2020-01-01", "year")
REFERENCE: Final = When("2020-12-31", "year")
PROGRAMME: Final = "重点项目"
UNIT: Final = "street-office"


def commands() -> Book:
    """Every fact of the report that the ledger can hold."""
    book = Book(Case(CASE), OPENING)
    # The report never names the body that issued it.
    book.unit(UNIT, "本单位", "town", book.case.reported(note="街道名称未印"))
    _work(book, "public-services", "公共服务", ("k_b1", "kt_b1d"), "k_p1")
    _work(book, "city-management", "城市管理", ("k_b2", "kt_b2d"), "k_p2")
    return book


def _work(book: Book, project_id: str, name: str, budget: tuple[str, str], paid: str) -> None:
    case = book.case
    printed = case.project(name)
    book.project(
        project_id,
        case.assumed("起始年", *budget),
        name=name,
        programme=PROGRAMME,
        category=project_id,
        recurrence={"经常性": "recurrent"}[printed["type"]],
        lead_unit_id=UNIT,
        start_year=2020,
    )
    initial, total = case.yuan(budget[0]), case.yuan(paid)
    book.receive(project_id, Source(name=f"{name} 区级指标", level="county", nature="budget"), initial, budget)
    book.line(project_id, budget, appropriation_id=project_id, project_id=project_id, unit_id=UNIT)
    evidence = case.assumed("下达文号", *budget)
    book.allocate(project_id, "initial", OPENING, evidence, amount=initial, stage="initial")
    if total <= initial:
        book.pay(project_id, REFERENCE, Payment(paid, total))
        return
    # The report prints no ground for spending above the budget: the record says so instead of inventing one.
    overrun = {"authority": NOT_PRINTED, "reason": "报告只印年初预算和实际支出, 未印调整"}
    evidence = case.assumed("超支依据; 凭证号", budget[0], paid)
    book.pay(project_id, REFERENCE, Payment(paid, total, overrun=overrun), evidence)
