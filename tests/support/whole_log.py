"""Whether a log is whole: gapless, densely numbered, each command once, and found sound by the program itself."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from adapters.database import Database, open_database
from adapters.event_log.audit import audit_log
from adapters.event_log.feed import SqlFeed
from domain.event import RecordedEvent
from domain.identifiers import command_id
from tests.support.http_writes import Write
from tests.support.processes import fundtrail


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """The database as a reader sees it."""
    database = open_database(url)
    try:
        yield database
    finally:
        database.dispose()


def stored_events(url: str, ledger_id: str) -> list[RecordedEvent]:
    """Every event of the ledger, by position."""
    with opened(url) as database:
        feed = SqlFeed(database.log_reader)
        return feed.page(ledger_id, after=0, limit=feed.head(ledger_id) + 1)


def assert_dense(events: Sequence[RecordedEvent]) -> None:
    """Positions are 1 to n, the numbers of every tag are 1 to k in the same order, and no event is there twice."""
    assert [event.position for event in events] == list(range(1, len(events) + 1))
    numbers: dict[str, list[int]] = defaultdict(list)
    for event in events:
        for tag, n in event.tags.items():
            numbers[tag].append(n)
    not_dense = {tag for tag, found in numbers.items() if found != list(range(1, len(found) + 1))}
    assert not not_dense
    assert len({event.id for event in events}) == len(events)


def assert_sound(url: str, ledger_id: str, folder: Path) -> None:
    """The audit finds nothing, in this process and as `fundtrail verify`."""
    with opened(url) as database:
        assert list(audit_log(database, ledger_id)) == []
    verified = fundtrail(folder, url, "verify", "--json")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert json.loads(verified.stdout)["sound"] is True


def by_key(events: Sequence[RecordedEvent], ledger_id: str, subject: str, keys: Sequence[str]) -> list[list[int]]:
    """For each key, the positions of the events of the command that was sent under it."""
    positions: dict[str, list[int]] = defaultdict(list)
    for event in events:
        positions[event.command_id].append(event.position)
    return [positions[command_id(ledger_id, subject, key)] for key in keys]


def by_write(events: Sequence[RecordedEvent], ledger_id: str, subject: str, writes: Sequence[Write]) -> list[list[int]]:
    """For each write, the positions of the events of all its commands."""
    found = iter(by_key(events, ledger_id, subject, [key for write in writes for key in write.item_keys]))
    return [[position for _ in write.item_keys for position in next(found)] for write in writes]
