"""Everything that was recorded of one thing, straight from the log."""

from dataclasses import dataclass
from datetime import date

from domain.ports import Coordinates, EventFeed, EventQuery, LedgerInfo
from projections.events import event_rows
from projections.rows import EventRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """By position or by (effective date, position); after a place (exclusive), which is both of an event; how many."""

    by_effective_date: bool = False
    after: tuple[date, int] | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """Events of a thing, and the place after the last of them: None when no more follow."""

    items: tuple[EventRow, ...]
    next: tuple[date, int] | None


def history(feed: EventFeed, ledger: LedgerInfo, tag: str, at: Coordinates, paging: Paging) -> HistoryPage:
    """The events bearing the tag that count at the coordinates, also those reversed since."""
    by_date, after = paging.by_effective_date, paging.after
    query = EventQuery(
        tags=(tag,),
        until=at.position,
        after=after[1] if after and not by_date else 0,
        effective_until=at.as_of,
        by_effective_date=by_date,
        after_effective=after if by_date else None,
        limit=paging.limit + 1,
    )
    found = feed.find(ledger.ledger_id, query)
    page = found[: paging.limit]
    return HistoryPage(
        items=tuple(event_rows(feed, ledger, page, at.position)),
        next=(page[-1].effective_date, page[-1].position) if len(found) > len(page) else None,
    )
