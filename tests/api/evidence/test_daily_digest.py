"""A digest a day: recorded once, for every log that has grown, by whichever process looks first."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from adapters.event_log.sequencer import Sequencer
from api.daily_digest import DailyDigest
from api.digests import recorded_digests
from domain.command import SERVICE_ACTOR
from domain.custody import LedgerDigest
from tests.support.commands import disburse, ready_line
from tests.support.ledger import LEDGER, Ledger, opened_ledger


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    with opened_ledger(database_url) as opened:
        opened.submit(*ready_line())
        yield opened


def digest_of(ledger: Ledger, sequencer: Sequencer | None = None) -> DailyDigest:
    return DailyDigest(ledger.database.log_reader, ledger.feed, sequencer or ledger.sequencer, ledger.clock)


def recorded(ledger: Ledger) -> list[tuple[int, int]]:
    """Position of each digest, and how far it covers."""
    found = recorded_digests(ledger.feed, LEDGER, ledger.feed.head(LEDGER))
    return [(event.position, digest.position) for event, digest in found]


def test_a_log_without_a_digest_gets_one_over_all_of_it(ledger: Ledger) -> None:
    head = ledger.feed.head(LEDGER)
    digest_of(ledger).look()
    assert recorded(ledger) == [(head + 1, head)]
    event = ledger.feed.event(LEDGER, head + 1)
    assert event is not None
    assert event.actor == SERVICE_ACTOR
    assert isinstance(event.data, LedgerDigest)


def test_one_day_has_one_digest(ledger: Ledger) -> None:
    digest_of(ledger).look()
    ledger.submit(disburse(100, "1"))
    digest_of(ledger).look()
    assert len(recorded(ledger)) == 1


def test_the_next_day_has_another_if_anything_was_recorded(ledger: Ledger) -> None:
    digest_of(ledger).look()
    ledger.clock.instant += timedelta(days=1)
    digest_of(ledger).look()
    assert len(recorded(ledger)) == 1, "nothing was recorded since"
    ledger.submit(disburse(100, "1"))
    head = ledger.feed.head(LEDGER)
    digest_of(ledger).look()
    assert recorded(ledger)[1:] == [(head + 1, head)]


def test_processes_that_look_at_once_record_one(ledger: Ledger) -> None:
    others = [Sequencer(ledger.database, ledger.clock) for _ in range(2)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda sequencer: digest_of(ledger, sequencer).look(), [ledger.sequencer, *others]))
    for other in others:
        other.stop()
    assert len(recorded(ledger)) == 1
