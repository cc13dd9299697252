"""The machine's clock goes wrong: no time is recorded that could not be, as far as there is a second clock to ask."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import ClockAhead, ClockBehind
from domain.ledger import OpenLedger
from tests.support.commands import register_unit
from tests.support.ledger import CLERK, LEDGER, Ledger, opened_ledger

DAYS_AHEAD = timedelta(days=400)


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


def last_failure(ledger: Ledger) -> type[object]:
    """What `/readyz` is told of: the kind of it."""
    return type(ledger.sequencer.last_failure)
