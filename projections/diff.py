"""What differs between two coordinates, project by project, and the events that explain it."""

from collections.abc import Mapping
from itertools import groupby

from domain.boundary import Kind
from domain.ports import EventFeed
from projections import projects
from projections.rows import DiffItem, ProjectRow
from projections.scope import Scope
from projections.selection import id_of


def diff(feed: EventFeed, before: Scope, after: Scope) -> list[DiffItem]:
    """Each project that bears an event counting at only one of the coordinates, by id.

    No other project can differ: a project's row follows from the events that bear its tag.
    """
    changed = feed.changed_between(before.ledger_id, f"{Kind.PROJECT}:", before.at, after.at)
    positions = {
        id_of(tag): tuple(position for _, position in group) for tag, group in groupby(changed, lambda pair: pair[0])
    }
    rows_before, rows_after = _rows(before, positions), _rows(after, positions)
    return [
        DiffItem(
            project_id=project_id,
            before=rows_before.get(project_id),
            after=rows_after.get(project_id),
            events=positions[project_id],
        )
        for project_id in sorted(positions)
    ]


def _rows(scope: Scope, project_ids: Mapping[str, object]) -> dict[str, ProjectRow]:
    return {row.project_id: row for row in projects.rows(scope, project_ids)}
