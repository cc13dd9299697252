"""Where changes are kept: rising ones in lanes, the others in nodes, none of them too wide for a column."""

from itertools import accumulate

from projections.lanes import LANE_COUNT, WIDE_FROM, Lanes, place_in_lanes, restored, stored
from projections.measures import Change, Measures

TODAY = 738_000


def changes(*days_ago: int) -> list[Change]:
    """Changes of one account in the order of recording, each of 1."""
    return [
        Change("line:L1", TODAY - ago, position, Measures(adjusted=1)) for position, ago in enumerate(days_ago, start=1)
    ]


def lanes_of(*days_ago: int) -> list[int | None]:
    """The lane that each change goes to; None where it overflows."""
    rows, overflowing = place_in_lanes({}, changes(*days_ago), "x")
    lane_at = {row[3]: row[2] for row in rows}
    assert {change.position for change in overflowing}.isdisjoint(lane_at)
    return [lane_at.get(position) for position in range(1, len(days_ago) + 1)]  # type: ignore[misc] # of integers


def test_what_rises_in_both_dates_shares_a_lane() -> None:
    assert lanes_of(9, 9, 5, 0, 0) == [0, 0, 0, 0, 0]


def test_what_comes_late_opens_a_lane_and_returns_to_the_closest() -> None:
    assert lanes_of(5, 9, 4, 8, 3, 7) == [0, 1, 0, 1, 0, 1]


def test_what_is_older_than_the_end_of_every_lane_overflows() -> None:
    assert LANE_COUNT == 4
    assert lanes_of(1, 2, 3, 4, 5, 0, 6, 4) == [0, 1, 2, 3, None, 0, None, 3]


def test_a_row_has_the_totals_of_its_lane_up_to_it() -> None:
    rows, _ = place_in_lanes({}, changes(3, 2, 1), "x")
    assert [restored(row[5:]).adjusted for row in rows] == list(accumulate([1, 1, 1]))


def test_the_next_page_goes_on_where_the_lanes_ended() -> None:
    every = changes(1, 2, 3, 4, 5, 0, 6, 4)
    lanes: Lanes = {}
    in_pages = [place_in_lanes(lanes, every[start : start + 3], "x") for start in range(0, len(every), 3)]
    rows, overflowing = place_in_lanes({}, every, "x")
    assert [row for page, _ in in_pages for row in page] == rows
    assert [change for _, page in in_pages for change in page] == overflowing


def test_totals_that_could_overflow_a_column_are_kept_as_text() -> None:
    fits = Measures(adjusted=WIDE_FROM - 1, disbursed=1 - WIDE_FROM)
    wide = Measures(adjusted=2**70, disbursed=-7)
    assert stored(fits) == (*fits, None)
    assert stored(wide)[:-1] == (0,) * len(wide)
    assert restored(stored(fits)) == fits
    assert restored(stored(wide)) == wide
