"""Opening the database of the settings for one command of the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from adapters.database import Database, open_database
from adapters.database_faults import is_damage, words_of
from adapters.migrations.schema import is_current, migrate
from api.bootstrap import SchemaMissingError, prepare_schema
from api.damaged_views import damaged_views_named
from api.database_guards import refuse_code_in_views, refuse_without_guards
from api.projecting import projector_of
from api.settings import Settings
from api.terminal import CommandFailed
from api.vanished import refuse_to_begin_anew, refuse_without_access_log


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
def recording_database(settings: Settings) -> Iterator[Database]:
    """The database of the settings, to record in; see `prepared_database`.

    Raises:
        CommandFailed: there is none, and what was kept beside it says that there was one.
    """
    refuse_to_begin_anew(settings)
    with prepared_database(settings.database_url) as database:
        yield database


@contextmanager
def existing_database(url: str, *, though_damaged: bool = False) -> Iterator[Database]:
    """A database to read; nothing is created. `though_damaged`: also where damage hides which schema it has.

    Raises:
        CommandFailed: the URL is none, or there is no database.
        SchemaMissingError: its schema is not the one of this version.
        GuardsDownError: reading the views would run code of their owner.
    """
    with _opened(url) as database:
        if not is_there(database):
            message = f"there is no database at {shown(database)}; `fundtrail migrate` makes it"
            raise CommandFailed(message)
        if not _is_current(database, though_damaged=though_damaged):
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


def migrate_database(settings: Settings) -> tuple[str, list[str]]:
    """Makes the schema of log and views, or brings it up to date; says which database it was, and what was left out.

    Raises:
        CommandFailed: it cannot be reached, the role may not, or a log has vanished.
        GuardsDownError: reading the views would run code of their owner, or what is wrong cannot be mended here.
    """
    refuse_to_begin_anew(settings)
    with _opened(settings.database_url) as database:
        try:
            refuse_code_in_views(database)
            refuse_without_access_log(database)
            left_out = migrate(database)
            with damaged_views_named(database):
                projector_of(database).prepare()
        except DBAPIError as error:
            message = f"{shown(database)} was not migrated: {words_of(error)}"
            raise CommandFailed(message) from error
        refuse_without_guards(database)
        return shown(database), left_out


def _is_current(database: Database, *, though_damaged: bool) -> bool:
    try:
        return is_current(database)
    except DBAPIError as error:
        if though_damaged and is_damage(error):
            return True
        raise


def is_there(database: Database) -> bool:
    """Whether a SQLite file exists, which looking into it would create; a server is always taken to be there."""
    return not database.is_sqlite or Path(database.url.database or "").is_file()


def shown(database: Database) -> str:
    """The URL without its password."""
    return database.url.render_as_string(hide_password=True)


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
