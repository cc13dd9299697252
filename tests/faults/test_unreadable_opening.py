"""A ledger whose first entry cannot be read: it is said of that ledger, and none of the others waits for it."""

from adapters.database import open_database
from tests.support.caller import ALLOCATION, new_caller, problem
from tests.support.server import running_server
from tests.support.tampering import tamper
from tests.support.waiting import eventually


def test_an_opening_that_cannot_be_read_holds_up_no_other_ledger(database_url: str) -> None:
    with running_server(database_url) as server:
        broken, other = new_caller(server.client), new_caller(server.client)
        broken.found()
        other.found()
        database = open_database(database_url)
        junk = {"junk": b"junk", "ledger": broken.ledger_id}
        tamper(database, "UPDATE {log}log_entry SET entry = :junk WHERE ledger_id = :ledger AND position = 1", **junk)
        database.dispose()
        assert problem(broken.ask(""), 503, "log-damaged")
        position = other.record("/allocations", ALLOCATION | {"amount": "1.00"})["position"]
        assert other.read("/lines/L1")["adjusted_budget"] == "601.00"

        def signed_size() -> int:
            return int(other.ask("/checkpoint").text.splitlines()[1])

        eventually("the other is signed", lambda: signed_size() >= position or None)
