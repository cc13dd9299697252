"""Auditing one entry: its bytes, its hash, its columns, and its place after the entries before it."""

from collections.abc import Iterator
from typing import Any

from adapters.event_log.encoding import encode_data, encode_entry, microseconds
from domain.event import RecordedEvent
from domain.identifiers import event_id, event_id_bytes

Found = tuple[str, str]
"""Part and detail of a difference."""


class EntryAudit:
    """Walks entries in position order; `position` and `recorded_at_us` are those of the last one seen.

    `unread` are positions whose entries are there and cannot be read: they are not missing.
    """

    def __init__(self, ledger_id: str) -> None:
        self.position = 0
        self.recorded_at_us = 0
        self.unread: set[int] = set()
        self._ledger_id = ledger_id
        self._command_id = ""
        self._index = 0

    def differences(self, row: Any, event: RecordedEvent) -> Iterator[Found]:
        """What is wrong with a stored row, and with its event as the successor of the last one."""
        yield from self._differences_of_bytes(row, event)
        yield from self._differences_of_columns(row, event)
        yield from self._differences_of_order(row, event)
        self.position = row.position
        self.recorded_at_us = microseconds(event.recorded_at)

    def _differences_of_bytes(self, row: Any, event: RecordedEvent) -> Iterator[Found]:
        if row.leaf_hash != event.leaf_hash:
            yield "entry", "the leaf hash is not that of the stored bytes"
        if encode_entry(event, encode_data(event.data)) != row.entry:
            yield "entry", "the stored bytes are not canonical"
        if (event.ledger, event.position) != (self._ledger_id, row.position):
            yield "entry", f"the entry says ledger {event.ledger}, position {event.position}"

    def _differences_of_columns(self, row: Any, event: RecordedEvent) -> Iterator[Found]:
        expected = {
            "event_id": event_id_bytes(event.id),
            "type": event.type,
            "recorded_at_us": microseconds(event.recorded_at),
            "corrects": event_id_bytes(event.corrects) if event.corrects else None,
        }
        for column, value in expected.items():
            if getattr(row, column) != value:
                yield "columns", f"{column} is not what the entry says"
        # As SQLite stores it, it is a text; PostgreSQL's driver makes a date of it, which reads the same.
        if str(row.effective_date) != event.effective_date.isoformat():
            yield "columns", "effective_date is not what the entry says"

    def _differences_of_order(self, row: Any, event: RecordedEvent) -> Iterator[Found]:
        while self.position + 1 in self.unread:
            self.position += 1
        if row.position != self.position + 1:
            yield "positions", f"the position before it is {self.position}: entries are missing"
        if microseconds(event.recorded_at) < self.recorded_at_us:
            yield "positions", "it is recorded before the entry that precedes it"
        self._index = self._index + 1 if event.command_id == self._command_id else 0
        self._command_id = event.command_id
        if event.id != event_id(event.command_id, self._index):
            yield "entry", "its id does not follow from its command"
