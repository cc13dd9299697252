"""Whatever happens to an access log, its records are one chain, and no change of any byte of it goes unseen."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adapters.access.encoding import decode_entry, encode_entry, record_hash
from adapters.access.log import SqlAccessLog
from adapters.access.retention import take_away
from domain.access_log import AccessEntry, AccessKind
from tests.support.access import access_book, refused
from tests.support.effort import effort, full_only, quick_on_sqlite_only
from tests.support.ledger import CLERK

STEPS = effort(quick=30, full=60)
CLOCK_ENDS = datetime(2024, 1, 1, tzinfo=UTC)
"""Every record is older than six months by the database's clock, so that all may go."""

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
entries = st.builds(
    AccessEntry,
    kind=st.sampled_from(AccessKind),
    action=texts,
    code=texts,
    ledger_id=st.none() | st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True),
    subject=st.none() | texts,
    issuer=st.none() | texts,
    role=st.none() | texts,
    address=st.none() | texts,
    concerns=st.lists(texts, max_size=3).map(tuple),
    figures=st.dictionaries(texts, st.none() | texts | st.integers(-(2**53), 2**53), max_size=3),
    count=st.integers(1, 2**53),
)
instants = st.integers(-(2**62), 2**62)


@full_only
@given(entries)
def test_an_entry_is_read_back_from_its_bytes_and_has_no_others(entry: AccessEntry) -> None:
    stored = encode_entry(entry)
    assert decode_entry(stored) == entry
    assert encode_entry(decode_entry(stored)) == stored


@settings(deadline=None)
@given(st.binary(min_size=32, max_size=32), st.integers(1, 2**62), instants, entries, st.data())
def test_no_other_record_has_the_same_hash(
    previous: bytes, sequence: int, at: int, entry: AccessEntry, data: st.DataObject
) -> None:
    stored = encode_entry(entry)
    other = (
        data.draw(st.just(previous) | st.binary(min_size=32, max_size=32)),
        data.draw(st.just(sequence) | st.integers(1, 2**62)),
        data.draw(st.just(at) | instants),
        data.draw(st.just(stored) | entries.map(encode_entry)),
    )
    assume(other != (previous, sequence, at, stored))
    assert record_hash(*other) != record_hash(previous, sequence, at, stored)


@quick_on_sqlite_only
@pytest.mark.parametrize("seed", range(effort(quick=1, full=5)))
def test_it_stays_one_chain_whatever_happens(database_url: str, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 (repeatable on purpose)
    with access_book(database_url) as book:
        other = SqlAccessLog(book.database, book.clock, list)
        kept = taken = prunings = 0
        for _ in range(STEPS):
            match chance.randrange(4):
                case 0 | 1:
                    writers = [chance.choice((book.log, other)) for _ in range(chance.randint(1, 6))]
                    waiting = [writer.record([refused(n)] * chance.randint(1, 4)) for n, writer in enumerate(writers)]
                    for each in waiting:
                        each.result(60)
                case 2:
                    moved = book.clock.instant + timedelta(days=chance.randint(-30, 300))
                    book.clock.instant = min(moved, CLOCK_ENDS)
                case _:
                    count = take_away(book.database, book.clock, 183, CLERK)
                    taken, prunings = taken + count, prunings + (count > 0)
            assert book.differences() == []
            page = book.page()
            sequences = [record.sequence for record in page.records]
            assert sequences == list(range(page.beginning.sequence + 1, page.head.sequence + 1))
            kept = page.head.sequence - prunings
            assert page.beginning.sequence == taken
        other.stop()
        assert (kept > 0, taken > 0) == (True, True), "the steps have come to both"
