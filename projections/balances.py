"""Balances at any business date and position: one row per event and account, summed by one index range.

An account is a tag: a line, a project or an appropriation. Source: a covering index over (account, date, position).
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Row, Select, Table, func, select
from sqlalchemy.exc import OperationalError

from domain.appropriation import AppropriationReceived
from domain.boundary import Kind
from domain.event import RecordedEvent, effect_of
from domain.flow import FLOW_FIELDS, NO_FLOW, Flow
from projections import projection
from projections.projection import Projection
from projections.scope import Scope, counted
from projections.selection import Condition, chunks, of_one_kind, one_of, range_of
from projections.tables import balance_table

_ACCOUNT_PREFIXES: Final = tuple(f"{kind}:" for kind in (Kind.LINE, Kind.PROJECT, Kind.APPROPRIATION))


def rows_of(event: RecordedEvent, time_zone: str) -> tuple[list[projection.Row]]:  # noqa: ARG001 (rows of money need no zone)
    """One row for each account the event moves; a reversal's row takes away, on the reversal's own date."""
    _, fact, sign, change = effect_of(event)
    if isinstance(fact, AppropriationReceived):
        change = Flow(received=sign * fact.amount)
    if change is None:
        return ([],)
    ledger_id, position, day = event.ledger, event.position, event.effective_date.toordinal()
    return ([(ledger_id, tag, day, position, *change) for tag in event.tags if tag.startswith(_ACCOUNT_PREFIXES)],)


BALANCES: Final = Projection(
    name="balances", version=1, tables=lambda generation: (balance_table(generation),), rows_of=rows_of
)


def as_of(scope: Scope, account: str) -> Flow:
    """The sums of one account at the coordinates; all zero when nothing moved it."""
    return as_of_some(scope, [account]).get(account, NO_FLOW)


def as_of_some(scope: Scope, accounts: Iterable[str]) -> dict[str, Flow]:
    """The sums of those of the accounts that anything moved."""
    return {key: flow for chunk in chunks(accounts) for key, flow in _read(scope, one_of, keys=chunk)}


def as_of_all(scope: Scope, kind: Kind) -> dict[str, Flow]:
    """The sums of every account of a kind that anything moved."""
    return dict(_read(scope, of_one_kind, **range_of(kind)))


def _read(scope: Scope, which: Condition, **parameters: object) -> Iterator[tuple[str, Flow]]:
    try:
        return map(_flow, scope.read(_sums(scope.balances, which), **parameters))
    except OperationalError as error:
        if "integer overflow" not in str(error.orig):
            raise
        # Each recorded sum is bounded, but not what a past date (or SQLite on its way there) adds up.
        return map(_flow_of_halves, scope.read(_sums_of_halves(scope.balances, which), **parameters))


@lru_cache
def _sums(table: Table, which: Condition) -> Select[Any]:
    sums = (func.sum(table.c[name]) for name in FLOW_FIELDS)
    return select(table.c.account, *sums).where(counted(table), which(table.c.account)).group_by(table.c.account)


@lru_cache
def _sums_of_halves(table: Table, which: Condition) -> Select[Any]:
    """The sums of the upper and of the lower 32 bits, neither of which any number of rows can overflow."""
    upper = (func.sum(table.c[name].op(">>")(32)) for name in FLOW_FIELDS)
    lower = (func.sum(table.c[name].op("&")(0xFFFF_FFFF)) for name in FLOW_FIELDS)
    return (
        select(table.c.account, *upper, *lower).where(counted(table), which(table.c.account)).group_by(table.c.account)
    )


def _flow_of_halves(row: Row[Any]) -> tuple[str, Flow]:
    width = len(FLOW_FIELDS)
    upper, lower = row[1 : 1 + width], row[1 + width :]
    return row[0], Flow._make((high << 32) + low for high, low in zip(upper, lower, strict=True))


def _flow(row: Row[Any]) -> tuple[str, Flow]:
    # PostgreSQL sums BIGINT as NUMERIC, which no number of entries can overflow.
    return row[0], Flow._make(map(int, row[1:]))
