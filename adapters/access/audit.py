"""Whether the access log is whole: every record from where it begins to its head, each chained to the one before.

And whether the keys are those that its records tell of.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Column, Connection, Row, String, Table, case, null, select, text

from adapters.access.chain import Head, HeadMissingError, beginning_of, head_of
from adapters.access.encoding import UnreadableRecordError, decode_entry, record_hash
from adapters.access.first_key import outlasts
from adapters.access.key_records import KeyRecords
from adapters.access.pseudonyms import is_true, stored_secret, strange_secrets
from adapters.access.retention import TAKEN_AWAY
from adapters.access.tables import (
    access_beginning,
    access_head,
    access_record,
    api_key,
    deployment_secret,
    pseudonym,
    setup_token,
)
from adapters.clock import SystemClock
from adapters.database import Database
from adapters.database_faults import database_errors, is_damage, words_of
from adapters.event_log.bulk import as_stored
from adapters.stored_types import in_words, is_of_type, mistyped
from domain.access_log import AccessEntry, AccessMark

_AT_ONCE: Final = 1_000
_NONE_READ: Final = -1
"""Before every instant that a record can have."""
_KEY: Final = api_key.c
_COMPARED: Final = (
    _KEY.key_id,
    _KEY.role,
    _KEY.ledgers,
    _KEY.units,
    _KEY.created_by,
    _KEY.expires_at_us,
    _KEY.revoked_at_us,
    _KEY.revoked_by,
)
"""Of a key, beside its secret."""
_PLACES: Final[Mapping[Table, Column[Any]]] = {
    access_record: access_record.c.sequence,
    access_head: access_head.c.sequence,
    access_beginning: access_beginning.c.sequence,
    api_key: _KEY.key_id,
    setup_token: setup_token.c.token_hash,
    deployment_secret: deployment_secret.c.name,
    pseudonym: pseudonym.c.pseudonym,
}
"""Every table of the access log's file, and the column that tells its rows apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessDifference:
    """What is not as it should be; `sequence` is that of the record, None for a key or the log as a whole."""

    sequence: int | None
    detail: str
    key_id: str | None = None


@dataclass(slots=True, kw_only=True)
class _Walk:
    """How far the chain was followed. `hash` is None after a gap: the next record's cannot be worked out."""

    sequence: int
    hash: bytes | None
    recorded_at_us: int = _NONE_READ
    said: set[int] = field(default_factory=set)
    keys: KeyRecords = field(default_factory=KeyRecords)


def audit_access_log(database: Database, noted: Collection[AccessMark] = ()) -> Iterator[AccessDifference]:
    """Every difference, by sequence as far as it has one.

    `noted` are heads that someone wrote down earlier: the log must still hold those very records. Without one, nothing
    tells a log whose last records were cut off, together with its head, from one that never had them.
    """
    with database.access_reader.begin() as connection:
        yield from audited(connection, noted)


def audited(connection: Connection, noted: Collection[AccessMark]) -> Iterator[AccessDifference]:
    """The same, as the transaction of the connection sees the log."""
    yield from _of_chain_and_keys(connection, noted)
    if _may_read_pseudonyms(connection):
        yield from _of_pseudonyms(connection)
    if _may_read(connection, setup_token.c.expires_at_us):
        yield from _of_setup_tokens(connection)


def _of_chain_and_keys(connection: Connection, noted: Collection[AccessMark]) -> Iterator[AccessDifference]:
    damage = list(_of_types(connection))
    yield from (each for _, each in damage)
    head = _head(connection)
    if head is None:
        yield AccessDifference(sequence=None, detail="has no head that can be read")
    beginning = beginning_of(connection)
    walk = _Walk(sequence=beginning.sequence, hash=beginning.hash)
    known = {each.sequence: each for each in _beginnings(connection)}
    wanted = {each.sequence for each in noted}
    try:
        for row in _rows(connection):
            yield from _of_record(walk, row)
            if row.sequence in wanted:
                known[row.sequence] = AccessMark(sequence=row.sequence, hash=row.hash)
    except database_errors() as error:
        yield _cut_off(walk, error)
        return
    if head is not None:
        yield from _of_head(walk, head)
    if beginning.sequence and beginning.sequence not in walk.said:
        yield AccessDifference(sequence=beginning.sequence, detail="no record says who took away what was before")
    yield from _of_noted(noted, known, beginning)
    if _may_read(connection, _KEY.key_id):
        unread = {each.key_id for table, each in damage if table is api_key}
        yield from _of_keys(connection, walk.keys, unread)


