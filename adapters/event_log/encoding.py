"""Canonical bytes: how an event is stored and hashed, and read back.

UTF-8 JSON, keys sorted, no white space, no floats, integers within 2^53: on this subset plain sorted JSON equals
RFC 8785. Every envelope and data key is always present; absent is null. Stored bytes never change.
"""

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, Final

import msgspec

from domain.boundary import Kind
from domain.command import Actor, Basis, Command, Source
from domain.custody import LedgerDigest
from domain.dates import DatePrecision, format_instant
from domain.event import EventReversed, ForeignFact, RecordedEvent, ReversedEvent
from domain.identifiers import leaf_hash
from domain.registry import (
    COMMAND_NAMES,
    EVENT_TYPES,
    FACT_TYPES,
    FOREIGN_PREFIX,
    SERVICE_COMMANDS,
    STATE_TYPES,
    Body,
    EventData,
)

RECORD_FORMAT: Final = 1
MAX_DATA_BYTES: Final = 24 * 1024
MAX_ENTRY_BYTES: Final = 60 * 1024
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_encode: Final = msgspec.json.Encoder(order="sorted").encode
# Maps are sorted; the keys above them are written in the order of their declaration, which is that of the alphabet.
_encode_in_order: Final = msgspec.json.Encoder(order="deterministic").encode


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """The keys of an entry in the order in which they are stored, all required."""

    actor: Actor
    basis: Basis
    causation_id: str | None
    command_hash: str
    command_id: str
    corrects: str | None
    correlation_id: str | None
    data: msgspec.Raw
    date_precision: DatePrecision
    effective_date: date
    id: str
    ledger: str
    position: int
    private: dict[str, str]
    recorded_at: str
    source: Source | None
    tags: dict[str, int]
    type: str
    v: int


class _HashedCommand(msgspec.Struct, frozen=True, gc=False):
    """What of a command its hash covers."""

    basis: Basis
    body: Body | None
    command: str
    correlation_id: str | None
    date_precision: DatePrecision
    effective_date: date | None
    source: Source | None


class _Reversal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reverses: ReversedEvent
    fact: msgspec.Raw
    reason: str


_decode_entry: Final = msgspec.json.Decoder(_Entry).decode
_decode_reversal: Final = msgspec.json.Decoder(_Reversal).decode


class UnreadableEntryError(Exception):
    """Stored bytes are not an entry of a known format and type."""


def encode_data(data: EventData) -> bytes:
    """Canonical bytes of an event's data."""
    return _encode(data)


def encode_entry(event: RecordedEvent, data: bytes) -> bytes:
    """The canonical bytes of an event; `data` are those of its data, so that they are made once."""
    # All at once and by position: naming nineteen fields takes twice as long.
    (
        ledger,
        position,
        identity,
        type_name,
        tags,
        effective_date,
        date_precision,
        recorded_at,
        actor,
        command_id,
        digest,
        correlation_id,
        causation_id,
        corrects,
        basis,
        source,
        _,
        private,
        _,
    ) = event
    return _encode_in_order(
        _Entry(
            actor,
            basis,
            causation_id,
            digest,
            command_id,
            corrects,
            correlation_id,
            msgspec.Raw(data),
            date_precision,
            effective_date,
            identity,
            ledger,
            position,
            private,
            format_instant(recorded_at),
            source,
            tags,
            type_name,
            RECORD_FORMAT,
        )
    )


def decode_entry(entry: bytes) -> RecordedEvent:
    """The event of stored bytes, with the leaf hash of exactly these bytes.

    Raises:
        UnreadableEntryError: a missing or unknown key, another format, an unknown type.
    """
    try:
        raw = _decode_entry(entry)
        data = _decode_data(raw.type, raw.data)
        recorded_at = datetime.fromisoformat(raw.recorded_at)
    except (msgspec.MsgspecError, KeyError, ValueError) as error:
        raise UnreadableEntryError(str(error)) from error
    if raw.v != RECORD_FORMAT:
        message = f"record format {raw.v}"
        raise UnreadableEntryError(message)
    # By position, as above.
    return RecordedEvent(
        raw.ledger,
        raw.position,
        raw.id,
        raw.type,
        raw.tags,
        raw.effective_date,
        raw.date_precision,
        recorded_at,
        raw.actor,
        raw.command_id,
        raw.command_hash,
        raw.correlation_id,
        raw.causation_id,
        raw.corrects,
        raw.basis,
        raw.source,
        data,
        raw.private,
        leaf_hash(entry),
    )


