"""Taking away what is older than it has to be kept: from the beginning of the access log only, and never unsaid."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select

from adapters.access.chain import Encoded, append, lock_head
from adapters.access.encoding import encode_entry
from adapters.access.tables import access_beginning, access_record
from adapters.database import Database
from adapters.event_log.encoding import microseconds
from domain.access_log import LEAST_DAYS, AccessEntry, AccessKind
from domain.command import Actor
from domain.ports import Clock

TAKEN_AWAY: Final = "records-taken-away"
"""Code of the record that says so; its figure `last_sequence` is the last one that went."""

PORTION: Final = 5_000
"""Records of one transaction: whoever has to be written down meanwhile waits for one."""


def take_away(database: Database, clock: Clock, days: int, actor: Actor) -> int:
    """Takes away every record that is older than so many days; returns how many.

    Each transaction keeps the place after which the log begins now, and adds a record that says by whose word.

    Raises:
        ValueError: fewer days than records must be kept.
    """
    if days < LEAST_DAYS:
        message = f"records of the access log are kept for {LEAST_DAYS} days at least"
        raise ValueError(message)
    total = 0
    # Looked at beside the writers: on most days there is nothing to hold them up for.
    while (first_us := _first_instant(database)) is not None:
        now = clock.now()
        before_us = microseconds(now - timedelta(days=days))
        if first_us >= before_us:
            break
        total += _take_portion(database, now, before_us, actor)
    return total


def _first_instant(database: Database) -> int | None:
    """When the first record there is was recorded; None while there is none."""
    with database.access_reader.begin() as connection:
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
        values = {"sequence": last.sequence, "hash": last.hash, "taken_at_us": microseconds(now)}
        connection.execute(insert(access_beginning), values)
        connection.execute(delete(access_record).where(access_record.c.sequence <= last.sequence))
        append(connection, head, now, [_said(actor, last.sequence, len(old))])
        return len(old)


def _oldest(connection: Connection, before_us: int) -> Sequence[Row[Any]]:
    """The first records, as far as they are old enough: their instants rise with their numbers."""
    columns = access_record.c
    statement = select(columns.sequence, columns.recorded_at_us, columns.hash).order_by(columns.sequence).limit(PORTION)
    return list(takewhile(lambda row: row.recorded_at_us < before_us, connection.execute(statement)))


def _said(actor: Actor, last_sequence: int, count: int) -> Encoded:
    entry = AccessEntry(
        kind=AccessKind.ADMINISTERED,
        action="access-log-prune",
        code=TAKEN_AWAY,
        subject=actor.subject,
        issuer=actor.issuer,
        role=actor.role,
        figures={"last_sequence": last_sequence, "records": count},
    )
    return Encoded(entry.kind, None, encode_entry(entry))
