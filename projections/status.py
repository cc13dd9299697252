"""What happened to projects, and the status that follows from it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, TextClause, select, text

from domain.project import ProjectStatus
from projections.dialects import listed, words_of
from projections.scope import Scope, counted
from projections.selection import chunks, one_of
from projections.tables import FactTables, fact_tables
from projections.things import reversed_at, standing_rows

_SUSPENDED: Final = ProjectStatus.SUSPENDED.value
_RESUMED: Final = ProjectStatus.RESUMED.value

ORDERED: Final = tuple(
    status.value
    for status in (
        ProjectStatus.APPROVED,
        ProjectStatus.STARTED,
        ProjectStatus.FINALLY_ACCEPTED,
        ProjectStatus.IN_USE,
    )
)
"""The statuses whose order says something; see flags.of_order."""


class Passed(NamedTuple):
    """One status a project was given, the day it holds from, and the position of the fact."""

    status: str
    day: int
    position: int

    @property
    def effective_date(self) -> date:
        """The day as a date."""
        return date.fromordinal(self.day)


class Standing(NamedTuple):
    """The status a project shows (None before the first), and the first day of each of ORDERED that it ever had."""

    shown: Passed | None
    first_days: Mapping[str, int]


NEVER: Final = Standing(None, {})
"""Of a project that was given no status."""


def standing(scope: Scope, keys: Sequence[str]) -> dict[str, Standing]:
    """How the projects of the keys stand, in as many look-ups whatever happened to them before."""
    found: dict[str, Standing] = {}
    statement = _standing(scope.connection.dialect.name, scope.place.facts_generation)
    for row in scope.read(statement, keys=listed(scope.connection, keys)):
        key, last, *first_days = tuple(row)
        if last is not None:
            day, position, status = last.split()
            first = {each: first_day for each, first_day in zip(ORDERED, first_days, strict=True) if first_day}
            found[key] = Standing(Passed(status, int(day), int(position)), first)
    resumed = [key for key, each in found.items() if each.shown and each.shown.status == _RESUMED]
    for key, passed in passed_by(scope, resumed).items():
        found[key] = found[key]._replace(shown=current(passed))
    return found


def standing_of(passed: Sequence[Passed]) -> Standing:
    """How a project stands to which all this happened, by (effective date, position)."""
    first: dict[str, int] = {}
    for each in passed:
        first.setdefault(each.status, each.day)
    return Standing(current(passed), {status: first[status] for status in ORDERED if status in first})


def passed_by(scope: Scope, keys: Sequence[str]) -> dict[str, list[Passed]]:
    """All that happened to each of the projects, by (effective date, position)."""
    statement = _passed(scope.facts)
    rows = chain.from_iterable(scope.read(statement, keys=chunk) for chunk in chunks(keys))
    return {key: [Passed._make(row[1:]) for row in group] for key, group in groupby(rows, itemgetter(0))}


def current(passed: Iterable[Passed]) -> Passed | None:
    """The latest one; if it is a `resumed` that ends a suspension, with the status before that one, if any, instead."""
    shown: Passed | None = None
    before_suspension: str | None = None
    for each in passed:
        if each.status == _SUSPENDED:
            if shown and shown.status != _SUSPENDED:
                before_suspension = shown.status
        elif each.status != _RESUMED:
            # It ended the suspension, or came after: a later `resumed` without another one brings nothing back.
            before_suspension = None
        shown = each
        if each.status == _RESUMED and before_suspension:
            shown = each._replace(status=before_suspension)
    return shown


@lru_cache
def _passed(tables: FactTables) -> Select[Any]:
    status = tables.status
    return (
        select(status.c.subject, status.c.status, status.c.effective_day, status.c.position)
        .where(counted(status), one_of(status.c.subject), reversed_at(tables, status).is_(None))
        .order_by(status.c.subject, status.c.effective_day, status.c.position)
    )


@lru_cache
def _standing(dialect: str, generation: int) -> TextClause:
    """For each key the latest status as text, `day position status`, and the first days of ORDERED."""
    words = words_of(dialect)
    # The statuses are ours.
    stands = standing_rows(words, fact_tables(generation).status, generation)
    last = (
        f"(SELECT s.effective_day || ' ' || s.position || ' ' || s.status {stands}"
        " ORDER BY s.effective_day DESC, s.position DESC LIMIT 1)"
    )
    firsts = [
        f"(SELECT s.effective_day {stands} AND s.status = '{status}' ORDER BY s.effective_day, s.position LIMIT 1)"
        for status in ORDERED
    ]
    return text(f"SELECT k.value, {', '.join([last, *firsts])} FROM {words.keys}")
