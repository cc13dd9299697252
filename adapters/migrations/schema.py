"""Bringing a database to the schema this version needs, and telling whether it is there.

Log and access have a history of steps each: on SQLite they are two files.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, select, text

from adapters.database import Database
from adapters.event_log.tables import ledger_head
from adapters.guards import check, event_triggers, roles, structure
from adapters.guards.rights import MIGRATOR

_FOLDER: Final = Path(__file__).parent
HISTORIES: Final = {"log": _FOLDER, "access": _FOLDER / "access"}
"""Folder of the steps of each schema."""
LOCK_ID: Final = 0x66756E64
"""Advisory lock number: one process migrates a PostgreSQL database at a time."""
_NO_EVENT_TRIGGERS: Final = (
    "only a superuser makes event triggers, and none are there: whoever owns the log's tables could alter or drop "
    "them. Let a superuser run `fundtrail migrate` once"
)


class SeveralRevisionsError(Exception):
    """The table that says which step was the last one names several; the text says which."""


def migrate(database: Database) -> list[str]:
    """Runs the pending steps, and puts up guards, keys and indexes that are missing. Returns what could not be done.

    On SQLite each file has a transaction of its own. On PostgreSQL one holds all; the roles are created before, and
    each gets its rights.
    """
    if not database.is_sqlite:
        return _migrate_postgresql(database.log_writer)
    with database.log_writer.begin() as connection:
        _upgrade(connection, "log")
        check.put_up(connection, "log")
        structure.put_up(connection, "log")
    with database.access_writer.begin() as connection:
        _upgrade(connection, "access")
        check.put_up(connection, "access")
        structure.put_up(connection, "access")
    return []


def is_current(database: Database) -> bool:
    """Whether the schemas are exactly what this version needs.

    Raises:
        SeveralRevisionsError: see there.
    """
    return _is_current("log", database.log_reader) and _is_current("access", database.access_reader)


def lacks_access_log(database: Database) -> bool:
    """Whether the log is of this version and holds something, and there is nothing of the access log made with it."""
    with database.access_reader.connect() as connection:
        if _revision(connection, "access") is not None:
            return False
    if not _is_current("log", database.log_reader):
        return False
    with database.log_reader.connect() as connection:
        return connection.scalar(select(ledger_head.c.ledger_id).limit(1)) is not None


def _migrate_postgresql(engine: Engine) -> list[str]:
    left_out = roles.create_roles(engine)
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": LOCK_ID})
        is_superuser = event_triggers.is_superuser(connection)
        if is_superuser:
            event_triggers.take_down(connection)
        has_roles = roles.have_roles(connection)
        roles.make_schemas(connection)
        if has_roles:
            roles.hand_over(connection)
            roles.act_as(connection, MIGRATOR)
        for schema in HISTORIES:
            _upgrade(connection, schema)
            check.put_up(connection, schema)
            structure.put_up(connection, schema)
        if has_roles:
            roles.grant_rights(connection)
        if is_superuser:
            roles.take_large_objects(connection)
            event_triggers.put_up(connection)
        elif event_triggers.are_missing(connection):
            left_out.append(_NO_EVENT_TRIGGERS)
    return left_out


def _upgrade(connection: Connection, schema: str) -> None:
    # None of several would be gone on from.
    _revision(connection, schema)
    configuration = _configuration(schema)
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, "head")


def _is_current(schema: str, engine: Engine) -> bool:
    with engine.connect() as connection:
        return _revision(connection, schema) == _steps(schema).get_current_head()


def _revision(connection: Connection, schema: str) -> str | None:
    options = {"version_table_schema": schema} if connection.dialect.name == "postgresql" else {}
    found = sorted(MigrationContext.configure(connection, opts=options).get_current_heads())
    if len(found) > 1:
        message = (
            f"the table alembic_version of the {schema} schema names several last steps, and only one of them is true: "
            f"{', '.join(found)}. Somebody with every right put one there: take it out, and run `fundtrail verify`"
        )
        raise SeveralRevisionsError(message)
    return found[0] if found else None


def _configuration(schema: str) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(HISTORIES[schema]))
    return configuration


def revisions(database: Database) -> dict[str, str]:
    """The last step of each schema that was done; a schema without one is left out."""
    engines = {"log": database.log_reader, "access": database.access_reader}
    found: dict[str, str] = {}
    for schema, engine in engines.items():
        with engine.connect() as connection:
            if revision := _revision(connection, schema):
                found[schema] = revision
    return found


def unknown_revisions(found: Mapping[str, str]) -> list[str]:
    """Those that no step of this version leads to, as `schema revision`: a newer version made them."""
    return [f"{schema} {revision}" for schema, revision in sorted(found.items()) if not _is_known(schema, revision)]


def _is_known(schema: str, revision: str) -> bool:
    if schema not in HISTORIES:
        return False
    return revision in {step.revision for step in _steps(schema).walk_revisions()}


@cache
def _steps(schema: str) -> ScriptDirectory:
    """The steps of a schema; their files are read once."""
    return ScriptDirectory.from_config(_configuration(schema))