def left_out(database: Database) -> list[str]:
    """What is not compared: what this role may not read, and secrets of keys of which older records say nothing."""
    with database.access_reader.begin() as connection:
        unread = (
            []
            if _may_read_pseudonyms(connection)
            else ["pseudonyms and setup tokens: this database role may not read them"]
        )
        if not _may_read(connection, _KEY.key_id):
            return ["keys: this database role may not read them", *unread]
        if not _may_read(connection, _KEY.secret_hash):
            return ["the secrets of keys: this database role may not read them", *unread]
        records = KeyRecords()
        records.read_on(connection)
        standing = select(_KEY.key_id).where(_KEY.revoked_at_us.is_(None), is_of_type(*api_key.c)).order_by(_KEY.key_id)
        found = [key_id for key_id in connection.scalars(standing) if records.lacks_secret(key_id)]
    if not found:
        return unread
    return [f"the secrets of the keys {', '.join(found)}: records of an older version do not tell them", *unread]


def _may_read(connection: Connection, column: Column[Any]) -> bool:
    """Whether the connection's role may: an auditor's may read what keys give, and not their secrets."""
    if connection.dialect.name == "sqlite":
        return True
    statement = text("SELECT has_column_privilege(:table, :column, 'SELECT')")
    return bool(connection.scalar(statement, {"table": str(column.table), "column": column.name}))


def _may_read_pseudonyms(connection: Connection) -> bool:
    return _may_read(connection, pseudonym.c.subject) and _may_read(connection, deployment_secret.c.secret)


def _of_pseudonyms(connection: Connection) -> Iterator[AccessDifference]:
    """Each row that names another than the pseudonym stands for: that follows from him and the secret."""
    secret = stored_secret(connection)
    statement = select(pseudonym).where(is_of_type(*pseudonym.c)).order_by(pseudonym.c.pseudonym)
    for row in connection.execute(statement.execution_options(yield_per=_AT_ONCE)).mappings():
        if not is_true(secret, row):
            detail = f"{pseudonym.name}: {row['pseudonym']} does not stand for whom its row names"
            yield AccessDifference(sequence=None, detail=detail)
    for name in strange_secrets(connection):
        detail = f"{deployment_secret.name}: {name} is none of this version's"
        yield AccessDifference(sequence=None, detail=detail)


def _of_setup_tokens(connection: Connection) -> Iterator[AccessDifference]:
    """One for each that is good for longer than any that was issued: somebody means to make a key with it later."""
    expiry, now = setup_token.c.expires_at_us, SystemClock().now()
    for expires_at_us in connection.scalars(select(expiry).where(is_of_type(expiry))):
        if outlasts(expires_at_us, now):
            detail = f"{setup_token.name}: one is good for longer than any that was issued"
            yield AccessDifference(sequence=None, detail=detail)


def _of_keys(connection: Connection, records: KeyRecords, unread: set[str | None]) -> Iterator[AccessDifference]:
    secret = _KEY.secret_hash if _may_read(connection, _KEY.secret_hash) else null().label(_KEY.secret_hash.name)
    statement = select(*_COMPARED, secret).where(is_of_type(*api_key.c)).order_by(_KEY.key_id)
    rows = connection.execute(statement).mappings().all()
    for row in rows:
        for detail in records.differences(dict(row)):
            yield AccessDifference(sequence=None, detail=detail, key_id=row["key_id"])
    for key_id in sorted(records.key_ids() - unread - {row["key_id"] for row in rows}):
        yield AccessDifference(sequence=None, detail="its records are there, and it is not", key_id=key_id)


def _of_types(connection: Connection) -> Iterator[tuple[Table, AccessDifference]]:
    """Each row that holds something of another type than its column, with its table; the rest reads on without it."""
    for table, place in _PLACES.items():
        for row in mistyped(connection, table, in_words(place) if isinstance(place.type, String) else place):
            detail = row.detail if place in {_KEY.key_id, access_record.c.sequence} else f"{table.name}: {row.detail}"
            sequence = row.place if isinstance(row.place, int) and table is not access_head else None
            key_id = row.place if table is api_key else None
            yield table, AccessDifference(sequence=sequence, detail=detail, key_id=key_id)


def _head(connection: Connection) -> Head | None:
    try:
        return head_of(connection)
    except HeadMissingError:
        return None


