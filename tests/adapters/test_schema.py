"""The migrations make exactly the tables the code uses."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from adapters.database import open_database
from adapters.event_log.tables import metadata
from adapters.migrations.schema import is_current, migrate


def test_migrating_makes_the_tables_the_code_declares(postgresql_url: str) -> None:
    database = open_database(postgresql_url)
    migrate(database)
    options = {
        "include_schemas": True,
        "include_name": lambda name, type_, _parent: type_ != "schema" or name == "log",
        "version_table_schema": "log",
    }
    with database.log_reader.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        differences = [each for each in compare_metadata(context, metadata) if "alembic_version" not in str(each)]
    database.dispose()
    assert differences == []


def test_a_database_is_current_only_after_migrating(database_url: str) -> None:
    database = open_database(database_url)
    assert not is_current(database)
    migrate(database)
    migrate(database)
    assert is_current(database)
    database.dispose()
