"""项目 with attributes, status, score and flags as they stand, and the amounts of their lines."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from domain.boundary import Kind
from domain.evaluation import SubjectKind, evaluation_key
from domain.project import ProjectStatus, Recurrence, project_key
from projections import evaluations, flags
from projections.balances import as_of_some
from projections.evaluations import Opened
from projections.facts import FactKind
from projections.lines import Lines, lines_said_of, sources_of
from projections.measures import NOTHING, Measures
from projections.rows import Milestone, ProjectDetail, ProjectRow, amounts_of
from projections.scope import Scope
from projections.status import NEVER, Passed, Standing, passed_by, standing, standing_of
from projections.things import Thing, assumed, every_thing, some_things

_STATUSES: Final = {status.value: status for status in ProjectStatus}
_RECURRENCES: Final = {recurrence.value: recurrence for recurrence in Recurrence}


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """Projects by key, with all that their rows need: at least all of their lines, and evaluations by project id.

    `measures` are those of the lines and of what concerns none of them.
    """

    things: Mapping[str, Thing]
    standing: Mapping[str, Standing]
    measures: Mapping[str, Measures]
    assumed: Collection[str]
    lines: Lines
    evaluations: Mapping[str, list[Opened]]

    def rows(self) -> Iterator[ProjectRow]:
        """The projects that exist, by id."""
        return (ProjectRow(**self._fields(key, thing)) for key, thing in self.things.items() if thing.exists)

    def detail(self, project_id: str, passed: Iterable[Passed]) -> ProjectDetail | None:
        """One of the projects in full, with all that happened to it; None where it does not exist."""
        key = project_key(project_id)
        thing = self.things.get(key)
        if thing is None or not thing.exists:
            return None
        return ProjectDetail(
            **self._fields(key, thing),
            lines=tuple(line for line in self.lines.rows if line.project_id == project_id),
            evaluations=tuple(each.row for each in self.evaluations.get(project_id, ())),
            milestones=tuple(
                Milestone(status=_STATUSES[each.status], effective_date=each.effective_date, position=each.position)
                for each in passed
            ),
        )

    def _fields(self, key: str, thing: Thing) -> dict[str, Any]:
        values = attributes(thing)
        project_id = values["project_id"]
        shown, first_days = self.standing.get(key, NEVER)
        counting = evaluations.counting(self.evaluations.get(project_id, ()))
        measures = self.measures.get(key, NOTHING)
        flow = measures.flow
        raised = [
            *flags.of_account(flow, measures.marks, is_assumed=key in self.assumed),
            *flags.of_order(first_days),
            *self.lines.flags_by_project.get(project_id, ()),
        ]
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


class Traits(NamedTuple):
    """What execution asks of a project: by what its lines are grouped, and how many projects it stands for."""

    project_id: str
    name: str
    programme: str | None
    category: str | None
    lead_unit_id: str | None
    represents: int


def traits(scope: Scope, project_ids: Iterable[str] | None) -> list[Traits]:
    """Those of every project ever registered, or of the ids, by id; also of those that no longer exist."""
    if project_ids is None:
        things = every_thing(scope, Kind.PROJECT)
    else:
        things = some_things(scope, map(project_key, project_ids))
    return [Traits(*(values[name] for name in Traits._fields)) for values in map(attributes, things.values())]


def rows(scope: Scope, project_ids: Iterable[str]) -> list[ProjectRow]:
    """The projects of the ids that exist, by id."""
    keys = [project_key(project_id) for project_id in project_ids]
    return list(_some_projects(scope, keys, standing(scope, keys)).rows())


def detail(scope: Scope, project_id: str) -> ProjectDetail | None:
    """One project in full, or None where it does not exist."""
    key = project_key(project_id)
    passed = passed_by(scope, [key]).get(key, [])
    return _some_projects(scope, [key], {key: standing_of(passed)}).detail(project_id, passed)


def every_project(scope: Scope, every_line: Lines, every_evaluation: Iterable[Opened]) -> Portfolio:
    """Every project, with the lines and evaluations already read."""
    things = every_thing(scope, Kind.PROJECT)
    return Portfolio(
        things=things,
        standing=standing(scope, list(things)),
        measures=_with_lines(as_of_some(scope, things), every_line),
        assumed=assumed(scope, things),
        lines=every_line,
        evaluations=_by_subject(every_evaluation),
    )


def _some_projects(scope: Scope, keys: Sequence[str], how_they_stand: Mapping[str, Standing]) -> Portfolio:
    """The projects of the keys, without reading any other: all that is read of one kind is read at once."""
    things = some_things(scope, keys)
    own_lines = lines_said_of(things)
    evaluation_keys = sorted(
        evaluation_key(fact.text) for project in things.values() for fact in project.of(FactKind.EVALUATION)
    )
    others = some_things(scope, [*sources_of(own_lines), *evaluation_keys])
    measures = as_of_some(scope, [*keys, *own_lines, *evaluation_keys])
    resting = assumed(scope, [*keys, *own_lines])
    lines = Lines(things=own_lines, sources=others, measures=measures, assumed=resting)
    opened = evaluations.opened({key: others[key] for key in evaluation_keys}, measures)
    return Portfolio(
        things=things,
        standing=how_they_stand,
        measures=_with_lines(measures, lines),
        assumed=resting,
        lines=lines,
        evaluations=_by_subject(opened),
    )


def _with_lines(own: Mapping[str, Measures], lines: Lines) -> dict[str, Measures]:
    """What projects have of themselves and from their lines."""
    added = dict(own)
    for key, measures in lines.added_up(lambda line: project_key(line["project_id"])).items():
        added[key] = added[key].plus(measures) if key in added else measures
    return added


def attributes(thing: Thing) -> dict[str, Any]:
    """The registration with the amendments on top, by (effective date, position)."""
    amendments = thing.of(FactKind.AMENDED)
    if not amendments:
        return thing.attributes
    values = dict(thing.attributes)
    for amendment in amendments:
        values.update(amendment.value)
    return values


def _by_subject(evaluations_: Iterable[Opened]) -> dict[str, list[Opened]]:
    grouped = defaultdict(list)
    for each in evaluations_:
        if each.row.subject.kind is SubjectKind.PROJECT:
            grouped[each.row.subject.id].append(each)
    return grouped
