"""The history of one thing, straight from the log."""

from dataclasses import replace
from datetime import timedelta

import pytest

from projections.history import Paging
from tests.support.builders import FUNDED, disbursement, line, on, reversal_of
from tests.support.effort import full_but
from tests.support.views import LEDGER, Desk


@pytest.fixture
def lived(desk: Desk) -> Desk:
    """A line with two payments, the later recorded first, and the reversal of one; and a line beside it."""
    desk.record(*FUNDED, line("L2"), disbursement("2.00", voucher="V2", at=on("2023-05-01")))
    paid = desk.record(disbursement("1.00", at=on("2023-04-01")))
    desk.record(reversal_of(paid.id, at=on("2023-09-01")))
    return desk


def positions(desk: Desk, key: str, paging: Paging, as_of: str = "2024-01-10") -> list[int]:
    return [row.position for row in desk.views.history(LEDGER, desk.at(on(as_of)), key, paging).items]


def test_a_history_is_by_position_or_by_business_date(lived: Desk) -> None:
    assert positions(lived, "line:L1", Paging()) == [5, 6, 8, 9, 10]
    assert positions(lived, "line:L1", Paging(by_effective_date=True)) == [5, 6, 9, 8, 10]
    assert positions(lived, "line:L1", Paging(), as_of="2023-04-30") == [5, 6, 9]
    assert positions(lived, "line:none", Paging()) == []


@pytest.mark.parametrize("by_effective_date", [False, True])
@pytest.mark.parametrize("limit", full_but(range(1, 8), quick={1, 2, 7}))
def test_pages_of_any_size_make_the_whole(lived: Desk, *, by_effective_date: bool, limit: int) -> None:
    paging = Paging(by_effective_date=by_effective_date, limit=limit)
    page = lived.views.history(LEDGER, lived.at(), "project:P1", paging)
    found = [row.position for row in page.items]
    while page.next is not None:
        page = lived.views.history(LEDGER, lived.at(), "project:P1", replace(paging, after=page.next))
        found += [row.position for row in page.items]
    assert found == positions(lived, "project:P1", Paging(by_effective_date=by_effective_date))


def test_an_event_says_by_what_it_is_reversed_as_known_at_the_position(lived: Desk) -> None:
    rows = lived.views.history(LEDGER, lived.at(), "line:L1", Paging()).items
    assert [row.reversed_by for row in rows] == [None, None, None, 10, None]
    assert rows[-1].corrects == rows[-2].event_id
    before = lived.views.history(LEDGER, lived.at(position=9), "line:L1", Paging()).items
    assert [row.reversed_by for row in before] == [None] * 4


def test_an_event_says_how_late_it_was_recorded(lived: Desk) -> None:
    rows = lived.views.history(LEDGER, lived.at(), "line:L1", Paging()).items
    assert rows[1].late_days == (on("2024-01-10") - on("2023-03-01")) // timedelta(days=1)
    assert rows[1].leaf_hash == lived.log.events[5].leaf_hash.hex()
    assert rows[1].tags == {"line:L1": 2, "project:P1": 3, "appropriation:A1": 3}
