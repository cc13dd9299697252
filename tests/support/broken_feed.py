"""A log in memory that can be broken at a position."""

from typing import Any

from typing_extensions import override

from domain.event import RecordedEvent
from tests.support.memory_feed import MemoryFeed


class BrokenFeed(MemoryFeed):
    """Gives something unknown in place of the event at a position, or leaves one out, or only raises."""

    def __init__(
        self,
        strange_position: int | None = None,
        missing_position: int | None = None,
        error: Exception | None = None,
    ) -> None:
        super().__init__()
        self.strange_position = strange_position
        self.missing_position = missing_position
        self.error = error

    @override
    def page(self, ledger_id: str, *, after: int, limit: int) -> list[RecordedEvent]:
        if self.error is not None:
            raise self.error
        unknown: Any = object()
        return [
            event._replace(data=unknown) if event.position == self.strange_position else event
            for event in super().page(ledger_id, after=after, limit=limit)
            if event.position != self.missing_position
        ]
