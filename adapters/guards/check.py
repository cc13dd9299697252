"""Whether the guards are all there, as this version makes them, and enabled."""

from collections.abc import Iterator
from itertools import chain
from typing import Final

from sqlalchemy import Connection, text

from adapters.database import Database
from adapters.guards import (
    event_triggers,
    memberships,
    ownership,
    postgresql_access,
    postgresql_log,
    postgresql_views,
    rights,
    server_rights,
    sqlite_views,
    structure,
)
from adapters.guards.guard import (
    FUNCTION_PATH,
    Problem,
    put_up_function,
    put_up_sqlite,
    put_up_trigger,
)
from adapters.guards.sqlite_access import ACCESS_ON_SQLITE
from adapters.guards.sqlite_log import LOG_ON_SQLITE

SCHEMAS: Final = ("log", "access")
_ON_SQLITE: Final = {"log": LOG_ON_SQLITE, "access": ACCESS_ON_SQLITE}
_FUNCTIONS_OF: Final = {"log": postgresql_log.FUNCTIONS, "access": postgresql_access.FUNCTIONS}
_TRIGGERS_OF: Final = {"log": postgresql_log.TRIGGERS, "access": postgresql_access.TRIGGERS}
_ALWAYS: Final = "A"
_TRIGGERS: Final = text(
    "SELECT n.nspname, c.relname, t.tgname, t.tgenabled::text AS enabled, pg_get_triggerdef(t.oid) AS definition "
    "FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
    # A foreign key has internal ones, and is named itself; another that is said to be internal is none of ours.
    "WHERE n.nspname = ANY(:schemas) AND (NOT t.tgisinternal OR t.tgconstraint = 0)"
)
_FUNCTIONS: Final = text(
    "SELECT n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' AS signature, "
    "p.prosrc, p.proconfig, l.lanname, p.prorettype::regtype::text AS returns, p.prokind::text AS kind, p.prosecdef "
    "FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang "
    "WHERE n.nspname = ANY(:schemas)"
)
_TABLES: Final = text(
    "SELECT n.nspname, c.relname, c.relpersistence::text AS persistence, "
    "c.relrowsecurity OR EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid) AS is_filtered, "
    "EXISTS (SELECT 1 FROM pg_rewrite r WHERE r.ev_class = c.oid) AS has_rule, "
    "EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhparent = c.oid) AS is_inherited, "
    "EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhrelid = c.oid) AS inherits, "
    # The server looks for triggers and indexes only where its catalogue has a flag.
    "NOT c.relhastriggers AND EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid) "
    "OR NOT c.relhasindex AND EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid) AS is_unheeded "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = ANY(:schemas) AND c.relkind IN ('r', 'p') ORDER BY n.nspname, c.relname"
)


def problems(database: Database) -> list[Problem]:
    """What is wrong with the guards of the log and the access log, and what in the views could run.

    On PostgreSQL also with whatever stands between a table and its readers.
    """
    if database.is_sqlite:
        with database.log_reader.connect() as log, database.access_reader.connect() as access:
            found = [*_on_sqlite(log, "log"), *_on_sqlite(access, "access")]
            found += [*structure.problems(log, "log"), *structure.problems(access, "access")]
            return [*found, *sqlite_views.problems(database)]
    with database.log_reader.connect() as connection:
        found = [*_functions(connection, *SCHEMAS), *_triggers(connection, *SCHEMAS), *_tables(connection, *SCHEMAS)]
        found += [*structure.problems(connection, *SCHEMAS, event_triggers.OWN_SCHEMA)]
        found += [*event_triggers.problems(connection), *postgresql_views.problems(connection)]
        found += [*ownership.problems(connection), *rights.problems(connection)]
        return [*found, *memberships.problems(connection)]


def code_in_views(database: Database) -> list[Problem]:
    """What in the schema of the views could run with the rights of its reader; to be asked before anything there is."""
    if database.is_sqlite:
        return []
    with database.log_reader.connect() as connection:
        return list(postgresql_views.problems(connection))


def rights_missing(database: Database) -> list[str]:
    """Each right that a role needs and does not have, in words; none on SQLite, which has no roles."""
    if database.is_sqlite:
        return []
    with database.log_reader.connect() as connection:
        return rights.lacking(connection)


