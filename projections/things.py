"""The facts of registered things as they stand at the coordinates: a thing and what was said of it."""

from collections.abc import Collection, Iterable
from datetime import date
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import ScalarSelect, Select, Table, TextClause, select, text

from domain.boundary import Kind
from projections.dialects import Words, listed, words_of
from projections.facts import FactKind, parsed
from projections.scope import Scope, counted
from projections.selection import Condition, chunks, of_one_kind, one_of, range_of
from projections.tables import FactTables, fact_tables

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


def assumed(scope: Scope, keys: Collection[str]) -> set[str]:
    """Those of the keys whose things rest on an assumption which stands, each found by one look-up or few."""
    if not keys:
        return set()
    statement = _assumed(scope.connection.dialect.name, scope.place.facts_generation)
    return {key for (key,) in scope.read(statement, keys=listed(scope.connection, list(keys)))}


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
def _assumed(dialect: str, generation: int) -> TextClause:
    words = words_of(dialect)
    first = f"SELECT 1 {standing_rows(words, fact_tables(generation).assumption, generation)}"
    return text(
        f"SELECT k.value FROM {words.keys} WHERE ({first} ORDER BY s.effective_day, s.position LIMIT 1) IS NOT NULL"
    )


def standing_rows(words: Words, table: Table, generation: int) -> str:
    """FROM and WHERE of the rows `s` of a subject `k.value` that count at the coordinates and are not taken back."""
    # Every name is ours.
    return (
        f"FROM {words.schema}{table.name} AS s WHERE s.ledger_id = {words.ledger} AND s.subject = k.value"
        f" AND s.effective_day <= {words.day} AND s.position <= {words.position} AND NOT EXISTS ("
        f"SELECT 1 FROM {words.schema}{fact_tables(generation).reversal.name} AS r WHERE r.ledger_id = {words.ledger}"
        " AND r.target_position = s.position"
        f" AND r.effective_day <= {words.day} AND r.position <= {words.position})"
    )


def reversed_at(tables: FactTables, table: Table) -> ScalarSelect[int]:
    """Position of the reversal of a row's event, if it counts.

    A join would leave the choice to the planner, which on fresh tables takes every reversal for every fact.
    """
    reversal = tables.reversal
    own = select(reversal.c.position).where(counted(reversal), reversal.c.target_position == table.c.position)
    return own.correlate(table).scalar_subquery()