def _rows(connection: Connection) -> Iterable[Row[Any]]:
    columns = access_record.c
    wanted = (columns.sequence, columns.recorded_at_us, columns.kind, columns.ledger_id, columns.hash, columns.entry)
    # What is of another type, or no text, was named before; it is read as if it were not there.
    stored = [case((is_of_type(column), as_stored(column))).label(column.name) for column in wanted]
    statement = select(*stored).order_by(columns.sequence).execution_options(yield_per=_AT_ONCE)
    rows: Iterable[Row[Any]] = connection.execute(statement)
    return rows


def _beginnings(connection: Connection) -> list[AccessMark]:
    columns = access_beginning.c
    statement = select(columns.sequence, columns.hash).where(is_of_type(*columns))
    return [AccessMark(sequence=row.sequence, hash=row.hash) for row in connection.execute(statement)]


def _of_record(walk: _Walk, row: Row[Any]) -> Iterator[AccessDifference]:
    if row.sequence <= walk.sequence:
        yield AccessDifference(sequence=row.sequence, detail="lies before the beginning of the log")
        return
    if row.sequence != walk.sequence + 1:
        yield _missing(walk.sequence + 1, row.sequence - 1)
    elif walk.hash is not None and row.hash != _hash_of(walk.hash, row):
        yield AccessDifference(sequence=row.sequence, detail="its hash does not follow from it and the one before")
    # One of another type was named before.
    if isinstance(row.recorded_at_us, int):
        if row.recorded_at_us <= walk.recorded_at_us:
            yield AccessDifference(sequence=row.sequence, detail="is not recorded after the one before it")
        walk.recorded_at_us = row.recorded_at_us
    yield from _of_entry(walk, row)
    walk.sequence, walk.hash = row.sequence, row.hash if isinstance(row.hash, bytes) else None


def _hash_of(previous: bytes, row: Row[Any]) -> bytes | None:
    """None where the numbers are none that a record can have."""
    try:
        return record_hash(previous, row.sequence, row.recorded_at_us, row.entry)
    except (OverflowError, TypeError, AttributeError):
        return None


def _of_entry(walk: _Walk, row: Row[Any]) -> Iterator[AccessDifference]:
    try:
        entry = decode_entry(row.entry)
    except UnreadableRecordError as error:
        yield AccessDifference(sequence=row.sequence, detail=f"cannot be read: {error}")
        return
    if (row.kind, row.ledger_id) != (entry.kind.value, entry.ledger_id):
        yield AccessDifference(sequence=row.sequence, detail="kind or ledger beside the entry is not that of the entry")
    _remember_said(walk, entry)
    walk.keys.add(entry)


def _remember_said(walk: _Walk, entry: AccessEntry) -> None:
    last = entry.figures.get("last_sequence")
    if entry.code == TAKEN_AWAY and isinstance(last, int):
        walk.said.add(last)


def _of_head(walk: _Walk, head: Head) -> Iterator[AccessDifference]:
    if walk.sequence < head.sequence:
        yield _missing(walk.sequence + 1, head.sequence)
    elif (head.sequence, head.hash) != (walk.sequence, walk.hash):
        yield AccessDifference(sequence=head.sequence, detail=f"the head is not the last record, {walk.sequence}")
    elif walk.recorded_at_us not in {head.recorded_at_us, _NONE_READ} or (
        head.sequence == 0 and head.recorded_at_us != 0
    ):
        yield AccessDifference(sequence=head.sequence, detail="the head has another instant than the last record")


def _cut_off(walk: _Walk, error: Exception) -> AccessDifference:
    """What is said of damage; whatever else it is, it is raised again."""
    if not is_damage(error):
        raise error
    return AccessDifference(sequence=walk.sequence + 1, detail=f"cannot be read from here on: {words_of(error)}")


def _missing(first: int, last: int) -> AccessDifference:
    what = "is missing" if first == last else f"and all up to {last} are missing"
    return AccessDifference(sequence=first, detail=what)


def _of_noted(
    noted: Collection[AccessMark], known: dict[int, AccessMark], beginning: AccessMark
) -> Iterator[AccessDifference]:
    for mark in sorted(noted, key=lambda each: each.sequence):
        found = known.get(mark.sequence)
        if found is not None and found.hash != mark.hash:
            yield AccessDifference(sequence=mark.sequence, detail="is not the record that was noted down")
        elif found is None and mark.sequence > beginning.sequence:
            yield AccessDifference(sequence=mark.sequence, detail="was noted down, and is not there")
