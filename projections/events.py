"""Recorded events as they are shown, and the history of one thing."""

from collections.abc import Sequence

from domain.event import RecordedEvent
from domain.ports import EventFeed, LedgerInfo
from projections.measures import late_days
from projections.rows import EventRow


def event_rows(feed: EventFeed, ledger: LedgerInfo, events: Sequence[RecordedEvent], until: int) -> list[EventRow]:
    """The events as known at position `until`, in the order given."""
    reversed_by = feed.reversed_by(ledger.ledger_id, events, until)
    return [_row(event, reversed_by.get(event.id), ledger.time_zone) for event in events]


def _row(event: RecordedEvent, reversed_by: int | None, time_zone: str) -> EventRow:
    return EventRow(
        position=event.position,
        event_id=event.id,
        type=event.type,
        effective_date=event.effective_date,
        date_precision=event.date_precision,
        recorded_at=event.recorded_at,
        actor=event.actor,
        tags=event.tags,
        data=event.data,
        corrects=event.corrects,
        reversed_by=reversed_by,
        late_days=late_days(event, time_zone),
        basis=event.basis,
        source=event.source,
        correlation_id=event.correlation_id,
        causation_id=event.causation_id,
        leaf_hash=event.leaf_hash.hex(),
    )
