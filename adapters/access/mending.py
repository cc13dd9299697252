"""Records that somebody put behind the head of the access log: until the head is on the last of them, nothing is added.

They cannot be taken out, and are not: the log goes on behind them, and an audit says of each whether it follows.
"""

from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Connection, select

from adapters.access.chain import Encoded, Head, append, head_of, lock_head, move_head
from adapters.access.encoding import encode_entry
from adapters.access.tables import access_record
from adapters.database import Database
from domain.access_log import AccessEntry, AccessKind
from domain.command import Actor
from domain.ports import Clock

TAKEN_UP: Final = "records-behind-the-head"
"""Code of the record that says so; its figures are the first and the last of them."""

_COLUMNS: Final = access_record.c
_LAST: Final = (
    select(_COLUMNS.sequence, _COLUMNS.recorded_at_us, _COLUMNS.hash).order_by(_COLUMNS.sequence.desc()).limit(1)
)


class Behind(NamedTuple):
    """The first and the last sequence of the records behind the head."""

    first: int
    last: int


def behind_the_head(database: Database) -> Behind | None:
    """What stands in the way of who writes; None where nothing does.

    Raises:
        HeadMissingError: there is no head.
    """
    with database.access_reader.begin() as connection:
        return _behind(head_of(connection), _last(connection))


def take_up(database: Database, clock: Clock, actor: Actor) -> Behind | None:
    """Moves the head to the last record, and says so in a record behind it; None where nothing is to be done.

    Raises:
        HeadMissingError: there is no head.
    """
    with database.access_writer.begin() as connection:
        head, last = lock_head(connection), _last(connection)
        behind = _behind(head, last)
        if behind is not None and last is not None:
            move_head(connection, head.sequence, last)
            _say(connection, last, clock.now(), actor, behind)
        return behind


def _last(connection: Connection) -> Head | None:
    row = connection.execute(_LAST).first()
    return None if row is None else Head(*row)


def _behind(head: Head, last: Head | None) -> Behind | None:
    return Behind(head.sequence + 1, last.sequence) if last is not None and last.sequence > head.sequence else None


def _say(connection: Connection, last: Head, now: datetime, actor: Actor, behind: Behind) -> None:
    entry = AccessEntry(
        kind=AccessKind.ADMINISTERED,
        action="access-log-mend",
        code=TAKEN_UP,
        subject=actor.subject,
        issuer=actor.issuer,
        role=actor.role,
        figures={"first_sequence": behind.first, "last_sequence": behind.last},
    )
    append(connection, last, now, [Encoded(entry.kind, None, encode_entry(entry))])
