"""What someone with every right on the database can do: the triggers that refuse changes are taken away first."""

from sqlalchemy import Connection, text

from adapters.database import Database
from adapters.guards import event_triggers

LOG_TABLES = (
    "boundary_state",
    "ledger_head",
    "ledger_receipt",
    "log_checkpoint",
    "log_cosignature",
    "log_entry",
    "log_tag",
    "log_tile",
    "private_value",
)


def take_triggers_away(database: Database) -> None:
    """Of all tables of the log."""
    with database.log_writer.begin() as connection:
        if database.is_sqlite:
            names = connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
            for name in names:
                connection.execute(text(f"DROP TRIGGER {name}"))
            return
        event_triggers.take_down(connection)
        for table in LOG_TABLES:
            connection.execute(text(f"ALTER TABLE log.{table} DISABLE TRIGGER USER"))


def tamper(database: Database, statement: str, **values: object) -> None:
    """Runs a statement in which `{log}` stands before the name of a table of the log."""
    take_triggers_away(database)
    with database.log_writer.begin() as connection:
        look_everywhere(connection)
        prefix = "" if database.is_sqlite else "log."
        assert connection.execute(text(statement.format(log=prefix)), values).rowcount, "nothing was changed"


def look_everywhere(connection: Connection) -> None:
    """Lets statements for both engines name what lies in `public` and `views` without a schema, to the end."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL search_path = public, views"))
