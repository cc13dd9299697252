"""Many rows in few statements: VALUES of many rows on SQLite, arrays on PostgreSQL.

SQLite's driver gives way to other threads at each row of an executemany and at each statement; a writer beside a busy
thread would wait for its turn thousands of times in a batch. So each table is filled by one statement where it can be,
with empty rows behind the last, which are not taken, up to the next count for which there is a text.

Both statements are compiled from the same SQLAlchemy tables; only the values bypass its per-row processing, so they
must already be what the driver stores.
"""

from collections.abc import Sequence
from datetime import date
from functools import cache
from itertools import chain, repeat
from typing import Any, Final

from sqlalchemy import ARRAY, Column, Connection, Date, MetaData, Table, bindparam, cast, func, select, type_coerce
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import UserDefinedType

Row = Sequence[Any]


class _AsStored(UserDefinedType[Any]):
    """A type that hands values to the driver as they are."""

    cache_ok = True


_ROWS_AT_ONCE: Final = (1, 2, 4, 8, 16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1000, 2000, 4000, 8000)
"""Row counts of the statements on SQLite: few texts to prepare, and not many empty rows."""
_MOST_PARAMETERS: Final = 32_000
"""Of one statement, below SQLite's own limit."""
_SQLITE_DIALECT: Final = sqlite.dialect(paramstyle="qmark")


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Inserts rows given in the order of the table's columns."""
    _execute(connection, table, rows, update=False)


def upsert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Inserts rows, or replaces the other columns of those whose primary key is there."""
    _execute(connection, table, rows, update=True)


def as_stored(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column, compared with values that are already what the driver stores: no processing for each of many."""
    return type_coerce(column, _AsStored())


def _execute(connection: Connection, table: Table, rows: Sequence[Row], *, update: bool) -> None:
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        _execute_on_sqlite(connection, table, rows, update=update)
        return
    columns = zip(*rows, strict=True)
    values = dict(zip(table.columns.keys(), map(list, columns), strict=True))
    connection.execute(_postgresql_statement(table, update), values)


def _execute_on_sqlite(connection: Connection, table: Table, rows: Sequence[Row], *, update: bool) -> None:
    width = len(table.columns)
    counts = [each for each in _ROWS_AT_ONCE if each * width <= _MOST_PARAMETERS]
    days = [index for index, column in enumerate(table.columns) if isinstance(column.type, Date)]
    for start in range(0, len(rows), counts[-1]):
        part = rows[start : start + counts[-1]]
        count = next(each for each in counts if each >= len(part))
        values = list(chain.from_iterable(part))
        for index in days:
            values[index::width] = map(date.isoformat, values[index::width])
        values += repeat(None, (count - len(part)) * width)
        connection.exec_driver_sql(_sqlite_statement(table, update, count), (*values, len(part)))


@cache
def _sqlite_statement(table: Table, update: bool, count: int) -> str:  # noqa: FBT001 (cached, called by position)
    # SQLite has no schemas: the statement is made from a copy of the table without one.
    plain = Table(
        table.name, MetaData(), *(Column(each.name, each.type, primary_key=each.primary_key) for each in table.columns)
    )
    statement = sqlite.insert(plain)
    if update:
        others = {column.name: statement.excluded[column.name] for column in _value_columns(plain)}
        statement = statement.on_conflict_do_update(index_elements=list(plain.primary_key), set_=others)
    row = f"({', '.join('?' * len(plain.columns))})"
    # `WHERE true` tells the conflict clause from a join's.
    rows = f"SELECT * FROM (VALUES {', '.join([row] * count)}) WHERE true LIMIT ?"  # noqa: S608 (no value is in it)
    return str(statement.compile(dialect=_SQLITE_DIALECT)).replace(f"VALUES {row}", rows, 1)


@cache
def _postgresql_statement(table: Table, update: bool) -> Any:  # noqa: FBT001 (cached, called by position)
    arrays = [_unnested(column) for column in table.columns]
    statement = postgresql.insert(table).from_select(table.columns.keys(), select(*arrays))
    if update:
        others = {column.name: statement.excluded[column.name] for column in _value_columns(table)}
        return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=others)
    return statement


def _unnested(column: Any) -> ColumnElement[Any]:
    array = ARRAY(column.type)
    unnested: ColumnElement[Any] = func.unnest(cast(bindparam(column.name, type_=array), array)).label(column.name)
    return unnested


def _value_columns(table: Table) -> list[Any]:
    return [column for column in table.columns if not column.primary_key]
