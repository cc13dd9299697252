"""田家庵区 2023: two reports, on the funds of rural revitalisation (A) and on two works paid from new bonds (B)."""

import re
from decimal import Decimal
from typing import Final

from scripts.examples_book import Book, Payment, Source, When
from scripts.examples_case import Case

LEDGER: Final = "tianjiaan-2023"
CASE: Final = "tianjiaan-2023"

# Report A prints no date for receipts and allocations but says that all was issued to projects within 30 days of
# receipt: both stand at the start of the year. Its 'to date' is no day either: payments and works at the end of it.
OPENING: Final = When("2023-01-01", "year")
YEAR_END: Final = When("2023-12-31", "year")
BOND_REFERENCE: Final = When("2023-11-01", "year")
BOND_EVALUATED: Final = When("2023-11-15")

FUNDS: Final = "衔接推进乡村振兴补助资金"
BONDS: Final = "新增债券项目"
"""The programmes, as the titles of the two reports name what they are about."""

LEVELS: Final = {"central": "central", "province": "provincial", "city": "municipal", "district": "county"}
SOURCES: Final = ("a_central", "a_prov", "a_city", "a_dist")
PLANS: Final = {
    "central": ("a_doc_1", "a_doc_14"),
    "provincial": ("a_doc_1",),
    "municipal": ("a_doc_7",),
    "county": ("a_doc_6",),
}
"""The printed allocation plans by level. Central money came in two batches; only their sum is printed."""

CATEGORIES: Final = {
    "industry": ("产业项目", "a_n_ind", "a_m_ind"),
    "infrastructure": ("基础设施建设项目", "a_n_inf", "a_m_inf"),
    "education": ("教育项目", "a_n_edu", "a_m_edu"),
    "employment": ("就业帮扶", "a_n_emp", "a_m_emp"),
}
"""The four printed rows: name, number of projects, money."""

INDICATORS: Final = tuple(f"A{number}" for number in range(1, 14))


def commands() -> Book:
    """Every fact of the two reports that the ledger can hold."""
    book = Book(Case(CASE), OPENING)
    _units(book)
    _funds(book)
    _self_evaluation(book)
    _old_communities(book)
    _yaojiawan(book)
    _bond_evaluation(book)
    return book


def _units(book: Book) -> None:
    body = book.case.content["reporting_body"]
    evidence = book.case.reported(note=f"报告单位: {body}")
    book.unit("finance-bureau", "田家庵区财政局", "finance", evidence)
    book.unit("rural-bureau", "田家庵区乡村振兴局", "department", evidence)


def _funds(book: Book) -> None:
    case = book.case
    for figure_id in SOURCES:
        figure = case.figure(figure_id)
        level = LEVELS[figure["source_level"]]
        source = Source(name=figure["label"], level=level, nature="budget", instrument="衔接资金")
        book.receive(level, source, case.yuan(figure_id), (figure_id,))
    for category, (name, count, _) in CATEGORIES.items():
        book.project(
            f"a-{category}",
            case.assumed("单位", count),
            name=name,
            programme=FUNDS,
            category=category,
            lead_unit_id="rural-bureau",
            start_year=2023,
            represents=case.count(count),
        )
    for (category, level), amount in _division(case).items():
        _fund_line(book, category, level, amount)
    for category, (_, count, _) in CATEGORIES.items():
        book.status(f"a-{category}", "started", YEAR_END, case.reported("a_n_started", count))
        book.status(f"a-{category}", "completed", YEAR_END, case.reported("a_done", count))


def _division(case: Case) -> dict[tuple[str, str], Decimal]:
    """Money by category and level.

    Printed: the sums by level, the sums by category, and that all central and provincial money went to industry. The
    municipal money is taken to have gone there too; the county's then follows.
    """
    industry = {level: case.yuan(figure) for figure, level in zip(SOURCES[:3], LEVELS.values(), strict=False)}
    rest = case.yuan("a_m_ind") - sum(industry.values())
    division = {("industry", level): amount for level, amount in (industry | {"county": rest}).items()}
    others = {name: figures[2] for name, figures in CATEGORIES.items() if name != "industry"}
    division |= {(name, "county"): case.yuan(figure) for name, figure in others.items()}
    by_county = sum(amount for (_, level), amount in division.items() if level == "county")
    if by_county != case.yuan("a_dist"):
        raise ValueError(by_county)
    return division


def _fund_line(book: Book, category: str, level: str, amount: Decimal) -> None:
    case, line_id = book.case, f"a-{category}-{level}"
    plans = PLANS[level]
    money = next(each for each in SOURCES if LEVELS[case.figure(each)["source_level"]] == level)
    project_id = f"a-{category}"
    book.line(line_id, (money,), appropriation_id=level, project_id=project_id, unit_id="rural-bureau")
    if level in ("central", "provincial"):
        evidence = case.reported(*plans, "a_ind_c_p_pct")
    else:
        evidence = case.assumed("市、区资金分到各类", *plans, CATEGORIES[category][2])
    document_no = "、".join(case.text(each) for each in plans)
    book.allocate(line_id, "allocation", OPENING, evidence, amount=amount, document_no=document_no)
    # The report prints no payment, but that nothing was left and the rate was 100 %.
    paid = amount - case.yuan("a_bal23")
    evidence = case.assumed("支付额=分配额减结余(无); 凭证号", "a_rate", "a_bal23")
    book.pay(line_id, YEAR_END, Payment("a_rate", paid), evidence)


