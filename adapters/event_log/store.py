"""SQL of the append path: one ledger's head, boundary rows and events inside a transaction."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from operator import itemgetter
from typing import Final, NamedTuple, TypeVar

from sqlalchemy import (
    BindParameter,
    Connection,
    DateTime,
    Table,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    update,
)

from adapters.event_log.batch import Identity, Opening, Written
from adapters.event_log.bulk import as_stored, insert_rows
from adapters.event_log.encoding import (
    UnreadableEntryError,
    decode_entry,
    decode_row,
    decode_state,
    encode_state,
    is_instant,
    microseconds,
)
from adapters.event_log.keyed import KeyedSelect, tags_since
from adapters.event_log.overlay import EMPTY, Overlay, Receipt, Row
from adapters.event_log.tables import (
    boundary_state,
    ledger_head,
    log_entry,
    log_tag,
    private_value,
)
from domain.boundary import Kind, key_of, kind_of
from domain.budget_line import voucher_after
from domain.event import EventState, RecordedEvent, effect_of, evolve_event_state
from domain.flow import DisbursementReturned
from domain.identifiers import event_id, event_id_bytes
from domain.registry import FOREIGN_PREFIX, corrected_events, evolve

CHUNK_COUNT = 500
"""How many keys one statement names: below every driver's limit of parameters."""

VOUCHER_PREFIX: Final = key_of(Kind.VOUCHER, "")
"""Vouchers have no rows of their own: each would be one more random page for a payment, and says what its tag says."""

EVENTS_PER_STATE: Final = 16
"""A boundary's state is stored when the number of events that bear its tag passes a multiple of this. It may be raised,
never lowered: `verify` would miss states in sound logs."""

LAST_POSITION: Final = 2**53 - 1
"""The last that an entry can name: its numbers are those of JSON that every reader takes as they are."""

MAX_CLOCK_LEAD: Final = timedelta(seconds=60)
"""Beyond the database's clock, where that is another machine's. What is recorded under a time to come makes every later
write wait for it, since times only rise."""

_TAG: Final = itemgetter(1)
_POSITION: Final = itemgetter(1)

TableRows = tuple[Table, Sequence[Sequence[object]]]
Key = TypeVar("Key")


class Prepared(NamedTuple):
    """Rows to insert, in order, and the ids of the events whose openings are deleted after that."""

    rows: list[TableRows]
    erased: list[str]


# Statements of every transaction are made once: making one costs more than it takes to run.
_LEDGER: Final[BindParameter[str]] = bindparam("ledger")
_HEAD: Final = select(ledger_head.c.position, ledger_head.c.recorded_at_us).where(ledger_head.c.ledger_id == _LEDGER)
_LOCK_HEAD: Final = _HEAD.with_for_update()
_ADVANCE_HEAD: Final = (
    update(ledger_head)
    .where(ledger_head.c.ledger_id == _LEDGER, ledger_head.c.position == bindparam("expected"))
    .values(position=bindparam("position"), recorded_at_us=bindparam("recorded_at_us"))
)
_IS_TO_COME: Final = select(bindparam("instant", type_=DateTime(timezone=True)) > func.clock_timestamp())
_ROWS: Final = KeyedSelect(
    select(boundary_state.c.key, boundary_state.c.event_count, boundary_state.c.position, boundary_state.c.state),
    boundary_state.c.ledger_id,
    boundary_state.c.key,
)
_VOUCHERS: Final = KeyedSelect(
    # Both grow together, so these are of one row: the last one.
    select(log_tag.c.tag, func.max(log_tag.c.n), func.max(log_tag.c.position)).group_by(log_tag.c.tag),
    log_tag.c.ledger_id,
    log_tag.c.tag,
)
# Who reads by position begins at 1. A row put below it, or behind the head, is no entry of the log, and nobody may be
# told by one that a payment is recorded. Until a batch ends its own entries are behind the head: only what is asked
# before it inserts any, its receipts, is held against that.
# The sum keeps SQLite from looking for a position in the range, instead of for the keys: that would read the whole log.
_place = log_entry.c.position + literal_column("0")
_IS_BEGUN: Final = _place > literal_column("0")
_IS_REACHED: Final = _place <= (
    select(ledger_head.c.position).where(ledger_head.c.ledger_id == log_entry.c.ledger_id).scalar_subquery()
)
_ENTRIES: Final = select(log_entry.c.position, log_entry.c.entry)
_ENTRIES_BY_POSITION: Final = KeyedSelect(_ENTRIES, log_entry.c.ledger_id, log_entry.c.position)
_ENTRIES_BY_ID: Final = KeyedSelect(_ENTRIES.where(_IS_BEGUN), log_entry.c.ledger_id, log_entry.c.event_id)
_ENTRIES_OF_IDS: Final = KeyedSelect(
    select(log_entry.c.event_id, log_entry.c.entry).where(_IS_BEGUN, _IS_REACHED),
    log_entry.c.ledger_id,
    log_entry.c.event_id,
)
_CORRECTIONS: Final = KeyedSelect(_ENTRIES.where(_IS_BEGUN), log_entry.c.ledger_id, log_entry.c.corrects)


