"""Where a change of an account is kept, so that its sums at any date and position are a few look-ups away.

A *lane* takes changes whose business dates and positions both rise, with running totals: those that count at (date,
position) are a beginning of the lane, and its last row has their sum. A change that fits none of an account's lanes,
being dated before the last of each, *overflows* into the nodes of a Fenwick tree over the days, each again with running
totals by position. Source: variant H of the project's study of bitemporal indexes; why so, ADR 9.

The same changes in the same order make the same rows, whatever pages they come in.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from projections.fenwick import nodes_over
from projections.measures import NOTHING, Change, Measures
from projections.projection import Row

LANE_COUNT: Final = 4
"""Lanes of one account; more would leave less to overflow and cost each question more look-ups."""

WIDE_FROM: Final = 2**58
"""Totals from here on are kept as text: nineteen smaller ones still add up within 64 bits."""


class Lane(NamedTuple):
    """The end of a lane: the ordinal day of its last change, and the totals up to it."""

    last_day: int
    totals: Measures


Lanes = dict[str, list[Lane]]
"""The lanes in use by account."""

Node = tuple[str, int]
"""An account and the number of one of its nodes."""

Nodes = dict[Node, Measures]
"""The totals of nodes."""


def place_in_lanes(lanes: Lanes, changes: Iterable[Change], ledger_id: str) -> tuple[list[Row], list[Change]]:
    """The rows of the changes that fit a lane, and the changes that overflow; moves the lanes on.

    A change goes to the lane that ends closest before its date, or opens the next one.
    """
    rows: list[Row] = []
    overflowing: list[Change] = []
    for change in changes:
        account, day, position, _ = change
        own = lanes.get(account)
        if own is None:
            own = lanes[account] = []
        number = _add_to_lane(own, change)
        if number is None:
            overflowing.append(change)
        else:
            rows.append((ledger_id, account, number, position, day, *stored(own[number].totals)))
    return rows, overflowing


def nodes_of(overflowing: Iterable[Change]) -> set[Node]:
    """Every node that the changes touch."""
    return {(change.account, node) for change in overflowing for node in nodes_over(change.effective_day)}


def place_in_nodes(nodes: Nodes, overflowing: Iterable[Change], ledger_id: str) -> list[Row]:
    """The rows of the changes that fit no lane; moves the nodes on."""
    rows: list[Row] = []
    for account, day, position, measures in overflowing:
        for number in nodes_over(day):
            totals = nodes.get((account, number), NOTHING).plus(measures)
            nodes[account, number] = totals
            rows.append((ledger_id, account, number, position, *stored(totals)))
    return rows


def stored(totals: Measures) -> Row:
    """The columns of totals: the numbers and NULL, or zeros and the numbers as text where one of them is wide."""
    if min(totals) > -WIDE_FROM and max(totals) < WIDE_FROM:
        return (*totals, None)
    return (*NOTHING, json.dumps(totals))


def restored(columns: Sequence[Any]) -> Measures:
    """The totals of columns as `stored` made them."""
    *numbers, wide = columns
    return Measures._make(numbers if wide is None else json.loads(wide))


def _add_to_lane(lanes: list[Lane], change: Change) -> int | None:
    """The number of the lane that took the change; None where none may."""
    day = change.effective_day
    chosen, closest = None, 0
    for number, (last_day, _) in enumerate(lanes):
        if closest < last_day <= day:
            chosen, closest = number, last_day
    if chosen is not None:
        lanes[chosen] = tuple.__new__(Lane, (day, lanes[chosen][1].plus(change.measures)))
    elif len(lanes) < LANE_COUNT:
        chosen = len(lanes)
        lanes.append(Lane(day, change.measures))
    return chosen
