"""Every row of a ledger at one pair of coordinates; and those of them that are kept, for they never change."""

from collections import OrderedDict
from threading import Lock
from typing import Final

from projections import appropriations, evaluations, lines, projects, units
from projections.evaluations import Opened
from projections.lines import Lines
from projections.rows import AppropriationRow, EvaluationRow, LineRow, ProjectRow, UnitRow
from projections.scope import Place, Scope

MAX_KEPT_ROWS: Final = 50_000
"""Of all ledgers and coordinates together; a row takes about a kilobyte."""

_MAX_KEPT: Final = 64


class Whole:
    """The rows of each kind, by id, made when they are first asked for, from any scope at the one place."""

    def __init__(self) -> None:
        self._units: list[UnitRow] | None = None
        self._appropriations: list[AppropriationRow] | None = None
        self._lines: Lines | None = None
        self._evaluations: list[Opened] | None = None
        self._projects: list[ProjectRow] | None = None

    def units(self, scope: Scope) -> list[UnitRow]:
        """Every unit."""
        if self._units is None:
            self._units = units.rows(scope)
        return self._units

    def appropriations(self, scope: Scope) -> list[AppropriationRow]:
        """Every appropriation."""
        if self._appropriations is None:
            self._appropriations = appropriations.rows(scope)
        return self._appropriations

    def lines(self, scope: Scope) -> list[LineRow]:
        """Every line."""
        return self._all_lines(scope).rows

    def evaluations(self, scope: Scope) -> list[EvaluationRow]:
        """Every evaluation."""
        return [each.row for each in self._all_evaluations(scope)]

    def projects(self, scope: Scope) -> list[ProjectRow]:
        """Every project."""
        if self._projects is None:
            every = projects.every_project(scope, self._all_lines(scope), self._all_evaluations(scope))
            self._projects = list(every.rows())
        return self._projects

    def row_count(self) -> int:
        """How many rows were made so far."""
        made = (self._units, self._appropriations, self._evaluations, self._projects)
        return sum(len(rows) for rows in made if rows) + (len(self._lines.rows) if self._lines else 0)

    def _all_lines(self, scope: Scope) -> Lines:
        if self._lines is None:
            self._lines = lines.every_line(scope)
        return self._lines

    def _all_evaluations(self, scope: Scope) -> list[Opened]:
        if self._evaluations is None:
            self._evaluations = evaluations.every_evaluation(scope)
        return self._evaluations


class KeptWholes:
    """The wholes asked for last, up to a number of rows: the next page of a list need not make it again.

    May be used from any thread.
    """

    def __init__(self, max_rows: int = MAX_KEPT_ROWS) -> None:
        self._max_rows = max_rows
        self._wholes: OrderedDict[Place, Whole] = OrderedDict()
        self._lock = Lock()

    def at(self, place: Place) -> Whole:
        """The whole of a place, kept or new."""
        with self._lock:
            whole = self._wholes.setdefault(place, Whole())
            self._wholes.move_to_end(place)
            self._drop_oldest()
        return whole

    def _drop_oldest(self) -> None:
        row_count = sum(whole.row_count() for whole in self._wholes.values())
        while len(self._wholes) > 1 and (row_count > self._max_rows or len(self._wholes) > _MAX_KEPT):
            _, oldest = self._wholes.popitem(last=False)
            row_count -= oldest.row_count()
