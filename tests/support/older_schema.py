"""A database as an older version left it."""

from sqlalchemy import Connection, text


def set_back(connection: Connection, revision: str) -> None:
    """Takes back what 0005 did to a table, and says that an older revision was the last; the caller does the rest."""
    prefix = "" if connection.dialect.name == "sqlite" else "log."
    connection.execute(text(f"ALTER TABLE {prefix}boundary_state RENAME COLUMN event_count TO n"))
    connection.execute(text(f"UPDATE {prefix}alembic_version SET version_num = '{revision}'"))
