"""The two time axes: business dates (days, given by the caller) and recorded instants (UTC, given by the log)."""

import re
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

EARLIEST_EFFECTIVE_DATE: Final = date(1980, 1, 1)
"""First business date a fact may have, inclusive; the last is today in the ledger's zone."""

LATE_AFTER_DAYS: Final = 31
"""A fact recorded more than this many days after it happened is a late entry (补录)."""

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_INSTANT: Final = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?Z\Z", re.ASCII)


class DatePrecision(StrEnum):
    """How exactly the business date is known; the stored date is a day within that span."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


def parse_day(text: str) -> date:
    """The day of a text `YYYY-MM-DD` in ASCII digits.

    Raises:
        ValueError: any other spelling, or no such day.
    """
    if not _DAY.match(text):
        raise ValueError
    return date.fromisoformat(text)


def parse_instant(text: str) -> datetime:
    """The UTC instant of `YYYY-MM-DDTHH:MM:SS[.ffffff]Z`.

    Raises:
        ValueError: any other spelling, or no such instant.
    """
    match = _INSTANT.match(text)
    if match is None:
        raise ValueError
    whole = datetime.strptime(match[1], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    return whole.replace(microsecond=int((match[2] or "0").ljust(6, "0")))


@lru_cache(maxsize=64)
def format_instant(instant: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SS.ffffffZ`, always six digits; the instant is in UTC.

    The last ones are remembered: all events of one transaction bear one instant.
    """
    return instant.isoformat(timespec="microseconds")[:-6] + "Z"


@lru_cache(maxsize=64)
def day_in_zone(instant: datetime, time_zone: str) -> date:
    """The calendar day of the instant in an IANA zone; the last ones are remembered, as those of `format_instant`."""
    return instant.astimezone(ZoneInfo(time_zone)).date()


def end_of_day(day: date, time_zone: str) -> datetime:
    """The last microsecond of the day in an IANA zone, as a UTC instant."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(time_zone))
    next_midnight = (midnight + timedelta(days=1)).astimezone(UTC)
    return next_midnight - timedelta(microseconds=1)
