"""Taking away the access log's records that are older than the settings keep them, once a day."""

from typing import Final

import structlog

from adapters.access.retention import take_away
from adapters.database import Database
from api.daily_digest import SERVICE_ACTOR
from domain.ports import Clock

DAY_S: Final = 86_400.0

_logger = structlog.get_logger(__name__)


class AccessRetention:
    """See `look`."""

    def __init__(self, database: Database, clock: Clock, days: int) -> None:
        self._database = database
        self._clock = clock
        self._days = days

    def look(self) -> None:
        """Takes away what is due. Several processes that look at once do it one after the other: the rest find none."""
        count = take_away(self._database, self._clock, self._days, SERVICE_ACTOR)
        if count:
            _logger.info("access-log-records-taken-away", records=count)