def powers_of_members(database: Database) -> list[str]:
    """What a part of the service, or who logs in with one, could do beyond that part, in words; none on SQLite."""
    if database.is_sqlite:
        return []
    with database.log_reader.connect() as connection:
        return [*memberships.powers_of_members(connection), *server_rights.powers(connection)]


def put_up(connection: Connection, schema: str) -> None:
    """Puts up what is missing or changed in a schema, and leaves alone what is not: that takes locks on the tables.

    Event triggers, and triggers that are none of ours, are left as they are.
    """
    if connection.dialect.name == "sqlite":
        wrong = {each.name for each in _on_sqlite(connection, schema)}
        for trigger in _ON_SQLITE[schema]:
            if trigger.name in wrong:
                put_up_sqlite(connection, trigger)
        return
    wrong = {each.name for each in [*_functions(connection, schema), *_triggers(connection, schema)]}
    for function in _FUNCTIONS_OF[schema]:
        if function.name in wrong:
            put_up_function(connection, function)
    for each in _TRIGGERS_OF[schema]:
        if each.name in wrong:
            put_up_trigger(connection, each)


def _on_sqlite(connection: Connection, schema: str) -> Iterator[Problem]:
    statement = text("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
    found = {row.name: row for row in connection.execute(statement)}
    for each in _ON_SQLITE[schema]:
        row = found.pop(each.name, None)
        if row is None:
            yield Problem(each.name, f"trigger {each.name} of {each.table} is missing")
        elif row.sql != each.statement:
            yield Problem(each.name, f"trigger {each.name} of {each.table} is not as this version made it")
    for row in found.values():
        yield Problem(row.name, f"trigger {row.name} of {row.tbl_name} is none of this version's")


def _triggers(connection: Connection, *schemas: str) -> Iterator[Problem]:
    rows = connection.execute(_TRIGGERS, {"schemas": list(schemas)})
    found = {(f"{row.nspname}.{row.relname}", row.tgname): row for row in rows}
    for each in chain.from_iterable(_TRIGGERS_OF[schema] for schema in schemas):
        row = found.pop((each.table, each.name), None)
        if row is None:
            yield Problem(each.name, f"trigger {each.name} of {each.table} is missing")
        elif row.definition != each.definition:
            yield Problem(each.name, f"trigger {each.name} of {each.table} is not as this version made it")
        elif row.enabled != _ALWAYS:
            yield Problem(each.name, f"trigger {each.name} of {each.table} is not always enabled")
    for table, name in found:
        yield Problem(name, f"trigger {name} of {table} is none of this version's")


def _functions(connection: Connection, *schemas: str) -> Iterator[Problem]:
    found = {row.signature: row for row in connection.execute(_FUNCTIONS, {"schemas": list(schemas)})}
    for each in chain.from_iterable(_FUNCTIONS_OF[schema] for schema in schemas):
        row = found.pop(f"{each.name}()", None)
        expected = (each.body, [f"search_path={FUNCTION_PATH}"], "plpgsql", "trigger", "f", False)
        if row is None:
            yield Problem(each.name, f"function {each.name} is missing")
        elif tuple(row)[1:] != expected:
            yield Problem(each.name, f"function {each.name} is not as this version made it")
    for signature in found:
        yield Problem(signature, f"function {signature} is none of this version's")


def _tables(connection: Connection, *schemas: str) -> Iterator[Problem]:
    for row in connection.execute(_TABLES, {"schemas": list(schemas)}):
        table = f"{row.nspname}.{row.relname}"
        if row.has_rule:
            yield Problem(table, f"table {table} has a rule, which may do something else than it is told")
        if row.is_filtered:
            yield Problem(table, f"table {table} has row security, which may hide rows")
        if row.is_inherited:
            yield Problem(table, f"table {table} is inherited, so its rows are not only its own")
        if row.inherits:
            yield Problem(table, f"table {table} inherits, so its rows are another's as well")
        if row.is_unheeded:
            yield Problem(table, f"table {table} has triggers or indexes that the server is told not to look for")
        if row.persistence != "p":
            yield Problem(table, f"table {table} does not survive a crash of the server")
