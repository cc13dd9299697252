"""Bringing a database to the schema this version needs, and telling whether it is there.

Log and access have a history of steps each: on SQLite they are two files.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from adapters.database import Database

_FOLDER: Final = Path(__file__).parent
HISTORIES: Final = {"log": _FOLDER, "access": _FOLDER / "access"}
"""Folder of the steps of each schema."""
_LOCK_ID: Final = 0x66756E64
"""Advisory lock number: one process migrates a PostgreSQL database at a time."""


def migrate(database: Database) -> None:
    """Runs the pending steps, those of each schema in one transaction; nothing happens when there are none."""
    for schema, engine in (("log", database.log_writer), ("access", database.access_writer)):
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _LOCK_ID})
                for name in ("log", "views", "access"):
                    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {name}"))
            configuration = _configuration(schema)
            configuration.attributes["connection"] = connection
            command.upgrade(configuration, "head")


def is_current(database: Database) -> bool:
    """Whether the schemas are exactly what this version needs."""
    return _is_current("log", database.log_reader) and _is_current("access", database.access_reader)


def _is_current(schema: str, engine: Engine) -> bool:
    with engine.connect() as connection:
        return _revision(connection, schema) == ScriptDirectory.from_config(_configuration(schema)).get_current_head()


def _revision(connection: Connection, schema: str) -> str | None:
    options = {"version_table_schema": schema} if connection.dialect.name == "postgresql" else {}
    return MigrationContext.configure(connection, opts=options).get_current_revision()


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
    steps = ScriptDirectory.from_config(_configuration(schema)).walk_revisions()
    return revision in {step.revision for step in steps}
