"""A real log on a fresh database, with a clock that tests set."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from adapters.database import Database, open_database
from adapters.event_log.feed import SqlFeed
from adapters.event_log.sequencer import Sequencer
from domain.command import Actor, Command
from domain.ledger import OpenLedger
from domain.submission import Answer, KeyedCommand, Submission
from tests.support.schema import bring_up

CLERK = Actor(subject="clerk", issuer=None, role="clerk")
LEDGER = "qingshi"


class SteppingClock:
    """Moves on by a second at each look, from a start that can be set."""

    def __init__(self, start: datetime = datetime(2024, 1, 10, 1, 0, tzinfo=UTC)) -> None:
        self.instant = start

    def now(self) -> datetime:
        self.instant += timedelta(seconds=1)
        return self.instant


@dataclass
class Ledger:
    """One opened ledger and what reads and writes it."""

    database: Database
    sequencer: Sequencer
    feed: SqlFeed
    clock: SteppingClock
    keys: Iterator[int] = field(default_factory=count)

    def submit(self, *commands: Command, atomic: bool = True, dry_run: bool = False) -> Answer:
        """Submits commands under keys of their own."""
        items = [KeyedCommand(key=f"key-{next(self.keys)}", command=command) for command in commands]
        return self.submit_keyed(*items, atomic=atomic, dry_run=dry_run)

    def submit_keyed(self, *items: KeyedCommand, atomic: bool = True, dry_run: bool = False) -> Answer:
        """Submits commands under given keys."""
        submission = Submission(ledger_id=LEDGER, actor=CLERK, items=items, atomic=atomic, dry_run=dry_run)
        return self.sequencer.submit(submission).result(timeout=60)


@contextmanager
def opened_ledger(url: str) -> Iterator[Ledger]:
    """A ledger opened on a database that has nothing yet."""
    database = open_database(url)
    bring_up(database)
    clock = SteppingClock()
    sequencer = Sequencer(database, clock)
    sequencer.open_ledger(OpenLedger(ledger_id=LEDGER, name="青石县财政局"), actor=CLERK, key="open")
    try:
        yield Ledger(database, sequencer, SqlFeed(database.log_reader), clock)
    finally:
        sequencer.stop()
        database.dispose()
