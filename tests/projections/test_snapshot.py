"""The whole ledger at one pair of coordinates."""

from projections.listing import ListQuery
from tests.support.builders import EVALUATED, allocation, appropriation, line, on, score, status
from tests.support.views import LEDGER, Desk


def test_a_snapshot_holds_the_rows_that_the_lists_give(desk: Desk) -> None:
    desk.record(*EVALUATED, appropriation(), line("L2"), line("L1"), allocation("9.00"), status("started"))
    desk.record(score("a", "40"))
    for at in (desk.at(), desk.at(on("2023-02-01")), desk.at(position=5)):
        whole = desk.views.snapshot(LEDGER, at)
        everything = ListQuery(limit=1000)
        lines = desk.views.lines(LEDGER, at, everything)
        appropriations = desk.views.appropriations(LEDGER, at, everything)
        assert whole.units == desk.views.units(LEDGER, at, everything).items
        assert whole.appropriations == appropriations.items
        assert whole.projects == desk.views.projects(LEDGER, at, everything).items
        assert whole.lines == lines.items
        assert whole.evaluations == desk.views.evaluations(LEDGER, at, everything).items
        assert (whole.totals.lines, whole.totals.appropriations) == (lines.totals, appropriations.totals)
