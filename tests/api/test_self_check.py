"""The check that a running service makes of its own log."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.event_log.tree import SqlTree
from adapters.transparency.checkpoints import SqlCheckpoints
from adapters.transparency.log_keys import LogKeys
from adapters.transparency.log_signer import LogSigner
from api.self_check import SelfCheck
from domain.ports import StoredCheckpoint
from tests.support.commands import disburse, ready_line
from tests.support.effort import quick_on_sqlite_only
from tests.support.ledger import LEDGER, Ledger, opened_ledger
from tests.support.server import RunningServer
from tests.support.tampering import tamper

NOBODYS = LogKeys(Path("/nowhere"), "audit.example")
"""Keys of no log."""


@pytest.fixture
def ledger(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A log of 308 entries with a checkpoint over 300."""
    with opened_ledger(database_url) as opened:
        opened.submit(*ready_line(amount=1_000_000))
        opened.submit(*(disburse(1, f"V{each}") for each in range(302)))
        store = SqlCheckpoints(opened.database.log_reader, opened.database.log_writer)
        keys = LogKeys(tmp_path_factory.mktemp("keys"), "audit.example")
        signer = LogSigner(keys, SqlTree(opened.database.log_reader))
        signed = signer.sign(LEDGER, "ab" * 16, lambda: 300, stored_size=None)
        assert signed is not None
        store.add(LEDGER, StoredCheckpoint(size=300, note=signed[1], signed_at=opened.clock.now()))
        yield opened


def found(ledger: Ledger) -> dict[str, str]:
    """What the check has to say after enough looks to have seen every part."""
    reader = ledger.database.log_reader
    store = SqlCheckpoints(reader, ledger.database.log_writer)
    check = SelfCheck(ledger.feed, SqlTree(reader), store, NOBODYS, lambda: None, list)
    for _ in range(40):
        check.look()
    return check.problems


@quick_on_sqlite_only
def test_a_whole_log_has_no_problem(ledger: Ledger) -> None:
    assert found(ledger) == {}


@quick_on_sqlite_only
@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE {log}log_entry SET entry = :bytes WHERE position = 9", "positions 1 to 256"),
        ("UPDATE {log}log_entry SET entry = :bytes WHERE position = 305", "positions 257 to 308"),
        ("UPDATE {log}log_entry SET leaf_hash = :hash WHERE position = 305", "positions 257 to 308"),
        ("UPDATE {log}log_tile SET hashes = :hashes", "positions 1 to 256"),
        ("DELETE FROM {log}log_entry WHERE position = 300", "positions 257 to 308"),
        ("INSERT INTO {log}log_checkpoint VALUES ('qingshi', 900000, :bytes, 0)", "checkpoint of size 900000"),
        ("INSERT INTO {log}log_checkpoint VALUES ('qingshi', 28, :bytes, 0)", "checkpoint of size 28"),
    ],
)
def test_what_was_changed_is_found(ledger: Ledger, statement: str, problem: str) -> None:
    values = {"bytes": b"{}", "hash": bytes(32), "hashes": bytes(8192)}
    tamper(ledger.database, statement, **{name: value for name, value in values.items() if f":{name}" in statement})
    assert problem in found(ledger)[LEDGER]


@quick_on_sqlite_only
def test_a_tree_that_was_made_anew_is_not_under_the_checkpoint(ledger: Ledger) -> None:
    tamper(ledger.database, "UPDATE {log}log_tile SET root = :root WHERE level = 0", root=bytes(32))
    assert "not under the checkpoint of size 300" in found(ledger)[LEDGER]


def test_a_service_that_found_something_is_not_ready(sqlite_server: RunningServer) -> None:
    services = sqlite_server.services
    assert sqlite_server.client.get("/readyz").json()["self_check"] is True
    services.transparency.self_check.problems["some"] = "position 9: the entry is missing"
    try:
        answer = sqlite_server.client.get("/readyz")
        assert (answer.status_code, answer.json()["self_check"]) == (503, False)
    finally:
        services.transparency.self_check.problems.clear()
    assert sqlite_server.client.get("/readyz").status_code == 200
