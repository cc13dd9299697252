"""How long the access log keeps its records: by the clock, from the beginning only, and with a record of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from adapters.access import retention
from adapters.access.retention import due, take_away
from api.access_retention import AccessRetention
from api.settings import Settings
from domain.access_log import AccessKind
from tests.support.access import AccessBook, access_book, refused
from tests.support.ledger import CLERK

YEARS = 1_096


@pytest.fixture
def book(database_url: str) -> Iterator[AccessBook]:
    """Ten records, a hundred days after each other, the first of 10 January 2020."""
    with access_book(database_url) as opened:
        for number in range(10):
            opened.clock.instant = datetime(2020, 1, 10, tzinfo=UTC) + timedelta(days=100 * number)
            opened.keep(refused(number))
        yield opened


def test_only_what_is_older_goes_and_the_chain_is_whole_from_there(book: AccessBook) -> None:
    before = {record.sequence: record for record in book.page().records}
    # The tenth is of day 900, so the fourth is the last that is older than 550 days.
    assert take_away(book.database, book.clock, 550, CLERK) == 4
    page = book.page()
    assert [record.sequence for record in page.records] == [5, 6, 7, 8, 9, 10, 11]
    assert (page.beginning.sequence, page.beginning.hash) == (4, before[4].hash)
    assert page.records[:6] == tuple(before[number] for number in range(5, 11))
    assert book.differences() == []


def test_it_is_written_down_by_whose_word(book: AccessBook) -> None:
    take_away(book.database, book.clock, 550, CLERK)
    entry = book.page().records[-1].entry
    assert (entry.kind, entry.action, entry.subject) == (AccessKind.ADMINISTERED, "access-log-prune", "clerk")
    assert entry.figures == {"last_sequence": 4, "records": 4}


def test_again_on_the_same_day_nothing_goes(book: AccessBook) -> None:
    take_away(book.database, book.clock, 550, CLERK)
    assert take_away(book.database, book.clock, 550, CLERK) == 0
    assert len(book.page().records) == 7


def test_all_of_it_may_be_old_and_the_log_goes_on(book: AccessBook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PORTION", 3)
    book.clock.instant = datetime(2024, 6, 1, tzinfo=UTC)
    assert take_away(book.database, book.clock, 365, CLERK) == 10
    book.keep(refused(99))
    page = book.page()
    assert (page.beginning.sequence, [record.sequence for record in page.records]) == (10, [11, 12, 13, 14, 15])
    assert book.differences() == []
    book.clock.instant = datetime(2026, 1, 1, tzinfo=UTC)
    assert take_away(book.database, book.clock, 365, CLERK) == 5
    assert book.differences() == []


def test_a_record_younger_than_six_months_stays_whatever_is_asked(book: AccessBook) -> None:
    with pytest.raises(ValueError, match="183 days at least"):
        take_away(book.database, book.clock, 182, CLERK)
    assert len(book.page().records) == 10


@pytest.mark.parametrize("days", ["182", "0", "1"])
def test_a_setting_below_six_months_is_refused_with_the_reason(days: str) -> None:
    with pytest.raises(ValidationError, match="six months, 183 days, at least"):
        Settings.model_validate({"access_log_days": days})


@pytest.mark.parametrize("days", ["-5", "x", "40000", ""])
def test_a_setting_that_is_no_number_of_days_is_refused(days: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"access_log_days": days})


def test_records_are_kept_three_years_unless_set_otherwise() -> None:
    assert Settings.model_validate({}).access_log_days == YEARS


def test_the_daily_look_takes_away_a_week_of_what_is_due(book: AccessBook, monkeypatch: pytest.MonkeyPatch) -> None:
    daily = AccessRetention(book.database, book.clock, 550)
    beginnings = []
    for _ in range(5):
        daily.look()
        # A server that starts again and again takes no more.
        daily.look()
        beginnings.append(book.page().beginning.sequence)
        book.clock.instant += timedelta(days=1)
    assert beginnings == [1, 2, 3, 4, 4]
    assert {each.entry.role for each in book.page().records[-4:]} == {"service"}
    assert book.differences() == []
    monkeypatch.setattr(retention, "WEEK", timedelta(days=150))
    book.clock.instant += timedelta(days=200)
    book.keep(refused(99))
    daily.look()
    assert book.page().beginning.sequence == 6


def test_due_says_what_would_go_and_how_new_the_log_is(book: AccessBook) -> None:
    found = due(book.database, book.clock, 550)
    assert (found.records, found.newest) == (4, book.page().records[-1].recorded_at)
    assert take_away(book.database, book.clock, 550, CLERK) == 4
    assert due(book.database, book.clock, 550).records == 0
    with pytest.raises(ValueError, match="183 days at least"):
        due(book.database, book.clock, 182)
