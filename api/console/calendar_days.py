"""Days counted from another one, which stay within the calendar: what lies before its first day is that day."""

import calendar
from datetime import date


def days_before(at: date, count: int) -> date:
    """The day so many days earlier."""
    return date.fromordinal(max(at.toordinal() - count, date.min.toordinal()))


def day_before_month(at: date) -> date:
    """The last day of the month before."""
    return days_before(at.replace(day=1), 1)


def year_earlier(at: date) -> date:
    """The same date of the previous year; 28 February for 29 February."""
    if at.year == date.min.year:
        return date.min
    return at.replace(year=at.year - 1, day=min(at.day, calendar.monthrange(at.year - 1, at.month)[1]))


def month_ends(year: int) -> list[date]:
    """The last days of the months of a year."""
    return [date(year, month, calendar.monthrange(year, month)[1]) for month in range(1, 13)]
