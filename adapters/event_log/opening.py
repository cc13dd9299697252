"""Opening a ledger: its head row and its first event in one transaction."""

import secrets
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from adapters.database import forget_warnings, wait_for_standby
from adapters.database_faults import database_errors, fault_of, log_fault
from adapters.event_log import store
from adapters.event_log.batch import Written
from adapters.event_log.committing import commit
from adapters.event_log.encoding import encode_data, encode_entry, microseconds, request_hash
from adapters.event_log.tables import ledger_head, ledger_receipt
from domain.command import Actor, Basis
from domain.dates import DatePrecision, day_in_zone
from domain.errors import AlreadyExists, ClockAhead, IdempotencyKeyReused, LogDamaged
from domain.event import ProposedEvent, RecordedEvent
from domain.identifiers import command_id, event_id, leaf_hash
from domain.ledger import OpenLedger, decide_ledger
from domain.ports import Clock
from domain.registry import type_name
from domain.submission import Accepted, Answer

LOG_ID_BYTES: Final = 16


def open_ledger(engine: Engine, clock: Clock, request: OpenLedger, *, actor: Actor, key: str, demo: bool) -> Answer:
    """See CommandLog.open_ledger. Keys of creations have a scope without ledger."""
    identity = command_id(None, actor.subject, key)
    try:
        with engine.connect() as connection, connection.begin() as transaction:
            forget_warnings(connection)
            answer = _answer(connection, clock, request, actor, identity, demo=demo)
            commit(connection, transaction)
            return answer
    except database_errors() as error:
        log_fault(error)
        # The head was free, and is held: nobody of ours has written what stands where the first rows belong.
        taken = LogDamaged() if isinstance(error, IntegrityError) else error
        raise (fault_of(error) or taken) from error


def _answer(
    connection: Connection, clock: Clock, request: OpenLedger, actor: Actor, identity: str, *, demo: bool
) -> Answer:
    replayed = _replay(connection, identity, request_hash(request))
    if replayed is None:
        return _open(connection, clock, request, actor, identity, demo=demo)
    wait_for_standby(connection)
    return replayed


def _replay(connection: Connection, identity: str, digest: str) -> Answer | None:
    statement = select(ledger_receipt.c.command_hash, ledger_receipt.c.ledger_id).where(
        ledger_receipt.c.command_id == bytes.fromhex(identity)
    )
    row = connection.execute(statement).first()
    if row is None:
        return None
    if row.command_hash.hex() != digest:
        raise IdempotencyKeyReused
    events = tuple(store.read_events(connection, row.ledger_id, 0, 1))
    return Answer(outcomes=(Accepted(events=events, replayed=True),), position=1)


def _open(
    connection: Connection, clock: Clock, request: OpenLedger, actor: Actor, identity: str, *, demo: bool
) -> Answer:
    recorded_at = clock.now()
    if store.is_ahead_of_database(connection, recorded_at - store.MAX_CLOCK_LEAD):
        raise ClockAhead
    if not _is_inserted(connection, ledger_head, (request.ledger_id, 1, microseconds(recorded_at))):
        # Whoever took the id may have been this very request, sent twice at once.
        replayed = _replay(connection, identity, request_hash(request))
        if replayed is not None:
            wait_for_standby(connection)
            return replayed
        raise AlreadyExists("/ledger_id")
    proposed = decide_ledger(request, log_id=secrets.token_hex(LOG_ID_BYTES), demo=demo)
    event, entry = _first_event(proposed, request, actor, identity, recorded_at)
    written = Written((event,), (entry,), ())
    store.insert_events(connection, request.ledger_id, [written])
    receipt = (bytes.fromhex(identity), bytes.fromhex(event.command_hash), request.ledger_id)
    if not _is_inserted(connection, ledger_receipt, receipt):
        # The key has opened another ledger meanwhile.
        raise IdempotencyKeyReused
    return Answer(outcomes=(Accepted(events=(event,)),), position=1)


def _is_inserted(connection: Connection, table: Table, row: tuple[object, ...]) -> bool:
    """Whether the row's key was free; it is then held by this transaction."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table).values(row).on_conflict_do_nothing().returning(*table.primary_key)
    return connection.execute(statement).first() is not None


def _first_event(
    proposed: ProposedEvent, request: OpenLedger, actor: Actor, identity: str, recorded_at: datetime
) -> tuple[RecordedEvent, bytes]:
    data = encode_data(proposed.data)
    event = RecordedEvent(
        ledger=request.ledger_id,
        position=1,
        id=event_id(identity, 0),
        type=type_name(proposed.data),
        tags=dict.fromkeys(proposed.tags, 1),
        effective_date=day_in_zone(recorded_at, request.time_zone),
        date_precision=DatePrecision.DAY,
        recorded_at=recorded_at,
        actor=actor,
        command_id=identity,
        command_hash=request_hash(request),
        correlation_id=None,
        causation_id=None,
        corrects=None,
        basis=Basis.RECORDED,
        source=None,
        data=proposed.data,
        private={},
        leaf_hash=b"",
    )
    entry = encode_entry(event, data)
    return event._replace(leaf_hash=leaf_hash(entry)), entry
