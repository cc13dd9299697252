"""The roles of PostgreSQL that each part of the program gets by with, and what each of them may do.

They are groups without login, which an operator grants to the roles that log in. All databases of a server share them.
"""

from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from adapters.guards.event_triggers import SCHEMAS, is_superuser
from adapters.guards.postgresql_log import APPEND_ONLY
from adapters.guards.rights import (
    ACCESS_RIGHTS,
    APP,
    AUDITOR,
    LARGE_OBJECTS,
    LOG_RIGHTS,
    MIGRATOR,
    PROJECTOR,
    READERS,
    ROLES,
)

VIEWS: Final = "views"
_READERS: Final = ", ".join(READERS)
_RIGHTS: Final = {"log": LOG_RIGHTS, "access": ACCESS_RIGHTS}
"""What is granted in each schema, after everything there was taken from the roles. A new table of `access` is nobody's
until it is named."""
_VIEWS_RIGHTS: Final = (
    f"GRANT ALL ON SCHEMA {VIEWS} TO {PROJECTOR}",
    f"GRANT USAGE ON SCHEMA {VIEWS} TO {APP}, {AUDITOR}",
    f"GRANT ALL ON ALL TABLES IN SCHEMA {VIEWS} TO {PROJECTOR}",
    f"GRANT SELECT ON ALL TABLES IN SCHEMA {VIEWS} TO {APP}, {AUDITOR}",
    f"ALTER DEFAULT PRIVILEGES FOR ROLE {PROJECTOR} IN SCHEMA {VIEWS} GRANT SELECT ON TABLES TO {APP}, {AUDITOR}",
)


# Since version 16 a membership need not allow SET ROLE.
_MAY_ACT_AS: Final = text(
    "SELECT pg_has_role(current_user, :role, "
    "CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)"
)
_OWNS_DATABASE: Final = text(
    "SELECT pg_has_role(current_user, datdba, 'USAGE') FROM pg_database WHERE datname = current_database()"
)
_OWNS_TABLES: Final = text(
    "SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('log') AND relkind = 'r' "
    "AND pg_has_role(current_user, relowner, 'MEMBER')"
)
"""By a membership that does not inherit as well: he can act as the owner."""
_TABLES: Final = text(
    "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = to_regnamespace(:schema) AND relkind = 'r'"
)
_RIGHTS_HELD: Final = text(
    "SELECT held || ' on ' || name FROM unnest(CAST(:tables AS text[])) name, "
    "unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) held WHERE has_table_privilege(name, held)"
)


def create_roles(engine: Engine) -> list[str]:
    """Creates the roles that are missing; says what could not be done.

    Each in a transaction of its own: other databases of the server may be doing the same.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        missing = [role for role in ROLES if not _exists(connection, role)]
        if missing and not _may_create_roles(connection):
            names = ", ".join(missing)
            return [
                f"the roles {names} are not there, and this role may not create them: whoever serves can also alter "
                "the log. Let a superuser, or a role with CREATEROLE, run `fundtrail migrate`"
            ]
        for role in missing:
            create_unless_there(connection, role)
        own = [role for role in (MIGRATOR, PROJECTOR) if not may_act_as(connection, role)]
        return [message for role in own if (message := _join(connection, role)) is not None]


def create_unless_there(connection: Connection, role: str) -> None:
    """Creates the role, or waits for whoever is just creating it."""
    _at_once(connection, f"CREATE ROLE {role} NOLOGIN", "duplicate_object OR unique_violation")


def act_as(connection: Connection, role: str) -> None:
    """Acts as the role until the end of the transaction."""
    connection.execute(text("SET LOCAL ROLE NONE"))
    connection.execute(text(f"SET LOCAL ROLE {role}"))


def may_act_as(connection: Connection, role: str) -> bool:
    """Whether the connection's role may take the role, which exists."""
    return bool(connection.scalar(_MAY_ACT_AS, {"role": role}))


def have_roles(connection: Connection) -> bool:
    """Whether all roles are there, and this one may act for the owners among them."""
    return all(_exists(connection, role) for role in ROLES) and all(
        may_act_as(connection, role) for role in (MIGRATOR, PROJECTOR)
    )


def make_schemas(connection: Connection) -> None:
    """Creates the schemas that are missing."""
    for schema in (*SCHEMAS, VIEWS):
        # IF NOT EXISTS would ask for the right to create it even where it exists.
        if not connection.scalar(text("SELECT count(*) FROM pg_namespace WHERE nspname = :name"), {"name": schema}):
            connection.execute(text(f"CREATE SCHEMA {schema}"))


