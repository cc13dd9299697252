"""The migrations make exactly the tables the code uses."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, text

from adapters.access.tables import metadata as access_metadata
from adapters.database import open_database
from adapters.event_log.audit import audit_log
from adapters.event_log.tables import metadata
from adapters.guards import structure
from adapters.migrations.schema import is_current, migrate
from tests.support.commands import disburse, ready_line
from tests.support.effort import full_only
from tests.support.ledger import LEDGER, opened_ledger
from tests.support.older_schema import set_back


@pytest.mark.parametrize(("schema", "declared"), [("log", metadata), ("access", access_metadata)])
def test_migrating_makes_the_tables_the_code_declares(
    empty_postgresql_url: str, schema: str, declared: MetaData
) -> None:
    database = open_database(empty_postgresql_url)
    migrate(database)
    options = {
        "include_schemas": True,
        "include_name": lambda name, type_, _parent: type_ != "schema" or name == schema,
        "version_table_schema": schema,
    }
    with database.log_reader.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        differences = [each for each in compare_metadata(context, declared) if "alembic_version" not in str(each)]
    database.dispose()
    assert differences == []


def test_the_guards_compare_what_the_migrations_make(empty_database_url: str) -> None:
    database = open_database(empty_database_url)
    migrate(database)
    with database.log_reader.connect() as log, database.access_reader.connect() as access:
        made = [*structure.lines(log, "log"), *structure.lines(access, "access")]
    dialect = "sqlite" if database.is_sqlite else "postgresql"
    database.dispose()
    # A step that alters a table alters the lines beside the guards as well.
    assert sorted(made) == list(structure.lines_of_this_version(dialect))


def test_a_database_is_current_only_after_migrating(empty_database_url: str) -> None:
    database = open_database(empty_database_url)
    assert not is_current(database)
    migrate(database)
    migrate(database)
    assert is_current(database)
    database.dispose()


@full_only
def test_rows_that_an_older_version_kept_for_vouchers_are_gone_after_migrating(empty_database_url: str) -> None:
    with opened_ledger(empty_database_url) as ledger:
        ledger.submit(*ready_line())
        ledger.submit(disburse(100, "1"))
        log = "" if ledger.database.is_sqlite else "log."
        with ledger.database.log_writer.begin() as connection:
            insert = f"INSERT INTO {log}boundary_state VALUES (:ledger, 'voucher:L1/2023/1', 1, 7, :state)"
            connection.execute(text(insert), {"ledger": LEDGER, "state": b"[7]"})
            set_back(connection, "0003")
        migrate(ledger.database)
        assert list(audit_log(ledger.database, LEDGER)) == []
