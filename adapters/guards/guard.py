"""What a guard is, on either engine, and how it is put up."""

from typing import Final, NamedTuple

from sqlalchemy import Connection, text

from domain.access_log import LEAST_DAYS


class SqliteTrigger(NamedTuple):
    """A trigger of SQLite; `statement` is what creates it, as the file then holds it."""

    name: str
    table: str
    statement: str


class Function(NamedTuple):
    """What a trigger of PostgreSQL runs: name with schema, and body in PL/pgSQL."""

    name: str
    body: str


class Trigger(NamedTuple):
    """A trigger of PostgreSQL, on a table with schema; `when` is the rest, as the server spells it."""

    name: str
    table: str
    when: str
    function: str

    @property
    def definition(self) -> str:
        """What the server says of it."""
        before, _, each = self.when.partition(" ON ")
        return f"CREATE TRIGGER {self.name} {before} ON {self.table} {each} EXECUTE FUNCTION {self.function}()"


class Problem(NamedTuple):
    """A guard that is not as it should be. `detail` names it and its table, and says what is wrong."""

    name: str
    detail: str


LEAST_US: Final = LEAST_DAYS * 86_400 * 1_000_000
"""Microseconds that a record of the access log is kept at least."""

FUNCTION_PATH: Final = "pg_catalog"
"""Where a guard's function looks for names without schema: nobody who calls it can put an operator of his own there."""


def put_up_sqlite(connection: Connection, trigger: SqliteTrigger) -> None:
    """Creates the trigger, in the place of one of the same name."""
    connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger.name}"))
    connection.exec_driver_sql(trigger.statement)


def put_up_function(connection: Connection, function: Function, returns: str = "trigger") -> None:
    """Creates the function, or gives it its body again."""
    statement = (
        f"CREATE OR REPLACE FUNCTION {function.name}() RETURNS {returns} LANGUAGE plpgsql "
        f"SET search_path = {FUNCTION_PATH} AS $guard${function.body}$guard$"
    )
    connection.execute(text(statement))


def put_up_trigger(connection: Connection, trigger: Trigger) -> None:
    """Creates the trigger, in the place of one of the same name; it works in replica role as well."""
    connection.execute(text(f"DROP TRIGGER IF EXISTS {trigger.name} ON {trigger.table}"))
    connection.execute(text(trigger.definition))
    connection.execute(text(f"ALTER TABLE {trigger.table} ENABLE ALWAYS TRIGGER {trigger.name}"))