def decode_row(ledger_id: str, position: int, entry: bytes) -> RecordedEvent:
    """The event of the bytes that are stored for a ledger at a position.

    Whoever reads on goes on behind the last position: one that bytes name somewhere else would lead it back for ever.

    Raises:
        UnreadableEntryError: as `decode_entry`; and the bytes name another ledger or position.
    """
    event = decode_entry(entry)
    if event.position != position or event.ledger != ledger_id:
        message = f"the entry at position {position} says that it is another one"
        raise UnreadableEntryError(message)
    return event


def command_hash(command: Command) -> str:
    """Hex SHA-256 of the validated command with its defaults filled in, without its private values.

    What the service fills in by itself is left out, or a retry would be another command: a digest, and its own dates.
    """
    body_type = type(command.body)
    hashed = _HashedCommand(
        command.basis,
        None if body_type is LedgerDigest else command.body,
        COMMAND_NAMES[body_type],
        command.correlation_id,
        command.date_precision,
        None if body_type in SERVICE_COMMANDS else command.effective_date,
        command.source,
    )
    return hashlib.sha256(_encode(hashed)).hexdigest()


def request_hash(request: object) -> str:
    """Hex SHA-256 of a request that is no command of a ledger: its creation, or a foreign append."""
    return hashlib.sha256(_encode(request)).hexdigest()


def encode_state(state: object) -> bytes | None:
    """Stored form of a boundary's state."""
    return None if state is None else _encode(state)


def decode_state(kind: Kind, state: bytes | None) -> Any:
    """The state of a boundary kind from its stored form."""
    return None if state is None else _state_decoder(kind).decode(state)


@lru_cache(maxsize=64)
def microseconds(instant: datetime) -> int:
    """Microseconds since 1970 of a UTC instant, exactly."""
    return (instant - _EPOCH) // _MICROSECOND


LAST_INSTANT_US: Final = microseconds(datetime.max.replace(tzinfo=UTC))
"""The last that can be told: the end of the year 9999."""


def instant_of(microseconds_since_1970: int) -> datetime:
    """The UTC instant of a number of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=microseconds_since_1970)


def recorded_instant(microseconds_since_1970: int) -> datetime:
    """The instant that is stored beside an entry, or beside the head.

    Raises:
        UnreadableEntryError: there is no such instant.
    """
    if not is_instant(microseconds_since_1970):
        message = "something is recorded at no instant that there is"
        raise UnreadableEntryError(message)
    return instant_of(microseconds_since_1970)


def is_instant(microseconds_since_1970: object) -> bool:
    """Whether that many microseconds since 1970 are an instant; on SQLite a column may hold anything."""
    return isinstance(microseconds_since_1970, int) and 0 <= microseconds_since_1970 <= LAST_INSTANT_US


def _decode_data(type_name: str, data: msgspec.Raw) -> EventData:
    decode = _DATA_DECODERS.get(type_name)
    if decode is not None:
        return decode(data)
    if type_name.startswith(FOREIGN_PREFIX):
        return _decode_foreign(data)
    raise KeyError(type_name)


def _decode_reversed(data: msgspec.Raw) -> EventReversed:
    reversal = _decode_reversal(data)
    fact = _FACT_DECODERS[reversal.reverses.type](reversal.fact)
    return EventReversed(reverses=reversal.reverses, fact=fact, reason=reversal.reason)


_FACT_DECODERS: Final = {name: msgspec.json.Decoder(each).decode for name, each in FACT_TYPES.items()}
_DATA_DECODERS: Final[dict[str, Callable[[msgspec.Raw], EventData]]] = {
    name: _decode_reversed if each is EventReversed else msgspec.json.Decoder(each).decode
    for name, each in EVENT_TYPES.items()
}
_decode_foreign: Final = msgspec.json.Decoder(ForeignFact).decode


@cache
def _state_decoder(kind: Kind) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(STATE_TYPES[kind])
