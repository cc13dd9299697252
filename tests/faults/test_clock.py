"""The machine's clock goes wrong: no time is recorded that could not be, as far as there is a second clock to ask."""

from datetime import UTC, datetime, timedelta

import pytest

from adapters.access.retention import take_away_a_week
from domain.command import SERVICE_ACTOR
from domain.errors import ClockAhead, ClockBehind
from domain.ledger import OpenLedger
from tests.support.access import AccessBook, access_book, refused
from tests.support.commands import register_unit
from tests.support.ledger import CLERK, LEDGER, Ledger, opened_ledger

DAYS_AHEAD = timedelta(days=400)
KEPT_DAYS = 366


def test_a_clock_far_ahead_of_postgresqls_records_nothing(postgresql_url: str) -> None:
    with opened_ledger(postgresql_url) as ledger:
        ledger.clock.instant = datetime.now(UTC)
        assert ledger.submit(register_unit("U1")).refusal is None
        ledger.clock.instant += DAYS_AHEAD
        with pytest.raises(ClockAhead):
            ledger.submit(register_unit("U2"))
        assert last_failure(ledger) is ClockAhead
        with pytest.raises(ClockAhead):
            ledger.sequencer.open_ledger(OpenLedger(ledger_id="another", name="账套"), actor=CLERK, key="another")
        ledger.clock.instant = datetime.now(UTC)
        assert ledger.submit(register_unit("U2")).refusal is None
        assert last_failure(ledger) is type(None)
        assert [info.ledger_id for info in ledger.feed.ledgers()] == [LEDGER]


def test_a_clock_a_little_ahead_of_postgresqls_is_believed(postgresql_url: str) -> None:
    with opened_ledger(postgresql_url) as ledger:
        ledger.clock.instant = datetime.now(UTC) + timedelta(seconds=30)
        assert ledger.submit(register_unit("U1")).refusal is None


def test_sqlite_has_no_second_clock_so_what_was_recorded_ahead_makes_later_writes_wait(sqlite_url: str) -> None:
    with opened_ledger(sqlite_url) as ledger:
        ledger.clock.instant += DAYS_AHEAD
        assert ledger.submit(register_unit("U1")).refusal is None
        ledger.clock.instant -= DAYS_AHEAD
        with pytest.raises(ClockBehind):
            ledger.submit(register_unit("U2"))
        assert last_failure(ledger) is ClockBehind
        ledger.clock.instant += DAYS_AHEAD
        assert ledger.submit(register_unit("U2")).refusal is None
        assert ledger.feed.head(LEDGER) == 3


def test_a_clock_that_jumped_ahead_takes_nothing_of_the_access_log(database_url: str) -> None:
    with access_book(database_url, datetime.now(UTC) - timedelta(days=300)) as book:
        book.keep(*(refused(number) for number in range(5)))
        book.clock.instant += DAYS_AHEAD
        assert looked(book) == 0


def test_a_server_that_records_under_a_clock_far_ahead_takes_a_week_of_the_access_log_at_most(sqlite_url: str) -> None:
    with access_book(sqlite_url, datetime.now(UTC) - timedelta(days=300)) as book:
        for day in range(9):
            book.clock.instant += timedelta(days=1)
            book.keep(refused(day))
        book.clock.instant += DAYS_AHEAD
        book.keep(refused(99))
        # Every start looks.
        assert [looked(book) for _ in range(3)] == [7, 0, 0]


def test_the_clock_of_postgresql_is_asked_how_old_the_access_log_is(postgresql_url: str) -> None:
    with access_book(postgresql_url, datetime.now(UTC) - timedelta(days=300)) as book:
        book.keep(refused(1))
        book.clock.instant += DAYS_AHEAD
        book.keep(refused(2))
        assert looked(book) == 0


def looked(book: AccessBook) -> int:
    """How many records go when a server looks that nobody asked."""
    return take_away_a_week(book.database, book.clock, KEPT_DAYS, SERVICE_ACTOR)


def last_failure(ledger: Ledger) -> type[object]:
    """What `/readyz` is told of: the kind of it."""
    return type(ledger.sequencer.last_failure)
