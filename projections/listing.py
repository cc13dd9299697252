"""Lists of rows: filtered by equality or by a flag they have, sorted by any one field, a page at a time."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AnyOf
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from operator import attrgetter
from types import NoneType
from typing import Any, Final, Generic, NamedTuple, TypeVar, get_args, get_type_hints

from domain.appropriation import SourceLevel
from domain.evaluation import SubjectKind
from domain.shape import Shape
from projections.rows import (
    PERCENT,
    AmountBlock,
    AppropriationRow,
    EvaluationRow,
    Flag,
    LineRow,
    ProjectRow,
    UnitRow,
)

RowT = TypeVar("RowT")
TotalsT = TypeVar("TotalsT")

FilterValue = str | int | bool

SOURCE_LEVEL: Final = "source_level"
"""The one filter of projects that looks at their lines."""

_AMOUNTS: Final = (Shape.AMOUNT, Shape.AMOUNT_OR_ZERO)
_SCALARS: Final = (str, int, date)


class Column(NamedTuple):
    """One scalar field of a row, as a list can be filtered or sorted by it.

    `type` is the Python type without None, `meaning` what a bare int or str of it means: a Shape, PERCENT or None.
    `is_many`: `of` gives several values, and a row has each of them.
    """

    name: str
    type: type
    meaning: object
    of: Callable[[Any], Any]
    is_many: bool = False

    def holds(self, row: object, value: object) -> bool:
        """Whether the row has the value."""
        found = self.of(row)
        return value in found if self.is_many else bool(found == value)

    @property
    def is_filter(self) -> bool:
        """Amounts, rates and dates are compared by nobody for equality."""
        return self.type is not date and self.meaning not in (*_AMOUNTS, PERCENT)

    def order(self, row: object) -> Any:
        """What to compare rows by; None comes last whatever the direction."""
        value = self.of(row)
        return int(value.replace(".", "")) if self.meaning == PERCENT and value is not None else value


@dataclass(frozen=True)
class Collection(Generic[RowT]):
    """A kind of row that is listed. The first field is the id.

    `beside` are filters that are no field of the row; those with a column here are applied like any other.
    """

    row_type: type[RowT]
    beside: tuple[Column, ...] = field(default=())

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Every scalar field, by name, in the order of the row."""
        return {column.name: column for column in _columns(self.row_type)}

    @cached_property
    def filters(self) -> dict[str, Column]:
        """What the rows can be filtered by, by name."""
        own = {name: column for name, column in self.columns.items() if column.is_filter}
        return own | {column.name: column for column in self.beside}

    @cached_property
    def id(self) -> Column:
        """The column that tells rows apart."""
        return next(iter(self.columns.values()))


def _id_of_subject(row: EvaluationRow) -> str:
    return row.subject.id


def _kind_of_subject(row: EvaluationRow) -> SubjectKind:
    return row.subject.kind


def _of_its_lines(_row: ProjectRow) -> None:
    message = "a project's sources are those of its lines: who lists projects looks there first"
    raise AssertionError(message)


_FLAG: Final = Column("flag", Flag, None, attrgetter("flags"), is_many=True)

