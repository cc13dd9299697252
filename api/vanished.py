"""Beginning no new log where an old one has vanished: SQLite makes a file that is not there, and it is empty."""

from pathlib import Path
from typing import Final

from sqlalchemy import make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from adapters.database import Database, access_file_of
from adapters.database_place import place_of, place_of_file
from adapters.migrations.schema import lacks_access_log
from adapters.transparency.log_keys import LogKeys
from adapters.transparency.log_signer import noted_place
from adapters.transparency.signed_logs import missing_logs, signed_logs
from api.settings import Settings
from api.terminal import CommandFailed

_MAX_NAMED: Final = 5


def place_among(settings: Settings, database: Database) -> str | None:
    """Which database it is among those that the folder of keys may serve; None where it is this one's alone.

    Such is the folder that has the name of a SQLite file, wherever the two are moved.
    """
    if not database.is_sqlite:
        return place_of(database)
    # A restored one is looked at before it has its name.
    return place_of_file(make_url(settings.database_url)) if settings.keys_folder else None


def refuse_to_begin_anew(settings: Settings) -> None:
    """Returns when nothing is known of the log that the settings name, or its file is there.

    Raises:
        CommandFailed: it is not there, and what was kept beside it is.
    """
    try:
        url = make_url(settings.database_url)
    except ArgumentError:
        # Whoever opens it says so.
        return
    if url.get_backend_name() != "sqlite" or not url.database or _holds_something(Path(url.database)):
        return
    access = Path(access_file_of(url.database))
    found = [f"its access log, {access}"] if _holds_something(access) else []
    if names := _signed_here(settings, url):
        found.append(f"in {settings.keys_path()} what signed {names}")
    if found:
        message = (
            f"{url.database} is not there, but {' and '.join(found)}: no new, empty log is made in its place. Look "
            "at FUNDTRAIL_DATABASE_URL; put the file back with those beside it, or move what is left elsewhere and "
            "restore a backup (docs/operations.md). To begin with a new log, move what is left elsewhere, too"
        )
        raise CommandFailed(message)


def refuse_without_access_log(database: Database) -> None:
    """Returns where the access log is there, or nothing was recorded yet. Every key would be gone with it.

    Raises:
        CommandFailed: it is not there.
    """
    if lacks_access_log(database):
        file = access_file_of(database.url.database or "") if database.is_sqlite else "the schema access"
        message = (
            f"the log is there, but its access log, {file}, is not: no new, empty one is made in its place, and nobody "
            "is let in as if there had never been a key. Put it back, or bring it back from a backup"
        )
        raise CommandFailed(message)


def _holds_something(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _signed_here(settings: Settings, url: URL) -> str:
    """The ledgers that were signed of this file, as far as they are named; nothing when there are none."""
    keys = LogKeys(settings.keys_path(), settings.deployment)
    signed = signed_logs(keys)
    if settings.keys_folder:
        # Of which database older versions did not note: then it may be another one's.
        signed = [each for each in signed if noted_place(keys, *each) == place_of_file(url)]
    names = sorted({each.ledger_id for each in missing_logs(keys, signed, (), None)})
    more = f" and {len(names) - _MAX_NAMED} more" if len(names) > _MAX_NAMED else ""
    return ", ".join(names[:_MAX_NAMED]) + more
