"""Whether what a SQLite file holds is of the types of its columns: SQLite itself stores any value in any column.

A text is UTF-8: what SQLite holds as one may be any bytes, which its driver cannot read.

PostgreSQL refuses a value of another type, so there the condition is always true.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from sqlalchemy import Boolean, Column, ColumnElement, Connection, Date, Integer, LargeBinary, Table, Text, not_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from adapters.database import IS_UTF8
from adapters.event_log.bulk import as_stored

_FIRST_YEAR: Final = "0001"
"""SQLite knows the year 0, and no date of ours can have it."""


class Mistyped(NamedTuple):
    """A row with values of other types than its columns. `place` is what its place column holds, of whatever type."""

    place: Any
    columns: tuple[str, ...]

    @property
    def detail(self) -> str:
        """What is wrong, in words."""
        return f"the stored type of {', '.join(self.columns)} is not that of the column"


class _IsOfType(FunctionElement[bool]):
    name = "is_of_type"
    type = Boolean()
    inherit_cache = True


def is_of_type(*columns: Column[Any]) -> ColumnElement[bool]:
    """The condition that a row's values in these columns are of the columns' types."""
    return _IsOfType(*columns)


class _InWords(FunctionElement[str]):
    name = "in_words"
    type = Text()
    inherit_cache = True


def in_words(column: ColumnElement[Any]) -> ColumnElement[str]:
    """What stands in a column of texts; where it is no text, as SQLite writes it in a statement: `X'00FF'`."""
    return _InWords(column)


def mistyped(
    connection: Connection, table: Table, place: ColumnElement[Any], *conditions: ColumnElement[bool]
) -> Iterator[Mistyped]:
    """The rows under the conditions that hold a value of another type than its column, with those columns' names."""
    if connection.dialect.name != "sqlite":
        return
    each_column = [is_of_type(column).label(f"is_{column.name}") for column in table.columns]
    wrong = not_(is_of_type(*table.columns))
    for held, *fitting in connection.execute(select(as_stored(place), *each_column).where(wrong, *conditions)):
        names = [column.name for column, fits in zip(table.columns, fitting, strict=True) if not fits]
        yield Mistyped(held, tuple(names))


@compiles(_IsOfType)
def _always(_element: _IsOfType, _compiler: SQLCompiler, **_options: Any) -> str:
    return "true"


@compiles(_IsOfType, "sqlite")
def _asked(element: _IsOfType, compiler: SQLCompiler, **options: Any) -> str:
    return f"({' AND '.join(_condition(column, compiler.process(column, **options)) for column in element.clauses)})"


@compiles(_InWords)
def _itself(element: _InWords, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(_InWords, "sqlite")
def _quoted(element: _InWords, compiler: SQLCompiler, **options: Any) -> str:
    name = compiler.process(element.clauses, **options)
    return f"CASE WHEN {_is_text(name)} THEN {name} ELSE quote(CAST({name} AS BLOB)) END"


def _is_text(name: str) -> str:
    return f"(typeof({name}) = 'text' AND {IS_UTF8}(CAST({name} AS BLOB)))"


def _condition(column: Any, name: str) -> str:
    if isinstance(column.type, Date):
        # Without a step from it, SQLite takes a 31st of February for what it is.
        is_day = f"coalesce(date({name}, '+0 days') = {name}, 0) AND {name} >= '{_FIRST_YEAR}'"
        condition = f"(typeof({name}) = 'text' AND {is_day})"
    elif isinstance(column.type, Integer):
        condition = f"typeof({name}) = 'integer'"
    elif isinstance(column.type, LargeBinary):
        condition = f"typeof({name}) = 'blob'"
    else:
        condition = _is_text(name)
    return f"({name} IS NULL OR {condition})" if column.nullable else condition
