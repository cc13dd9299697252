"""What the ledger can fill into a 项目支出绩效自评表: the execution and its points, the indicators, the total."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.console.asked import Asked
from api.console.figures import hundredths_of
from api.console.report import NOT_COMPUTABLE
from api.console.report_form import FormCell, FormRow, Look, label, long_text, room
from api.console.report_tree import Sums, sums_of
from api.console.table import Kind
from api.console.texts import mark as _
from domain.appropriation import BudgetBook, SourceNature
from domain.evaluation import EvaluationKind
from domain.grade import Grade
from domain.money import divide_half_away, format_hundredths, percent

Line = Mapping[str, Any]
Indicator = Mapping[str, Any]

EXECUTION_POINTS: Final = 1_000
"""分值 of the execution of the budget: 10 points, in hundredths."""
COLUMNS: Final = 9
EXECUTION: Final = "预算执行"
"""An indicator that has this in its name is the execution of the budget, and stands above the others."""

_FISCAL_BOOKS: Final = frozenset(
    {
        BudgetBook.GENERAL_PUBLIC,
        BudgetBook.GOVERNMENT_FUND,
        BudgetBook.STATE_CAPITAL,
        BudgetBook.SOCIAL_INSURANCE,
    }
)
_OTHER_BOOKS: Final = frozenset({BudgetBook.SPECIAL_ACCOUNT, BudgetBook.UNIT_FUNDS})
_OTHER_NATURES: Final = frozenset({SourceNature.SELF_RAISED, SourceNature.SOCIAL, SourceNature.OTHER})
_PRINTED: Final = (
    (_("产出指标"), (_("数量指标"), _("质量指标"), _("时效指标"), _("成本指标"))),
    (_("效益指标"), (_("经济效益"), _("社会效益"), _("生态效益"), _("可持续影响"))),
    (_("满意度指标"), (_("服务对象满意度"),)),
)
"""The indicators' first two levels as the form prints them, where the ledger has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is evaluated. `departments` and `executors` are names of units; `lines` are those of the fiscal year.

    `evaluation` is the one that indicators are taken from, in full; None where there is none.
    """

    name: str
    departments: Sequence[str]
    executors: Sequence[str]
    lines: Sequence[Line]
    evaluation: Mapping[str, Any] | None


def execution_points(sums: Sums, maximum: int = EXECUTION_POINTS) -> str | None:
    """得分 of the execution: the maximum times the rate, which counts as 1 at most; None on a base not above zero."""
    if sums.adjusted <= 0:
        return None
    earned = divide_half_away(maximum * max(sums.disbursed, 0), sums.adjusted)
    return format_hundredths(min(maximum, earned))


def total_of(lines: Iterable[Line]) -> Sums:
    """The sums of lines."""
    total = Sums()
    for line in lines:
        total = total.plus(sums_of(line))
    return total


def form_of(asked: Asked, subject: Subject) -> list[FormRow]:
    """The whole form."""
    return [
        [label(asked.say("项目名称")), long_text(subject.name, COLUMNS - 1)],
        [
            label(asked.say("主管部门")),
            long_text(asked.say("、").join(subject.departments) or None, 4),
            label(asked.say("实施单位")),
            long_text(asked.say("、").join(subject.executors) or None, 3),
        ],
        *execution_rows(asked, subject),
        [
            label(asked.say("年度总体目标"), rows=2),
            label(asked.say("预期目标"), 4),
            label(asked.say("实际完成情况"), 4),
        ],
        [room(4), room(4)],
        *indicator_rows(asked, subject),
        *result_rows(asked, subject),
    ]


def notes_of(asked: Asked, subject: Subject) -> Iterator[str]:
    """What a reader of the form must know."""
    yield asked.say("执行率 = 全年执行数 ÷ 全年预算数；执行率得分 = 分值 × 执行率，以分值为限。账面没有的内容留空。")
    evaluation = subject.evaluation
    if evaluation is None:
        yield asked.say("账套中没有该项目本年度的单位自评，绩效指标待填。")
        return
    if evaluation["kind"] != EvaluationKind.SELF:
        kind = asked.word(EvaluationKind, evaluation["kind"])
        yield asked.say("绩效指标与得分取自{kind}（{id}），不是单位自评。", kind=kind, id=evaluation["evaluation_id"])
    recorded = execution_indicator(evaluation)
    computed = execution_points(total_of(subject.lines), _maximum(recorded))
    if recorded is None:
        yield asked.say("该评价的指标中没有预算执行率：其得分按账面计算，未计入总分。")
    elif computed is None:
        return
    elif recorded["score"] is None:
        yield asked.say("该评价尚未录入预算执行率的得分：表中 {computed} 按账面计算，未计入总分。", computed=computed)
    elif recorded["score"] != computed:
        yield asked.say(
            "预算执行率记录得分 {recorded}，按账面计算应为 {computed}。", recorded=recorded["score"], computed=computed
        )


def execution_indicator(evaluation: Mapping[str, Any] | None) -> Indicator | None:
    """The indicator that is the execution of the budget, if the evaluation has one."""
    indicators = [] if evaluation is None else evaluation["indicators"]
    return next((each for each in indicators if EXECUTION in each["name"] or EXECUTION in each["level1"]), None)


def _maximum(indicator: Indicator | None) -> int:
    given = indicator and indicator["max_points"]
    return hundredths_of(given) if given else EXECUTION_POINTS


def execution_rows(asked: Asked, subject: Subject) -> Iterator[FormRow]:
    """A line of titles, then for each part of the money: what it is, three amounts, 分值, 执行率 and 得分."""
    titles = (asked.say("年初预算数"), asked.say("全年预算数"), asked.say("全年执行数"))
    points = (asked.say("分值"), asked.say("执行率（%）"), asked.say("得分"))
    maximum = _maximum(execution_indicator(subject.evaluation))
    heading = asked.say("预算执行情况（{points} 分）", points=format_hundredths(maximum).removesuffix(".00"))
    yield [label(heading, rows=5), label("", 2), *map(label, (*titles, *points))]
    total = total_of(subject.lines)
    yield [label(asked.say("年度资金总额"), 2), *_amounts(total), *_earned(subject, total, maximum)]
    fiscal, other = _split(subject.lines)
    yield [label(asked.say("其中：当年财政拨款"), 2), *_amounts(fiscal), *_not_scored(fiscal)]
    yield [label(asked.say("上年结转资金"), 2), *_amounts(None), *_not_scored(None)]
    yield [label(asked.say("其他资金"), 2), *_amounts(other), *_not_scored(other)]


def _earned(subject: Subject, total: Sums, maximum: int) -> list[FormCell]:
    """分值, 执行率 and 得分; the score is the one recorded, else the one that the rule gives."""
    recorded = execution_indicator(subject.evaluation)
    score = recorded["score"] if recorded and recorded["score"] is not None else execution_points(total, maximum)
    return [
        FormCell(value=format_hundredths(maximum), kind=Kind.POINTS),
        FormCell(value=percent(total.disbursed, total.adjusted) or NOT_COMPUTABLE, kind=Kind.RATE),
        FormCell(value=score, kind=Kind.POINTS),
    ]


def _not_scored(sums: Sums | None) -> list[FormCell]:
    """The parts have a rate and no points of their own."""
    rate = None if sums is None else percent(sums.disbursed, sums.adjusted) or NOT_COMPUTABLE
    dash = FormCell(value=NOT_COMPUTABLE)
    return [dash, FormCell(value=rate, kind=Kind.RATE), dash]


def _amounts(sums: Sums | None) -> list[FormCell]:
    if sums is None:
        return [FormCell() for _ in range(3)]
    initial = None if sums.initial is None else format_hundredths(sums.initial)
    amounts = (initial, format_hundredths(sums.adjusted), format_hundredths(sums.disbursed))
    return [FormCell(value=value, kind=Kind.AMOUNT) for value in amounts]


def _split(lines: Sequence[Line]) -> tuple[Sums | None, Sums | None]:
    """Fiscal appropriation and other money; both unknown where of one line it is not stated which it is."""
    fiscal, other = [], []
    for line in lines:
        if line["budget_book"] in _FISCAL_BOOKS:
            fiscal.append(line)
        elif line["budget_book"] in _OTHER_BOOKS or line["source_nature"] in _OTHER_NATURES:
            other.append(line)
        else:
            return None, None
    return total_of(fiscal) if fiscal else None, total_of(other) if other else None


def indicator_rows(asked: Asked, subject: Subject) -> Iterator[FormRow]:
    """A line of titles, then the indicators, those with one first level together in the order of the evaluation.

    The first level stands only before the first of its indicators.
    """
    recorded = execution_indicator(subject.evaluation)
    evaluation = subject.evaluation
    kept = [each for each in (evaluation["indicators"] if evaluation else ()) if each is not recorded]
    body = list(_given(asked, kept)) if kept else list(_blank(asked))
    titles = (
        asked.say("一级指标"),
        asked.say("二级指标"),
        asked.say("三级指标"),
        asked.say("年度指标值"),
        asked.say("实际完成值"),
        asked.say("分值"),
        asked.say("得分"),
        asked.say("偏差原因分析及改进措施"),
    )
    yield [label(asked.say("绩效指标"), rows=len(body) + 1), *map(label, titles)]
    yield from body


def _given(asked: Asked, indicators: Sequence[Indicator]) -> Iterator[FormRow]:
    names = list(dict.fromkeys(each["level1"] for each in indicators))
    for name in names:
        members = [each for each in indicators if each["level1"] == name]
        for number, each in enumerate(members):
            first = [label(name, rows=len(members))] if number == 0 else []
            unit = each["unit"] or ""
            target = None if each["target"] is None else f"{each['target']}{unit}"
            yield [
                *first,
                FormCell(value=each["level2"]),
                long_text(each["name"]),
                FormCell(value=target),
                FormCell(value=each["actual"]),
                FormCell(value=each["max_points"], kind=Kind.POINTS),
                FormCell(value=each["score"], kind=Kind.POINTS),
                long_text(_reasons(asked, each)),
            ]


def _reasons(asked: Asked, indicator: Indicator) -> str | None:
    """Why the actual value deviates, and why a score was adjusted."""
    reasons = [indicator["deviation_reason"], *(each["reason"] for each in indicator["adjustments"])]
    return asked.say("；").join(reason for reason in reasons if reason) or None


def _blank(asked: Asked) -> Iterator[FormRow]:
    for name, parts in _PRINTED:
        for number, part in enumerate(parts):
            first = [label(asked.say(name), rows=len(parts))] if number == 0 else []
            yield [*first, label(asked.say(part)), *(FormCell() for _ in range(COLUMNS - 3))]


def result_rows(asked: Asked, subject: Subject) -> Iterator[FormRow]:
    """Points granted or deducted beside the indicators, where there are any, and the total: what it is, 分值, 得分."""
    evaluation = subject.evaluation
    if evaluation is not None and hundredths_of(evaluation["points"]):
        score = FormCell(value=evaluation["points"], kind=Kind.POINTS)
        yield [label(asked.say("加减分"), COLUMNS - 3), FormCell(), score, FormCell()]
    yield _total(asked, subject)


def _total(asked: Asked, subject: Subject) -> FormRow:
    evaluation = subject.evaluation
    if evaluation is None:
        return [label(asked.say("总分"), COLUMNS - 3), FormCell(), FormCell(), FormCell()]
    maxima = [each["max_points"] for each in evaluation["indicators"]]
    is_given = bool(maxima) and all(each is not None for each in maxima)
    grade = evaluation["grade"]
    return [
        label(asked.say("总分"), COLUMNS - 3),
        FormCell(value=format_hundredths(sum(map(hundredths_of, maxima))) if is_given else None, kind=Kind.POINTS),
        FormCell(value=evaluation["total"], kind=Kind.POINTS),
        FormCell(value=asked.say("等级：{grade}", grade=asked.word(Grade, grade)) if grade else None, look=Look.LONG),
    ]
