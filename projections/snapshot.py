"""The whole ledger at one pair of coordinates."""

from projections import appropriations, evaluations, lines, projects, units
from projections.rows import Snapshot, SnapshotTotals, sum_amounts, sum_appropriations
from projections.scope import Scope


def snapshot(scope: Scope) -> Snapshot:
    """Every unit, appropriation, project, line and evaluation, each by id, and the totals."""
    every_appropriation = appropriations.rows(scope)
    every_line = lines.every_line(scope)
    line_rows = every_line.rows()
    every_evaluation = evaluations.every_evaluation(scope)
    totals = SnapshotTotals(
        lines=sum_amounts(line.amounts for line in line_rows),
        appropriations=sum_appropriations(every_appropriation),
    )
    return Snapshot(
        units=tuple(units.rows(scope)),
        appropriations=tuple(every_appropriation),
        projects=tuple(projects.portfolio(scope, every_line, every_evaluation).rows()),
        lines=tuple(line_rows),
        evaluations=tuple(each.row for each in every_evaluation),
        totals=totals,
    )