class Head(NamedTuple):
    """Where a ledger's log ends."""

    position: int
    recorded_at_us: int


def stored_head(connection: Connection, ledger_id: str) -> Head | None:
    """The ledger's head, whatever it says; None when there is none."""
    row = connection.execute(_HEAD, {"ledger": ledger_id}).first()
    return Head(*row) if row is not None else None


def head_of(connection: Connection, ledger_id: str) -> Head | None:
    """The ledger's head; None when there is none.

    Raises:
        UnreadableEntryError: no log ends there.
    """
    return _possible(stored_head(connection, ledger_id))


def lock_head(connection: Connection, ledger_id: str) -> Head | None:
    """The ledger's head, held against every other writer until the transaction ends; None when there is none.

    On SQLite the transaction itself began with the write lock.

    Raises:
        UnreadableEntryError: no log ends there.
    """
    row = connection.execute(_LOCK_HEAD, {"ledger": ledger_id}).first()
    return _possible(Head(*row) if row is not None else None)


def _possible(head: Head | None) -> Head | None:
    if head is None or (0 < head.position <= LAST_POSITION and is_instant(head.recorded_at_us)):
        return head
    message = f"the head says {tuple(head)}, which is no place or no instant"
    raise UnreadableEntryError(message)


def is_ahead_of_database(connection: Connection, instant: datetime) -> bool:
    """Whether the instant is still to come by PostgreSQL's clock. SQLite has no clock of its own."""
    if connection.dialect.name == "sqlite":
        return False
    ahead: bool = connection.execute(_IS_TO_COME, {"instant": instant}).scalar_one()
    return ahead


def advance_head(connection: Connection, ledger_id: str, expected: Head, head: Head) -> None:
    """Moves the head.

    Raises:
        RuntimeError: it is not where this transaction saw it; nothing of the batch may be committed.
    """
    result = connection.execute(
        _ADVANCE_HEAD,
        {
            "ledger": ledger_id,
            "expected": expected.position,
            "position": head.position,
            "recorded_at_us": head.recorded_at_us,
        },
    )
    if result.rowcount != 1:
        message = f"head of {ledger_id} moved under its lock"
        raise RuntimeError(message)


def read_events(connection: Connection, ledger_id: str, after: int, until: int) -> list[RecordedEvent]:
    """Events by position, `after` exclusive, `until` inclusive."""
    rows = connection.execute(
        select(log_entry.c.position, log_entry.c.entry)
        .where(log_entry.c.ledger_id == ledger_id, log_entry.c.position > after, log_entry.c.position <= until)
        .order_by(log_entry.c.position)
    )
    return [decode_row(ledger_id, position, entry) for position, entry in rows]


def load_rows(connection: Connection, ledger_id: str, keys: Sequence[str], into: Overlay) -> list[str]:
    """Loads the states of boundaries, stored ones brought up to the end of the log.

    Returns the keys that no event bears; their rows are empty.

    Raises:
        UnreadableEntryError: the events since a stored state are not all there, or do not follow from it.
    """
    rows = dict.fromkeys(keys, EMPTY)
    for key, n, position, state in _ROWS.rows(connection, ledger_id, keys):
        rows[key] = Row(n, position, _decode_row_state(key, state))
    since = sorted(tags_since(connection, ledger_id, {key: row.position for key, row in rows.items()}), key=_POSITION)
    entries = _ENTRIES_BY_POSITION.rows(connection, ledger_id, list({position for _, position in since}))
    events = {position: decode_row(ledger_id, position, entry) for position, entry in entries}
    for key, position in since:
        rows[key] = _after(key, rows[key], events.get(position))
    # Only now: nobody may decide on half of what there is.
    into.rows.update(rows)
    return [key for key, row in rows.items() if row is EMPTY]


