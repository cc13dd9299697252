"""Reading the access log: pages of records, and all of them as they are stored."""

import heapq
from collections.abc import Iterator
from itertools import islice
from operator import attrgetter
from typing import Final, NamedTuple

from sqlalchemy import Connection, Engine, select

from adapters.access.chain import beginning_of, head_of
from adapters.access.encoding import UnreadableRecordError, decode_entry
from adapters.access.tables import access_record
from adapters.event_log.encoding import instant_of
from domain.access_log import AccessKind, AccessMark, AccessPage, AccessQuery, AccessRecord

_AT_ONCE: Final = 1_000
_COLUMNS: Final = access_record.c
_ROWS: Final = select(_COLUMNS.sequence, _COLUMNS.recorded_at_us, _COLUMNS.hash, _COLUMNS.entry).order_by(
    _COLUMNS.sequence
)


class StoredRecord(NamedTuple):
    """A record with the bytes that its hash covers."""

    sequence: int
    recorded_at_us: int
    hash: bytes
    entry: bytes


def read_page(engine: Engine, query: AccessQuery) -> AccessPage:
    """See AccessLog.page: all of it as of one moment.

    Raises:
        HeadMissingError, UnreadableRecordError: the log is damaged; `fundtrail verify` says how.
    """
    try:
        with engine.begin() as connection:
            found = list(islice(_found(connection, query), query.limit + 1))
            beginning, head = _ends(connection)
            records = tuple(map(_record, found[: query.limit]))
    except (TypeError, OverflowError) as error:
        # A value of another type than its column, which SQLite keeps as it is given; or an instant that there is not.
        raise UnreadableRecordError(str(error)) from error
    return AccessPage(records=records, more=len(found) > query.limit, beginning=beginning, head=head)


def read_ends(engine: Engine) -> tuple[AccessMark, AccessMark]:
    """After which record the log begins, and its last one.

    Raises:
        HeadMissingError: it has no head.
    """
    with engine.begin() as connection:
        return _ends(connection)


def stored_records(engine: Engine) -> Iterator[StoredRecord]:
    """Every record there is at one moment, by sequence; few are in memory at a time."""
    with engine.begin() as connection:
        for row in connection.execute(_ROWS.execution_options(yield_per=_AT_ONCE)):
            yield StoredRecord(row.sequence, row.recorded_at_us, row.hash, row.entry)


def _found(connection: Connection, query: AccessQuery) -> Iterator[StoredRecord]:
    """In the order of the query, at most one more than the limit of each kind: each is read by an index of its own."""
    every: tuple[AccessKind | None, ...] = (None,) if query.ledger_id is None else tuple(AccessKind)
    parts = [_of_kind(connection, query, kind) for kind in dict.fromkeys(query.kinds or every)]
    return heapq.merge(*parts, key=attrgetter("sequence"), reverse=query.newest_first)


def _of_kind(connection: Connection, query: AccessQuery, kind: AccessKind | None) -> list[StoredRecord]:
    order = _COLUMNS.sequence.desc() if query.newest_first else _COLUMNS.sequence
    statement = _ROWS.order_by(None).order_by(order).where(_COLUMNS.sequence > query.after).limit(query.limit + 1)
    if query.before is not None:
        statement = statement.where(_COLUMNS.sequence < query.before)
    if query.ledger_id is not None:
        statement = statement.where(_COLUMNS.ledger_id == query.ledger_id)
    if kind is not None:
        statement = statement.where(_COLUMNS.kind == kind.value)
    return [
        StoredRecord(row.sequence, row.recorded_at_us, row.hash, row.entry) for row in connection.execute(statement)
    ]


def _ends(connection: Connection) -> tuple[AccessMark, AccessMark]:
    head = head_of(connection)
    return beginning_of(connection), AccessMark(sequence=head.sequence, hash=head.hash)


def _record(stored: StoredRecord) -> AccessRecord:
    return AccessRecord(
        sequence=stored.sequence,
        recorded_at=instant_of(stored.recorded_at_us),
        hash=stored.hash,
        entry=decode_entry(stored.entry),
    )
