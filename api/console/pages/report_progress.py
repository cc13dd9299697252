"""支出进度表: expenditure by unit, source, programme or account code, against the elapsed year and the year before."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from starlette.responses import Response

from api.console.account_codes import ECONOMIC_LEVELS, FUNCTION_LEVELS, levels_of
from api.console.asked import Asked, Content
from api.console.calendar_days import day_before_month, month_ends, year_earlier
from api.console.fiscal_year import FIRST_YEAR, FISCAL_YEAR, elapsed_of, years_of
from api.console.page import Page
from api.console.report import (
    NOT_COMPUTABLE,
    Report,
    ReportColumn,
    Role,
    growth,
    has_rounding_tail,
    points_between,
    rounding_note,
    row,
    signature_lines,
)
from api.console.report_period import business_date, compiler_of, head_of, year_of
from api.console.report_tree import Line, Moments, Node, Path, Place, tree_of, walk
from api.console.reporting import answered
from api.console.table import Kind
from api.console.texts import mark as _
from api.console.worded_choice import worded_choice
from domain.appropriation import SourceLevel, SourceNature
from domain.money import format_hundredths, percent


class Grouping(StrEnum):
    """By what the table is grouped."""

    UNIT = "unit"
    SOURCE = "source"
    PROGRAMME = "programme"
    FUNCTION = "function"
    ECONOMIC = "economic"


GROUPING_NAMES: Final[Mapping[str, str]] = {
    Grouping.UNIT: _("按单位"),
    Grouping.SOURCE: _("按资金来源"),
    Grouping.PROGRAMME: _("按专项"),
    Grouping.FUNCTION: _("按功能分类"),
    Grouping.ECONOMIC: _("按经济分类"),
}
_FIRST_COLUMNS: Final[Mapping[str, str]] = {
    Grouping.UNIT: _("单位"),
    Grouping.SOURCE: _("资金来源"),
    Grouping.PROGRAMME: _("专项／项目"),
    Grouping.FUNCTION: _("功能分类科目"),
    Grouping.ECONOMIC: _("经济分类科目"),
}
_AMOUNTS: Final = ("initial", "adjusted", "disbursed", "month", "last_year")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The amounts of one group in fen; None where there is nothing to say."""

    initial: int | None
    adjusted: int | None
    disbursed: int | None
    month: int | None
    last_year: int | None


async def make_progress(asked: Asked) -> Content | Response:
    """The page, or its file."""
    at = business_date(asked)
    every, units, ledger = await asyncio.gather(
        asked.get_all("lines"), asked.get_all("units"), asked.inside.get(asked.address(""))
    )
    years = years_of(every["items"])
    fiscal_year = year_of(asked, years)
    month_before, year_before = await asyncio.gather(
        asked.get_all("lines", as_of=day_before_month(at).isoformat(), fiscal_year=fiscal_year),
        _of_last_year(asked, at, fiscal_year),
    )
    now = [line for line in every["items"] if line["fiscal_year"] == fiscal_year]
    path = await _path_of(asked, units["items"])
    tree = tree_of(now, month_before["items"], year_before, path)
    period = asked.say("{year}年度，截至{day}", year=fiscal_year, day=at.isoformat())
    report = Report(
        name="progress",
        title=asked.say("支出进度表") + asked.say("（{grouping}）", grouping=_say(asked, GROUPING_NAMES)),
        head=head_of(asked, compiler_of(asked, units["items"], ledger), period, ledger["time_zone"]),
        columns=_columns(asked),
        rows=list(_rows(asked, tree, elapsed_of(fiscal_year, at))),
        notes=list(_notes(asked, tree)),
        signatures=signature_lines(asked),
    )
    choices = {"years": years, "fiscal_year": fiscal_year, "months": month_ends(fiscal_year)}
    return await answered(asked, report, None, groupings=groupings_of(asked), **choices)