def _after(key: str, row: Row, event: RecordedEvent | None) -> Row:
    """A boundary after the next event that bears its tag."""
    if event is None or event.tags.get(key) != row.n + 1:
        message = f"the event behind number {row.n} of {key} is missing"
        raise UnreadableEntryError(message)
    try:
        state = evolve(key, row.state, effect_of(event))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        message = f"position {event.position} does not follow from what was before: {error!r}"
        raise UnreadableEntryError(message) from error
    return Row(row.n + 1, event.position, state)


def load_vouchers(connection: Connection, ledger_id: str, keys: Sequence[str], into: Overlay) -> None:
    """Loads the rows of vouchers, which follow from the last event that bears each one's tag."""
    into.rows.update(dict.fromkeys(keys, EMPTY))
    for key, n, position in _VOUCHERS.rows(connection, ledger_id, keys):
        into.rows[key] = Row(n, position, voucher_after(n, position))


def load_event_states(connection: Connection, ledger_id: str, event_ids: Iterable[str], into: Overlay) -> None:
    """Loads what the log holds of the events: themselves, what corrects them, and what reverses their returns."""
    wanted = set(event_ids)
    states = {event.id: EventState(event) for event in _events_of(connection, ledger_id, _ENTRIES_BY_ID, wanted)}
    corrections = _events_of(connection, ledger_id, _CORRECTIONS, states.keys())
    returns = {event.id for event in corrections if isinstance(event.data, DisbursementReturned)}
    corrections += _events_of(connection, ledger_id, _CORRECTIONS, returns - states.keys())
    for event in sorted(corrections, key=lambda each: each.position):
        for corrected in states.keys() & set(corrected_events(event)):
            states[corrected] = evolve_event_state(states[corrected], event)
    into.events.update({each: states.get(each) for each in wanted})


def load_receipts(connection: Connection, ledger_id: str, identities: Iterable[Identity], into: Overlay) -> None:
    """Loads what became of the commands that were accepted before: the log itself says it.

    Raises:
        UnreadableEntryError: an event is of another command than its id says.
    """
    for command, entries in entries_of_commands(connection, ledger_id, identities).items():
        events = tuple(decode_entry(entry) for entry in entries)
        for event in events:
            if event.command_id != command:
                message = f"position {event.position} is not of the command that its id is of"
                raise UnreadableEntryError(message)
        into.receipts[command] = Receipt(events[0].command_hash, events)


def entries_of_commands(
    connection: Connection, ledger_id: str, identities: Iterable[Identity]
) -> dict[str, list[bytes]]:
    """The stored bytes of the events of those commands that were accepted, in their order, by command id.

    The ids of a command's events follow from the command's: one after the other is looked for until there is none.
    """
    made: dict[str, list[bytes]] = {}
    wanted = {event_id_bytes(each.first_event_id): each.command_id for each in identities}
    for index in count(1):
        found = list(_ENTRIES_OF_IDS.rows(connection, ledger_id, list(wanted)))
        if not found:
            break
        for key, entry in found:
            made.setdefault(wanted[key], []).append(entry)
        commands = [wanted[key] for key, _ in found]
        wanted = {event_id_bytes(event_id(command, index)): command for command in commands}
    return made


def load_openings(connection: Connection, event: RecordedEvent) -> dict[str, str]:
    """Private values of an event that were not erased, by field."""
    return {opening.field: opening.value for opening in read_openings(connection, event)}


def read_openings(connection: Connection, event: RecordedEvent) -> list[Opening]:
    """What opens the commitments of an event and was not erased, by field."""
    statement = (
        select(private_value.c.field, private_value.c.salt, private_value.c.value)
        .where(private_value.c.ledger_id == event.ledger, private_value.c.event_id == event_id_bytes(event.id))
        .order_by(private_value.c.field)
    )
    return [Opening(event.id, field, salt, value) for field, salt, value in connection.execute(statement)]


