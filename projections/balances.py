"""Balances at any business date and position: one row per event and account, summed by one index range.

An account is a tag: a line, a project or an appropriation. Source: a covering index over (account, date, position).
"""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, func, select

from domain.appropriation import AppropriationReceived
from domain.boundary import Kind
from domain.event import RecordedEvent, effect_of
from domain.flow import FLOW_FIELDS, MONEY_FACTS, NO_FLOW, Flow, flow_of
from projections import projection
from projections.projection import Projection
from projections.scope import Scope
from projections.selection import chunks, of_kind
from projections.tables import balance_table

_ACCOUNT_PREFIXES: Final = tuple(f"{kind}:" for kind in (Kind.LINE, Kind.PROJECT, Kind.APPROPRIATION))
_values = attrgetter(*FLOW_FIELDS)


def rows_of(event: RecordedEvent, time_zone: str) -> tuple[list[projection.Row]]:  # noqa: ARG001 (rows of money need no zone)
    """One row for each account the event moves; a reversal's row takes away, on the reversal's own date."""
    fact, sign = effect_of(event)
    if isinstance(fact, MONEY_FACTS):
        flow = flow_of(fact)
    elif isinstance(fact, AppropriationReceived):
        flow = Flow(received=fact.amount)
    else:
        return ([],)
    changes = tuple(sign * value for value in _values(flow))
    day = event.effective_date.toordinal()
    accounts = (tag for tag in event.tags if tag.startswith(_ACCOUNT_PREFIXES))
    return ([(event.ledger, account, day, event.position, *changes) for account in accounts],)


BALANCES: Final = Projection(
    name="balances", version=1, tables=lambda generation: (balance_table(generation),), rows_of=rows_of
)


def as_of(scope: Scope, account: str) -> Flow:
    """The sums of one account at the coordinates; all zero when nothing moved it."""
    return as_of_some(scope, [account]).get(account, NO_FLOW)


def as_of_some(scope: Scope, accounts: Iterable[str]) -> dict[str, Flow]:
    """The sums of those of the accounts that anything moved."""
    account = scope.balances.c.account
    return {key: flow for chunk in chunks(accounts) for key, flow in _sums(scope, account.in_(chunk))}


def as_of_all(scope: Scope, kind: Kind) -> dict[str, Flow]:
    """The sums of every account of a kind that anything moved."""
    return dict(_sums(scope, of_kind(scope.balances.c.account, kind)))


def _sums(scope: Scope, which: ColumnElement[bool]) -> Iterable[tuple[str, Flow]]:
    table = scope.balances
    sums = (func.sum(table.c[name]) for name in FLOW_FIELDS)
    statement = select(table.c.account, *sums).where(scope.counted(table), which).group_by(table.c.account)
    return ((row[0], _flow(row)) for row in scope.connection.execute(statement))


def _flow(row: Row[Any]) -> Flow:
    # PostgreSQL sums BIGINT as NUMERIC, which no number of entries can overflow.
    return Flow(**dict(zip(FLOW_FIELDS, map(int, row[1:]), strict=True)))
