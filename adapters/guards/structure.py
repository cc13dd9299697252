"""Whether tables, columns, constraints and indexes are as the migrations make them, and nothing else is beside them.

What they make is said beside this file, a line each, in the words of the engine's own catalogue about a new database.
A test compares those lines with what the migrations make now.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Connection, text

from adapters.guards.guard import Problem

_FOLDER: Final = Path(__file__).parent
SEPARATOR: Final = ": "
"""Between what a line is about, which begins with its kind, and the definition."""

_ON_SQLITE: Final = text(
    "SELECT type || ' ' || :schema || '.' || name AS what, :schema || '.' || tbl_name AS of_table, "
    "coalesce(sql, '') AS definition FROM sqlite_master WHERE type <> 'trigger' AND name NOT LIKE 'sqlite_stat_'"
)
"""What ANALYZE writes down stands there as well, and holds nothing of ours."""
_ON_POSTGRESQL: Final = text("""
WITH schemas AS (SELECT oid, nspname FROM pg_namespace WHERE nspname = ANY(:schemas)),
held AS (
    SELECT c.oid, s.nspname, s.nspname || '.' || c.relname AS name, c.relkind, c.relam
    FROM pg_class c JOIN schemas s ON s.oid = c.relnamespace)
SELECT CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view'
    WHEN 'S' THEN 'sequence' ELSE 'relation' END || ' ' || name AS what,
    name AS of_table, coalesce(amname::text, '') AS definition
FROM held LEFT JOIN pg_am a ON a.oid = relam WHERE relkind NOT IN ('i', 'I')
UNION ALL
SELECT 'column ' || name || '.' || attname, name, format_type(atttypid, atttypmod)
    || CASE WHEN attcollation <> typcollation THEN ' COLLATE ' || attcollation::regcollation ELSE '' END
    || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END
    || CASE WHEN attidentity <> '' THEN ' GENERATED AS IDENTITY' ELSE '' END
    || CASE WHEN attgenerated <> '' THEN ' GENERATED' ELSE '' END
    || coalesce(' DEFAULT ' || pg_get_expr(adbin, adrelid), '')
FROM held JOIN pg_attribute ON attrelid = held.oid JOIN pg_type t ON t.oid = atttypid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped
UNION ALL
SELECT 'constraint ' || name || '.' || conname, name, pg_get_constraintdef(k.oid)
FROM held JOIN pg_constraint k ON conrelid = held.oid WHERE contype <> 'n'
UNION ALL
SELECT 'index ' || nspname || '.' || i.relname, name, pg_get_indexdef(indexrelid)
    || CASE WHEN indisvalid AND indisready AND indislive AND indimmediate THEN '' ELSE ' (not in force)' END
FROM held JOIN pg_index ON indrelid = held.oid JOIN pg_class i ON i.oid = indexrelid
UNION ALL
SELECT o.type || ' ' || o.identity, '', ''
FROM schemas JOIN pg_depend d ON d.refclassid = 'pg_namespace'::regclass AND d.refobjid = schemas.oid,
    LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) o
WHERE d.classid NOT IN ('pg_class'::regclass, 'pg_proc'::regclass)
    AND d.classid IS DISTINCT FROM to_regclass('pg_catalog.pg_publication_namespace')
""")
"""That a column takes no NULL is a constraint since version 18, and says the same of the column in every version.
Functions are compared with their bodies elsewhere; publications are allowed."""


class _Found(NamedTuple):
    """`of_table` is empty where it belongs to none."""

    of_table: str
    definition: str


def problems(connection: Connection, *schemas: str) -> Iterator[Problem]:
    """What is missing, not as this version makes it, or none of this version's; of a strange table only itself."""
    wanted = _wanted(connection, *schemas)
    found = _found(connection, *schemas)
    for what, definition in wanted.items():
        if what not in found:
            yield Problem(what, f"{what} is missing")
        elif found[what].definition != definition:
            yield Problem(what, f"{what} is not as this version made it")
    for what, each in found.items():
        is_the_table = what.partition(" ")[2].endswith(each.of_table)
        if what not in wanted and (is_the_table or f"table {each.of_table}" in wanted):
            yield Problem(what, f"{what} is none of this version's")


def lines(connection: Connection, *schemas: str) -> list[str]:
    """What is there, as the files beside this one have it."""
    found = _found(connection, *schemas)
    return sorted(f"{what}{SEPARATOR}{each.definition}".rstrip() for what, each in found.items())


def lines_of_this_version(dialect: str) -> tuple[str, ...]:
    """What the migrations make on that engine."""
    return tuple((_FOLDER / f"structure_on_{dialect}.txt").read_text("utf-8").splitlines())


def put_up(connection: Connection, schema: str) -> None:
    """Makes constraints and indexes anew that are missing or changed; not within a table of SQLite.

    Raises:
        DBAPIError: rows are there that they do not allow.
    """
    on_postgresql = connection.dialect.name == "postgresql"
    if on_postgresql:
        _put_up_constraints(connection, schema)
    for name, definition in _wrong(connection, schema, "index").items():
        # SQLite makes the index of a key itself.
        if definition:
            here = name if on_postgresql else name.removeprefix(f"{schema}.")
            connection.execute(text(f"DROP INDEX IF EXISTS {here}"))
            connection.execute(text(definition))


def _put_up_constraints(connection: Connection, schema: str) -> None:
    """Those, too, whose index is wrong: it is theirs."""
    wrong = _wrong(connection, schema, "constraint")
    indexes = _wrong(connection, schema, "index")
    for what, definition in _wanted(connection, schema).items():
        table, _, name = what.removeprefix("constraint ").rpartition(".")
        if what.startswith("constraint ") and (f"{table}.{name}" in wrong or f"{schema}.{name}" in indexes):
            connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}"))
            connection.execute(text(f"DROP INDEX IF EXISTS {schema}.{name}"))
            connection.execute(text(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"))


def _wrong(connection: Connection, schema: str, kind: str) -> dict[str, str]:
    """Name and definition of what this version has, and the database has not or otherwise."""
    found = _found(connection, schema)
    return {
        what.removeprefix(f"{kind} "): definition
        for what, definition in _wanted(connection, schema).items()
        if what.startswith(f"{kind} ") and (what not in found or found[what].definition != definition)
    }


def _wanted(connection: Connection, *schemas: str) -> dict[str, str]:
    every = _of_this_version(connection.dialect.name)
    return {what: each for what, each in every.items() if what.partition(" ")[2].partition(".")[0] in schemas}


@cache
def _of_this_version(dialect: str) -> dict[str, str]:
    parts = (line.partition(SEPARATOR.rstrip()) for line in lines_of_this_version(dialect))
    return {what: definition.strip() for what, _, definition in parts}


def _found(connection: Connection, *schemas: str) -> dict[str, _Found]:
    if connection.dialect.name == "postgresql":
        rows = connection.execute(_ON_POSTGRESQL, {"schemas": list(schemas)}).all()
    else:
        rows = [row for schema in schemas for row in connection.execute(_ON_SQLITE, {"schema": schema})]
    # How a statement is broken into lines says nothing.
    return {row.what: _Found(row.of_table, " ".join(row.definition.split())) for row in rows}