UNITS: Final = Collection(UnitRow)
APPROPRIATIONS: Final = Collection(AppropriationRow)
LINES: Final = Collection(LineRow, (_FLAG,))
PROJECTS: Final = Collection(ProjectRow, (Column(SOURCE_LEVEL, SourceLevel, None, _of_its_lines), _FLAG))
EVALUATIONS: Final = Collection(
    EvaluationRow,
    (
        Column("subject_kind", SubjectKind, None, _kind_of_subject),
        Column("subject_id", str, Shape.NAME, _id_of_subject),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    """Which rows of a collection, in which order, from where.

    `filters` hold values of the columns' types. `sort` is a column, with `-` before it for the largest first; None is
    by id. `after_id` is the id of the last row already given: at closed coordinates the order never changes. `within`
    are columns of which only some values may be seen, whatever the filters say.
    """

    filters: Mapping[str, FilterValue] = field(default_factory=dict)
    within: Mapping[str, AnyOf[FilterValue]] = field(default_factory=dict)
    sort: str | None = None
    after_id: str | None = None
    limit: int = 100

    def without(self, name: str) -> "ListQuery":
        """The query without one of its filters."""
        return replace(self, filters={key: value for key, value in self.filters.items() if key != name})


class UnknownFieldError(ValueError):
    """The rows have no such field to sort or filter by; its name is the argument."""


class UnknownPlaceError(ValueError):
    """No row of the list has the id to go on after."""


class Page(NamedTuple, Generic[RowT]):
    """Rows of one page, and the id to go on after; None when no more follow."""

    items: tuple[RowT, ...]
    next_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[RowT, TotalsT]):
    """A page, and the totals over the whole filtered set."""

    items: tuple[RowT, ...]
    next_id: str | None
    totals: TotalsT


def matching(collection: Collection[RowT], rows: Iterable[RowT], query: ListQuery) -> list[RowT]:
    """The rows that have all the values, and may be seen.

    Raises:
        UnknownFieldError: for a filter the collection does not have.
    """
    unknown = (query.filters.keys() | query.within.keys()) - collection.filters.keys()
    if unknown:
        raise UnknownFieldError(min(unknown))
    wanted = [(collection.filters[name], value) for name, value in query.filters.items()]
    seen = [(collection.filters[name].of, values) for name, values in query.within.items()]
    return [
        row
        for row in rows
        if all(column.holds(row, value) for column, value in wanted) and all(of(row) in values for of, values in seen)
    ]


def page(collection: Collection[RowT], rows: Iterable[RowT], query: ListQuery) -> Page[RowT]:
    """The page of the rows that the query asks for; its filters are not looked at.

    Raises:
        UnknownFieldError: for a field to sort by that the rows do not have.
        UnknownPlaceError: for a place that is not in the list.
    """
    ordered = _ordered(collection, rows, query.sort)
    begin = 0
    if query.after_id is not None:
        ids = [collection.id.of(row) for row in ordered]
        if query.after_id not in ids:
            raise UnknownPlaceError
        begin = ids.index(query.after_id) + 1
    items = tuple(ordered[begin : begin + query.limit])
    more = begin + query.limit < len(ordered)
    return Page(items, collection.id.of(items[-1]) if more else None)


def _ordered(collection: Collection[RowT], rows: Iterable[RowT], sort: str | None) -> list[RowT]:
    by_id = sorted(rows, key=collection.id.of)
    if sort is None:
        return by_id
    column = collection.columns.get(sort.removeprefix("-"))
    if column is None:
        raise UnknownFieldError(sort)
    given = [row for row in by_id if column.of(row) is not None]
    missing = [row for row in by_id if column.of(row) is None]
    # Stable in both directions, so that ties stay by id.
    return [*sorted(given, key=column.order, reverse=sort.startswith("-")), *missing]


def _columns(row_type: type, inside: str = "") -> Iterator[Column]:
    for name, hint in get_type_hints(row_type, include_extras=True).items():
        if hint is AmountBlock:
            yield from _columns(AmountBlock, f"{name}.")
            continue
        plain, meaning = _unwrapped(hint)
        if issubclass(plain, _SCALARS):
            yield Column(name, plain, meaning, attrgetter(inside + name))


def _unwrapped(hint: Any) -> tuple[Any, object]:
    """The type without None, and what its annotation says it means."""
    [plain] = [part for part in get_args(hint) if part is not NoneType] if _is_optional(hint) else [hint]
    metadata = getattr(plain, "__metadata__", (None,))
    return getattr(plain, "__origin__", plain), metadata[0]


def _is_optional(hint: Any) -> bool:
    return NoneType in get_args(hint)
