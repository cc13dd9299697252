"""A Fenwick tree over business days: how a sum up to any day is made of at most 15 sums over spans of days.

Node i ends at day i and spans as many days as the lowest set bit of i says.
"""

from typing import Final

from domain.dates import EARLIEST_EFFECTIVE_DATE

DAY_COUNT: Final = 2**15
"""Days that have a node: from 1 January 1980 to 17 September 2069, inclusive."""

_DAY_ZERO: Final = EARLIEST_EFFECTIVE_DATE.toordinal() - 1


def require_node(day: int) -> None:
    """Refuses an ordinal day that no node holds.

    Raises:
        ValueError: it is before the first or after the last.
    """
    if not 0 < day - _DAY_ZERO <= DAY_COUNT:
        message = f"day {day} lies outside the days that the balances have nodes for"
        raise ValueError(message)


def nodes_over(day: int) -> list[int]:
    """The nodes whose spans hold an ordinal day: what is added on the day is added to each.

    Raises:
        ValueError: see require_node.
    """
    require_node(day)
    index = day - _DAY_ZERO
    nodes = []
    while index <= DAY_COUNT:
        nodes.append(index)
        index += index & -index
    return nodes


def nodes_until(day: int) -> list[int]:
    """The nodes whose spans together hold the days up to any ordinal day (inclusive), and no other."""
    index = min(max(day - _DAY_ZERO, 0), DAY_COUNT)
    nodes = []
    while index:
        nodes.append(index)
        index -= index & -index
    return nodes
