"""Taking away the access log's records that are older than the settings keep them, once a day.

A look is also made at every start, when the clock may be wrong: see `take_away_a_week`. More is for a person to take.
"""

from typing import Final

import structlog

from adapters.access.retention import take_away_a_week
from adapters.database import Database
from domain.command import SERVICE_ACTOR
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
        """Takes away a week's records of what is due. Of several processes that look at once the rest find none."""
        count = take_away_a_week(self._database, self._clock, self._days, SERVICE_ACTOR)
        if count:
            _logger.info("access-log-records-taken-away", records=count)
