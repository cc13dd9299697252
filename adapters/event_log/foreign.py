"""Events that are none of ours: appended through the eventsourcing interface, under a condition on what is stored.

They bear positions, hashes and tag numbers like every event, and never reach a rule or a figure.
"""

import base64
import secrets
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, true

from adapters.event_log.batch import Batch, Written
from adapters.event_log.encoding import MAX_ENTRY_BYTES, encode_data, encode_entry, request_hash
from adapters.event_log.tables import log_entry, log_tag
from domain.command import Actor, Basis
from domain.dates import DatePrecision, day_in_zone
from domain.errors import TooLarge
from domain.event import ForeignFact, RecordedEvent
from domain.identifiers import command_id, event_id, leaf_hash
from domain.registry import FOREIGN_PREFIX

MAX_TYPE_LENGTH: Final = 78
"""The column of types holds 80 characters, two of which are the prefix."""
_KEY_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignEvent:
    """Type and tags without prefix; data as it came."""

    type: str
    data: bytes
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Events of any of the types (none given: every type) that bear all the tags."""

    types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignAppend:
    """Events to append unless one after `after` (exclusive) matches any of the selections.

    `fail_if` None: no condition. An empty tuple of selections matches every event.
    """

    ledger_id: str
    actor: Actor
    events: tuple[ForeignEvent, ...]
    fail_if: tuple[Selection, ...] | None = None
    after: int = 0


class UnstorableNameError(Exception):
    """A foreign type or tag that not every database can hold, or whose order in the hashed bytes would be unclear."""


class ConditionFailedError(Exception):
    """An event matches the condition; nothing was appended."""


def matching(ledger_id: str, selections: tuple[Selection, ...], after: int) -> Select[Any]:
    """Positions and entries after a position that match any of the selections (none given: all), by position."""
    conditions: list[ColumnElement[bool]] = [log_entry.c.ledger_id == ledger_id, log_entry.c.position > after]
    if selections:
        conditions.append(or_(*(_matches(selection) for selection in selections)))
    return select(log_entry.c.position, log_entry.c.entry).where(*conditions).order_by(log_entry.c.position)


def record_foreign(batch: Batch, append: ForeignAppend) -> None:
    """Adds the events to the batch.

    Raises:
        TooLarge: an entry would be over its limit; nothing of the append is recorded.
        UnstorableNameError: a type or tag is too long, or has a character NUL or beyond U+FFFF.
    """
    for foreign in append.events:
        _refuse_unstorable(foreign)
    identity = command_id(append.ledger_id, append.actor.subject, secrets.token_hex(_KEY_BYTES))
    digest = request_hash([[event.type, event.data, event.tags] for event in append.events])
    batch.loader.load(batch.base, {_foreign(tag) for event in append.events for tag in event.tags})
    events: list[RecordedEvent] = []
    entries: list[bytes] = []
    for index, foreign in enumerate(append.events):
        event = _recorded(batch, append.actor, foreign, (identity, digest), index)
        entry = encode_entry(event, encode_data(event.data))
        if len(entry) > MAX_ENTRY_BYTES:
            raise TooLarge(size_bytes=len(entry), limit_bytes=MAX_ENTRY_BYTES)
        event = event._replace(leaf_hash=leaf_hash(entry))
        batch.base.record(event)
        events.append(event)
        entries.append(entry)
    batch.position += len(events)
    batch.written.append(Written(tuple(events), tuple(entries), ()))


def without_prefix(name: str) -> str:
    """A type or tag as its writer named it."""
    return name.removeprefix(FOREIGN_PREFIX)


def _recorded(
    batch: Batch, actor: Actor, foreign: ForeignEvent, identity: tuple[str, str], index: int
) -> RecordedEvent:
    return RecordedEvent(
        ledger=batch.ledger_id,
        position=batch.position + 1 + index,
        id=event_id(identity[0], index),
        type=_foreign(foreign.type),
        tags=batch.base.numbers(_foreign(tag) for tag in foreign.tags),
        effective_date=day_in_zone(batch.recorded_at, batch.time_zone),
        date_precision=DatePrecision.DAY,
        recorded_at=batch.recorded_at,
        actor=actor,
        command_id=identity[0],
        command_hash=identity[1],
        correlation_id=None,
        causation_id=None,
        corrects=None,
        basis=Basis.RECORDED,
        source=None,
        data=ForeignFact(base64=base64.b64encode(foreign.data).decode()),
        private={},
        leaf_hash=b"",
    )


def _refuse_unstorable(foreign: ForeignEvent) -> None:
    # RFC 8785 orders keys by UTF-16 units, plain sorted JSON by code point: they differ beyond U+FFFF only.
    text = "".join((foreign.type, *foreign.tags))
    if len(foreign.type) > MAX_TYPE_LENGTH or "\0" in text or any(character > "\uffff" for character in text):
        raise UnstorableNameError


def _foreign(name: str) -> str:
    return FOREIGN_PREFIX + name


def _matches(selection: Selection) -> ColumnElement[bool]:
    """Our own events are matched by their own names, foreign ones by the names their writer gave."""
    types = [*selection.types, *map(_foreign, selection.types)]
    of_types = [log_entry.c.type.in_(types)] if types else []
    bears = [
        exists(
            select(log_tag.c.n).where(
                log_tag.c.ledger_id == log_entry.c.ledger_id,
                log_tag.c.tag.in_([tag, _foreign(tag)]),
                log_tag.c.position == log_entry.c.position,
            )
        )
        for tag in selection.tags
    ]
    return and_(true(), *of_types, *bears)
