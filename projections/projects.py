"""项目 with attributes, status, score and flags as they stand, and the amounts of their lines."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, NamedTuple

from domain.boundary import Kind
from domain.evaluation import SubjectKind
from domain.flow import NO_FLOW, Flow
from domain.project import ProjectStatus, Recurrence, project_key
from projections import evaluations, flags, lines
from projections.balances import as_of_all, as_of_some
from projections.evaluations import Opened
from projections.facts import FactKind, MarkKind
from projections.rows import LineRow, Milestone, ProjectDetail, ProjectRow, amounts_of
from projections.scope import Scope
from projections.things import Thing, marks, things


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """Projects by key, with all that their rows need; lines and evaluations by project id, each list by id."""

    things: Mapping[str, Thing]
    flows: Mapping[str, Flow]
    marks: Mapping[str, frozenset[MarkKind]]
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
            milestones=tuple(milestones(thing)),
        )

    def _fields(self, key: str, thing: Thing) -> dict[str, Any]:
        values = attributes(thing)
        project_id = values["project_id"]
        passed = milestones(thing)
        status = current_status(passed)
        counting = evaluations.counting(self.evaluations.get(project_id, ()))
        flow = self.flows.get(key, NO_FLOW)
        raised = flags.of_account(flow, self.marks.get(key, ())) | flags.of_milestones(passed)
        raised.update(flag for line in self.lines.get(project_id, ()) for flag in line.flags)
        return {
            **values,
            "recurrence": Recurrence(values["recurrence"]),
            "implementing_unit_ids": tuple(values["implementing_unit_ids"]),
            "status": status.status if status else None,
            "status_date": status.effective_date if status else None,
            "score": counting.total if counting else None,
            "grade": counting.grade if counting else None,
            "flags": flags.in_order(raised),
            "amounts": amounts_of(flow),
        }


def whole_portfolio(scope: Scope) -> Portfolio:
    """Every project."""
    return Portfolio(
        things=things(scope, Kind.PROJECT),
        flows=as_of_all(scope, Kind.PROJECT),
        marks=marks(scope, Kind.PROJECT),
        lines=_by_project(lines.rows(scope)),
        evaluations=_by_subject(evaluations.opened(scope)),
    )


def portfolio_of(scope: Scope, project_ids: Iterable[str]) -> Portfolio:
    """The projects of the ids, without reading any other."""
    keys = [project_key(project_id) for project_id in project_ids]
    found = things(scope, Kind.PROJECT, keys)
    line_ids = [fact.value for thing in found.values() for fact in thing.of(FactKind.LINE)]
    evaluation_ids = [fact.value for thing in found.values() for fact in thing.of(FactKind.EVALUATION)]
    return Portfolio(
        things=found,
        flows=as_of_some(scope, keys),
        marks=marks(scope, Kind.PROJECT, keys),
        lines=_by_project(lines.rows_of(scope, line_ids)),
        evaluations=_by_subject(evaluations.opened(scope, evaluation_ids)),
    )


def attributes(thing: Thing) -> dict[str, Any]:
    """The registration with the amendments on top, by (effective date, position)."""
    values = dict(thing.attributes)
    for amendment in thing.of(FactKind.AMENDED):
        values.update(amendment.value)
    return values


def milestones(thing: Thing) -> list[Milestone]:
    """What happened to the project, by (effective date, position)."""
    return [
        Milestone(status=ProjectStatus(fact.value), effective_date=fact.effective_date, position=fact.position)
        for fact in thing.of(FactKind.STATUS)
    ]
