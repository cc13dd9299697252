"""Spans of days: any beginning of time is made of a few of them, each day once."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.fenwick import DAY_COUNT, nodes_over, nodes_until

FIRST = date(1980, 1, 1).toordinal()
LAST = date(2069, 9, 17).toordinal()

days = st.integers(FIRST, LAST)


@given(happened=days, asked=st.integers(FIRST - 1000, LAST + 1000))
def test_a_day_is_in_exactly_one_of_the_nodes_up_to_a_later_one(happened: int, asked: int) -> None:
    common = set(nodes_over(happened)) & set(nodes_until(asked))
    assert len(common) == int(happened <= asked)


@given(day=days)
def test_few_nodes_are_needed(day: int) -> None:
    assert len(nodes_over(day)) <= 16
    assert len(nodes_until(day)) <= 15


def test_the_days_that_have_a_node() -> None:
    assert nodes_over(FIRST)[0] == 1
    assert nodes_over(LAST) == [DAY_COUNT]
    assert nodes_until(FIRST - 1) == []
    for outside in (FIRST - 1, LAST + 1):
        with pytest.raises(ValueError, match="outside the days"):
            nodes_over(outside)
