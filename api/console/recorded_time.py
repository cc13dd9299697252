"""录入截止 as it is typed and shown: a day, or a minute of the ledger's clocks; either means its end.

A minute as it was typed is a datetime without a zone, until that of the ledger is known.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from api.console.typed import plain_day, typed_minute
from api.parameters import Parameter, WrongValueError
from domain.dates import format_instant

RecordedTime = datetime | date

_REST: Final = timedelta(minutes=1) - timedelta(microseconds=1)
"""From the beginning of a minute to its end."""


def typed_time(parameter: Parameter) -> Parameter:
    """A parameter whose value is an instant or a day, read as people type it: a time of the ledger's clocks as well."""

    def read(text: str) -> RecordedTime:
        minute = typed_minute(text)
        if minute is not None:
            return minute
        try:
            value: RecordedTime = parameter.read(plain_day(text))
        except WrongValueError:
            raise WrongValueError("time-or-date") from None
        return value

    return replace(parameter, read=read)


def is_local(value: RecordedTime | None) -> bool:
    """Whether it is a minute whose zone is not known yet."""
    return isinstance(value, datetime) and value.tzinfo is None


def in_zone(value: RecordedTime | None, time_zone: str) -> RecordedTime | None:
    """The end of a minute as an instant, of one that the clocks show twice the later; anything else as it is."""
    return _end_of(value, time_zone) if isinstance(value, datetime) and value.tzinfo is None else value


def shown_time(value: RecordedTime, time_zone: str) -> str:
    """As it would be typed; an instant that ends no minute stays one."""
    if not isinstance(value, datetime):
        return value.isoformat()
    if value.tzinfo is None:
        return minute_text(value)
    minute = local_minute(value, time_zone)
    return minute_text(minute) if _end_of(minute, time_zone) == value else format_instant(value)


def minute_text(minute: datetime) -> str:
    """A minute without a zone as it would be typed."""
    return minute.isoformat(sep=" ", timespec="minutes")


def local_minute(instant: datetime, time_zone: str) -> datetime:
    """The minute that the clocks show at an instant, without a zone."""
    try:
        local = instant.astimezone(ZoneInfo(time_zone))
    except OverflowError:
        local = instant
    return local.replace(second=0, microsecond=0, tzinfo=None, fold=0)


def _end_of(minute: datetime, time_zone: str) -> datetime:
    end = minute + _REST
    try:
        return end.replace(tzinfo=ZoneInfo(time_zone), fold=1).astimezone(UTC)
    except OverflowError:
        # The first and the last day of the calendar have no neighbour in some zones.
        return end.replace(tzinfo=UTC)
