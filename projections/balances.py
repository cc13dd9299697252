"""Balances at any business date and position: `as_of` of an account, and the projection that keeps what it reads.

Source: lanes and nodes as `lanes.py` explains them.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row

from domain.event import RecordedEvent
from projections import projection
from projections.balance_statements import statements
from projections.dialects import listed, paired
from projections.fenwick import nodes_until, require_node
from projections.lanes import Lane, Lanes, Nodes, nodes_of, place_in_lanes, place_in_nodes, restored
from projections.measures import NOTHING, Change, Measures, changes_of
from projections.projection import Projection, Start
from projections.scope import Scope
from projections.tables import balance_tables

MAX_KEPT_ACCOUNTS: Final = 10_000
"""Accounts whose lanes a projector keeps from one page to the next; one with four lanes takes some 3 KB."""


class BalanceFold:
    """A page of the balances; see projection.Fold. It keeps the ends of lanes."""

    def __init__(self, start: Start, kept: Lanes | None) -> None:
        self._start = start
        self._lanes: Lanes = kept if kept is not None else {}
        self._changes: list[Change] = []

    def take(self, event: RecordedEvent) -> None:
        """See Fold.take."""
        changes = changes_of(event, self._start.time_zone)
        if changes:
            # Refused now, while it is known which event does not fit.
            require_node(changes[0].effective_day)
            self._changes.extend(changes)

    def rows(self, connection: Connection) -> tuple[list[projection.Row], ...]:
        """See Fold.rows."""
        return place(connection, self._start, self._lanes, self._changes)

    def kept(self) -> Lanes | None:
        """See Fold.kept."""
        return self._lanes if len(self._lanes) <= MAX_KEPT_ACCOUNTS else None


def place(
    connection: Connection, start: Start, lanes: Lanes, changes: Sequence[Change]
) -> tuple[list[projection.Row], list[projection.Row]]:
    """The rows that changes add to the two tables; moves on the lanes, of which those that are missing are read."""
    reading = statements(connection, start.generation)
    until = {"ledger": start.ledger_id, "position": start.position}
    missing = sorted({change.account for change in changes}.difference(lanes))
    if missing:
        lanes.update({account: [] for account in missing})
        for account, last_day, *totals in connection.execute(
            reading.lanes, {**until, "keys": listed(connection, missing)}
        ):
            lanes[account].append(Lane(last_day, restored(totals)))
    in_lanes, overflowing = place_in_lanes(lanes, changes, start.ledger_id)
    nodes: Nodes = {}
    wanted = sorted(nodes_of(overflowing))
    if wanted:
        for account, node, *totals in connection.execute(reading.nodes, {**until, **paired(connection, wanted)}):
            nodes[account, node] = restored(totals)
    return in_lanes, place_in_nodes(nodes, overflowing, start.ledger_id)


BALANCES: Final = Projection(name="balances", version=2, tables=balance_tables, fold=BalanceFold)


def as_of(scope: Scope, account: str) -> Measures:
    """The sums of one account at the coordinates; all zero when nothing moved it."""
    return as_of_some(scope, [account]).get(account, NOTHING)


def as_of_some(scope: Scope, accounts: Collection[str]) -> dict[str, Measures]:
    """The sums of those of the accounts that anything moved, in as many look-ups whatever their history."""
    if not accounts:
        return {}
    reading = statements(scope.connection, scope.place.balances_generation)
    values = {
        "keys": listed(scope.connection, list(accounts)),
        "nodes": listed(scope.connection, nodes_until(scope.at.as_of.toordinal())),
    }
    rows = scope.read(reading.sums, **values)
    if any(row[-1] for row in rows):
        return _added_up(scope.read(reading.parts, **values))
    # The rows are the measures in their order, with the account before and the count of wide parts behind.
    return {row[0]: tuple.__new__(Measures, row[1:-1]) for row in rows}


def _added_up(parts: Iterable[Row[Any]]) -> dict[str, Measures]:
    """The sums where the database cannot add them up: some are wide."""
    found: dict[str, Measures] = {}
    account: str
    totals: list[Any]
    for account, *totals in parts:
        found[account] = found.get(account, NOTHING).plus(restored(totals))
    return found
