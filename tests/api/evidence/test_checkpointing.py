"""When checkpoints are signed, and what happens when one may not be."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.event_log.tree import SqlTree
from adapters.transparency.checkpoints import SqlCheckpoints
from adapters.transparency.log_keys import LogKeys
from adapters.transparency.log_signer import LogSigner
from api.checkpointing import Checkpointer
from domain.ports import StoredCheckpoint
from tests.support.commands import disburse, ready_line
from tests.support.effort import full_only
from tests.support.ledger import LEDGER, Ledger, opened_ledger
from tests.support.tampering import tamper

DEADLINE_S = 30.0
LONGER_THAN_A_MACHINE_RUNS_S = 1e9
Started = Callable[..., Checkpointer]


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    with opened_ledger(database_url) as opened:
        opened.submit(*ready_line())
        yield opened


@pytest.fixture
def start(ledger: Ledger, tmp_path: Path) -> Iterator[Started]:
    """Starts a checkpointer of the ledger; all have stopped at the end."""
    started: list[Checkpointer] = []

    def begin(interval_s: float = 0.01, signed: Callable[[str, StoredCheckpoint], None] | None = None) -> Checkpointer:
        tree = SqlTree(ledger.database.log_reader)
        checkpointer = Checkpointer(
            LogSigner(LogKeys(tmp_path / "keys", "audit.example"), tree),
            store_of(ledger),
            ledger.feed,
            SystemClock(),
            interval_s=interval_s,
            signed=signed or (lambda _ledger_id, _checkpoint: None),
        )
        checkpointer.start()
        started.append(checkpointer)
        return checkpointer

    yield begin
    for each in started:
        each.stop()


def store_of(ledger: Ledger) -> SqlCheckpoints:
    return SqlCheckpoints(ledger.database.log_reader, ledger.database.log_writer)


def sizes(ledger: Ledger) -> list[int]:
    return [each.size for each in store_of(ledger).page(LEDGER, after=0, limit=100)]


def test_a_log_that_grew_without_it_is_signed_when_it_starts(ledger: Ledger, start: Started) -> None:
    head = ledger.feed.head(LEDGER)
    found = start().wait_until(LEDGER, head, DEADLINE_S)
    assert found is not None
    assert found.size == head
    assert sizes(ledger) == [head]


def test_between_two_checkpoints_there_is_an_interval_and_stopping_signs_the_rest(
    ledger: Ledger, start: Started
) -> None:
    head = ledger.feed.head(LEDGER)
    checkpointer = start(LONGER_THAN_A_MACHINE_RUNS_S)
    assert checkpointer.wait_until(LEDGER, head, DEADLINE_S) is not None
    for number in range(3):
        ledger.submit(disburse(10, str(number)))
        checkpointer.appended(LEDGER)
    assert checkpointer.wait_until(LEDGER, head + 1, 0.0) is None
    checkpointer.stop()
    assert sizes(ledger) == [head, head + 3]


def test_what_is_signed_is_told(ledger: Ledger, start: Started) -> None:
    told: list[tuple[str, int]] = []
    done = threading.Event()

    def hear(ledger_id: str, checkpoint: StoredCheckpoint) -> None:
        told.append((ledger_id, checkpoint.size))
        done.set()

    start(signed=hear)
    assert done.wait(DEADLINE_S)
    assert told == [(LEDGER, ledger.feed.head(LEDGER))]


@full_only
def test_what_another_process_wrote_and_signed_is_told_too(ledger: Ledger, start: Started) -> None:
    head = ledger.feed.head(LEDGER)
    told: list[int] = []
    both = threading.Event()

    def hear(_ledger_id: str, checkpoint: StoredCheckpoint) -> None:
        told.append(checkpoint.size)
        if checkpoint.size == head + 1:
            both.set()

    assert start(signed=hear).wait_until(LEDGER, head, DEADLINE_S) is not None
    ledger.submit(disburse(10, "1"))
    other = start()
    assert other.wait_until(LEDGER, head + 1, DEADLINE_S) is not None
    assert both.wait(DEADLINE_S)
    assert told == [head, head + 1]


def test_a_key_that_others_may_read_signs_nothing_and_is_named(ledger: Ledger, start: Started, tmp_path: Path) -> None:
    head = ledger.feed.head(LEDGER)
    assert start().wait_until(LEDGER, head, DEADLINE_S) is not None
    [key] = (tmp_path / "keys").glob("*/1.key")
    key.chmod(0o644)
    ledger.submit(disburse(10, "1"))
    again = start()
    again.stop()
    assert sizes(ledger) == [head]
    assert "others may read" in again.problems[LEDGER]


def test_a_rewritten_log_is_not_signed_and_the_problem_is_named(ledger: Ledger, start: Started) -> None:
    head = ledger.feed.head(LEDGER)
    assert start().wait_until(LEDGER, head, DEADLINE_S) is not None
    tamper(ledger.database, "UPDATE {log}log_entry SET leaf_hash = :hash WHERE position = 2", hash=bytes(32))
    ledger.submit(disburse(10, "1"))
    again = start()
    again.stop()
    assert sizes(ledger) == [head]
    assert "rewritten" in again.problems[LEDGER]


def test_two_on_one_folder_of_keys_sign_one_log(ledger: Ledger, start: Started) -> None:
    one, other = start(), start()
    for number in range(5):
        ledger.submit(disburse(10, str(number)))
        one.appended(LEDGER)
        other.appended(LEDGER)
    head = ledger.feed.head(LEDGER)
    one.stop()
    other.stop()
    assert sizes(ledger)[-1] == head
    assert one.problems == other.problems == {}
