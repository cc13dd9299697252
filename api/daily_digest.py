"""A digest of every log once a day: without one nothing shows later that a bundle of evidence leaves nothing out."""

from datetime import date
from typing import Final

from sqlalchemy import Engine

from adapters.database_faults import is_damage, log_fault
from adapters.event_log.digests import digest_at_head
from adapters.event_log.encoding import UnreadableEntryError
from api.custody import record_custody
from api.digests import recorded_digests
from domain.command import SERVICE_ACTOR
from domain.dates import day_in_zone
from domain.errors import LogDamaged
from domain.ports import Clock, CommandLog, EventFeed, LedgerInfo

LOOK_AGAIN_S: Final = 3_600.0
"""A day begins at another hour in each zone."""


class DailyDigest:
    """Records the digest of each log that has grown and has none of the current day in its zone."""

    def __init__(self, engine: Engine, feed: EventFeed, log: CommandLog, clock: Clock) -> None:
        self._engine = engine
        self._feed = feed
        self._log = log
        self._clock = clock
        self._damaged: set[str] = set()

    def look(self) -> None:
        """Records what is due. Several processes that look at once record one digest: it has one key a day."""
        for ledger_id in self._feed.heads():
            try:
                self._record_if_due(self._feed.ledger(ledger_id))
            except Exception as error:
                if not isinstance(error, (LogDamaged, UnreadableEntryError)) and not is_damage(error):
                    raise
                # It keeps none of the others from theirs, and is no other damage an hour later.
                if ledger_id not in self._damaged:
                    log_fault(error, "log-damaged", ledger=ledger_id)
                self._damaged.add(ledger_id)

    def _record_if_due(self, ledger: LedgerInfo) -> None:
        # Reading the head says whether a log can end there at all.
        self._feed.head(ledger.ledger_id)
        today = day_in_zone(self._clock.now(), ledger.time_zone)
        if self._is_due(ledger, today):
            digest = digest_at_head(self._engine, ledger.ledger_id)
            record_custody(self._log, ledger, SERVICE_ACTOR, f"digest/{today}", digest, clock=self._clock)

    def _is_due(self, ledger: LedgerInfo, today: date) -> bool:
        digests = recorded_digests(self._feed, ledger.ledger_id, ledger.position)
        if not digests:
            return True
        last, _ = digests[-1]
        return last.position < ledger.position and day_in_zone(last.recorded_at, ledger.time_zone) < today
