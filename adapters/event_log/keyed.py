"""Rows of one ledger by many keys at once: texts that are made once, for the driver itself.

The append path runs a handful of these in every transaction; naming each key in an SQLAlchemy statement costs more
than finding its row.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from itertools import chain, repeat
from typing import Any, Final, TypeVar

from sqlalchemy import ARRAY, Column, Connection, Select, any_, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from adapters.event_log.tables import SCHEMA

KEYS_AT_ONCE: Final = (1, 8, 32, 128, 500, 1000, 2000)
"""Key counts of the statements on SQLite: few texts to prepare. A key that is named twice finds its rows once."""
KeyT = TypeVar("KeyT")
_SQLITE_DIALECT: Final = sqlite.dialect(paramstyle="qmark")
_POSTGRESQL_DIALECT: Final = postgresql.dialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]  # it has none


class KeyedSelect:
    """A select of rows of one ledger whose key is among those given. Keys are what the driver stores."""

    def __init__(self, statement: Select[Any], ledger: Column[Any], key: Column[Any]) -> None:
        self._statement = statement
        self._ledger = ledger
        self._key = key

    def rows(self, connection: Connection, ledger_id: str, keys: Sequence[Any]) -> Iterator[Any]:
        """The rows, in no order."""
        if not keys:
            return
        if connection.dialect.name == "sqlite":
            yield from self._rows_on_sqlite(connection, ledger_id, keys)
            return
        parameters = {"ledger": ledger_id, "keys": list(keys)}
        yield from connection.exec_driver_sql(self._postgresql_text, parameters)

    def _rows_on_sqlite(self, connection: Connection, ledger_id: str, keys: Sequence[Any]) -> Iterator[Any]:
        for filled in _filled(keys, keys[-1]):
            yield from connection.exec_driver_sql(self._sqlite_texts[len(filled)], (ledger_id, *filled))

    @cached_property
    def _sqlite_texts(self) -> dict[int, str]:
        # SQLite has no schemas, so the tables lose theirs.
        of_ledger = self._statement.where(self._ledger == bindparam("ledger"))
        compiled = of_ledger.where(self._key.in_([bindparam("key")])).compile(dialect=_SQLITE_DIALECT)
        text = str(compiled).replace(f"{SCHEMA}.", "")
        return {count: text.replace("IN (?)", f"IN ({', '.join('?' * count)})") for count in KEYS_AT_ONCE}

    @cached_property
    def _postgresql_text(self) -> str:
        # As a query of its own the ledger is not known to the planner, which then expects as much of it as of others.
        # Of a new ledger its statistics know nothing, and it reads all of it for each key: over 60 s for 500 keys of
        # 12,000, beside others of 350,000 events.
        ledger = select(bindparam("ledger", type_=self._ledger.type)).scalar_subquery()
        keys = bindparam("keys", type_=ARRAY(self._key.type))
        of_ledger = self._statement.where(self._ledger == ledger)
        return str(of_ledger.where(self._key == any_(keys)).compile(dialect=_POSTGRESQL_DIALECT))


def tags_since(connection: Connection, ledger_id: str, after: Mapping[str, int]) -> Iterator[Any]:
    """Which events bear tags of one ledger behind a position of each tag (exclusive): tags and positions, in no order.

    Both texts fix the order of the joins. Left to itself, PostgreSQL read the whole log for some thousand new tags, of
    which its statistics expect events: 2.6 s for 5,000 of them in 1,500,000 events.
    """
    if not after:
        return
    if connection.dialect.name == "sqlite":
        # No event bears an empty tag.
        for filled in _filled(list(after.items()), ("", 0)):
            parameters = (*chain.from_iterable(filled), ledger_id)
            yield from connection.exec_driver_sql(_tags_since_on_sqlite(len(filled)), parameters)
        return
    named = {"ledger": ledger_id, "tags": list(after.keys()), "after": list(after.values())}
    yield from connection.exec_driver_sql(_TAGS_SINCE_ON_POSTGRESQL, named)


def _filled(keys: Sequence[KeyT], filler: KeyT) -> Iterator[list[KeyT]]:
    """The keys in parts, each filled up to a number for which there is a text."""
    for start in range(0, len(keys), KEYS_AT_ONCE[-1]):
        part = keys[start : start + KEYS_AT_ONCE[-1]]
        count = next(each for each in KEYS_AT_ONCE if each >= len(part))
        yield [*part, *repeat(filler, count - len(part))]


@cache
def _tags_since_on_sqlite(count: int) -> str:
    pairs = ", ".join(["(?, ?)"] * count)
    # No value is in the text. CROSS JOIN: the pairs come first.
    return (
        f"SELECT t.tag, t.position FROM (VALUES {pairs}) AS k CROSS JOIN log_tag AS t"  # noqa: S608 (see above)
        " WHERE t.ledger_id = ? AND t.tag = k.column1 AND t.position > k.column2"
    )


_TAGS_SINCE_ON_POSTGRESQL: Final = f"""
    SELECT k.tag, s.position FROM unnest(%(tags)s::text[], %(after)s::bigint[]) AS k (tag, after)
    CROSS JOIN LATERAL (
        SELECT t.position FROM {SCHEMA}.log_tag AS t
        WHERE t.ledger_id = %(ledger)s AND t.tag = k.tag COLLATE "C" AND t.position > k.after
        OFFSET 0
    ) AS s
"""  # noqa: S608 (the name of the schema is ours)
