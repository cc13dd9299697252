"""Opening the database of the settings for one command of the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from adapters.database import Database, open_database
from adapters.migrations.schema import is_current, migrate
from api.bootstrap import SchemaMissingError, prepare_schema
from api.database_guards import refuse_code_in_views, refuse_without_guards
from api.projecting import projector_of
from api.terminal import CommandFailed


@contextmanager
def prepared_database(url: str) -> Iterator[Database]:
    """A database that commands may be recorded in; its schema is made or brought up to date when the role may.

    Raises:
        CommandFailed: the URL is none.
        SchemaMissingError: the schema is not there, and the role may not make it.
        GuardsDownError: see there.
    """
    with _opened(url) as database:
        prepare_schema(database)
        yield database


@contextmanager
def existing_database(url: str) -> Iterator[Database]:
    """A database to read; nothing is created.

    Raises:
        CommandFailed: the URL is none, or there is no database.
        SchemaMissingError: its schema is not the one of this version.
        GuardsDownError: reading the views would run code of their owner.
    """
    with _opened(url) as database:
        if not is_there(database):
            message = f"there is no database at {shown(database)}; `fundtrail migrate` makes it"
            raise CommandFailed(message)
        if not is_current(database):
            message = f"{shown(database)} lacks the schema of this version: run `fundtrail migrate`"
            raise SchemaMissingError(message)
        refuse_code_in_views(database)
        yield database


@contextmanager
def guarded_database(url: str) -> Iterator[Database]:
    """The same, to change something in: what guards it could else run, changed, with the rights of whoever does.

    Raises:
        CommandFailed, SchemaMissingError: see there.
        GuardsDownError: a guard is missing or changed.
    """
    with existing_database(url) as database:
        refuse_without_guards(database)
        yield database


def migrate_database(url: str) -> tuple[str, list[str]]:
    """Makes the schema of log and views, or brings it up to date; says which database it was, and what was left out.

    Raises:
        CommandFailed: it cannot be reached, or the role may not.
        GuardsDownError: reading the views would run code of their owner, or what is wrong cannot be mended here.
    """
    with _opened(url) as database:
        try:
            refuse_code_in_views(database)
            left_out = migrate(database)
            projector_of(database).prepare()
        except DBAPIError as error:
            message = f"{shown(database)} was not migrated: {reason_of(error)}"
            raise CommandFailed(message) from error
        refuse_without_guards(database)
        return shown(database), left_out


def is_there(database: Database) -> bool:
    """Whether a SQLite file exists, which looking into it would create; a server is always taken to be there."""
    return not database.is_sqlite or Path(database.url.database or "").is_file()


def shown(database: Database) -> str:
    """The URL without its password."""
    return database.url.render_as_string(hide_password=True)


def reason_of(error: BaseException) -> str:
    """The first line of what a driver says; a statement and its values are no part of it."""
    text = str(error.orig if isinstance(error, DBAPIError) else error).strip()
    return text.splitlines()[0] if text else type(error).__name__


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    try:
        database = open_database(url)
    except (ArgumentError, NoSuchModuleError, ValueError, ImportError) as error:
        message = "FUNDTRAIL_DATABASE_URL must be sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
        raise CommandFailed(message) from error
    try:
        yield database
    finally:
        database.dispose()
