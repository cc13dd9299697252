"""What never changes about a ledger, kept once it was read."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from domain.dates import day_in_zone
from domain.errors import UnknownLedger
from domain.ports import Clock, EventFeed, LedgerInfo
from domain.shape import Shape, text_problem

_MAX_REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerIdentity:
    """Fixed when the ledger was opened."""

    ledger_id: str
    time_zone: str
    log_id: str


class LedgerDirectory:
    """Answers from memory for a ledger seen before, so that a write needs no look at the database to be shown."""

    def __init__(self, feed: EventFeed, clock: Clock) -> None:
        self._feed = feed
        self._clock = clock
        self._known: dict[str, LedgerIdentity] = {}

    def remembered(self, ledger_id: str) -> LedgerIdentity | None:
        """The ledger if it was seen before; never waits."""
        return self._known.get(ledger_id)

    def identity(self, ledger_id: str) -> LedgerIdentity:
        """The ledger.

        Raises:
            UnknownLedger: there is none of that id, or the id could be none's.
        """
        return self._known.get(ledger_id) or self._remember(self.info(ledger_id))

    def info(self, ledger_id: str) -> LedgerInfo:
        """The ledger and its head, as they are now.

        Raises:
            UnknownLedger: there is none of that id, or the id could be none's.
        """
        if text_problem(Shape.IDENTIFIER, ledger_id):
            raise UnknownLedger
        return self._feed.ledger(ledger_id)

    def today(self, ledger: LedgerIdentity) -> date:
        """The current day in the ledger's zone."""
        return day_in_zone(self._clock.now(), ledger.time_zone)

    def _remember(self, info: LedgerInfo) -> LedgerIdentity:
        identity = LedgerIdentity(ledger_id=info.ledger_id, time_zone=info.time_zone, log_id=info.log_id)
        if len(self._known) < _MAX_REMEMBERED:
            self._known[info.ledger_id] = identity
        return identity
