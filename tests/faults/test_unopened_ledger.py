"""Rows of a ledger that nobody has opened: `fundtrail verify` names them, and who opens it is told what is wrong."""

from pathlib import Path
from typing import Final

import pytest

from adapters.transparency.log_keys import LogKeys
from api import verifying
from domain.errors import LogDamaged
from domain.ledger import OpenLedger
from tests.support.effort import quick_on_sqlite_only
from tests.support.ledger import CLERK, LEDGER, opened_ledger
from tests.support.tampering import tamper

ROWS: Final = {
    "head": "ledger_head VALUES ('head', 1, 1)",
    "tags": "log_tag VALUES ('tags', 'ledger:tags', 1, 1)",
    "states": "boundary_state VALUES ('states', 'line:L1', 1, 1, NULL)",
    "private": "private_value VALUES ('private', :short, 'payee', :long, 'x')",
    "receipts": "ledger_receipt VALUES (:long, :long, 'receipts')",
    "tiles": "log_tile VALUES ('tiles', 0, 0, :long, :long)",
    "checkpoints": "log_checkpoint VALUES ('checkpoints', 1, :short, 0)",
    "cosignatures": "log_cosignature VALUES ('cosignatures', 1, 'w', :short)",
}
"""A row in each table beside the entries, by the part that it is found in, which is the id of its ledger as well."""


@quick_on_sqlite_only
def test_rows_of_a_ledger_that_nobody_opened_are_named(database_url: str, tmp_path: Path) -> None:
    keys = LogKeys(tmp_path, "audit.example")
    with opened_ledger(database_url) as ledger:
        for row in ROWS.values():
            values = {name: bytes(size) for name, size in (("short", 16), ("long", 32)) if f":{name}" in row}
            tamper(ledger.database, f"INSERT INTO {{log}}{row}", **values)
        assert verifying.ledger_ids(ledger.database) == sorted([LEDGER, *ROWS])
        for part in ROWS:
            verdict = verifying.verify(ledger.database, part, lambda *_: None, keys)
            assert part in {each.part for each in verdict.differences}
        assert verifying.verify(ledger.database, LEDGER, lambda *_: None, keys).differences == []
        with pytest.raises(LogDamaged):
            ledger.sequencer.open_ledger(OpenLedger(ledger_id="tags", name="县"), actor=CLERK, key="another")
