"""The whole ledger at one pair of coordinates."""

from projections.rows import Snapshot, SnapshotTotals, sum_amounts, sum_appropriations
from projections.scope import Scope
from projections.whole import Whole


def snapshot(scope: Scope, whole: Whole) -> Snapshot:
    """Every unit, appropriation, project, line and evaluation, each by id, and the totals."""
    # Whoever reads the projects has read lines, appropriations and evaluations as well.
    projects = whole.projects(scope)
    appropriations, lines = whole.appropriations(scope), whole.lines(scope)
    totals = SnapshotTotals(
        lines=sum_amounts(line.amounts for line in lines), appropriations=sum_appropriations(appropriations)
    )
    return Snapshot(
        units=tuple(whole.units(scope)),
        appropriations=tuple(appropriations),
        projects=tuple(projects),
        lines=tuple(lines),
        evaluations=tuple(whole.evaluations(scope)),
        totals=totals,
    )
