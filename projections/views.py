"""Every question the views answer, each from one snapshot. Who asks has waited until the position is reached."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Engine

from domain.errors import ProjectionBehind
from domain.ports import Coordinates, EventFeed
from projections import appropriations, evaluations, lines, listing, projects, tracking
from projections.balances import BALANCES
from projections.diff import diff
from projections.execution import GroupBy, execution
from projections.facts import FACTS
from projections.history import HistoryPage, Paging, history
from projections.listing import Collection, Listing, ListQuery
from projections.rows import (
    AmountBlock,
    AppropriationRow,
    AppropriationTotals,
    DiffItem,
    EvaluationDetail,
    EvaluationRow,
    Execution,
    LineRow,
    ProjectDetail,
    ProjectRow,
    Snapshot,
    UnitRow,
    sum_amounts,
    sum_appropriations,
)
from projections.scope import Place, Scope
from projections.snapshot import snapshot
from projections.things import some_things
from projections.whole import KeptWholes

RowT = TypeVar("RowT")
TotalsT = TypeVar("TotalsT")


class Views:
    """Reads at coordinates. `reader` gives each transaction one snapshot.

    Every read but history raises ProjectionBehind when the views have not reached the position. A list raises
    listing.UnknownFieldError or listing.UnknownPlaceError for a query that does not fit its rows.
    """

    def __init__(self, reader: Engine, feed: EventFeed) -> None:
        self._reader = reader
        self._feed = feed
        self._kept = KeptWholes(feed)

    @property
    def version(self) -> str:
        """Changes when the stored rows, and so perhaps closed answers, do."""
        return tracking.VERSION

    def units(self, ledger_id: str, at: Coordinates, query: ListQuery) -> Listing[UnitRow, None]:
        """The units that match."""
        with self._open(ledger_id, at) as scope:
            found = self._kept.at(scope.place).units(scope)
        return _listed(listing.UNITS, found, query, _no_totals)

    def appropriations(
        self, ledger_id: str, at: Coordinates, query: ListQuery
    ) -> Listing[AppropriationRow, AppropriationTotals]:
        """The appropriations that match, and their five sums."""
        with self._open(ledger_id, at) as scope:
            found = self._kept.at(scope.place).appropriations(scope)
        return _listed(listing.APPROPRIATIONS, found, query, sum_appropriations)

    def lines(self, ledger_id: str, at: Coordinates, query: ListQuery) -> Listing[LineRow, AmountBlock]:
        """The lines that match, and their roll-up."""
        with self._open(ledger_id, at) as scope:
            found = self._kept.at(scope.place).lines(scope)
        return _listed(listing.LINES, found, query, _roll_up)

    def projects(self, ledger_id: str, at: Coordinates, query: ListQuery) -> Listing[ProjectRow, AmountBlock]:
        """The projects that match, and their roll-up; with a source level those that have a line from it, whole."""
        level = query.filters.get(listing.SOURCE_LEVEL)
        with self._open(ledger_id, at) as scope:
            whole = self._kept.at(scope.place)
            found = whole.projects(scope)
            if level is not None:
                having = {line.project_id for line in whole.lines(scope) if line.source_level == level}
                found = [row for row in found if row.project_id in having]
        return _listed(listing.PROJECTS, found, query.without(listing.SOURCE_LEVEL), _roll_up)

    def evaluations(self, ledger_id: str, at: Coordinates, query: ListQuery) -> Listing[EvaluationRow, None]:
        """The evaluations that match."""
        with self._open(ledger_id, at) as scope:
            found = self._kept.at(scope.place).evaluations(scope)
        return _listed(listing.EVALUATIONS, found, query, _no_totals)

    def appropriation(self, ledger_id: str, at: Coordinates, appropriation_id: str) -> AppropriationRow | None:
        """One appropriation; None where it does not exist."""
        with self._open(ledger_id, at) as scope:
            return _only(appropriations.rows(scope, [appropriation_id]))

    def line(self, ledger_id: str, at: Coordinates, line_id: str) -> LineRow | None:
        """One line; None where it does not exist."""
        with self._open(ledger_id, at) as scope:
            return _only(lines.rows(scope, [line_id]))

    def project(self, ledger_id: str, at: Coordinates, project_id: str) -> ProjectDetail | None:
        """One project in full; None where it does not exist."""
        with self._open(ledger_id, at) as scope:
            return projects.detail(scope, project_id)

    def evaluation(self, ledger_id: str, at: Coordinates, evaluation_id: str) -> EvaluationDetail | None:
        """One evaluation in full; None where it does not exist."""
        with self._open(ledger_id, at) as scope:
            return evaluations.detail(scope, evaluation_id)

    def exists(self, ledger_id: str, at: Coordinates, key: str) -> bool:
        """Whether the thing of a boundary key (`line:L1`) is registered, and not reversed, at the coordinates."""
        with self._open(ledger_id, at) as scope:
            thing = some_things(scope, [key]).get(key)
        return thing is not None and thing.exists

    def execution(
        self, ledger_id: str, at: Coordinates, group_by: GroupBy, fiscal_year: int | None = None
    ) -> Execution:
        """The lines grouped by a trait; only those of a fiscal year when one is given."""
        with self._open(ledger_id, at) as scope:
            return execution(scope, self._kept.at(scope.place), group_by, fiscal_year)

    def history(self, ledger_id: str, at: Coordinates, key: str, paging: Paging) -> HistoryPage:
        """The events bearing a tag that count at the coordinates; read from the log itself."""
        return history(self._feed, self._feed.ledger(ledger_id), key, at, paging)

    def diff(self, ledger_id: str, before: Coordinates, after: Coordinates) -> list[DiffItem]:
        """What differs between two coordinates, by project id."""
        latest = max(before.position, after.position)
        with self._open(ledger_id, replace(before, position=latest)) as scope:
            return diff(self._feed, scope.moved_to(before), scope.moved_to(after))

    def snapshot(self, ledger_id: str, at: Coordinates) -> Snapshot:
        """The whole ledger."""
        with self._open(ledger_id, at) as scope:
            return snapshot(scope, self._kept.at(scope.place))

    @contextmanager
    def _open(self, ledger_id: str, at: Coordinates) -> Iterator[Scope]:
        """One snapshot, of the generations that are active in it."""
        with self._reader.begin() as connection:
            balances, facts = tracking.reached(connection, ledger_id, (BALANCES, FACTS))
            if min(balances.position, facts.position) < at.position:
                raise ProjectionBehind
            place = Place(ledger_id, at, balances.generation, facts.generation)
            yield Scope(connection=connection, place=place)


def _listed(
    collection: Collection[RowT], rows: Iterable[RowT], query: ListQuery, totals: Callable[[list[RowT]], TotalsT]
) -> Listing[RowT, TotalsT]:
    matching = listing.matching(collection, rows, query)
    page = listing.page(collection, matching, query)
    return Listing(items=page.items, next_id=page.next_id, totals=totals(matching))


def _only(rows: list[RowT]) -> RowT | None:
    return rows[0] if rows else None


def _roll_up(rows: Iterable[LineRow] | Iterable[ProjectRow]) -> AmountBlock:
    return sum_amounts(row.amounts for row in rows)


def _no_totals(_rows: Iterable[object]) -> None:
    return None
