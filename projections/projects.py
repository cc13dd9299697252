"""项目 with attributes, status, score and flags as they stand, and the amounts of their lines."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from domain.boundary import Kind
from domain.budget_line import line_key
from domain.evaluation import SubjectKind, evaluation_key
from domain.flow import NO_FLOW, Flow
from domain.project import ProjectStatus, Recurrence, project_key
from projections import evaluations, flags, lines, status
from projections.balances import as_of_some
from projections.evaluations import Opened
from projections.facts import FactKind
from projections.lines import Lines
from projections.rows import LineRow, Milestone, ProjectDetail, ProjectRow, amounts_of
from projections.scope import Scope
from projections.things import Marks, Said, Thing, every_mark, every_thing, some_marks, some_things

_STATUSES: Final = {status.value: status for status in ProjectStatus}
_RECURRENCES: Final = {recurrence.value: recurrence for recurrence in Recurrence}


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """Projects by key, with all that their rows need; lines and evaluations by project id, each list by id."""

    things: Mapping[str, Thing]
    flows: Mapping[str, Flow]
    marks: Marks
    lines: Mapping[str, list[LineRow]]
    evaluations: Mapping[str, list[Opened]]

    def rows(self) -> Iterator[ProjectRow]:
        """The projects that exist, by id."""
        return (ProjectRow(**self._fields(key, thing)) for key, thing in self.things.items() if thing.exists)

    def detail(self, project_id: str) -> ProjectDetail | None:
        """One of the projects in full, or None where it does not exist."""
        key = project_key(project_id)
        thing = self.things.get(key)
        if thing is None or not thing.exists:
            return None
        return ProjectDetail(
            **self._fields(key, thing),
            lines=tuple(self.lines.get(project_id, ())),
            evaluations=tuple(each.row for each in self.evaluations.get(project_id, ())),
            milestones=tuple(
                Milestone(status=_STATUSES[each.status], effective_date=each.effective_date, position=each.position)
                for each in status.passed_by(thing)
            ),
        )

    def _fields(self, key: str, thing: Thing) -> dict[str, Any]:
        values = attributes(thing)
        project_id = values["project_id"]
        passed = status.passed_by(thing)
        shown = status.current(passed)
        counting = evaluations.counting(self.evaluations.get(project_id, ()))
        flow = self.flows.get(key, NO_FLOW)
        raised = [*flags.of_account(flow, self.marks.get(key, ())), *flags.of_order(passed)]
        for line in self.lines.get(project_id, ()):
            raised.extend(line.flags)
        return {
            **values,
            "recurrence": _RECURRENCES[values["recurrence"]],
            "implementing_unit_ids": tuple(values["implementing_unit_ids"]),
            "status": _STATUSES[shown.status] if shown else None,
            "status_date": shown.effective_date if shown else None,
            "score": counting.total if counting else None,
            "grade": counting.grade if counting else None,
            "flags": flags.in_order(raised),
            "amounts": amounts_of(flow),
        }


def rows(scope: Scope, project_ids: Iterable[str]) -> list[ProjectRow]:
    """The projects of the ids that exist, by id."""
    return list(some_projects(scope, project_ids).rows())


def every_project(scope: Scope, every_line: Lines, every_evaluation: Iterable[Opened]) -> Portfolio:
    """Every project, with the lines and evaluations already read."""
    return Portfolio(
        things=every_thing(scope, Kind.PROJECT),
        flows=every_line.flows_of_projects(),
        marks=every_mark(scope, Kind.PROJECT),
        lines=_by_project(every_line.rows),
        evaluations=_by_subject(every_evaluation),
    )


def some_projects(scope: Scope, project_ids: Iterable[str]) -> Portfolio:
    """The projects of the ids, without reading any other, in four statements."""
    keys = [project_key(project_id) for project_id in project_ids]
    found = some_things(scope, keys)
    own_lines = {line_key(line.attributes["line_id"]): line for line in _lines_of(found)}
    evaluation_keys = [evaluation_key(fact.text) for fact in _said(found, FactKind.EVALUATION)]
    others = some_things(scope, [*lines.sources_of(own_lines), *evaluation_keys])
    accounts = [*keys, *own_lines]
    flows, marks = as_of_some(scope, accounts), some_marks(scope, accounts)
    return Portfolio(
        things=found,
        flows=flows,
        marks=marks,
        lines=_by_project(Lines(things=own_lines, sources=others, flows=flows, marks=marks).rows),
        evaluations=_by_subject(evaluations.opened({key: others[key] for key in sorted(evaluation_keys)})),
    )


def _lines_of(projects: Mapping[str, Thing]) -> list[Thing]:
    """The lines opened for the projects, by id: a project's facts say all that a line's registration does."""
    facts = _said(projects, FactKind.LINE)
    things = [Thing(attributes=fact.value, exists=True, opened=(fact.day, fact.position), said=()) for fact in facts]
    return sorted(things, key=lambda line: str(line.attributes["line_id"]))


def _said(projects: Mapping[str, Thing], kind: FactKind) -> list[Said]:
    return [fact for project in projects.values() for fact in project.of(kind)]


def attributes(thing: Thing) -> dict[str, Any]:
    """The registration with the amendments on top, by (effective date, position)."""
    amendments = thing.of(FactKind.AMENDED)
    if not amendments:
        return thing.attributes
    values = dict(thing.attributes)
    for amendment in amendments:
        values.update(amendment.value)
    return values


def _by_project(rows: Iterable[LineRow]) -> dict[str, list[LineRow]]:
    grouped = defaultdict(list)
    for row in rows:
        grouped[row.project_id].append(row)
    return grouped


def _by_subject(evaluations_: Iterable[Opened]) -> dict[str, list[Opened]]:
    grouped = defaultdict(list)
    for each in evaluations_:
        if each.row.subject.kind is SubjectKind.PROJECT:
            grouped[each.row.subject.id].append(each)
    return grouped
