"""Alembic's entry for the access tables: runs the steps on the connection that `migrate` put into the configuration."""

from alembic import context
from sqlalchemy import Connection

SCHEMA = "access"


def run() -> None:
    """Runs the pending steps; the caller's transaction holds them all."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        version_table_schema=SCHEMA if connection.dialect.name == "postgresql" else None,
    )
    context.run_migrations()


run()
