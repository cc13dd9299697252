"""Business days and recorded instants."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from domain.command import Command
from domain.dates import (
    EARLIEST_EFFECTIVE_DATE,
    LATE_AFTER_DAYS,
    day_in_zone,
    end_of_day,
    format_instant,
    parse_day,
    parse_instant,
)
from domain.errors import DateOutOfRange
from tests.support.builders import appropriation, on, unit
from tests.support.scenario import TODAY, given


def is_read(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


def test_a_day_is_read_in_one_spelling() -> None:
    assert parse_day("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize(
    "text",
    [
        "2023-02-29",
        "2023-13-01",
        "2023-00-10",
        "20230301",
        "2023-3-1",
        "2023-03-01 ",
        "2023-03-01\n",
        "２０２３-03-01",
        "",
    ],
)
def test_no_other_spelling_is_a_day(text: str) -> None:
    assert not is_read(parse_day, text)


def test_an_instant_has_up_to_six_decimals() -> None:
    assert parse_instant("2023-03-01T04:05:06Z") == datetime(2023, 3, 1, 4, 5, 6, tzinfo=UTC)
    assert parse_instant("2023-03-01T04:05:06.5Z") == datetime(2023, 3, 1, 4, 5, 6, 500_000, tzinfo=UTC)
    assert parse_instant("2023-03-01T04:05:06.000001Z") == datetime(2023, 3, 1, 4, 5, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2023-03-01T04:05:06", "2023-03-01T04:05:06+00:00", "2023-03-01 04:05:06Z", "2023-03-01T04:05:06.1234567Z",
     "2023-03-01T24:00:00Z", "2023-03-01T04:05:60Z", "2023-03-01"],
)  # fmt: skip
def test_no_other_spelling_is_an_instant(text: str) -> None:
    assert not is_read(parse_instant, text)


def test_an_instant_is_written_with_six_decimals_and_read_back() -> None:
    instant = datetime(2023, 3, 1, 4, 5, 6, tzinfo=UTC)
    assert format_instant(instant) == "2023-03-01T04:05:06.000000Z"
    assert parse_instant(format_instant(instant.replace(microsecond=120))) == instant.replace(microsecond=120)


def test_the_day_of_an_instant_depends_on_the_zone() -> None:
    instant = datetime(2023, 12, 31, 16, 0, tzinfo=UTC)
    assert day_in_zone(instant, "Asia/Shanghai") == date(2024, 1, 1)
    assert day_in_zone(instant, "UTC") == date(2023, 12, 31)


def test_a_day_ends_one_microsecond_before_the_next() -> None:
    end = end_of_day(date(2023, 12, 31), "Asia/Shanghai")
    assert end == datetime(2023, 12, 31, 15, 59, 59, 999_999, tzinfo=UTC)


def test_a_day_of_23_hours_ends_where_the_next_begins() -> None:
    # Clocks in China went forward at midnight between 3 and 4 May 1986 (tz database: 1986-05-04 02:00).
    assert end_of_day(date(1986, 5, 4), "Asia/Shanghai") == datetime(1986, 5, 4, 14, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize("day", ["1980-01-01", "2024-06-30"])
def test_a_fact_may_be_dated_from_the_first_of_1980_to_today(day: str) -> None:
    given().when(unit(at=on(day))).then_accepted()


@pytest.mark.parametrize("day", ["1979-12-31", "2024-07-01", "0001-01-01", "9999-12-31"])
def test_a_fact_dated_outside_is_refused(day: str) -> None:
    command: Command = appropriation(at=on(day))
    given().when(command).then_refused(DateOutOfRange, at="/effective_date", earliest="1980-01-01", latest="2024-06-30")


def test_today_is_the_day_of_the_ledger_and_not_of_the_test() -> None:
    tomorrow = on("2024-07-01")
    assert tomorrow > TODAY
    given(today=tomorrow).when(unit(at=tomorrow)).then_accepted()


def test_the_limits_are_the_published_ones() -> None:
    assert on("1980-01-01") == EARLIEST_EFFECTIVE_DATE
    assert LATE_AFTER_DAYS == 31
