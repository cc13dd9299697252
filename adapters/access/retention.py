"""Taking away what is older than it has to be kept: from the beginning of the access log only, and never unsaid.

What is said of keys is said again before it goes: a key may be good for longer than a record is kept, and counts only
as the log says. A clock that is far ahead makes everything look old. So nobody but a person takes away much at a time.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, select

from adapters.access.chain import Encoded, append, head_of, lock_head
from adapters.access.encoding import encode_entry
from adapters.access.key_records import restated
from adapters.access.tables import access_beginning, access_record
from adapters.database import Database
from adapters.event_log.encoding import instant_of, microseconds
from domain.access_log import LEAST_DAYS, AccessEntry, AccessKind
from domain.command import Actor
from domain.ports import Clock

TAKEN_AWAY: Final = "records-taken-away"
"""Code of the record that says so; its figure `last_sequence` is the last one that went."""

PORTION: Final = 5_000
"""Records of one transaction: whoever has to be written down meanwhile waits for one."""

WEEK: Final = timedelta(days=7)
"""The records of so long a time go at one look that nobody asked for, from the oldest on."""
APART: Final = timedelta(hours=12)
"""Least time between two such looks that take something away, however often a server is started."""
_MICROSECOND: Final = timedelta(microseconds=1)


class Due(NamedTuple):
    """What is older than so many days by the clock: how many records; and when the newest one of all was recorded.

    None while there is no record.
    """

    records: int
    newest: datetime | None


def due(database: Database, clock: Clock, days: int) -> Due:
    """What `take_away` would take away now.

    Raises:
        ValueError: fewer days than records must be kept.
    """
    columns = access_record.c
    old = columns.recorded_at_us < microseconds(clock.now() - _kept(days))
    with database.access_reader.begin() as connection:
        count = connection.scalar(select(func.count()).where(old)) or 0
        newest_us = connection.scalar(select(columns.recorded_at_us).order_by(columns.sequence.desc()).limit(1))
    return Due(count, None if newest_us is None else instant_of(newest_us))


def take_away(database: Database, clock: Clock, days: int, actor: Actor) -> int:
    """Takes away every record that is older than so many days by the clock; returns how many. For a person who asks.

    Each transaction keeps the place after which the log begins now, and adds a record that says by whose word.

    Raises:
        ValueError: fewer days than records must be kept.
    """
    return _take_before(database, clock, microseconds(clock.now() - _kept(days)), actor)


def take_away_a_week(database: Database, clock: Clock, days: int, actor: Actor) -> int:
    """Takes away what is older than so many days, of the records of the oldest week; returns how many. For a machine.

    A clock alone is not believed: what is old must be so before the newest record as well, and by PostgreSQL's clock.

    Raises:
        ValueError: fewer days than records must be kept.
    """
    kept_us, now_us = _kept(days) // _MICROSECOND, microseconds(clock.now())
    # Looked at beside the writers: on most days there is nothing to hold them up for.
    with database.access_reader.begin() as connection:
        first_us = _first_instant(connection)
        if first_us is None or _was_taken_lately(connection, now_us):
            return 0
        known_us = min(now_us, *_other_instants(connection))
    return _take_before(database, clock, min(known_us - kept_us, first_us + WEEK // _MICROSECOND), actor)


def _kept(days: int) -> timedelta:
    if days < LEAST_DAYS:
        message = f"records of the access log are kept for {LEAST_DAYS} days at least"
        raise ValueError(message)
    return timedelta(days=days)


def _other_instants(connection: Connection) -> list[int]:
    """What else tells how late it is, if the machine's clock is ahead: the newest record, and the server's clock."""
    instants = [head_of(connection).recorded_at_us]
    if connection.dialect.name == "postgresql":
        instants.append(microseconds(connection.execute(select(func.clock_timestamp())).scalar_one()))
    return instants


def _was_taken_lately(connection: Connection, now_us: int) -> bool:
    """Whether some went just now, or at a time that is still to come."""
    last = select(access_beginning.c.taken_at_us).order_by(access_beginning.c.sequence.desc()).limit(1)
    taken_us: int | None = connection.scalar(last)
    return taken_us is not None and now_us - taken_us < APART // _MICROSECOND


def _take_before(database: Database, clock: Clock, before_us: int, actor: Actor) -> int:
    total = 0
    while True:
        with database.access_reader.begin() as connection:
            first_us = _first_instant(connection)
        if first_us is None or first_us >= before_us:
            return total
        total += _take_portion(database, clock.now(), before_us, actor)


def _first_instant(connection: Connection) -> int | None:
    """When the first record there is was recorded; None while there is none."""
    statement = select(access_record.c.recorded_at_us).order_by(access_record.c.sequence).limit(1)
    first: int | None = connection.scalar(statement)
    return first


def _take_portion(database: Database, now: datetime, before_us: int, actor: Actor) -> int:
    with database.access_writer.begin() as connection:
        head = lock_head(connection)
        old = _oldest(connection, before_us)
        if not old:
            return 0
        last = old[-1]
        said = [_said(actor, last.sequence, len(old)), *restated(connection, last.sequence)]
        values = {"sequence": last.sequence, "hash": last.hash, "taken_at_us": microseconds(now)}
        connection.execute(insert(access_beginning), values)
        connection.execute(delete(access_record).where(access_record.c.sequence <= last.sequence))
        append(connection, head, now, [Encoded(each.kind, each.ledger_id, encode_entry(each)) for each in said])
        return len(old)


def _oldest(connection: Connection, before_us: int) -> Sequence[Row[Any]]:
    """The first records, as far as they are old enough: their instants rise with their numbers."""
    columns = access_record.c
    statement = select(columns.sequence, columns.recorded_at_us, columns.hash).order_by(columns.sequence).limit(PORTION)
    return list(takewhile(lambda row: row.recorded_at_us < before_us, connection.execute(statement)))


def _said(actor: Actor, last_sequence: int, count: int) -> AccessEntry:
    return AccessEntry(
        kind=AccessKind.ADMINISTERED,
        action="access-log-prune",
        code=TAKEN_AWAY,
        subject=actor.subject,
        issuer=actor.issuer,
        role=actor.role,
        figures={"last_sequence": last_sequence, "records": count},
    )