def insert_events(connection: Connection, ledger_id: str, written: Sequence[Written]) -> None:
    """Inserts what a batch accepted: entries, tags and openings; deletes the openings it erases."""
    insert_prepared(connection, ledger_id, prepared(ledger_id, written))


def prepared(ledger_id: str, written: Sequence[Written]) -> Prepared:
    """What `insert_events` does, worked out before the connection is needed."""
    events = [(event, entry) for each in written for event, entry in zip(each.events, each.entries, strict=True)]
    rows: list[TableRows] = [
        (log_entry, [entry_row(event, entry) for event, entry in events]),
        # In the order of the index: neighbours fall on one page.
        (log_tag, sorted([row for event, _ in events for row in tag_rows(event)], key=_TAG)),
        (private_value, [row for each in written for row in _opening_rows(ledger_id, each)]),
    ]
    return Prepared(rows, [event_id for each in written for event_id in each.erased])


def insert_prepared(connection: Connection, ledger_id: str, made: Prepared) -> None:
    """Inserts and deletes what was worked out."""
    for table, rows in made.rows:
        insert_rows(connection, table, rows)
    # After the inserts: what is erased may have been recorded by the same batch.
    _delete_openings(connection, ledger_id, made.erased)


def state_rows(ledger_id: str, written: Sequence[Written], states: Overlay) -> list[tuple[object, ...]]:
    """The rows of `boundary_state` that are due: of each tag whose number has passed a multiple of EVENTS_PER_STATE.

    Not every one at every event: each is a page of its own to write, and the few events since are soon folded.
    """
    tags = {
        tag
        for each in written
        for event in each.events
        for tag, n in event.tags.items()
        if not n % EVENTS_PER_STATE and not tag.startswith(VOUCHER_PREFIX)
    }
    return [boundary_row(ledger_id, tag, states.row(tag) or EMPTY) for tag in sorted(tags)]


def entry_row(event: RecordedEvent, entry: bytes) -> tuple[object, ...]:
    """The row of `log_entry` that follows from an event and its stored bytes."""
    return (
        event.ledger,
        event.position,
        event_id_bytes(event.id),
        event.type,
        event.effective_date,
        microseconds(event.recorded_at),
        event_id_bytes(event.corrects) if event.corrects else None,
        event.leaf_hash,
        entry,
    )


def tag_rows(event: RecordedEvent) -> list[tuple[str, str, int, int]]:
    """The rows of `log_tag` that follow from an event."""
    return [(event.ledger, tag, event.position, n) for tag, n in event.tags.items()]


def boundary_row(ledger_id: str, key: str, row: Row) -> tuple[object, ...]:
    """The row of `boundary_state` of a boundary."""
    return (ledger_id, key, row.n, row.position, encode_state(row.state))


def chunks(items: Sequence[Key]) -> Iterator[Sequence[Key]]:
    """The items in lists of at most CHUNK_COUNT."""
    for start in range(0, len(items), CHUNK_COUNT):
        yield items[start : start + CHUNK_COUNT]


def _decode_row_state(key: str, state: bytes | None) -> object:
    return None if key.startswith(FOREIGN_PREFIX) else decode_state(kind_of(key), state)


def _opening_rows(ledger_id: str, written: Written) -> list[tuple[object, ...]]:
    return [(ledger_id, event_id_bytes(each.event_id), each.field, each.salt, each.value) for each in written.openings]


def _delete_openings(connection: Connection, ledger_id: str, event_ids: list[str]) -> None:
    for chunk in chunks([event_id_bytes(each) for each in event_ids]):
        erased = (private_value.c.ledger_id == ledger_id, as_stored(private_value.c.event_id).in_(chunk))
        connection.execute(delete(private_value).where(*erased))


def _events_of(connection: Connection, ledger_id: str, by: KeyedSelect, ids: Iterable[str]) -> list[RecordedEvent]:
    rows = by.rows(connection, ledger_id, [event_id_bytes(each) for each in ids])
    return [decode_row(ledger_id, position, entry) for position, entry in rows]
