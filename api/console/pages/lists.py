"""项目、项目指标、来源指标、绩效评价、单位: the lists."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum
from typing import Any, Final

from api.console.asked import Asked
from api.console.columns import flags_column, joined, title_of
from api.console.distribution import RECEIVED_ON, SOURCE, distribution_columns, with_receipt
from api.console.line_sums import lines_by, sums_of
from api.console.list_page import Columns, ListPage
from api.console.names import Names
from api.console.subject import subject_columns
from api.console.table import Column, Kind, Row
from api.console.texts import mark as _
from domain.evaluation import EvaluationKind
from domain.grade import Grade
from domain.unit import UnitKind
from projections import listing

_GRADES: Final = {Grade.EXCELLENT: "accepted", Grade.GOOD: "accepted", Grade.FAIR: "lag", Grade.POOR: "over"}
_NAME: Final = {"name": _("名称")}
_AMOUNTS: Final = ("adjusted_budget", "disbursed", "recovered", "available", "execution_rate")


def grade_chips(asked: Asked, grade: str | None) -> Sequence[tuple[str, str]]:
    """The grade as a chip; none where there is no grade."""
    return () if grade is None else [(_GRADES[Grade(grade)], asked.word(Grade, grade))]


def _linked_name(asked: Asked, title: str, id_name: str, link: Callable[[Row], str | None]) -> Column:
    """The name that leads to the thing, the id below it."""
    return Column(
        title=asked.say(title),
        value=lambda row: row["name"],
        field="name",
        link=lambda row: link(row) if row[id_name] is not None else None,
        note=lambda row: row[id_name],
    )


def _linked_id(column: Column, asked: Asked, path: str, id_name: str) -> Column:
    return replace(column, link=lambda row: asked.link(f"{path}/{row[id_name]}"))


def _kind(asked: Asked, title: str, members: type[Enum]) -> Column:
    return Column(title=asked.say(title), value=lambda row: asked.word(members, row["kind"]), field="kind")


def _of_projects(asked: Asked, columns: Columns, _names: Names) -> Columns:
    def address(row: Row) -> str | None:
        return asked.link(f"projects/{row['project_id']}")

    implementing = Column(
        title=title_of(asked, "implementing_unit_ids"),
        value=lambda row: joined(asked, row["implementing_unit_ids"] or ()),
    )
    return {
        "name": _linked_name(asked, _("项目名称"), "project_id", address),
        **columns,
        "grade": replace(columns["grade"], chips=lambda row: grade_chips(asked, row["grade"])),
        "implementing_unit_ids": implementing,
        "flags": flags_column(asked),
    }


def _of_lines(asked: Asked, columns: Columns, _names: Names) -> Columns:
    return {
        **columns,
        "line_id": _linked_id(columns["line_id"], asked, "lines", "line_id"),
        "flags": flags_column(asked),
    }


def _of_appropriations(asked: Asked, columns: Columns, _names: Names) -> Columns:
    def address(row: Row) -> str | None:
        return asked.link(f"appropriations/{row['appropriation_id']}")

    return {
        "name": _linked_name(asked, _("来源指标名称"), "appropriation_id", address),
        **columns,
        **distribution_columns(asked),
    }


def _of_evaluations(asked: Asked, columns: Columns, names: Names) -> Columns:
    subject = subject_columns(asked, names)
    return {
        "evaluation_id": _linked_id(columns["evaluation_id"], asked, "evaluations", "evaluation_id"),
        **subject,
        **{name: column for name, column in columns.items() if name != "evaluation_id"},
        "kind": _kind(asked, _("评价类型"), EvaluationKind),
        "grade": replace(columns["grade"], chips=lambda row: grade_chips(asked, row["grade"])),
    }


def _of_units(asked: Asked, columns: Columns, _names: Names) -> Columns:
    def address(row: Row) -> str | None:
        is_seen = asked.scope is None or row["unit_id"] in asked.scope.names
        return asked.link("lines", unit_id=row["unit_id"]) if is_seen else None

    figures: tuple[tuple[str, str, Kind], ...] = (
        ("line_count", asked.say("项目指标数"), Kind.COUNT),
        ("project_count", asked.say("项目数"), Kind.COUNT),
        *((name, title_of(asked, name), Kind.AMOUNT) for name in _AMOUNTS[:-1]),
        ("execution_rate", title_of(asked, "execution_rate"), Kind.RATE),
    )
    return {
        "name": _linked_name(asked, _("单位名称"), "unit_id", address),
        **columns,
        "kind": _kind(asked, _("单位类型"), UnitKind),
        **{name: _found_in_row(name, title, kind) for name, title, kind in figures},
    }


def _found_in_row(name: str, title: str, kind: Kind) -> Column:
    """A figure that some rows do not have."""
    return Column(title=title, value=lambda row: row.get(name), kind=kind)


async def _with_execution(asked: Asked, rows: Sequence[Row]) -> Sequence[Row]:
    """Units, each with the figures of its lines, as far as the caller may see those."""
    if asked.may_ask("execution"):
        found = await asked.get("execution", group_by="unit")
        figures: dict[str, Any] = {group["key"]: group for group in found["items"]}
    else:
        # For how many projects a project stands is not told to who sees lines alone, so those are not counted.
        lines = lines_by("unit_id", (await asked.get_all("lines"))["items"])
        figures = {unit: {"line_count": len(its), **sums_of(its)} for unit, its in lines.items()}
    return [{**figures.get(row["unit_id"], {}), **row} for row in rows]


PROJECTS: Final = ListPage(
    path="projects",
    title=_("项目清单"),
    collection=listing.PROJECTS,
    first=("name", "lead_unit", "programme", "status", *_AMOUNTS, "score", "flags"),
    filters=("lead_unit_id", "programme", "source_level", "status", "flag", "start_year"),
    columns=_of_projects,
    named=("units", "projects"),
    field_titles=_NAME,
    grouped=("programme", "category"),
)
LINES: Final = ListPage(
    path="lines",
    title=_("项目指标清单"),
    collection=listing.LINES,
    first=("line_id", "project", "appropriation", "unit", "function_code", *_AMOUNTS, "flags"),
    filters=("unit_id", "project_id", "appropriation_id", "source_level", "fiscal_year", "flag"),
    columns=_of_lines,
    named=("units", "projects", "appropriations"),
    grouped=("function_code", "economic_code"),
)
APPROPRIATIONS: Final = ListPage(
    path="appropriations",
    title=_("来源指标清单"),
    collection=listing.APPROPRIATIONS,
    first=(
        *("name", "source_level", "document_no", RECEIVED_ON, "received", "allocated", "unallocated", "days_open"),
        *("distribution", "disbursed", "recovered"),
    ),
    filters=("fiscal_year", "source_level", "source_nature", "budget_book", "direct", "document_no"),
    columns=_of_appropriations,
    named=(),
    note=SOURCE,
    field_titles=_NAME,
    extend=with_receipt,
)
EVALUATIONS: Final = ListPage(
    path="evaluations",
    title=_("绩效评价"),
    collection=listing.EVALUATIONS,
    first=("evaluation_id", "subject", "kind", "fiscal_year", "evaluator_unit", "total", "grade", "finalised"),
    filters=("fiscal_year", "kind", "subject_kind", "subject_id", "grade", "finalised"),
    columns=_of_evaluations,
    named=("units", "projects", "appropriations"),
    field_titles={"kind": _("评价类型")},
)
UNITS: Final = ListPage(
    path="units",
    title=_("单位清单"),
    collection=listing.UNITS,
    first=("name", "kind", "parent_unit", "line_count", "project_count", *_AMOUNTS),
    filters=("kind", "parent_unit_id", "name"),
    columns=_of_units,
    named=("units",),
    field_titles={**_NAME, "kind": _("单位类型")},
    extend=_with_execution,
)

LIST_PAGES: Final = tuple(each.page() for each in (PROJECTS, LINES, APPROPRIATIONS, EVALUATIONS, UNITS))
