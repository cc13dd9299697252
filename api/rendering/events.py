"""An event as it is shown."""

from collections.abc import Iterable, Mapping
from typing import Any

from api.rendering.values import render
from domain.dates import day_in_zone, format_instant
from domain.event import EventReversed, RecordedEvent


def event_json(event: RecordedEvent, time_zone: str, reversed_by: int | None) -> dict[str, Any]:
    """The event, with the position of its reversal as known to the reader; the zone is the ledger's."""
    late = day_in_zone(event.recorded_at, time_zone) - event.effective_date
    return {
        "position": event.position,
        "event_id": event.id,
        "type": event.type,
        "effective_date": event.effective_date,
        "date_precision": event.date_precision,
        "recorded_at": format_instant(event.recorded_at),
        "actor": event.actor,
        "tags": event.tags,
        "data": render(event.data),
        "corrects": event.corrects,
        "reversed_by": reversed_by,
        "late_days": late.days,
        "basis": event.basis,
        "source": event.source,
        "correlation_id": event.correlation_id,
        "causation_id": event.causation_id,
        "leaf_hash": event.leaf_hash.hex(),
    }


def events_json(
    events: Iterable[RecordedEvent], time_zone: str, reversed_by: Mapping[str, int]
) -> list[dict[str, Any]]:
    """The events in the order given; `reversed_by` is the position of the reversal by event id."""
    return [event_json(event, time_zone, reversed_by.get(event.id)) for event in events]


def reversals_among(events: Iterable[RecordedEvent]) -> dict[str, int]:
    """Position of the reversal by id of the event reversed, for the reversals among the events."""
    return {event.data.reverses.id: event.position for event in events if isinstance(event.data, EventReversed)}
