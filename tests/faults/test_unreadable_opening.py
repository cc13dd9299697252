"""A ledger whose first entry cannot be read: it is said of that ledger, and none of the others waits for it."""

from pathlib import Path
from typing import Final

from adapters.database import Database, open_database
from adapters.event_log.tree import SqlTree
from adapters.transparency.checkpoints import SqlCheckpoints
from adapters.transparency.log_keys import LogKeys
from adapters.transparency.log_signer import LogSigner
from api.daily_digest import DailyDigest
from api.digests import recorded_digests
from api.self_check import SelfCheck
from domain.ledger import OpenLedger
from tests.support.caller import ALLOCATION, new_caller, problem
from tests.support.effort import quick_on_sqlite_only
from tests.support.ledger import CLERK, LEDGER, opened_ledger
from tests.support.server import running_server
from tests.support.tampering import tamper
from tests.support.waiting import eventually

BROKEN: Final = "anxi"
"""It comes before the other."""


def break_opening(database: Database, ledger_id: str) -> None:
    statement = "UPDATE {log}log_entry SET entry = :junk WHERE ledger_id = :ledger AND position = 1"
    tamper(database, statement, junk=b"junk", ledger=ledger_id)


@quick_on_sqlite_only
def test_the_views_and_the_signatures_of_the_others_go_on(database_url: str) -> None:
    with running_server(database_url) as server:
        broken, other = new_caller(server.client), new_caller(server.client)
        broken.found()
        other.found()
        database = open_database(database_url)
        break_opening(database, broken.ledger_id)
        database.dispose()
        assert problem(broken.ask(""), 503, "log-damaged")
        position = other.record("/allocations", ALLOCATION | {"amount": "1.00"})["position"]
        assert other.read("/lines/L1")["adjusted_budget"] == "601.00"

        def signed_size() -> int:
            return int(other.ask("/checkpoint").text.splitlines()[1])

        eventually("the other is signed", lambda: signed_size() >= position or None)


def test_the_digests_and_the_checks_of_the_others_go_on(database_url: str, tmp_path: Path) -> None:
    with opened_ledger(database_url) as ledger:
        ledger.sequencer.open_ledger(OpenLedger(ledger_id=BROKEN, name="安溪县财政局"), actor=CLERK, key="another")
        keys, tree = LogKeys(tmp_path, "audit.example"), SqlTree(ledger.database.log_reader)
        log_id = ledger.feed.ledger(BROKEN).log_id
        assert LogSigner(keys, tree).sign(BROKEN, log_id, lambda: 1, stored_size=None) is not None
        break_opening(ledger.database, BROKEN)

        DailyDigest(ledger.database.log_reader, ledger.feed, ledger.sequencer, ledger.clock).look()
        assert len(recorded_digests(ledger.feed, LEDGER, ledger.feed.head(LEDGER))) == 1

        store = SqlCheckpoints(ledger.database.log_reader, ledger.database.log_writer)
        check = SelfCheck(ledger.feed, tree, store, keys, lambda: None, list)
        assert [each.ledger_id for each in check.look_for_missing()] == [LEDGER]
        assert check.unreadable.keys() == {BROKEN}
        assert check.missing == {}, "it is there, though it cannot be read"
