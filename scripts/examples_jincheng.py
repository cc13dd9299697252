"""晋城市城区 2023: nine programmes, the rows of the report's table, and a project for each work a row is split into."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from scripts.examples_book import NOT_PRINTED, Book, Payment, Source, When
from scripts.examples_case import Case, Evidence

LEDGER: Final = "jincheng-2023"
CASE: Final = "jincheng-chengqu-2023"

OPENING: Final = When("2023-01-01", "year")
REFERENCE: Final = When("2023-12-31", "year")
EVALUATED: Final = When("2024-12-31", "year")
"""The report names the year of the evaluation, 2024, but no day."""

# The printed names of the table's rows, by the number of the row. The case keeps the last words of each one in the
# evidence of its amount; `programme` compares.
PROGRAMMES: Final = {
    1: "财政衔接推进乡村振兴补助资金项目",
    2: "一事一议及美丽乡村财政奖补项目",
    3: "政府专项债券项目",
    4: "城镇保障安居工程",
    5: "村卫生室服务能力提升工程",
    6: "中小企业发展专项",
    7: "困难群众救助",
    8: "公共文化服务体系建设项目",
    9: "机关事务中心部门整体支出",
}

NOT_STATED: Final = Source(name="资金来源未印")
BOND: Final = Source(name="专项债券资金", nature="bond", instrument="专项债券")


@dataclass(frozen=True)
class Work:
    """A project, the printed sums that are its budget, and the one it spent.

    `name` is None where the row is not split. `budget` maps a figure to the printed name of that part. `unprinted` and
    `budget_is` say what had to be assumed to register the project, and to take the figure for a budget.
    """

    project_id: str
    row: int
    unit_id: str
    category: str
    budget: dict[str, str | None]
    paid: str
    name: str | None = None
    source: Source = NOT_STATED
    unprinted: str = "起始年"
    budget_is: str = ""
    years: tuple[int, int | None] = (2023, None)
    represents: str | None = None
    total_investment: str | None = None
    recurrent: bool = False


WORKS: Final = (
    Work(
        "j1",
        1,
        "rural-centre",
        "rural-revitalisation",
        # One sum spent, not split over the three sources: a single mixed appropriation assumes nothing.
        {"j1_b1": "财政衔接资金", "j1_b2": "其他财政资金", "j1_b3": "其他资金"},
        "j1_p",
        source=Source(name="财政衔接资金、其他财政资金、其他资金", level="mixed", nature="not_stated"),
        unprinted="",
        years=(2020, 2023),
        represents="j1_n",
    ),
    Work(
        "j2-yishiyiyi",
        2,
        "finance-bureau",
        "village-works",
        {"j2_a": None},
        "j2_ap",
        name="一事一议财政奖补",
        budget_is="总投资作预算",
        represents="j2_an",
        total_investment="j2_a",
    ),
    Work(
        "j2-meilixiangcun",
        2,
        "finance-bureau",
        "village-works",
        {"j2_b": None},
        "j2_bp",
        name="美丽乡村财政奖补",
        budget_is="总投资作预算",
        represents="j2_bn",
        total_investment="j2_b",
    ),
    Work(
        "j3-old-communities",
        3,
        "housing-bureau",
        "community-renewal",
        {"j3_a": None},
        "j3_ap",
        name="第二批老旧小区改造",
        source=BOND,
    ),
    Work(
        "j3-kindergarten",
        3,
        "beijie-office",
        "education",
        {"j3_k": None},
        "j3_kp",
        name="太平仙幼儿园",
        source=BOND,
    ),
    Work(
        "j4-old-communities",
        4,
        "housing-bureau",
        "community-renewal",
        {"j4_b1": None},
        "j4_p1",
        name="第三批老旧小区改造",
        unprinted="",
        years=(2023, 2023),
    ),
    Work(
        "j4-resettlement",
        4,
        "housing-bureau",
        "resettlement",
        {"j4_b2": None},
        "j4_p2",
        name="北闫庄城中村改造回迁安置 A2、A3",
        unprinted="",
        years=(2023, 2025),
        total_investment="j4_ti",
    ),
    Work(
        "j4-rent-subsidy",
        4,
        "housing-bureau",
        "housing-subsidy",
        {"j4_b3": None},
        "j4_p3",
        name="保障性住房租金补贴",
        unprinted="单位、经常性、起始年",
        recurrent=True,
    ),
    Work(
        "j5",
        5,
        "health-bureau",
        "health",
        {"j5_b1": "专用设备购置", "j5_b2": "办公设备购置"},
        "j5_p",
    ),
    Work(
        "j6",
        6,
        "finance-bureau",
        "enterprise-support",
        {"t6": None},
        "j6_p",
        unprinted="单位、起始年",
        budget_is="评价金额作预算",
        represents="j6_n",
    ),
    Work(
        "j7",
        7,
        "finance-bureau",
        "social-assistance",
        {"j7_b": None},
        "j7_p",
        unprinted="单位、经常性、起始年",
        recurrent=True,
    ),
    Work(
        "j8",
        8,
        "culture-bureau",
        "culture",
        {"j8_b": None},
        "j8_p",
        unprinted="单位、经常性、起始年",
        recurrent=True,
    ),
)

UNITS: Final = {
    "rural-centre": ("财政衔接", "department"),
    "housing-bureau": ("第二批老旧小区", "department"),
    "beijie-office": ("太平仙幼儿园", "town"),
    "health-bureau": ("村卫生室", "department"),
    "culture-bureau": ("公共文化设施提升", "department"),
}
"""Each unit by a project for which the report names it, and its kind."""

MILESTONES: Final = {"completed": "completed", "put_into_use": "in_use", "final_acceptance": "finally_accepted"}


def commands() -> Book:
    """Every fact of the report that the ledger can hold."""
    case = Case(CASE)
    book = Book(case, OPENING)
    _units(book)
    for work in WORKS:
        _work(book, work)
    _affairs_centre(book)
    _statuses(book)
    for row in PROGRAMMES:
        _evaluation(book, row)
    return book


def programme(case: Case, row: int) -> str:
    """The printed name of a row of the table of nine."""
    name, printed = PROGRAMMES[row], case.figure(f"t{row}")
    if not name.endswith(printed["evidence"].removesuffix(printed["value"])):
        raise ValueError(name)
    return name


def _units(book: Book) -> None:
    case = book.case
    book.unit("finance-bureau", case.content["reporting_body"], "finance", case.reported(note="报告单位"))
    for unit_id, (project, kind) in UNITS.items():
        book.unit(unit_id, case.project(project)["unit"], kind, case.reported(note=f"项目单位: {project}"))
    name = case.project("城区大数据中心")["unit"]
    # The report dates this one unit: it was formed by a merger.
    book.unit("affairs-centre", name, "department", case.reported("j9_org"), When(f"{case.day('j9_org')}-01", "month"))


def _work(book: Book, work: Work) -> None:
    case, line_id = book.case, work.project_id
    budget = tuple(work.budget)
    register = _registration(case, work)
    start, end = work.years
    book.project(
        work.project_id,
        register,
        name=work.name or programme(case, work.row),
        programme=programme(case, work.row),
        category=work.category,
        recurrence="recurrent" if work.recurrent else None,
        lead_unit_id=work.unit_id,
        start_year=start,
        end_year=end,
        total_investment=case.yuan(work.total_investment) if work.total_investment else None,
        represents=case.count(work.represents) if work.represents else None,
    )
    book.receive(line_id, work.source, case.yuan(*budget), budget)
    book.line(line_id, budget, appropriation_id=line_id, project_id=work.project_id, unit_id=work.unit_id)
    for figure_id, part in work.budget.items():
        missing = "、".join(part for part in (work.budget_is, "下达文号") if part)
        evidence = case.assumed(missing, figure_id)
        amount = case.yuan(figure_id)
        book.allocate(line_id, f"allocation-{figure_id}", REFERENCE, evidence, amount=amount, reason=part)
    book.pay(line_id, REFERENCE, Payment(work.paid, case.yuan(work.paid)))


def _registration(case: Case, work: Work) -> Evidence:
    figures = tuple(each for each in (work.represents, work.total_investment) if each) or (f"t{work.row}",)
    return case.assumed(work.unprinted, *figures) if work.unprinted else case.reported(*figures)


def _affairs_centre(book: Book) -> None:
    """The one row with an initial budget, an adjustment and a recovery.

    Only the sum of the initial budget is printed. Basic expenditure is taken as unchanged from the initial to the
    full-year budget, so all of the adjustment falls on project expenditure. What was left at the end of the year was
    recovered (the three printed sums agree), so each line gives back its own rest.
    """
    case = book.case
    book.project(
        "j9",
        case.assumed("经常性、起始年", "t9"),
        name=programme(case, 9),
        programme=programme(case, 9),
        category="department-operation",
        recurrence="recurrent",
        lead_unit_id="affairs-centre",
        start_year=2023,
    )
    basic, project = case.yuan("j9_a1"), case.yuan("j9_a2")
    initial = case.yuan("j9_i")
    budget = ("j9_a1", "j9_a2")
    book.receive("j9", NOT_STATED, basic + project, budget)
    first = case.assumed("年初预算分基本、项目; 文号", "j9_i")
    parts = (("j9-basic", "basic", basic, "j9_p1"), ("j9-project", "project", initial - basic, "j9_p2"))
    for line_id, kind, amount, _ in parts:
        book.line(
            line_id, budget, appropriation_id="j9", project_id="j9", unit_id="affairs-centre", expenditure_kind=kind
        )
        book.allocate(line_id, "initial", OPENING, first, amount=amount, stage="initial")
    increase = case.assumed("调整全在项目支出; 文号", "j9_i", *budget)
    book.allocate("j9-project", "adjustment", REFERENCE, increase, amount=basic + project - initial)
    for (line_id, _, _, paid), adjusted in zip(parts, (basic, project), strict=True):
        book.pay(line_id, REFERENCE, Payment(paid, case.yuan(paid)))
        _recover(book, line_id, case.assumed("收回分线、文号", *budget, "j9_p1", "j9_p2"), adjusted, paid)


def _recover(book: Book, line_id: str, evidence: Evidence, adjusted: Decimal, paid: str) -> None:
    book.record(
        "recover-funds",
        f"{line_id}-recovery",
        REFERENCE,
        evidence,
        line_id=line_id,
        amount=adjusted - book.case.yuan(paid),
        destination="not_stated",
        document_no=NOT_PRINTED,
    )


def _statuses(book: Book) -> None:
    """The dated statuses of single projects, and one that the report gives for the whole year."""
    case = book.case
    for figure_id in ("j3_d1", "j3_d2", "j3_d3"):
        status = MILESTONES[case.figure(figure_id)["event"]]
        book.status("j3-kindergarten", status, When(case.day(figure_id)), case.reported(figure_id))
    book.status("j4-resettlement", "started", When(case.day("j4_d3")), case.reported("j4_d3"))
    name = case.project("公共文化设施提升")["name"]
    book.project(
        "j8-facilities",
        case.assumed("起始年", "j8_not"),
        name=name,
        programme=programme(case, 8),
        parent_project_id="j8",
        category="culture",
        lead_unit_id="culture-bureau",
        start_year=2023,
    )
    book.status("j8-facilities", "not_carried_out", REFERENCE, case.reported("j8_not"))


def _evaluation(book: Book, row: int) -> None:
    """A score is printed with its grade, so it is final; the institution is not named."""
    case, evaluation_id, figure_id = book.case, f"score-{row}", f"sc{row}"
    evidence = case.reported(figure_id)
    book.evaluation(
        evaluation_id,
        EVALUATED,
        evidence,
        subject={"kind": "programme", "id": programme(case, row)},
        fiscal_year=2023,
        evaluation_year=2024,
        kind="third_party",
    )
    total = case.text(figure_id)
    key = f"{evaluation_id}-result"
    book.record("record-result", key, EVALUATED, evidence, evaluation_id=evaluation_id, total=total)
    key = f"{evaluation_id}-final"
    book.record("finalise-evaluation", key, EVALUATED, evidence, evaluation_id=evaluation_id)
