"""What a session of PostgreSQL is set to, whatever its role, its owner or the server's configuration say."""

from typing import Any, Final

LOCK_TIMEOUT_MS: Final = 60_000
"""How long a statement waits for a lock before it fails. Our own hold one for moments; whoever may read the database
can hold one as long as he likes."""

CLIENT_ENCODING: Final = "UTF8"
"""In another one texts come as bytes, or cannot be said at all. Said when connecting, for the first answers, too."""

_SETTINGS: Final = {
    # Names without a schema are the server's. By default they are first looked for in a schema named as the role, where
    # somebody else could have put a function that then runs with its rights.
    "search_path": "pg_catalog, pg_temp",
    # A rebuild and an audit take as long as they take. Zero: no end. The first is of PostgreSQL 17 and later.
    "transaction_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    # How values are written and read.
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "bytea_output": "hex",
    "standard_conforming_strings": "on",
    "array_nulls": "on",
    # What `= NULL` means, and how the server writes down the guards that a start compares.
    "transform_null_equals": "off",
    "quote_all_identifiers": "off",
}
_DURABLE: Final = (
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') IN ('off', 'local')"
)


def pin_session(dbapi_connection: Any) -> None:
    """Sets the session of a new connection; a setting that this server does not know is left out."""
    settings = _SETTINGS | {"lock_timeout": str(LOCK_TIMEOUT_MS)}
    pairs = ", ".join(f"('{name}', '{value}')" for name, value in settings.items())
    dbapi_connection.execute(
        f"SELECT set_config(name, value, false) FROM (VALUES {pairs}) AS pinned(name, value) "  # noqa: S608 (constants)
        "WHERE current_setting(name, true) IS NOT NULL"
    )
    # Its owner can set this for a role, and then what is acknowledged could be lost with the server's next crash,
    # or with the server although there is a standby.
    dbapi_connection.execute(_DURABLE)
    dbapi_connection.commit()
