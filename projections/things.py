"""The facts of registered things as they stand at the coordinates: a thing and what was said of it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, FromClause, and_, select

from domain.boundary import Kind
from projections.facts import FactKind, MarkKind
from projections.scope import Scope
from projections.selection import chunks, of_kind


class Said(NamedTuple):
    """One unreversed fact about a thing."""

    kind: FactKind
    day: int
    position: int
    value: Any

    @property
    def effective_date(self) -> date:
        """Its business date."""
        return date.fromordinal(self.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something registered. `exists` is false where its registration is reversed: only what named it still sees it.

    `opened` is (day, position) of the registration; `said` holds what stands, by (effective date, position).
    """

    attributes: dict[str, Any]
    exists: bool
    opened: tuple[int, int]
    said: tuple[Said, ...]

    def of(self, *kinds: FactKind) -> list[Said]:
        """What stands of the given kinds, by (effective date, position)."""
        return [fact for fact in self.said if fact.kind in kinds]


def things(scope: Scope, kind: Kind, keys: Iterable[str] | None = None) -> dict[str, Thing]:
    """The things of a kind by key, sorted: all that were registered at the coordinates, or those of the keys."""
    subject = scope.facts.fact.c.subject
    if keys is None:
        return _read(scope, of_kind(subject, kind))
    return {key: thing for chunk in chunks(sorted(set(keys))) for key, thing in _read(scope, subject.in_(chunk)).items()}


def marks(scope: Scope, kind: Kind, keys: Iterable[str] | None = None) -> dict[str, frozenset[MarkKind]]:
    """The marks of the things of a kind that have any: of all, or of those of the keys."""
    subject = scope.facts.mark.c.subject
    if keys is None:
        return _marked(scope, of_kind(subject, kind))
    return {key: found for chunk in chunks(keys) for key, found in _marked(scope, subject.in_(chunk)).items()}


def _read(scope: Scope, which: ColumnElement[bool]) -> dict[str, Thing]:
    fact, reversal = scope.facts.fact, scope.facts.reversal
    reversed_at = reversal.c.position
    statement = (
        select(fact.c.subject, fact.c.kind, fact.c.effective_day, fact.c.position, fact.c.value, reversed_at)
        .select_from(_with_reversals(scope, fact))
        .where(scope.counted(fact), which)
        .order_by(fact.c.subject, fact.c.effective_day, fact.c.position)
    )
    rows = scope.connection.execute(statement).all()
    return {key: thing for key, group in groupby(rows, lambda row: row[0]) if (thing := _thing(group)) is not None}


def _thing(rows: Iterable[Any]) -> Thing | None:
    said: list[Said] = []
    registration: Any = None
    for row in rows:
        _, kind, day, position, value, reversed_at = row
        if kind == FactKind.REGISTERED:
            registration = row
        elif reversed_at is None:
            said.append(Said(FactKind(kind), day, position, json.loads(value)))
    if registration is None:
        return None
    _, _, day, position, value, reversed_at = registration
    return Thing(attributes=json.loads(value), exists=reversed_at is None, opened=(day, position), said=tuple(said))


def _marked(scope: Scope, which: ColumnElement[bool]) -> dict[str, frozenset[MarkKind]]:
    mark, reversal = scope.facts.mark, scope.facts.reversal
    # An assumption counts while it stands; that something came late or was taken back stays true.
    counts = (mark.c.kind != MarkKind.ASSUMED) | reversal.c.position.is_(None)
    statement = (
        select(mark.c.subject, mark.c.kind)
        .select_from(_with_reversals(scope, mark))
        .where(scope.counted(mark), which, counts)
        .distinct()
        .order_by(mark.c.subject)
    )
    rows = scope.connection.execute(statement).all()
    return {key: frozenset(MarkKind(row[1]) for row in group) for key, group in groupby(rows, lambda row: row[0])}


def _with_reversals(scope: Scope, table: Any) -> FromClause:
    reversal = scope.facts.reversal
    own = and_(scope.counted(reversal), reversal.c.target_position == table.c.position)
    joined: FromClause = table.outerjoin(reversal, own)
    return joined
