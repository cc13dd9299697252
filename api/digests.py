"""The digests that a log holds of itself."""

from typing import Final

from domain.custody import LedgerDigest
from domain.event import RecordedEvent
from domain.ledger import ledger_key
from domain.ports import EventFeed, EventQuery
from domain.registry import EVENT_TYPES

_TYPE: Final = next(name for name, data in EVENT_TYPES.items() if data is LedgerDigest)


def recorded_digests(feed: EventFeed, ledger_id: str, until: int) -> list[tuple[RecordedEvent, LedgerDigest]]:
    """Every digest recorded up to a position (inclusive), by position; there is about one for each day."""
    query = EventQuery(tags=(ledger_key(ledger_id),), types=(_TYPE,), until=until, limit=until + 1)
    return [(event, event.data) for event in feed.find(ledger_id, query) if isinstance(event.data, LedgerDigest)]
