"""An administrator alters the log behind the service's back: `fundtrail verify` names the ledger and the position."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from domain.identifiers import leaf_hash
from tests.support.commands import disburse, ready_line
from tests.support.ledger import LEDGER, Ledger, opened_ledger
from tests.support.processes import fundtrail

PAYMENT = 7
"""Position of the payment that is altered."""

ALTERED = {
    "its bytes": "UPDATE {log}log_entry SET entry = :entry WHERE position = 7",
    "its bytes, and the hash to fit": "UPDATE {log}log_entry SET entry = :entry, leaf_hash = :hash WHERE position = 7",
    "its date in the index": "UPDATE {log}log_entry SET effective_date = '2022-01-01' WHERE position = 7",
}


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    with opened_ledger(database_url) as opened:
        opened.submit(*ready_line())
        opened.submit(disburse(100, "1"))
        yield opened


def test_verify_names_what_was_altered(ledger: Ledger, tmp_path: Path) -> None:
    before = verified(ledger, tmp_path, exit_code=0)
    assert before["sound"] is True
    for what, statement in ALTERED.items():
        alter(ledger, statement)
        (found,) = verified(ledger, tmp_path, exit_code=1)["ledgers"]
        assert (found["ledger_id"], found["sound"]) == (LEDGER, False), what
        assert PAYMENT in [each["position"] for each in found["differences"]], what
