"""States that are stored now and then and folded on: what is loaded is what a replay of the whole log gives."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from adapters.event_log.audit import audit_log
from adapters.event_log.foreign import ForeignAppend, ForeignEvent
from adapters.event_log.overlay import Overlay
from adapters.event_log.sequencer import Sequencer
from adapters.event_log.store import VOUCHER_PREFIX, load_rows
from domain.submission import KeyedCommand, Submission
from tests.support.effort import effort, quick_on_sqlite_only
from tests.support.histories import KNOWN, History
from tests.support.ledger import CLERK, LEDGER, Ledger, opened_ledger
from tests.support.memory_feed import MemoryFeed

STEPS = 25
SIZES = (1, 1, 2, 5, 15, 16, 17, 40)
"""Commands of one submission: around the number of events after which a state is stored."""

NOBODYS = ("line:nobody's", "x-nobody's")


class Replay:
    """What the log says of every boundary, from its beginning."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.log = MemoryFeed().open()
        self.log.events.clear()
        self._states = Overlay()

    def assert_loaded_alike(self) -> None:
        for event in self._ledger.feed.page(LEDGER, after=len(self.log.events), limit=100_000):
            self._states.record(event)
            self.log.events.append(event)
        keys = [key for key in self._states.rows if not key.startswith(VOUCHER_PREFIX)]
        loaded = Overlay()
        with self._ledger.database.log_reader.connect() as connection:
            absent = load_rows(connection, LEDGER, [*keys, *NOBODYS], loaded)
        assert set(absent) == set(NOBODYS)
        assert {key: loaded.rows[key] for key in keys} == {key: self._states.rows[key] for key in keys}


@contextmanager
def two_writers(ledger: Ledger) -> Iterator[list[Sequencer]]:
    """The ledger's own, and one more that a test may put another in the place of."""
    writers = [ledger.sequencer, Sequencer(ledger.database, ledger.clock)]
    try:
        yield writers
    finally:
        writers[1].stop()


@quick_on_sqlite_only
@pytest.mark.parametrize("seed", range(effort(quick=1, full=3)))
def test_two_writers_and_everyone_who_starts_know_the_same_states(database_url: str, seed: int) -> None:
    chance, numbers = random.Random(seed), count()  # noqa: S311 (repeatable on purpose)
    with opened_ledger(database_url) as ledger, two_writers(ledger) as writers:
        replay = Replay(ledger)
        history = History(chance, replay.log)

        def submission() -> Submission:
            drawn = [command for _ in range(chance.choice(SIZES)) if (command := history.draw()) is not None]
            items = tuple(KeyedCommand(key=f"k{next(numbers)}", command=command) for command in drawn)
            return Submission(
                ledger_id=LEDGER,
                actor=CLERK,
                items=items,
                atomic=chance.random() < 0.4,
                dry_run=chance.random() < 0.1,
            )

        ledger.submit(*KNOWN)
        replay.assert_loaded_alike()
        for _ in range(STEPS):
            if chance.random() < 0.2:
                writers[1].stop()
                writers[1] = Sequencer(ledger.database, ledger.clock)
            given = [each for each in (submission() for _ in range(chance.choice((1, 1, 3)))) if each.items]
            answers = [chance.choice(writers).submit(each) for each in given]
            if chance.random() < 0.2:
                events = (ForeignEvent(type="T", data=b"d", tags=("a", "line:L1")),) * 17
                append = ForeignAppend(ledger_id=LEDGER, actor=CLERK, events=events)
                chance.choice(writers).append_foreign(append).result(60)
            for each in answers:
                each.result(60)
            replay.assert_loaded_alike()
        assert list(audit_log(ledger.database, LEDGER)) == []
