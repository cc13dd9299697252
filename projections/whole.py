"""Every row of a ledger at one pair of coordinates. Rows never change, so those asked for last are kept.

A read a few events after a kept one makes only the rows anew whose tags these events bear.
"""

from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from threading import Lock
from typing import Any, Final, TypeVar

from domain.boundary import Kind
from domain.ports import EventFeed
from projections import appropriations, evaluations, lines, listing, projects, units
from projections.lines import Lines
from projections.listing import Collection
from projections.projects import Traits
from projections.rows import AppropriationRow, EvaluationRow, LineRow, ProjectRow, UnitRow
from projections.scope import Place, Scope
from projections.selection import id_of

MAX_KEPT_ROWS: Final = 20_000
"""Of all ledgers and coordinates together; a row takes about a kilobyte."""

_MAX_KEPT: Final = 64
_MAX_EVENTS_BETWEEN: Final = 300
"""So far from a kept whole it is still quicker to look at the events between."""

_TRAITS: Final = Collection(Traits)

RowT = TypeVar("RowT")


class Whole:
    """The rows of each kind, by id, made when they are first asked for, from any scope at the one place.

    May be asked from any thread: while one makes rows, the others wait for them.
    """

    def __init__(self, feed: EventFeed, place: Place, nearby: "Whole | None") -> None:
        self._feed = feed
        self.place = place
        self._since = nearby.place.at.position if nearby else 0
        self._nearby = nearby.made_so_far() if nearby else {}
        self._made: dict[type, list[Any]] = {}
        self._read_lines: Lines | None = None
        self._making = Lock()

    def units(self, scope: Scope) -> list[UnitRow]:
        """Every unit."""
        return self._rows(listing.UNITS, Kind.UNIT, lambda ids: units.rows(scope, ids))

    def appropriations(self, scope: Scope) -> list[AppropriationRow]:
        """Every appropriation."""
        return self._rows(listing.APPROPRIATIONS, Kind.APPROPRIATION, lambda ids: self._make_appropriations(scope, ids))

    def lines(self, scope: Scope) -> list[LineRow]:
        """Every line."""
        return self._rows(listing.LINES, Kind.LINE, lambda ids: self._make_lines(scope, ids))

    def evaluations(self, scope: Scope) -> list[EvaluationRow]:
        """Every evaluation."""
        return self._rows(listing.EVALUATIONS, Kind.EVALUATION, lambda ids: evaluations.rows(scope, ids))

    def projects(self, scope: Scope) -> list[ProjectRow]:
        """Every project."""
        return self._rows(listing.PROJECTS, Kind.PROJECT, lambda ids: self._make_projects(scope, ids))

    def traits(self, scope: Scope) -> list[Traits]:
        """What execution asks of every project."""
        return self._rows(_TRAITS, Kind.PROJECT, lambda ids: projects.traits(scope, ids))

    def made_so_far(self) -> dict[type, list[Any]]:
        """The rows made so far, by their type."""
        return dict(self._made)

    def row_count(self) -> int:
        """How many rows were made so far; what is kept of a line for rows to come takes as much as two."""
        of_lines = 0 if self._read_lines is None else 2 * len(self._read_lines.things)
        return sum(map(len, self.made_so_far().values())) + of_lines

    def distance_to(self, place: Place) -> int | None:
        """How many events lie between this place and another; None when more than those tell them apart."""
        here = self.place
        if here._replace(at=place.at) != place or here.at.as_of != place.at.as_of:
            return None
        return abs(here.at.position - place.at.position)

    def _rows(
        self, collection: Collection[RowT], kind: Kind, make: Callable[[set[str] | None], list[RowT]]
    ) -> list[RowT]:
        """The rows of a kind; `make` reads those of some ids, or (None) all of them."""
        made = self._made.get(collection.row_type)
        if made is not None:
            return made
        with self._making:
            made = self._made.get(collection.row_type)
            if made is None:
                nearby = self._nearby.get(collection.row_type)
                made = make(None) if nearby is None else self._renewed(nearby, collection, kind, make)
                self._made[collection.row_type] = made
        return made

    def _make_projects(self, scope: Scope, ids: set[str] | None) -> list[ProjectRow]:
        if ids is not None:
            return projects.rows(scope, ids)
        every_evaluation = evaluations.every_evaluation(scope)
        # What had to be made for the projects need not be made again for itself.
        self._made[EvaluationRow] = [each.row for each in every_evaluation]
        return list(projects.every_project(scope, self._every_line(scope), every_evaluation).rows())

    def _make_lines(self, scope: Scope, ids: set[str] | None) -> list[LineRow]:
        return self._every_line(scope).rows if ids is None else lines.rows(scope, ids)

    def _make_appropriations(self, scope: Scope, ids: set[str] | None) -> list[AppropriationRow]:
        if ids is not None:
            return appropriations.rows(scope, ids)
        return appropriations.rows_from(scope, self._every_line(scope))

    def _every_line(self, scope: Scope) -> Lines:
        """Read once, for the lines as well as for what adds them up."""
        if self._read_lines is None:
            self._read_lines = lines.every_line(scope)
        return self._read_lines

    def _renewed(
        self, nearby: list[RowT], collection: Collection[RowT], kind: Kind, make: Callable[[set[str]], list[RowT]]
    ) -> list[RowT]:
        ids = {id_of(tag) for tag in self._tags_between if tag.startswith(f"{kind}:")}
        same = (row for row in nearby if collection.id.of(row) not in ids)
        return sorted([*same, *make(ids)], key=collection.id.of) if ids else nearby

    @cached_property
    def _tags_between(self) -> set[str]:
        """The tags of every event that counts here or nearby, and not at both."""
        first, last = sorted((self._since, self.place.at.position))
        events = self._feed.page(self.place.ledger_id, after=first, limit=last - first) if first < last else []
        return {tag for event in events for tag in event.tags}


class KeptWholes:
    """The wholes asked for last, up to a number of rows. May be used from any thread."""

    def __init__(self, feed: EventFeed, max_rows: int = MAX_KEPT_ROWS) -> None:
        self._feed = feed
        self._max_rows = max_rows
        self._wholes: OrderedDict[Place, Whole] = OrderedDict()
        self._lock = Lock()

    def at(self, place: Place) -> Whole:
        """The whole of a place, kept or new."""
        with self._lock:
            whole = self._wholes.get(place)
            if whole is None:
                whole = self._wholes[place] = Whole(self._feed, place, self._nearest(place))
            self._wholes.move_to_end(place)
            self._drop_oldest()
        return whole

    def _nearest(self, place: Place) -> Whole | None:
        distances = ((whole.distance_to(place), whole) for whole in reversed(self._wholes.values()))
        near = [(distance, whole) for distance, whole in distances if distance is not None]
        distance, nearest = min(near, key=lambda pair: pair[0], default=(_MAX_EVENTS_BETWEEN + 1, None))
        return nearest if distance <= _MAX_EVENTS_BETWEEN else None

    def _drop_oldest(self) -> None:
        row_count = sum(whole.row_count() for whole in self._wholes.values())
        while len(self._wholes) > 1 and (row_count > self._max_rows or len(self._wholes) > _MAX_KEPT):
            _, oldest = self._wholes.popitem(last=False)
            row_count -= oldest.row_count()
