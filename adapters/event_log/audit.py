"""Auditing a stored log against itself: everything beside the entries is derived again and compared.

One reading transaction, page by page, in position order. The states of all boundaries are folded in memory.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, Connection, Label, Table, func, select, text

from adapters.database import Database
from adapters.database_faults import database_errors, is_damage, words_of
from adapters.event_log import store
from adapters.event_log.audit_custody import DigestAudit, surviving_openings
from adapters.event_log.audit_entry import EntryAudit, Found
from adapters.event_log.audit_rows import entries_before_the_first, openings_of_nothing, tags_of_no_entry
from adapters.event_log.audit_types import MistypedRow, audited_tables, mistyped_rows
from adapters.event_log.bulk import as_stored
from adapters.event_log.encoding import UnreadableEntryError, decode_entry
from adapters.event_log.overlay import EMPTY, Overlay
from adapters.event_log.tables import (
    boundary_state,
    ledger_receipt,
    log_entry,
    log_tag,
    private_value,
)
from adapters.stored_types import in_words, is_of_type
from domain.budget_line import voucher_after
from domain.event import RecordedEvent
from domain.identifiers import commitment, event_id_bytes
from domain.tagging import tags_of

PAGE_COUNT: Final = 2_000
_NARROWED: Final = 8
Progress = Callable[[int, int], None]
"""Called with (position reached, last position) after each page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as the rest of the log says. `position` is None where it concerns no single event."""

    ledger_id: str
    position: int | None
    part: str
    detail: str


def openings_are_readable(connection: Connection) -> bool:
    """Whether the connection's role may read private values; an auditor's may only see that they are there."""
    if connection.dialect.name == "sqlite":
        return True
    return bool(connection.scalar(text("SELECT has_column_privilege('log.private_value', 'value', 'SELECT')")))


def audit_log(
    database: Database, ledger_id: str, progress: Progress = lambda _reached, _last: None
) -> Iterator[Difference]:
    """Every difference found in one ledger's log, in the order it is read; none when it is whole.

    Private values are not compared with what was committed to where the role may not read them.
    """
    with database.log_reader.connect() as connection:
        yield from _Audit(connection, ledger_id).run(progress)


def _as_stored(columns: Iterable[Column[Any]]) -> list[Label[Any]]:
    """The columns without the processing of their types, which fails on what another type stored."""
    return [as_stored(column).label(column.name) for column in columns]


_TEXTS: Final = (log_entry.c.type, log_entry.c.effective_date)
"""Columns of an entry that SQLite holds as texts, beside the id of its ledger."""
_READABLE: Final = [in_words(column).label(column.name) for column in _TEXTS]
_NAMES_OF_OPENINGS: Final = (private_value.c.event_id, private_value.c.field)


class _Audit:
    def __init__(self, connection: Connection, ledger_id: str) -> None:
        self._connection = connection
        self._ledger_id = ledger_id
        self._entries = EntryAudit(ledger_id)
        self._digests: DigestAudit | None = None
        self._replay = Overlay()
        self._states: dict[str, Any] = {}
        self._state_counts: dict[str, int] = {}
        self._is_replayable = True
        self._tag_count = 0
        self._private_count = 0
        self._opens = openings_are_readable(connection)
        self._mistyped: list[MistypedRow] = []
        self._head: store.Head | None = None
        self._damaged: set[str] = set()

    def run(self, progress: Progress) -> Iterator[Difference]:
        for table, part in audited_tables():
            yield from self._reading(part, self._audit_types(table))
        yield from self._reading("digest", self._read_digests())
        yield from self._reading("states", self._read_states())
        yield from self._reading("head", self._read_head())
        yield from self._reading("entry", self._audit_first())
        yield from self._reading("entry", self._audit_entries(progress))
        self._is_replayable &= not self._entries.unread
        if "entry" in self._damaged:
            # What the rest is compared with is not all there.
            return
        yield from self._audit_head()
        yield from self._audit_states()
        yield from self._reading("receipts", self._audit_creation())
        for table, part, count, strange in (
            (log_tag, "tags", self._tag_count, tags_of_no_entry),
            (private_value, "private", self._private_count, openings_of_nothing),
        ):
            yield from self._reading(part, self._audit_rest(table, part, count, strange))

    def _reading(self, part: str, differences: Iterable[Difference]) -> Iterator[Difference]:
        """The differences, and that the part cannot be read any further where that is so: the others are."""
        try:
            yield from differences
        except database_errors() as error:
            if not is_damage(error):
                raise
            # PostgreSQL answers nothing more in the transaction that found it.
            self._connection.rollback()
            self._damaged.add(part)
            position = self._entries.position + 1 if self._entries.position or part == "entry" else None
            yield self._difference(position, part, f"cannot be read from here on: {words_of(error)}")

    def _audit_entries(self, progress: Progress) -> Iterator[Difference]:
        is_known = self._head is not None and not any(each.part == "head" for each in self._mistyped)
        last = self._head.position if self._head is not None and is_known else None
        while rows := self._page():
            yield from self._audit_page(rows)
            progress(self._entries.position, last or self._entries.position)

    def _audit_first(self) -> Iterator[Difference]:
        for position, (part, detail) in entries_before_the_first(self._connection, self._ledger_id):
            yield self._difference(position, part, detail)

    def _audit_types(self, table: Table) -> Iterator[Difference]:
        """An entry whose bytes are of another type is not read: those behind it cannot be replayed."""
        for each in mistyped_rows(self._connection, table, self._ledger_id):
            self._mistyped.append(each)
            yield self._difference(each.position, each.part, each.detail)
            if each.table == log_entry.name and each.position is not None and "entry" in each.columns:
                self._entries.unread.add(each.position)

    def _read_digests(self) -> Iterator[Difference]:
        self._digests = DigestAudit(self._connection, self._ledger_id)
        yield from ()

    def _read_head(self) -> Iterator[Difference]:
        self._head = store.stored_head(self._connection, self._ledger_id)
        yield from ()

    def _read_states(self) -> Iterator[Difference]:
        """By key. There are no more of them than of the states that the replay holds in memory."""
        statement = select(*_as_stored(boundary_state.c)).where(
            boundary_state.c.ledger_id == self._ledger_id, is_of_type(boundary_state.c.key)
        )
        self._states = {row.key: row for row in self._connection.execute(statement)}
        yield from ()

    def _page(self, count: int = PAGE_COUNT) -> Sequence[Any]:
        """The next entries; fewer where so many cannot be read, so that the first that cannot is known."""
        statement = (
            select(*_as_stored(each for each in log_entry.c if each not in _TEXTS), *_READABLE)
            .where(log_entry.c.ledger_id == self._ledger_id, log_entry.c.position > self._entries.position)
            .where(is_of_type(log_entry.c.position, log_entry.c.entry))
            .order_by(log_entry.c.position)
            .limit(count)
        )
        try:
            return self._connection.execute(statement).all()
        except database_errors() as error:
            if count == 1 or not is_damage(error):
                raise
            self._connection.rollback()
            return self._page(max(1, count // _NARROWED))

    def _audit_page(self, rows: Sequence[Any]) -> Iterator[Difference]:
        events: list[RecordedEvent] = []
        first_unread = min(self._entries.unread, default=None)
        for row in rows:
            self._is_replayable &= first_unread is None or row.position < first_unread
            try:
                event = decode_entry(row.entry)
            except UnreadableEntryError as error:
                self._is_replayable = False
                self._entries.position = row.position
                yield self._difference(row.position, "entry", f"stored bytes cannot be read: {error}")
                continue
            for part, detail in self._entries.differences(row, event):
                yield self._difference(row.position, part, detail)
            # What is beside the entry is compared with where it stands, whatever it says of itself.
            placed = event._replace(position=row.position)
            events.append(placed)
            yield from self._replay_event(placed)
        yield from self._reading("tags", self._audit_tags(events))
        yield from self._reading("private", self._audit_private_values(events))

    def _replay_event(self, event: RecordedEvent) -> Iterator[Difference]:
        for tag, n in event.tags.items():
            expected = (self._replay.row(tag) or EMPTY).n + 1
            if n != expected:
                yield self._difference(event.position, "tags", f"{tag} has number {n}, expected {expected}")
        if not self._is_replayable:
            return
        for tag in sorted(tags_of(event, self._replay) ^ event.tags.keys()):
            what = "does not follow from what the event says" if tag in event.tags else "is missing from its tags"
            yield self._difference(event.position, "tags", f"{tag} {what}")
        try:
            self._replay.record(event)
        except (ValueError, LookupError, StopIteration, AttributeError) as error:
            self._is_replayable = False
            yield self._difference(
                event.position, "entry", f"the event does not follow from those before it: {error!r}"
            )
            return
        self._replay.events.clear()
        yield from self._audit_states_at(event)
        for part, detail in () if self._digests is None else self._digests.add(event, self._replay.rows):
            yield self._difference(event.position, part, detail)

    def _audit_tags(self, events: list[RecordedEvent]) -> Iterator[Difference]:
        expected = {(tag, event.position): n for event in events for tag, n in event.tags.items()}
        stored: dict[tuple[str, int], int] = {}
        for chunk in store.chunks(list({tag for tag, _ in expected})):
            statement = select(log_tag.c.tag, log_tag.c.position, log_tag.c.n).where(
                log_tag.c.ledger_id == self._ledger_id,
                log_tag.c.tag.in_(chunk),
                log_tag.c.position.between(events[0].position, events[-1].position),
            )
            stored |= {(tag, position): n for tag, position, n in self._connection.execute(statement)}
        self._tag_count += len(expected.keys() & stored.keys())
        for (tag, position), wanted in expected.items():
            found = stored.get((tag, position))
            if wanted != found:
                yield self._difference(position, "tags", f"index of {tag} says {found}, the entry says {wanted}")

    def _audit_private_values(self, events: list[RecordedEvent]) -> Iterator[Difference]:
        bearing = {event_id_bytes(event.id): event for event in events if event.private}
        for chunk in store.chunks(list(bearing)):
            statement = select(*(private_value.c if self._opens else _NAMES_OF_OPENINGS)).where(
                private_value.c.ledger_id == self._ledger_id,
                as_stored(private_value.c.event_id).in_(chunk),
                is_of_type(*private_value.c),
            )
            for row in self._connection.execute(statement):
                event = bearing[row.event_id]
                committed = event.private.get(row.field)
                self._private_count += committed is not None
                if committed is None or not self._opens:
                    continue
                if committed != commitment(row.salt, row.field, row.value):
                    yield self._difference(event.position, "private", f"{row.field} is not what was committed to")
        for position, (part, detail) in surviving_openings(self._connection, self._ledger_id, events):
            yield self._difference(position, part, detail)

    def _audit_head(self) -> Iterator[Difference]:
        head = self._head
        if "head" in self._damaged:
            return
        last = (self._entries.position, self._entries.recorded_at_us)
        if head is None:
            yield self._difference(None, "head", "the ledger has no head")
        elif tuple(head) != last:
            yield self._difference(None, "head", f"the head says {tuple(head)}, the last entry says {last}")

    def _audit_states_at(self, event: RecordedEvent) -> Iterator[Difference]:
        """The stored states whose last event this is."""
        for tag in event.tags:
            stored = self._states.get(tag)
            if stored is None or stored.position != event.position or tag.startswith(store.VOUCHER_PREFIX):
                continue
            row = self._replay.row(tag) or EMPTY
            if tuple(stored) != store.boundary_row(self._ledger_id, tag, row):
                yield self._difference(event.position, "states", f"state of {tag} differs")
            self._state_counts[tag] = row.n
            del self._states[tag]

    def _audit_states(self) -> Iterator[Difference]:
        if "states" in self._damaged:
            return
        if not self._is_replayable:
            yield self._difference(None, "states", "not compared: the entries cannot be replayed")
            return
        yield from self._audit_vouchers()
        for key, row in self._replay.rows.items():
            last = self._state_counts.get(key, 0)
            due = row.n - row.n % store.EVENTS_PER_STATE
            if not key.startswith(store.VOUCHER_PREFIX) and last < due:
                yield self._difference(row.position, "states", f"no state of {key} behind its event {last} of {row.n}")
        for key, row in sorted(self._states.items()):
            position = row.position if isinstance(row.position, int) else None
            yield self._difference(position, "states", f"state of {key} is that of no event")

    def _audit_vouchers(self) -> Iterator[Difference]:
        """Their states are not stored, but read off the tags, which were compared with the entries."""
        for key, row in self._replay.rows.items():
            if key.startswith(store.VOUCHER_PREFIX) and row.state != voucher_after(row.n, row.position):
                yield self._difference(row.position, "states", f"state of {key} does not follow from its number")

    def _audit_creation(self) -> Iterator[Difference]:
        """The creation of the ledger has a receipt of its own: its keys have a scope without ledger."""
        opening = self._connection.execute(
            select(as_stored(log_entry.c.entry)).where(
                log_entry.c.ledger_id == self._ledger_id, log_entry.c.position == 1
            )
        ).scalar()
        found = self._connection.execute(
            select(*_as_stored((ledger_receipt.c.command_id, ledger_receipt.c.command_hash))).where(
                ledger_receipt.c.ledger_id == self._ledger_id
            )
        ).all()
        if opening is None:
            if found:
                yield self._difference(1, "receipts", "there is a receipt of the ledger's creation, and no such entry")
            return
        if not self._is_replayable:
            return
        event = decode_entry(opening)
        expected = [(bytes.fromhex(event.command_id), bytes.fromhex(event.command_hash))]
        if [tuple(row) for row in found] != expected:
            yield self._difference(1, "receipts", "the receipt of the ledger's creation is missing or differs")

    def _audit_rest(
        self,
        table: Table,
        part: str,
        count: int,
        strange: Callable[[Connection, str], Iterator[tuple[int | None, Found]]],
    ) -> Iterator[Difference]:
        """Rows that belong to no event are looked for where there are more than those of every event."""
        if part in self._damaged:
            return
        statement = select(func.count()).select_from(table).where(table.c.ledger_id == self._ledger_id)
        if self._connection.execute(statement).scalar_one() == count:
            return
        for position, (place, detail) in strange(self._connection, self._ledger_id):
            yield self._difference(position, place, detail)

    def _difference(self, position: int | None, part: str, detail: str) -> Difference:
        return Difference(ledger_id=self._ledger_id, position=position, part=part, detail=detail)
