"""项目支出绩效自评表: the official form, filled from the ledger; what the ledger does not know stays blank."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from api.console.asked import Asked, Content
from api.console.fiscal_year import FISCAL_YEAR, years_of
from api.console.page import Page
from api.console.posted import refused
from api.console.report import Report, signature_lines
from api.console.report_period import business_date, compiler_of, head_of, year_of
from api.console.reporting import form_answered
from api.console.self_evaluation import Subject, form_of, notes_of
from api.console.self_evaluation_rows import plain_columns, plain_rows
from api.parameters import plain_text
from domain.errors import Unknown, UnknownEvaluation, UnknownProject
from domain.evaluation import EvaluationKind, SubjectKind

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ledger:
    """All that a form may be filled from; `lines` of every year."""

    lines: Sequence[Row]
    projects: Sequence[Row]
    units: Sequence[Row]
    evaluations: Sequence[Row]

    def names(self, unit_ids: Iterable[str]) -> list[str]:
        """The names of units, each once, in the order given."""
        known = {unit["unit_id"]: unit["name"] for unit in self.units}
        return [known.get(unit_id, unit_id) for unit_id in dict.fromkeys(unit_ids)]


async def make_self_evaluation(asked: Asked) -> Content | Response:
    """The form of a project or of an evaluation; without either, what can be chosen."""
    lines, projects, units, evaluations, identity = await asyncio.gather(
        asked.get_all("lines"),
        asked.get_all("projects"),
        asked.get_all("units"),
        asked.get_all("evaluations"),
        asked.inside.get(asked.address("")),
    )
    ledger = _Ledger(
        lines=lines["items"], projects=projects["items"], units=units["items"], evaluations=evaluations["items"]
    )
    years = years_of(ledger.lines)
    fiscal_year = year_of(asked, years)
    title = asked.say("项目支出绩效自评表")
    offered = {"years": years, "fiscal_year": fiscal_year, "projects": ledger.projects}
    offered["evaluations"] = [each for each in ledger.evaluations if each["fiscal_year"] == fiscal_year]
    subject = await _subject(asked, ledger, fiscal_year)
    if subject is None:
        return Content(title=title, values={**offered, "form": None, "months": (), "groupings": (), "period": None})
    rows = form_of(asked, subject)
    # The year of an evaluation that the address names is its own, whatever year is chosen beside it.
    year = fiscal_year if subject.evaluation is None else subject.evaluation["fiscal_year"]
    period = asked.say("{year}年度，截至{day}", year=year, day=business_date(asked).isoformat())
    report = Report(
        name="self-evaluation",
        title=title,
        head=head_of(asked, compiler_of(asked, ledger.units, identity), period, identity["time_zone"]),
        columns=plain_columns(asked),
        rows=list(plain_rows(asked, subject)),
        notes=list(notes_of(asked, subject)),
        is_wide=False,
        signatures=signature_lines(asked),
    )
    return await form_answered(asked, report, rows, **offered)


async def _subject(asked: Asked, ledger: _Ledger, fiscal_year: int) -> Subject | None:
    """What the address names; None where it names nothing."""
    if asked.values["evaluation"] is not None:
        evaluation = _one(asked, ledger.evaluations, "evaluation", UnknownEvaluation())
        subject = evaluation["subject"]
        return await _filled(asked, ledger, fiscal_year, (subject["kind"], subject["id"]), evaluation)
    if asked.values["project"] is None:
        return None
    project = _one(asked, ledger.projects, "project", UnknownProject())
    own = [each for each in ledger.evaluations if _is_self(each, project["project_id"], fiscal_year)]
    chosen = max(own, key=lambda each: (each["finalised"], each["evaluation_id"]), default=None)
    return await _filled(asked, ledger, fiscal_year, (SubjectKind.PROJECT, project["project_id"]), chosen)


async def _filled(
    asked: Asked, ledger: _Ledger, fiscal_year: int, subject: tuple[str, str], evaluation: Row | None
) -> Subject:
    kind, subject_id = subject
    detail = None if evaluation is None else await asked.get(f"evaluations/{evaluation['evaluation_id']}")
    year = fiscal_year if evaluation is None else evaluation["fiscal_year"]
    lines = [line for line in ledger.lines if line["fiscal_year"] == year and _belongs(line, ledger, kind, subject_id)]
    of_lines = {line["project_id"] for line in lines} if kind != SubjectKind.PROJECT else {subject_id}
    projects = [project for project in ledger.projects if project["project_id"] in of_lines]
    executors = [unit for project in projects for unit in project["implementing_unit_ids"]]
    return Subject(
        name=projects[0]["name"] if kind == SubjectKind.PROJECT and projects else subject_id,
        departments=ledger.names(project["lead_unit_id"] for project in projects),
        executors=ledger.names(executors or [line["unit_id"] for line in lines]),
        lines=lines,
        evaluation=detail,
    )


def _belongs(line: Row, ledger: _Ledger, kind: str, subject_id: str) -> bool:
    """Whether a line is of what is evaluated."""
    if kind == SubjectKind.PROGRAMME:
        programme = {project["project_id"]: project["programme"] for project in ledger.projects}
        return bool(programme.get(line["project_id"]) == subject_id)
    return bool(line[f"{kind}_id"] == subject_id)


def _is_self(evaluation: Row, project_id: str, fiscal_year: int) -> bool:
    subject = evaluation["subject"]
    is_of_project = (subject["kind"], subject["id"]) == (SubjectKind.PROJECT, project_id)
    is_own = evaluation["kind"] == EvaluationKind.SELF
    return is_of_project and is_own and bool(evaluation["fiscal_year"] == fiscal_year)


def _one(asked: Asked, rows: Sequence[Row], name: str, unknown: Unknown) -> Row:
    """The row with the id that the address gives by that name.

    Raises:
        Refused: there is none at the coordinates.
    """
    found = next((each for each in rows if each[f"{name}_id"] == asked.values[name]), None)
    if found is None:
        raise refused(unknown, asked.view.language, in_path=True)
    return found


SELF_EVALUATION: Final = Page(
    name="report-self-evaluation",
    path="reports/self-evaluation",
    make=make_self_evaluation,
    template="report_form.html",
    section="reports",
    parameters=(
        FISCAL_YEAR,
        plain_text("project", "The project whose form it is.", max_length=64),
        plain_text("evaluation", "The evaluation that the form is filled from.", max_length=64),
    ),
)
