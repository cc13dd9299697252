"""What the access log keeps, on each database: every record, in one chain, and the order in which they came."""

from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from adapters.access.chain import lock_head
from adapters.access.encoding import START, encode_entry, record_hash
from adapters.access.log import RESUMED, SqlAccessLog
from adapters.event_log.encoding import LAST_INSTANT_US, microseconds
from domain.access_log import AccessEntry, AccessKind
from domain.errors import AccessLogUnavailable
from tests.support.access import AccessBook, access_book, disarm, refused
from tests.support.effort import quick_on_sqlite_only
from tests.support.processes import wait_for


@pytest.fixture
def book(database_url: str) -> Iterator[AccessBook]:
    with access_book(database_url) as opened:
        yield opened


def test_a_new_log_begins_and_ends_before_its_first_record(book: AccessBook) -> None:
    page = book.page()
    assert (page.records, page.more) == ((), False)
    assert (page.head.sequence, page.head.hash, page.beginning) == (0, START, page.head)
    assert book.differences() == []


def test_each_record_is_chained_to_the_one_before(book: AccessBook) -> None:
    book.keep(refused(1), refused(2))
    book.keep(refused(3))
    previous = START
    for record in book.page().records:
        at = microseconds(record.recorded_at)
        assert record.hash == record_hash(previous, record.sequence, at, encode_entry(record.entry))
        previous = record.hash
    assert book.page().head.hash == previous
    assert book.differences() == []


def test_records_are_read_as_they_were_given(book: AccessBook) -> None:
    entries = [refused(1), AccessEntry(kind=AccessKind.DENIED, action="list-lines", code="forbidden", count=7)]
    book.keep(*entries)
    assert [record.entry for record in book.page().records] == entries


def test_instants_rise_also_when_the_clock_goes_back(book: AccessBook) -> None:
    book.keep(refused(1), refused(2))
    book.clock.instant = book.clock.instant.replace(year=2019)
    book.keep(refused(3))
    instants = [record.recorded_at for record in book.page().records]
    assert instants == sorted(set(instants))
    assert book.differences() == []


def test_records_are_found_by_ledger_and_kind_and_page(book: AccessBook) -> None:
    kinds = list(AccessKind)
    book.keep(*(refused(n, ledger_id=("one", "two", None)[n % 3], kind=kinds[n % 4]) for n in range(24)))
    everything = book.page().records
    assert book.sequences() == list(range(1, 25))
    for ledger_id in (None, "one", "two"):
        for wanted in ((), (AccessKind.DENIED,), (AccessKind.REFUSED, AccessKind.UNAUTHENTICATED)):
            expected = [
                each.sequence
                for each in everything
                if ledger_id in (None, each.entry.ledger_id) and (not wanted or each.entry.kind in wanted)
            ]
            assert book.sequences(ledger_id=ledger_id, kinds=wanted) == expected
            walked: list[int] = []
            while True:
                page = book.page(ledger_id=ledger_id, kinds=wanted, after=walked[-1] if walked else 0, limit=2)
                walked += [each.sequence for each in page.records]
                if not page.more:
                    break
            assert walked == expected


def test_a_ledger_that_can_be_none_is_not_kept(book: AccessBook) -> None:
    book.keep(refused(ledger_id="../etc"), refused(ledger_id="x" * 65), refused(ledger_id="\x00"))
    assert {record.entry.ledger_id for record in book.page().records} == {None}
    assert book.differences() == []


def test_what_waits_is_written_when_the_log_stops_and_nothing_after(book: AccessBook) -> None:
    waiting = [book.log.record([refused(n)]) for n in range(200)]
    book.log.stop()
    for each in waiting:
        each.result(0)
    assert len(book.page().records) == 200
    with pytest.raises(AccessLogUnavailable):
        book.log.record([refused()]).result(0)


def test_a_full_queue_keeps_nobody_waiting(book: AccessBook) -> None:
    log = SqlAccessLog(book.database, book.clock, list, queue_limit=5)
    with book.database.access_writer.begin() as connection:
        # Nobody else writes while the head is held; on SQLite, while the transaction lasts.
        lock_head(connection)
        answers = [log.record([refused(n), refused(n)]) for n in range(20)]
        turned_away = [each for each in answers if each.done()]
    log.stop()
    assert {type(each.exception(0)) for each in turned_away} == {AccessLogUnavailable}
    assert 14 <= len(turned_away) <= 17, "three wait, and the thread may have taken three before"
    assert len(book.page().records) == 2 * (20 - len(turned_away))
    assert book.differences() == []


def test_a_failed_write_is_said_and_the_next_one_works(book: AccessBook) -> None:
    book.execute("ALTER TABLE {}access_head RENAME TO hidden")
    lost: Future[None] = book.log.record([refused()])
    assert isinstance(lost.exception(60), AccessLogUnavailable)
    was_failing = book.log.is_failing
    later: Future[None] = book.log.record([refused(), refused()])
    assert isinstance(later.exception(60), AccessLogUnavailable)
    book.execute("ALTER TABLE {}hidden RENAME TO access_head")
    book.keep(refused(2))
    assert (was_failing, book.log.is_failing) == (True, False)
    resumed, kept = (record.entry for record in book.page().records)
    assert (resumed.code, resumed.figures, kept.concerns) == (RESUMED, {"unconfirmed": 3}, ("line:L2",))
    assert book.differences() == []


@quick_on_sqlite_only
def test_a_log_that_failed_is_tried_again_when_nobody_comes(book: AccessBook) -> None:
    book.execute("ALTER TABLE {}access_head RENAME TO hidden")
    assert isinstance(book.log.record([refused()]).exception(60), AccessLogUnavailable)
    book.execute("ALTER TABLE {}hidden RENAME TO access_head")
    wait_for("the log can be written again", lambda: not book.log.is_failing)
    assert [record.entry.code for record in book.page().records] == [RESUMED]


@pytest.mark.parametrize("instant", [2**63 - 1, LAST_INSTANT_US, -(2**63)])
def test_a_head_that_no_record_can_follow_is_said_before_one_is_to_be_kept(book: AccessBook, instant: int) -> None:
    book.keep(refused(1))
    was_failing = book.log.is_failing
    disarm(book)
    book.execute(f"UPDATE {{}}access_head SET recorded_at_us = {instant}")
    assert (was_failing, book.log.is_failing) == (False, True)
    assert isinstance(book.log.record([refused()]).exception(60), AccessLogUnavailable)
    book.execute(f"UPDATE {{}}access_record SET recorded_at_us = {2**63 - 1}")
    with pytest.raises(AccessLogUnavailable):
        book.page()
