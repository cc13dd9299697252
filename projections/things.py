"""The facts of registered things as they stand at the coordinates: a thing and what was said of it."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import ScalarSelect, Select, Table, select

from domain.boundary import Kind
from projections.facts import FactKind, parsed
from projections.scope import Scope, counted
from projections.selection import Condition, chunks, of_one_kind, one_of, range_of
from projections.tables import FactTables

_FINDING: Final = (FactKind.LINE, FactKind.EVALUATION)
"""Facts that only serve to find the parts of one thing: who reads everything has the parts themselves."""

_REGISTERED: Final = FactKind.REGISTERED.value
_LINE: Final = FactKind.LINE.value
_FACT_KINDS: Final = {kind.value: kind for kind in FactKind}


class Said(NamedTuple):
    """One fact about a thing; `text` is as facts.FactFold wrote it. Only a line opened may no longer stand."""

    kind: FactKind
    day: int
    position: int
    text: str
    stands: bool

    @property
    def value(self) -> Any:
        """The value, of a kind that is kept as JSON."""
        return parsed(self.text)

    @property
    def effective_date(self) -> date:
        """Its business date."""
        return date.fromordinal(self.day)


class Thing(NamedTuple):
    """Something registered. `exists` is false where its registration is reversed: then nothing that stands names it.

    `opened` is (day, position) of the registration; `said` holds what stands, by (effective date, position), and the
    lines that were opened and taken back: what came late there stays true.
    """

    attributes: dict[str, Any]
    exists: bool
    opened: tuple[int, int]
    said: tuple[Said, ...]

    def of(self, *kinds: FactKind) -> list[Said]:
        """What was said of the given kinds, by (effective date, position)."""
        return [fact for fact in self.said if fact.kind in kinds]


def every_thing(scope: Scope, kind: Kind) -> dict[str, Thing]:
    """All things of a kind that were registered at the coordinates, by key, sorted; without what names their parts."""
    return _things(scope.read(_facts_of_kind(scope.facts), **range_of(kind)))


def some_things(scope: Scope, keys: Iterable[str]) -> dict[str, Thing]:
    """Those of the keys that were registered at the coordinates, by key, sorted."""
    statement = _facts(scope.facts, one_of)
    found: dict[str, Thing] = {}
    for chunk in chunks(sorted(set(keys))):
        found |= _things(scope.read(statement, keys=chunk))
    return found


def every_assumption(scope: Scope, kind: Kind) -> set[str]:
    """Keys of the things of a kind that rest on an assumption which stands."""
    return {key for (key,) in scope.read(_assumed(scope.facts, of_one_kind), **range_of(kind))}


def some_assumptions(scope: Scope, keys: Iterable[str]) -> set[str]:
    """Those of the keys whose things rest on an assumption which stands."""
    statement = _assumed(scope.facts, one_of)
    return {key for chunk in chunks(keys) for (key,) in scope.read(statement, keys=chunk)}


def _things(rows: Iterable[Any]) -> dict[str, Thing]:
    found = {}
    for key, facts in groupby(rows, itemgetter(0)):
        thing = _thing(facts)
        if thing is not None:
            found[key] = thing
    return found


def _thing(rows: Iterable[Any]) -> Thing | None:
    said: list[Said] = []
    registration: Any = None
    for row in rows:
        _, kind, day, position, value, taken_back_at = row
        if kind == _REGISTERED:
            registration = row
        elif taken_back_at is None or kind == _LINE:
            said.append(Said(_FACT_KINDS[kind], day, position, value, taken_back_at is None))
    if registration is None:
        return None
    _, _, day, position, value, taken_back_at = registration
    return Thing(attributes=parsed(value), exists=taken_back_at is None, opened=(day, position), said=tuple(said))


@lru_cache
def _facts_of_kind(tables: FactTables) -> Select[Any]:
    kind = tables.fact.c.kind
    return _facts(tables, of_one_kind).where(kind.not_in([each.value for each in _FINDING]))


@lru_cache
def _facts(tables: FactTables, which: Condition) -> Select[Any]:
    fact = tables.fact
    columns = (fact.c.subject, fact.c.kind, fact.c.effective_day, fact.c.position, fact.c.value)
    return (
        select(*columns, reversed_at(tables, fact))
        .where(counted(fact), which(fact.c.subject))
        .order_by(fact.c.subject, fact.c.effective_day, fact.c.position)
    )


@lru_cache
def _assumed(tables: FactTables, which: Condition) -> Select[Any]:
    assumption = tables.assumption
    stands = reversed_at(tables, assumption).is_(None)
    return select(assumption.c.subject).where(counted(assumption), which(assumption.c.subject), stands).distinct()


def reversed_at(tables: FactTables, table: Table) -> ScalarSelect[int]:
    """Position of the reversal of a row's event, if it counts.

    A join would leave the choice to the planner, which on fresh tables takes every reversal for every fact.
    """
    reversal = tables.reversal
    own = select(reversal.c.position).where(counted(reversal), reversal.c.target_position == table.c.position)
    return own.correlate(table).scalar_subquery()
