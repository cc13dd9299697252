"""项目支出绩效自评表 as a plain table, for CSV and JSON: a row for each of its lines, every figure under its title."""

from collections.abc import Iterator
from typing import Any, Final

from api.console.asked import Asked
from api.console.report import ReportColumn, Role, row
from api.console.report_form import FormRow
from api.console.self_evaluation import Subject, execution_rows, indicator_rows, result_rows
from api.console.table import Kind
from api.console.texts import mark as _

_COLUMNS: Final = (
    ("section", _("栏目"), Kind.TEXT),
    ("item", _("分项"), Kind.TEXT),
    ("initial", _("年初预算数"), Kind.AMOUNT),
    ("adjusted", _("全年预算数"), Kind.AMOUNT),
    ("disbursed", _("全年执行数"), Kind.AMOUNT),
    ("rate", _("执行率（%）"), Kind.RATE),
    ("level1", _("一级指标"), Kind.TEXT),
    ("level2", _("二级指标"), Kind.TEXT),
    ("indicator", _("三级指标"), Kind.TEXT),
    ("target", _("年度指标值"), Kind.TEXT),
    ("actual", _("实际完成值"), Kind.TEXT),
    ("maximum", _("分值"), Kind.POINTS),
    ("score", _("得分"), Kind.POINTS),
    ("remark", _("偏差原因分析及改进措施"), Kind.TEXT),
)
_OF_EXECUTION: Final = ("item", "initial", "adjusted", "disbursed", "maximum", "rate", "score")
_OF_INDICATOR: Final = ("level2", "indicator", "target", "actual", "maximum", "score", "remark")
_OF_RESULT: Final = ("section", "maximum", "score", "remark")


def plain_columns(asked: Asked) -> tuple[ReportColumn, ...]:
    """What the lines of the form have, of whichever part."""
    return tuple(ReportColumn(name=name, title=asked.say(title), kind=kind) for name, title, kind in _COLUMNS)


def plain_rows(asked: Asked, subject: Subject) -> Iterator[dict[str, Any]]:
    """The lines of the form, amounts in yuan; what is blank there is None."""
    between = asked.say("、")
    heads = (
        (asked.say("项目名称"), subject.name),
        (asked.say("主管部门"), between.join(subject.departments)),
        (asked.say("实施单位"), between.join(subject.executors)),
    )
    for title, text in heads:
        yield row(Role.DETAIL, 0, section=title, item=text or None)
    _titles, *parts = execution_rows(asked, subject)
    for cells in parts:
        yield row(Role.DETAIL, 0, section=asked.say("预算执行情况"), **_named(_OF_EXECUTION, cells))
    _titles, *indicators = indicator_rows(asked, subject)
    level1 = None
    for cells in indicators:
        if len(cells) > len(_OF_INDICATOR):
            level1 = cells[0].value
        named = _named(_OF_INDICATOR, cells[-len(_OF_INDICATOR) :])
        yield row(Role.DETAIL, 0, section=asked.say("绩效指标"), level1=level1, **named)
    for cells in result_rows(asked, subject):
        yield row(Role.TOTAL, 0, **_named(_OF_RESULT, cells))


def _named(names: tuple[str, ...], cells: FormRow) -> dict[str, str | None]:
    return {name: cell.value for name, cell in zip(names, cells, strict=True)}