def _self_evaluation(book: Book) -> None:
    """No maximum, no total and no grade are printed: the evaluation stays open. Deductions are printed as 0."""
    case, evaluation_id = book.case, "a-self"
    book.evaluation(
        evaluation_id,
        YEAR_END,
        case.reported("a_sc_A1", note="自评; 日期未印"),
        subject={"kind": "programme", "id": FUNDS},
        fiscal_year=2023,
        kind="self",
        indicators=[_indicator(case, code) for code in INDICATORS],
    )
    for code in INDICATORS:
        figure_id = f"a_sc_{code}"
        _score(book, evaluation_id, code, figure_id, YEAR_END)
    book.record(
        "grant-points",
        f"{evaluation_id}-bonus",
        YEAR_END,
        case.reported("a_sc_A14"),
        evaluation_id=evaluation_id,
        points=case.text("a_sc_A14"),
        reason=case.figure("a_sc_A14")["label"],
    )


def _indicator(case: Case, code: str) -> dict[str, str]:
    chapters = dict(re.findall(r"A ([一二三])、(\S+) /", " ".join(case.content["sections"].values())))
    name = re.fullmatch(r"自评得分 \d+\.(.+)", case.figure(f"a_sc_{code}")["label"])
    chapter = re.match(r"A ([一二三])", case.content["sections"][code])
    if not name or not chapter:
        raise ValueError(code)
    return {"code": code, "name": name[1], "level1": chapters[chapter[1]]}


def _score(book: Book, evaluation_id: str, indicator: str, figure_id: str, at: When) -> None:
    book.record(
        "record-score",
        f"{evaluation_id}-{indicator}",
        at,
        book.case.reported(figure_id),
        evaluation_id=evaluation_id,
        indicator=indicator,
        score=book.case.text(figure_id),
    )


def _old_communities(book: Book) -> None:
    """The bond and the total investment are those of the whole work; its listed sections carry no money."""
    case, project_id = book.case, "b-old-communities"
    sections = [each for each in case.content["projects"] if "programme" in each]
    _bond_work(book, project_id, sections[0]["programme"], (2020, 2022), ("b_old_inv", "b_old_new"))
    book.pay(project_id, BOND_REFERENCE, Payment("b_old_paid", case.yuan("b_old_paid")))
    for section in sections:
        section_id = section["id"].replace("_", "-")
        book.project(
            section_id,
            case.assumed("单位; 起止年同整体", "b_n27"),
            name=section["name"],
            programme=BONDS,
            parent_project_id=project_id,
            category="community-renewal",
            lead_unit_id="finance-bureau",
            start_year=2020,
            end_year=2022,
        )
        book.status(section_id, "completed", BOND_REFERENCE, case.reported("b_n27"), note_code="claimed")


def _yaojiawan(book: Book) -> None:
    """'Paid in full' 32,700, of which 15,000 reached contractors.

    The 15,000 are a payment. The rest had left the treasury but not reached a supplier: a transfer. Together they are
    the 32,700 disbursed that the report calls paid; apart they show how much of it is a payment. One transfer of 32,700
    beside a payment of 15,000 would spend the same money twice.
    """
    case, project_id = book.case, "b-yaojiawan"
    name = case.project("姚家湾")["name"]
    _bond_work(book, project_id, name, (2023, None), ("b_yao_inv", "b_shed_new"))
    paid, contractors = case.yuan("b_yao_paid"), case.yuan("b_contr")
    purpose = f"专项债拨付至施工单位 {case.figure('b_contr')['project']}"
    book.pay(project_id, BOND_REFERENCE, Payment("b_contr", contractors, purpose=purpose))
    evidence = case.assumed("未到施工单位部分为拨付; 凭证号", "b_yao_paid", "b_contr")
    book.pay(project_id, BOND_REFERENCE, Payment("b_yao_paid", paid - contractors, kind="transfer"), evidence)


def _bond_work(book: Book, project_id: str, name: str, years: tuple[int, int | None], money: tuple[str, str]) -> None:
    """A work with its total investment and its bond; the unit is the reporting body, as the report names none."""
    case = book.case
    investment, bond = money
    book.project(
        project_id,
        case.assumed("单位" if years[1] else "单位、起始年", investment, bond),
        name=name,
        programme=BONDS,
        category="community-renewal" if years[1] else "resettlement",
        lead_unit_id="finance-bureau",
        start_year=years[0],
        end_year=years[1],
        total_investment=case.yuan(investment),
    )
    source = Source(name="新增专项债券", nature="bond", instrument=case.figure(bond)["instrument"])
    book.receive(project_id, source, case.yuan(bond), (bond,))
    book.line(project_id, (bond,), appropriation_id=project_id, project_id=project_id, unit_id="finance-bureau")
    evidence = case.assumed("下达文号", bond)
    book.allocate(project_id, "allocation", BOND_REFERENCE, evidence, amount=case.yuan(bond))


def _bond_evaluation(book: Book) -> None:
    """Total and grade are printed, so it is final."""
    case, evaluation_id = book.case, "b-finance"
    names = {str(number): case.figure(f"b_max{number}")["label"].split()[0] for number in range(1, 7)}
    book.evaluation(
        evaluation_id,
        BOND_EVALUATED,
        case.reported("b_score", "b_to"),
        subject={"kind": "programme", "id": BONDS},
        fiscal_year=2023,
        evaluation_year=2023,
        kind="finance",
        evaluator_unit_id="finance-bureau",
        indicators=[
            {"code": code, "name": name, "level1": name, "max_points": case.text(f"b_max{code}")}
            for code, name in names.items()
        ],
    )
    for code in names:
        _score(book, evaluation_id, code, f"b_sc{code}", BOND_EVALUATED)
    evidence = case.reported("b_score")
    book.record("finalise-evaluation", f"{evaluation_id}-final", BOND_EVALUATED, evidence, evaluation_id=evaluation_id)
