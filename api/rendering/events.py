"""An event as it is shown."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from api.rendering.values import render
from domain.command import Actor, Basis, Source
from domain.dates import DatePrecision, day_in_zone, format_instant
from domain.event import EventReversed, RecordedEvent


class ShownEvent(msgspec.Struct, frozen=True, gc=False):
    """The fields in the order in which they are written."""

    position: int
    event_id: str
    type: str
    effective_date: date
    date_precision: DatePrecision
    recorded_at: str
    actor: Actor
    tags: dict[str, int]
    data: Any
    corrects: str | None
    reversed_by: int | None
    late_days: int
    basis: Basis
    source: Source | None
    correlation_id: str | None
    causation_id: str | None
    leaf_hash: str


def event_json(event: RecordedEvent, time_zone: str, reversed_by: int | None) -> ShownEvent:
    """The event, with the position of its reversal as known to the reader; the zone is the ledger's."""
    late = day_in_zone(event.recorded_at, time_zone) - event.effective_date
    # By position: naming them takes twice as long.
    return ShownEvent(
        event.position,
        event.id,
        event.type,
        event.effective_date,
        event.date_precision,
        format_instant(event.recorded_at),
        event.actor,
        event.tags,
        render(event.data),
        event.corrects,
        reversed_by,
        late.days,
        event.basis,
        event.source,
        event.correlation_id,
        event.causation_id,
        event.leaf_hash.hex(),
    )


def events_json(events: Iterable[RecordedEvent], time_zone: str, reversed_by: Mapping[str, int]) -> list[ShownEvent]:
    """The events in the order given; `reversed_by` is the position of the reversal by event id."""
    return [event_json(event, time_zone, reversed_by.get(event.id)) for event in events]


def reversals_among(events: Iterable[RecordedEvent]) -> dict[str, int]:
    """Position of the reversal by id of the event reversed, for the reversals among the events."""
    return {event.data.reverses.id: event.position for event in events if isinstance(event.data, EventReversed)}
