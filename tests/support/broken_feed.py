"""A log in memory that can be broken at a position."""

from collections.abc import Iterator
from typing import Any

from typing_extensions import override

from domain.event import RecordedEvent
from tests.support.memory_feed import MemoryFeed


class BrokenFeed(MemoryFeed):
    """Gives something unknown in place of the event at a position, or leaves one out.

    Or raises an error: for the pages of one ledger when that is named, else already when asked which ledgers there are.
    """

    def __init__(
        self,
        strange_position: int | None = None,
        missing_position: int | None = None,
        error: Exception | None = None,
        error_ledger_id: str | None = None,
    ) -> None:
        super().__init__()
        self.strange_position = strange_position
        self.missing_position = missing_position
        self.error = error
        self.error_ledger_id = error_ledger_id

    @override
    def heads(self) -> dict[str, int]:
        if self.error is not None and self.error_ledger_id is None:
            raise self.error
        return super().heads()

    @override
    def follow(self, ledger_id: str, *, after: int, limit: int) -> Iterator[RecordedEvent]:
        if self.error is not None and self.error_ledger_id == ledger_id:
            raise self.error
        unknown: Any = object()
        for event in super().follow(ledger_id, after=after, limit=limit):
            if event.position != self.missing_position:
                yield event._replace(data=unknown) if event.position == self.strange_position else event
