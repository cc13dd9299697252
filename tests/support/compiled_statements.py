"""Tests open thousands of databases: what SQLAlchemy makes of a statement for one of them does for the next as well.

It keeps compiled statements by engine and dialect, so each new database would have all of them compiled again: a tenth
of the processor time of all tests, and a quarter where verifying is tested. For that dialects of one kind are equal in
the whole process. Who gives `create_engine` an argument of the dialect's own has to add it to the kind.
"""

from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

_COMPILED: Final = LRUCache[Any, Any](2_000)


def _kind(dialect: DefaultDialect) -> tuple[object, ...]:
    escapes = getattr(dialect, "_backslash_escapes", None)
    return type(dialect), dialect.paramstyle, dialect.server_version_info, dialect.default_schema_name, escapes


def _is_alike(dialect: DefaultDialect, other: object) -> bool:
    return isinstance(other, DefaultDialect) and _kind(dialect) == _kind(other)


def _hash(dialect: DefaultDialect) -> int:
    return hash(_kind(dialect))


def share_compiled_statements() -> None:
    """From now on all engines of one kind of database in this process share them."""
    DefaultDialect.__eq__ = _is_alike  # type: ignore[method-assign, assignment] # Only a method of its own would do.
    DefaultDialect.__hash__ = _hash  # type: ignore[method-assign, assignment] # The same.

    @event.listens_for(Engine, "engine_connect")
    def share(connection: Connection) -> None:
        connection.execution_options(compiled_cache=_COMPILED)