def groupings_of(asked: Asked) -> list[tuple[str, str]]:
    """What the caller may group by, each with its name: programmes are known from the projects."""
    those = [each for each in Grouping if each is not Grouping.PROGRAMME or asked.may("projects")]
    return [(each.value, asked.say(GROUPING_NAMES[each])) for each in those]


async def _of_last_year(asked: Asked, at: date, fiscal_year: int) -> Sequence[Line]:
    """The lines of the fiscal year before, at the same date of the year before."""
    if fiscal_year == FIRST_YEAR:
        return ()
    found = await asked.get_all("lines", as_of=year_earlier(at).isoformat(), fiscal_year=fiscal_year - 1)
    lines: list[Line] = found["items"]
    return lines


def _say(asked: Asked, names: Mapping[str, str]) -> str:
    return asked.say(names[asked.values["group_by"]])


async def _path_of(asked: Asked, units: Sequence[Mapping[str, Any]]) -> Path:
    """Where a line belongs, by the grouping asked for."""
    match Grouping(asked.values["group_by"]):
        case Grouping.UNIT:
            return _by_unit({unit["unit_id"]: unit for unit in units})
        case Grouping.SOURCE:
            return lambda line: _source(asked, line)
        case Grouping.PROGRAMME:
            projects = (await asked.get_all("projects"))["items"]
            return _by_programme(asked, {project["project_id"]: project for project in projects})
        case Grouping.FUNCTION:
            return _by_code(asked, "function_code", FUNCTION_LEVELS)
        case _:
            return _by_code(asked, "economic_code", ECONOMIC_LEVELS)


def _by_unit(units: Mapping[str, Mapping[str, Any]]) -> Path:
    """The unit below those that it belongs to."""

    def path(line: Line) -> list[Place]:
        chain: list[Place] = []
        unit_id = line["unit_id"]
        while unit_id is not None:
            unit = units.get(unit_id)
            chain.append(Place(unit_id, unit["name"] if unit else unit_id))
            unit_id = unit["parent_unit_id"] if unit else None
        return chain[::-1]

    return path


def _source(asked: Asked, line: Line) -> list[Place]:
    """The level the money comes from, then what kind of money it is; in the order of the lists."""
    level, nature = SourceLevel(line["source_level"]), SourceNature(line["source_nature"])
    return [
        Place(list(SourceLevel).index(level), asked.word(SourceLevel, level)),
        Place(list(SourceNature).index(nature), asked.word(SourceNature, nature)),
    ]


def _by_programme(asked: Asked, projects: Mapping[str, Mapping[str, Any]]) -> Path:
    """The programme, then its projects."""

    def path(line: Line) -> list[Place]:
        project_id = line["project_id"]
        project = projects.get(project_id, {})
        programme = project.get("programme")
        return [
            Place(programme, programme or asked.say("未列专项")),
            Place(project_id, project.get("name", project_id)),
        ]

    return path


def _by_code(asked: Asked, name: str, lengths: tuple[int, ...]) -> Path:
    """类, 款 and 项 of a code."""

    def path(line: Line) -> list[Place]:
        code = line[name]
        if code is None:
            return [Place(None, asked.say("未列科目"))]
        return [Place(each, each) for each in levels_of(code, lengths)]

    return path


def _columns(asked: Asked) -> tuple[ReportColumn, ...]:
    return (
        ReportColumn(name="label", title=_say(asked, _FIRST_COLUMNS), width=30),
        ReportColumn(name="initial", title=asked.say("年初预算"), kind=Kind.AMOUNT, width=14),
        ReportColumn(name="adjusted", title=asked.say("全年预算"), kind=Kind.AMOUNT, width=14),
        ReportColumn(name="disbursed", title=asked.say("累计支出"), kind=Kind.AMOUNT, width=14),
        ReportColumn(name="month", title=asked.say("本月支出"), kind=Kind.AMOUNT, width=14),
        ReportColumn(name="rate", title=asked.say("执行率（%）"), kind=Kind.RATE, width=10),
        ReportColumn(name="elapsed", title=asked.say("序时进度（%）"), kind=Kind.RATE, width=10),
        ReportColumn(name="ahead", title=asked.say("比序时进度（个百分点）"), kind=Kind.RATE, width=12, is_signed=True),
        ReportColumn(name="last_year", title=asked.say("上年同期累计支出"), kind=Kind.AMOUNT, width=14),
        ReportColumn(name="growth", title=asked.say("同比增减（%）"), kind=Kind.RATE, width=10, is_signed=True),
    )


