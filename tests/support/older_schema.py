"""A database as an older version left it."""

from sqlalchemy import Connection, text

from adapters.guards import event_triggers


def set_back(connection: Connection, revision: str) -> None:
    """Takes back what 0005 and 0006 did, and says that an older revision was the last; the caller does the rest.

    The guards of 0007 stay; what alters the log's tables on PostgreSQL must not be refused.
    """
    if connection.dialect.name != "sqlite":
        event_triggers.take_down(connection)
    prefix = "" if connection.dialect.name == "sqlite" else "log."
    connection.execute(text(f"DROP INDEX {prefix}log_entry_sampled_instant"))
    columns = "(ledger_id, recorded_at_us, position)"
    connection.execute(text(f"CREATE INDEX log_entry_recorded_at ON {prefix}log_entry {columns}"))
    connection.execute(text(f"CREATE TABLE {prefix}receipt (ledger_id TEXT, first_position BIGINT)"))
    connection.execute(text(f"ALTER TABLE {prefix}boundary_state RENAME COLUMN event_count TO n"))
    connection.execute(text(f"UPDATE {prefix}alembic_version SET version_num = '{revision}'"))
