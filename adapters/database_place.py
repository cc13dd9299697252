"""Which database it is, in words that a failover or a recovery leaves as they are; keys of several may lie together."""

from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.engine import URL

from adapters.database import Database

_MAY_ASK: Final = text("SELECT has_function_privilege('pg_control_system()', 'EXECUTE')")
_CLUSTER: Final = text("SELECT system_identifier FROM pg_control_system()")
"""The identifier is that of a cluster, its standbys and its base backups. Where a dump is loaded it is another one."""
_UNKNOWN: Final = "unknown-cluster"


def place_of(database: Database) -> str:
    """The path of a SQLite file; of a database of PostgreSQL its cluster and name."""
    if database.is_sqlite:
        return place_of_file(database.url)
    with database.log_reader.begin() as connection:
        # Everybody may, unless an administrator has taken that away.
        cluster = connection.scalar(_CLUSTER) if connection.scalar(_MAY_ASK) else _UNKNOWN
        name = connection.scalar(text("SELECT current_database()"))
    return f"postgresql {cluster} {name}"


def place_of_file(url: URL) -> str:
    """The same of a SQLite file, which need not be there."""
    return f"sqlite {Path(url.database or '').resolve()}"
