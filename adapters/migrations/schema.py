"""Bringing a database to the schema this version needs, and telling whether it is there."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from adapters.database import Database
from adapters.event_log.tables import SCHEMA

_FOLDER: Final = Path(__file__).parent
_LOCK_ID: Final = 0x66756E64
"""Advisory lock number: one process migrates a PostgreSQL database at a time."""


def migrate(database: Database) -> None:
    """Runs the pending steps in one transaction; nothing happens when there are none."""
    with database.log_writer.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:id)"), {"id": _LOCK_ID})
            connection.execute(text("CREATE SCHEMA IF NOT EXISTS log"))
            connection.execute(text("CREATE SCHEMA IF NOT EXISTS views"))
        configuration = _configuration()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")


def is_current(database: Database) -> bool:
    """Whether the log's schema is exactly what this version needs."""
    with database.log_reader.connect() as connection:
        return _revision(connection) == ScriptDirectory.from_config(_configuration()).get_current_head()


def _revision(connection: Connection) -> str | None:
    options = {"version_table_schema": SCHEMA} if connection.dialect.name == "postgresql" else {}
    return MigrationContext.configure(connection, opts=options).get_current_revision()


def _configuration() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(_FOLDER))
    return configuration
