"""Whether the database would take a write, asked without writing."""

from enum import Enum
from typing import Final

from sqlalchemy import text

from adapters.database import Database

_READS_ONLY: Final = text(
    # What a role or a database is set to concerns new sessions only: this one may have begun before. The setting for
    # both counts before that of the role, and that before the one of the database.
    "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean OR coalesce(("
    "SELECT split_part(setting, '=', 2)::boolean FROM pg_db_role_setting, unnest(setconfig) AS setting "
    "WHERE setting LIKE 'default_transaction_read_only=%' "
    "AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())) "
    "AND setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = session_user)) "
    "ORDER BY setrole = 0, setdatabase = 0 LIMIT 1), false)"
)


class NoWrites(Enum):
    """Why nothing can be recorded; the values are codes of /readyz."""

    READ_ONLY = "database-read-only"
    """A standby, or set to take no writes; SQLite's file, or its folder, may not be written."""
    REPLACED = "database-replaced"
    """The file at SQLite's path is not the one that is open."""


def no_writes(database: Database) -> NoWrites | None:
    """Why it would not take a write; None when nothing is known that speaks against it."""
    if database.is_sqlite:
        log_file = database.files[0]
        if log_file.is_replaced():
            return NoWrites.REPLACED
        return None if log_file.is_writable() else NoWrites.READ_ONLY
    with database.log_reader.begin() as connection:
        return NoWrites.READ_ONLY if connection.scalar(_READS_ONLY) else None
