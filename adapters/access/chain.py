"""SQL of the chain: its head, and appending to it inside a transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from adapters.access.encoding import START, record_hash
from adapters.access.tables import access_beginning, access_head, access_record
from adapters.event_log.bulk import insert_rows
from adapters.event_log.encoding import is_instant, microseconds
from adapters.stored_types import is_of_type
from domain.access_log import AccessKind, AccessMark


class Head(NamedTuple):
    """The last record ever written."""

    sequence: int
    recorded_at_us: int
    hash: bytes


class Encoded(NamedTuple):
    """An entry ready to be stored; `ledger_id` and `kind` are those of its bytes."""

    kind: AccessKind
    ledger_id: str | None
    entry: bytes


_HEAD: Final = select(access_head.c.sequence, access_head.c.recorded_at_us, access_head.c.hash).where(
    is_of_type(*access_head.c)
)
_LOCK_HEAD: Final = _HEAD.with_for_update()
_ADVANCE_HEAD: Final = (
    update(access_head)
    .where(access_head.c.sequence == bindparam("expected"))
    .values(sequence=bindparam("last"), recorded_at_us=bindparam("at"), hash=bindparam("digest"))
)
_BEGINNING: Final = (
    select(access_beginning.c.sequence, access_beginning.c.hash)
    .where(is_of_type(*access_beginning.c))
    .order_by(access_beginning.c.sequence.desc())
    .limit(1)
)


_LAST_SEQUENCE: Final = 2**63 - 1
"""The highest number that the databases can hold."""


class HeadMissingError(Exception):
    """The row that names the last record is gone, or is not where it was, of another type, or of no instant.

    Nothing is added then.
    """


def head_of(connection: Connection) -> Head:
    """The head.

    Raises:
        HeadMissingError: there is none.
    """
    return _head(connection, locked=False)


def lock_head(connection: Connection) -> Head:
    """The head, held against every other writer until the transaction ends.

    On SQLite the transaction itself began with the write lock.

    Raises:
        HeadMissingError: there is none that a record could follow.
    """
    head = _head(connection, locked=True)
    if not can_be_followed(head):
        raise HeadMissingError
    return head


def can_be_followed(head: Head) -> bool:
    """Whether there are a number and an instant after those of the last record, for the next one."""
    return 0 <= head.sequence < _LAST_SEQUENCE and is_instant(head.recorded_at_us + 1)


def beginning_of(connection: Connection) -> AccessMark:
    """The last record taken away; 0 while none was."""
    row = connection.execute(_BEGINNING).first()
    return AccessMark(sequence=0, hash=START) if row is None else AccessMark(sequence=row.sequence, hash=row.hash)


def append(connection: Connection, head: Head, now: datetime, entries: Sequence[Encoded]) -> Head:
    """Appends to the locked head and moves it; every record has an instant of its own, after the one before.

    A clock that was set back does not hold up who has to be answered: the instants go on by a microsecond each.

    Raises:
        HeadMissingError: the head moved under its lock; nothing of the transaction may be committed.
    """
    expected, rows = head.sequence, []
    now_us = microseconds(now)
    for kind, ledger_id, entry in entries:
        sequence, at = head.sequence + 1, max(now_us, head.recorded_at_us + 1)
        digest = record_hash(head.hash, sequence, at, entry)
        rows.append((sequence, at, kind.value, ledger_id, digest, entry))
        head = Head(sequence, at, digest)
    insert_rows(connection, access_record, rows)
    move_head(connection, expected, head)
    return head


def move_head(connection: Connection, expected: int, to: Head) -> None:
    """Moves the locked head from the sequence where it is expected to a later record.

    Raises:
        HeadMissingError: it is not there; nothing of the transaction may be committed.
    """
    moved = connection.execute(
        _ADVANCE_HEAD, {"expected": expected, "last": to.sequence, "at": to.recorded_at_us, "digest": to.hash}
    )
    if moved.rowcount != 1:
        raise HeadMissingError


def _head(connection: Connection, *, locked: bool) -> Head:
    row = connection.execute(_LOCK_HEAD if locked else _HEAD).first()
    if row is None:
        raise HeadMissingError
    return Head(*row)
