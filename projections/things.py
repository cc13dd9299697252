"""The facts of registered things as they stand at the coordinates: a thing and what was said of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import ScalarSelect, Select, Table, or_, select

from domain.boundary import Kind
from projections.facts import FactKind, MarkKind, parsed
from projections.rows import Flag
from projections.scope import Scope, counted
from projections.selection import Condition, chunks, of_one_kind, one_of, range_of
from projections.tables import FactTables

Marks = Mapping[str, tuple[Flag, ...]]
"""The flags that follow from marks, by key; a thing without marks has no key."""

_FINDING: Final = (FactKind.LINE, FactKind.EVALUATION)
"""Facts that only serve to find the parts of one thing: who reads everything has the parts themselves."""

_FLAGS: Final = {
    MarkKind.LATE.value: Flag.LATE_ENTRY,
    MarkKind.REVERSAL.value: Flag.REVERSED_FACTS,
    MarkKind.ASSUMED.value: Flag.ASSUMED_FACTS,
}
_REGISTERED: Final = FactKind.REGISTERED.value
_FACT_KINDS: Final = {kind.value: kind for kind in FactKind}


class Said(NamedTuple):
    """One unreversed fact about a thing; `text` is as facts.rows_of wrote it."""

    kind: FactKind
    day: int
    position: int
    text: str

    @property
    def value(self) -> Any:
        """The value, of a kind that is kept as JSON."""
        return parsed(self.text)

    @property
    def effective_date(self) -> date:
        """Its business date."""
        return date.fromordinal(self.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something registered. `exists` is false where its registration is reversed: then nothing that stands names it.

    `opened` is (day, position) of the registration; `said` holds what stands, by (effective date, position).
    """

    attributes: dict[str, Any]
    exists: bool
    opened: tuple[int, int]
    said: tuple[Said, ...]

    def of(self, *kinds: FactKind) -> list[Said]:
        """What stands of the given kinds, by (effective date, position)."""
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


def every_mark(scope: Scope, kind: Kind) -> Marks:
    """The marks of all things of a kind that have any."""
    return _marked(scope.read(_marks(scope.facts, of_one_kind), **range_of(kind)))


def some_marks(scope: Scope, keys: Iterable[str]) -> Marks:
    """The marks of those of the keys that have any."""
    statement = _marks(scope.facts, one_of)
    found: dict[str, tuple[Flag, ...]] = {}
    for chunk in chunks(keys):
        found |= _marked(scope.read(statement, keys=chunk))
    return found


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
        _, kind, day, position, value, reversed_at = row
        if kind == _REGISTERED:
            registration = row
        elif reversed_at is None:
            said.append(Said(_FACT_KINDS[kind], day, position, value))
    if registration is None:
        return None
    _, _, day, position, value, reversed_at = registration
    return Thing(attributes=parsed(value), exists=reversed_at is None, opened=(day, position), said=tuple(said))


def _marked(rows: Iterable[Any]) -> dict[str, tuple[Flag, ...]]:
    return {key: tuple([_FLAGS[row[1]] for row in group]) for key, group in groupby(rows, itemgetter(0))}


@lru_cache
def _facts_of_kind(tables: FactTables) -> Select[Any]:
    kind = tables.fact.c.kind
    return _facts(tables, of_one_kind).where(kind.not_in([each.value for each in _FINDING]))


@lru_cache
def _facts(tables: FactTables, which: Condition) -> Select[Any]:
    fact = tables.fact
    reversed_at = _reversed_at(tables, fact)
    return (
        select(fact.c.subject, fact.c.kind, fact.c.effective_day, fact.c.position, fact.c.value, reversed_at)
        .where(counted(fact), which(fact.c.subject))
        .order_by(fact.c.subject, fact.c.effective_day, fact.c.position)
    )


@lru_cache
def _marks(tables: FactTables, which: Condition) -> Select[Any]:
    mark = tables.mark
    # An assumption counts while it stands; that something came late or was taken back stays true.
    counts = or_(mark.c.kind != MarkKind.ASSUMED.value, _reversed_at(tables, mark).is_(None))
    return (
        select(mark.c.subject, mark.c.kind)
        .where(counted(mark), which(mark.c.subject), counts)
        .distinct()
        .order_by(mark.c.subject)
    )


def _reversed_at(tables: FactTables, table: Table) -> ScalarSelect[int]:
    """Position of the reversal of a row's event, if it counts.

    A join would leave the choice to the planner, which on fresh tables takes every reversal for every fact.
    """
    reversal = tables.reversal
    own = select(reversal.c.position).where(counted(reversal), reversal.c.target_position == table.c.position)
    return own.correlate(table).scalar_subquery()