def _rows(asked: Asked, tree: Node, elapsed: str) -> Iterator[dict[str, Any]]:
    """The total first, as such tables have it; then every group before its parts."""
    if tree.below:
        yield row(Role.TOTAL, 0, label=asked.say("合计"), **_cells(figures_of(tree.all), elapsed))
    is_of_codes = Grouping(asked.values["group_by"]) in {Grouping.FUNCTION, Grouping.ECONOMIC}
    # 本级 is a level of government: no word for a code.
    for node, depth in walk(tree, asked.say("本科目") if is_of_codes else asked.say("本级")):
        role = Role.SUBTOTAL if node.below else Role.DETAIL
        yield row(role, depth, label=node.place.label, **_cells(figures_of(node.all), elapsed))


def figures_of(moments: Moments) -> Figures:
    """The amounts of a group; this month is the change since the end of the month before."""
    now, before, last = moments.now, moments.month_before, moments.year_before
    return Figures(
        initial=now.initial if now else None,
        adjusted=now.adjusted if now else None,
        disbursed=now.disbursed if now else None,
        month=now.disbursed - (before.disbursed if before else 0) if now else None,
        last_year=last.disbursed if last else None,
    )


def _cells(figures: Figures, elapsed: str) -> dict[str, str | None]:
    amounts = {name: _text(getattr(figures, name)) for name in _AMOUNTS}
    if figures.disbursed is None:
        return amounts
    rate = percent(figures.disbursed, figures.adjusted)
    grown = None if figures.last_year is None else growth(figures.disbursed, figures.last_year) or NOT_COMPUTABLE
    ahead = points_between(rate, elapsed) or NOT_COMPUTABLE
    return {**amounts, "rate": rate or NOT_COMPUTABLE, "elapsed": elapsed, "ahead": ahead, "growth": grown}


def _text(fen: int | None) -> str | None:
    return None if fen is None else format_hundredths(fen)


def _notes(asked: Asked, tree: Node) -> Iterator[str]:
    at = business_date(asked)
    yield asked.say(
        "执行率 = 累计支出 ÷ 全年预算；本月支出为 {first} 至 {last} 的支出，含其间发生的退回与冲销。",
        first=at.replace(day=1).isoformat(),
        last=at.isoformat(),
    )
    if asked.values["group_by"] in {Grouping.FUNCTION, Grouping.ECONOMIC}:
        yield asked.say("科目以代码列示；名称见该年度《政府收支分类科目》，本服务不附。")
    groups = [tree, *(node for node, _depth in walk(tree, "") if node.below)]
    if any(_has_tail(asked, node) for node in groups):
        yield rounding_note(asked)


def _has_tail(asked: Asked, node: Node) -> bool:
    """Whether a group's parts no longer add up to it as they are shown."""
    parts = [figures_of(part.all) for part in node.parts]
    parts += [figures_of(node.own)] if node.below else []
    whole = figures_of(node.all)
    return any(
        has_rounding_tail((getattr(part, name) or 0 for part in parts), getattr(whole, name) or 0, asked.view)
        for name in _AMOUNTS
    )


PROGRESS: Final = Page(
    name="report-progress",
    path="reports/progress",
    make=make_progress,
    template="report.html",
    section="reports",
    parameters=(
        FISCAL_YEAR,
        worded_choice("group_by", "By what the table is grouped.", GROUPING_NAMES, Grouping.UNIT.value),
    ),
)
