"""Auditing for rows too many: those of the log that belong to no entry, each with the position that it has."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, and_, select

from adapters.event_log.audit_entry import Found
from adapters.event_log.bulk import as_stored
from adapters.event_log.encoding import UnreadableEntryError, decode_entry
from adapters.event_log.keyed import KeyedSelect
from adapters.event_log.tables import log_entry, log_tag, private_value
from adapters.stored_types import is_of_type
from domain.event import RecordedEvent
from domain.identifiers import event_id_bytes

_ROWS_AT_ONCE: Final = 2_000
_ENTRIES_AT: Final = KeyedSelect(
    select(log_entry.c.position, log_entry.c.entry), log_entry.c.ledger_id, log_entry.c.position
)
Placed = tuple[int | None, Found]
"""A difference at its position; None where it has none."""


def entries_before_the_first(connection: Connection, ledger_id: str) -> Iterator[Placed]:
    """Every entry below position 1: no reader comes by it, and a look-up by its id does."""
    statement = (
        select(log_entry.c.position)
        .where(log_entry.c.ledger_id == ledger_id, log_entry.c.position < 1, is_of_type(log_entry.c.position))
        .order_by(log_entry.c.position)
    )
    for position in connection.scalars(statement):
        yield position, ("positions", "an entry is stored here, and a log begins at position 1")


def tags_of_no_entry(connection: Connection, ledger_id: str) -> Iterator[Placed]:
    """Every row of the index of tags that no entry accounts for; of an entry that cannot be read nothing is known."""
    statement = (
        select(log_tag.c.tag, log_tag.c.position, log_tag.c.n)
        .where(log_tag.c.ledger_id == ledger_id, is_of_type(*log_tag.c))
        .order_by(log_tag.c.tag, log_tag.c.position)
    )
    found = connection.execute(statement, execution_options={"yield_per": _ROWS_AT_ONCE})
    for rows in found.partitions():
        entries = _entries_at(connection, ledger_id, [row.position for row in rows])
        for tag, position, n in rows:
            if position not in entries:
                yield position, ("tags", f"index of {tag} says {n}, and there is no such entry")
                continue
            event = _decoded(entries[position])
            if event is not None and tag not in event.tags:
                yield position, ("tags", f"index of {tag} says {n}, the entry says None")


def openings_of_nothing(connection: Connection, ledger_id: str) -> Iterator[Placed]:
    """Every private value that no entry commits to."""
    own = and_(
        log_entry.c.ledger_id == private_value.c.ledger_id, log_entry.c.event_id == as_stored(private_value.c.event_id)
    )
    names = (as_stored(private_value.c.event_id).label("event_id"), private_value.c.field)
    statement = (
        select(*names, log_entry.c.position, as_stored(log_entry.c.entry).label("entry"))
        .join_from(private_value, log_entry, own, isouter=True)
        .where(private_value.c.ledger_id == ledger_id, is_of_type(private_value.c.event_id, private_value.c.field))
        .order_by(private_value.c.event_id, private_value.c.field)
    )
    found = connection.execute(statement, execution_options={"yield_per": _ROWS_AT_ONCE})
    for event_id, field, position, entry in found:
        if position is None:
            yield None, ("private", f"{field} is stored for event {event_id.hex()}, which is not there")
            continue
        event = _decoded(entry)
        if event is None:
            continue
        if event_id_bytes(event.id) != event_id:
            yield position, ("private", f"{field} is stored for event {event_id.hex()}, the entry is of another")
        elif field not in event.private:
            yield position, ("private", f"{field} is stored, and the entry commits to none")


def _entries_at(connection: Connection, ledger_id: str, positions: Sequence[int]) -> Mapping[int, Any]:
    return dict(tuple(row) for row in _ENTRIES_AT.rows(connection, ledger_id, list(dict.fromkeys(positions))))


def _decoded(entry: Any) -> RecordedEvent | None:
    try:
        return decode_entry(entry) if isinstance(entry, bytes) else None
    except UnreadableEntryError:
        return None
