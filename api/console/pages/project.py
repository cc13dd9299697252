"""项目: one project with its lines, its milestones, its events by business date and its score; and its evidence."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from api.console.asked import Asked, Content
from api.console.inside import Refused
from api.console.movements import Moved, movements
from api.console.newest_first import CURSOR
from api.console.page import Page
from api.console.sources import source_name, source_of
from api.console.table import Kind, Row, Table, field_column
from api.console.texts import mark
from api.console.timeline import events_table, timeline_of
from api.console.trend import trend_of
from api.console.waterfall import counting_evaluation, steps_of, waterfall_table
from domain.evaluation import EvaluationKind
from domain.grade import Grade
from domain.project import ProjectStatus

FULL: Final = 10_000
"""A rate of 100 %, in hundredths."""

_FIRST_BAD: Final = 400
_KEPT_HEADERS: Final = ("content-type", "content-disposition")

COMMANDS: Final = (
    ("record-disbursement", mark("支出")),
    ("allocate-funds", mark("指标下达")),
    ("reduce-allocation", mark("指标调减")),
    ("recover-funds", mark("资金收回")),
    ("open-line", mark("项目指标开立")),
    ("change-project-status", mark("项目状态")),
    ("amend-project", mark("项目信息变更")),
)
"""What can be recorded of a project, with the name of what it makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the interface answers of the project; `appropriations` and `units` are names by id."""

    project: Row
    time_zone: str
    moved: Sequence[Moved]
    units: Mapping[str, str]
    appropriations: Mapping[str, str]

    def unit(self, identifier: str | None) -> str | None:
        """What a unit is called."""
        return None if identifier is None else self.units.get(identifier, identifier)


async def make_project(asked: Asked) -> Content:
    """The page."""
    known = await _known(asked)
    project = known.project
    counting = counting_evaluation(project, [each.event for each in known.moved])
    evaluation = None if counting is None else await asked.get(f"evaluations/{counting['evaluation_id']}")
    steps = [] if evaluation is None else steps_of(asked, evaluation)
    trend = trend_of(asked, known.moved)
    tables = [
        _lines(asked, known),
        trend.table,
        _milestones(asked, project),
        events_table(asked, known.moved, known.time_zone),
        _evaluations(asked, known),
        waterfall_table(asked, steps),
    ]
    return Content(
        title=project["name"],
        values={
            "project": project,
            "lead_unit": known.unit(project["lead_unit_id"]),
            "implementing": [known.unit(each) for each in project["implementing_unit_ids"]],
            "full": FULL,
            "trend": trend,
            "timeline": timeline_of(asked, known.moved, project, asked.values["cursor"]),
            "evaluation": evaluation,
            "steps": steps,
            "scale": max([100_00, *(step.lower + step.length for step in steps)]),
            "commands": [(name, title) for name, title in COMMANDS if asked.may(f"record/{name}")],
        },
        tables=tuple(table for table in tables if table.rows),
    )


async def give_evidence(asked: Asked) -> Response:
    """The bundle of the project, as the interface makes it for the same caller."""
    parameters = {"project_id": asked.path("id"), **asked.view.coordinates()}
    answer = await asked.inside.send("GET", asked.address("evidence"), parameters)
    if answer.status >= _FIRST_BAD:
        raise Refused(answer.status, answer.json())
    headers = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
    return Response(answer.content, answer.status, {**headers, "Cache-Control": "no-store"})


async def _known(asked: Asked) -> Known:
    path = f"projects/{asked.path('id')}"
    ledger, project, history, units, appropriations = await asyncio.gather(
        asked.inside.get(asked.address("")),
        asked.get(path),
        asked.get_all(f"{path}/history", order="effective"),
        asked.get_all("units"),
        asked.get_all("appropriations"),
    )
    return Known(
        project=project,
        time_zone=ledger["time_zone"],
        moved=movements(history["items"]),
        units={unit["unit_id"]: unit["name"] for unit in units["items"]},
        appropriations={each["appropriation_id"]: each["name"] for each in appropriations["items"]},
    )


def _lines(asked: Asked, known: Known) -> Table:
    rows = [
        {
            **line,
            "appropriation": known.appropriations.get(line["appropriation_id"], line["appropriation_id"]),
            "source": source_name(asked, source_of(line)),
            "unit": known.unit(line["unit_id"]),
        }
        for line in known.project["lines"]
    ]

    def address(row: Row) -> str:
        return asked.view.url("lines", line_id=row["line_id"])

    columns = (
        field_column("line_id", asked.say("项目指标"), link=address),
        field_column("appropriation", asked.say("来源指标")),
        field_column("source", asked.say("资金来源")),
        field_column("unit", asked.say("单位")),
        field_column("fiscal_year", asked.say("预算年度")),
        field_column("initial_budget", asked.say("年初预算"), Kind.AMOUNT),
        field_column("adjusted_budget", asked.say("全年预算"), Kind.AMOUNT),
        field_column("disbursed", asked.say("累计支出"), Kind.AMOUNT),
        field_column("recovered", asked.say("收回"), Kind.AMOUNT),
        field_column("available", asked.say("可用余额"), Kind.AMOUNT),
        field_column("execution_rate", asked.say("执行率"), Kind.RATE),
    )
    named = {**dict.fromkeys(("appropriation", "source", "unit", "fiscal_year")), "line_id": asked.say("合计")}
    sums = {column.field: known.project[column.field] for column in columns if column.is_numeric and column.field}
    return Table(
        name="lines",
        title=asked.say("项目指标清单"),
        columns=columns,
        rows=rows,
        total={**named, **sums} if rows else None,
    )


def _milestones(asked: Asked, project: Row) -> Table:
    rows = [{**each, "name": asked.word(ProjectStatus, each["status"])} for each in project["milestones"]]

    def address(row: Row) -> str:
        return asked.view.url(f"events/{row['position']}")

    columns = (
        field_column("effective_date", asked.say("业务日期"), Kind.DAY),
        field_column("name", asked.say("状态")),
        field_column("position", asked.say("流水号"), Kind.COUNT, link=address),
    )
    return Table(name="milestones", title=asked.say("进展节点"), columns=columns, rows=rows)


def _evaluations(asked: Asked, known: Known) -> Table:
    rows: list[dict[str, Any]] = [
        {
            **each,
            "kind_name": asked.word(EvaluationKind, each["kind"]),
            "evaluator": known.unit(each["evaluator_unit_id"]),
            "grade_name": asked.word(Grade, each["grade"]),
            "state": asked.say("已定稿") if each["finalised"] else asked.say("未定稿"),
        }
        for each in known.project["evaluations"]
    ]
    columns = (
        field_column("evaluation_id", asked.say("评价编号")),
        field_column("kind_name", asked.say("评价类型")),
        field_column("fiscal_year", asked.say("预算年度")),
        field_column("evaluator", asked.say("评价单位")),
        field_column("total", asked.say("总分"), Kind.POINTS),
        field_column("grade_name", asked.say("等级")),
        field_column("state", asked.say("定稿")),
    )
    return Table(name="evaluations", title=asked.say("绩效评价"), columns=columns, rows=rows)


_TEMPLATE: Final = "project.html"

PROJECT_PAGES: Final = (
    Page(
        name="project",
        path="projects/{id}",
        make=make_project,
        template=_TEMPLATE,
        section="projects",
        parameters=(CURSOR,),
    ),
    # It answers with a file, and with a page only where it is refused.
    Page(
        name="project-evidence",
        path="projects/{id}/evidence",
        make=give_evidence,
        template=_TEMPLATE,
        section="projects",
    ),
)