def hand_over(connection: Connection) -> None:
    """Gives the schemas and what is in them to the roles that own them."""
    for schema, owner in {**dict.fromkeys(SCHEMAS, MIGRATOR), VIEWS: PROJECTOR}.items():
        for statement in _changes_of_owner(connection, schema, owner):
            connection.execute(text(statement))
    if connection.scalar(_OWNS_DATABASE):
        database = connection.scalar(text("SELECT quote_ident(current_database())"))
        # None of them has a use for schemas of his own, nor for what could stand in the way of ours. The schemas are
        # there by now.
        connection.execute(text(f"REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM PUBLIC, {', '.join(ROLES)}"))
        connection.execute(text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))


def take_large_objects(connection: Connection) -> None:
    """Nobody but a superuser, who this role is, makes large objects in the database."""
    functions = ", ".join(f"pg_catalog.{each}" for each in LARGE_OBJECTS)
    connection.execute(text(f"REVOKE EXECUTE ON FUNCTION {functions} FROM PUBLIC, {', '.join(ROLES)}"))


def grant_rights(connection: Connection) -> None:
    """Gives each role what it needs, and takes what it does not need; afterwards the connection acts as itself."""
    for schema, rights in _RIGHTS.items():
        connection.execute(text(f"REVOKE ALL ON SCHEMA {schema} FROM PUBLIC"))
        connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {_READERS}"))
        # Its owner, too, may have lost what he had.
        connection.execute(text(f"GRANT ALL ON SCHEMA {schema} TO {MIGRATOR}"))
        ours = ", ".join(dict.fromkeys(right.table for right in rights))
        connection.execute(text(f"GRANT ALL ON {ours} TO {MIGRATOR}"))
        # Not of what else a superuser put there: that is for him to drop.
        here = ", ".join(connection.scalars(_TABLES, {"schema": schema}))
        connection.execute(text(f"REVOKE ALL ON {here} FROM PUBLIC, {_READERS}"))
        for right in rights:
            connection.execute(text(right.statement))
    act_as(connection, PROJECTOR)
    for statement in _VIEWS_RIGHTS:
        connection.execute(text(statement))
    connection.execute(text("SET LOCAL ROLE NONE"))


def powers_over_log(connection: Connection) -> str | None:
    """Why the connection's role could change the log although it only ought to add to it; None when it could not."""
    if is_superuser(connection):
        return "it is a superuser"
    if connection.scalar(_OWNS_TABLES):
        return "it owns tables of the log"
    held = connection.scalars(_RIGHTS_HELD, {"tables": [f"log.{each}" for each in APPEND_ONLY]}).all()
    return f"it has {', '.join(held)}" if held else None


def _exists(connection: Connection, role: str) -> bool:
    return bool(connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :role"), {"role": role}))


def _may_create_roles(connection: Connection) -> bool:
    statement = text("SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user")
    return bool(connection.scalar(statement))


def _join(connection: Connection, role: str) -> str | None:
    """Makes the migrating role a member, so that it can hand over what it made; says when it may not."""
    try:
        # Who becomes a member of the same role at the same moment changes the same row.
        _at_once(connection, f"GRANT {role} TO CURRENT_USER", "internal_error OR unique_violation")
    except DBAPIError:
        return f"this role may not act as {role}: `GRANT {role} TO` it, and run `fundtrail migrate` again"
    return None


def _at_once(connection: Connection, statement: str, harmless: str) -> None:
    connection.execute(text(f"DO $$ BEGIN {statement}; EXCEPTION WHEN {harmless} THEN NULL; END $$"))


def _changes_of_owner(connection: Connection, schema: str, owner: str) -> list[str]:
    """What gives the schema and its tables and functions to the owner, where they are not his."""
    statement = text(
        "SELECT 'SCHEMA' AS kind, quote_ident(nspname) AS name FROM pg_namespace "
        "WHERE nspname = :schema AND nspowner <> to_regrole(:owner) "
        "UNION ALL SELECT 'TABLE', format('%I.%I', :schema, relname) FROM pg_class "
        "WHERE relnamespace = to_regnamespace(:schema) AND relkind = 'r' AND relowner <> to_regrole(:owner) "
        "UNION ALL SELECT 'FUNCTION', p.oid::regprocedure::text FROM pg_proc p "
        "WHERE pronamespace = to_regnamespace(:schema) AND proowner <> to_regrole(:owner)"
    )
    found = connection.execute(statement, {"schema": schema, "owner": owner})
    return [f"ALTER {row.kind} {row.name} OWNER TO {owner}" for row in found.all()]
