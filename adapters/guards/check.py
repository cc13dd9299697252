"""Whether the guards are all there, as this version makes them, and enabled."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, text

from adapters.guards import event_triggers
from adapters.guards.guard import (
    FUNCTION_PATH,
    Problem,
    put_up_function,
    put_up_sqlite,
    put_up_trigger,
)
from adapters.guards.log_on_postgresql import FUNCTIONS, TRIGGERS
from adapters.guards.log_on_sqlite import LOG_ON_SQLITE

_SCHEMA: Final = "log"
_ALWAYS: Final = "A"
_TRIGGERS: Final = text(
    "SELECT c.relname, t.tgname, t.tgenabled::text AS enabled, pg_get_triggerdef(t.oid) AS definition "
    "FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = :schema AND NOT t.tgisinternal"
)
_FUNCTIONS: Final = text(
    "SELECT n.nspname || '.' || p.proname AS name, p.prosrc, p.proconfig, l.lanname FROM pg_proc p "
    "JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang WHERE n.nspname = :schema"
)
_TABLES: Final = text(
    "SELECT c.relname, c.relrowsecurity AS is_filtered, c.relpersistence::text AS persistence, "
    "EXISTS (SELECT 1 FROM pg_rewrite r WHERE r.ev_class = c.oid) AS has_rule, "
    "EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhparent = c.oid) AS is_inherited "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = :schema AND c.relkind = 'r' "
    "ORDER BY c.relname"
)


def problems(connection: Connection) -> list[Problem]:
    """What is wrong with the log's guards; on PostgreSQL with whatever stands between its tables and their readers."""
    if connection.dialect.name == "sqlite":
        return list(_on_sqlite(connection))
    return [
        *_functions(connection),
        *_triggers(connection),
        *_tables(connection),
        *event_triggers.problems(connection),
    ]


def put_up(connection: Connection) -> None:
    """Puts up what is missing or changed, and leaves alone what is not: doing so takes locks on the tables.

    Event triggers, and triggers that are none of ours, are left as they are.
    """
    if connection.dialect.name == "sqlite":
        wrong = {each.name for each in _on_sqlite(connection)}
        for trigger in LOG_ON_SQLITE:
            if trigger.name in wrong:
                put_up_sqlite(connection, trigger)
        return
    wrong = {each.name for each in [*_functions(connection), *_triggers(connection)]}
    for function in FUNCTIONS:
        if function.name in wrong:
            put_up_function(connection, function)
    for each in TRIGGERS:
        if each.name in wrong:
            put_up_trigger(connection, each)


def _on_sqlite(connection: Connection) -> Iterator[Problem]:
    statement = text("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
    found = {row.name: row for row in connection.execute(statement)}
    for each in LOG_ON_SQLITE:
        row = found.pop(each.name, None)
        if row is None:
            yield Problem(each.name, f"trigger {each.name} of {each.table} is missing")
        elif row.sql != each.statement:
            yield Problem(each.name, f"trigger {each.name} of {each.table} is not as this version made it")
    for row in found.values():
        yield Problem(row.name, f"trigger {row.name} of {row.tbl_name} is none of this version's")


def _triggers(connection: Connection) -> Iterator[Problem]:
    found = {row.tgname: row for row in connection.execute(_TRIGGERS, {"schema": _SCHEMA})}
    for each in TRIGGERS:
        row = found.pop(each.name, None)
        if row is None:
            yield Problem(each.name, f"trigger {each.name} of {each.table} is missing")
        elif row.definition != each.definition:
            yield Problem(each.name, f"trigger {each.name} of {each.table} is not as this version made it")
        elif row.enabled != _ALWAYS:
            yield Problem(each.name, f"trigger {each.name} of {each.table} is not always enabled")
    for row in found.values():
        yield Problem(row.tgname, f"trigger {row.tgname} of {_SCHEMA}.{row.relname} is none of this version's")


def _functions(connection: Connection) -> Iterator[Problem]:
    found = {row.name: row for row in connection.execute(_FUNCTIONS, {"schema": _SCHEMA})}
    for each in FUNCTIONS:
        row = found.get(each.name)
        expected = (each.body, [f"search_path={FUNCTION_PATH}"], "plpgsql")
        if row is None:
            yield Problem(each.name, f"function {each.name} is missing")
        elif (row.prosrc, row.proconfig, row.lanname) != expected:
            yield Problem(each.name, f"function {each.name} is not as this version made it")


def _tables(connection: Connection) -> Iterator[Problem]:
    for row in connection.execute(_TABLES, {"schema": _SCHEMA}):
        table = f"{_SCHEMA}.{row.relname}"
        if row.has_rule:
            yield Problem(table, f"table {table} has a rule, which may do something else than it is told")
        if row.is_filtered:
            yield Problem(table, f"table {table} has row security, which may hide rows")
        if row.is_inherited:
            yield Problem(table, f"table {table} is inherited, so its rows are not only its own")
        if row.persistence != "p":
            yield Problem(table, f"table {table} does not survive a crash of the server")
