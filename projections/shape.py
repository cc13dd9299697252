"""Whether the tables of the views have the columns that this code gives them.

Whoever keeps the views could have made them otherwise, and what reads them would fail, or say something else.
"""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, Table, text

from projections.tables import SCHEMA

_ON_SQLITE: Final = text("""
SELECT t.name AS of_table, c.name, upper(c.type) || CASE c."notnull" WHEN 1 THEN ' NOT NULL' ELSE '' END AS said
FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'
""")
_ON_POSTGRESQL: Final = text(
    "SELECT c.relname AS of_table, a.attname AS name, upper(format_type(a.atttypid, a.atttypmod)) "
    "|| CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END "
    "|| CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END AS said "
    "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid "
    "WHERE c.relnamespace = to_regnamespace(:schema) AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped"
)


def differences(connection: Connection, tables: Iterable[Table]) -> list[str]:
    """Each of the tables that is missing, and each column that is missing, none of ours or of another type."""
    found: dict[str, dict[str, str]] = {}
    is_sqlite = connection.dialect.name == "sqlite"
    rows = connection.execute(_ON_SQLITE) if is_sqlite else connection.execute(_ON_POSTGRESQL, {"schema": SCHEMA})
    for row in rows:
        found.setdefault(row.of_table, {})[row.name] = row.said
    wrong: list[str] = []
    for table in tables:
        if table.name not in found:
            wrong.append(f"table {table.name}")
            continue
        wanted, columns = _columns(connection, table), found[table.name]
        different = [name for name in {**wanted, **columns} if wanted.get(name) != columns.get(name)]
        wrong += [f"column {name} of table {table.name}" for name in different]
    return wrong


def _columns(connection: Connection, table: Table) -> dict[str, str]:
    return {
        column.name: column.type.compile(connection.dialect) + ("" if column.nullable else " NOT NULL")
        for column in table.columns
    }
