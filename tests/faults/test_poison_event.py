"""An event that one view cannot take in: that view halts and says so, and everything else goes on."""

from datetime import date
from typing import Any

from sqlalchemy import delete, insert

from projections.tables import fact_tables
from tests.support.caller import SPRING, Caller, new_caller, problem
from tests.support.effort import quick_on_sqlite_only
from tests.support.server import RunningServer, running_server
from tests.support.waiting import eventually

STATUS = {"effective_date": SPRING, "project_id": "P1", "status": "started"}


@quick_on_sqlite_only
def test_a_view_that_cannot_take_in_an_event_halts_alone_and_says_so(database_url: str) -> None:
    with running_server(database_url) as server:
        poisoned, other = new_caller(server.client), new_caller(server.client)
        poisoned.found()
        other.found()
        poisoned.read("/projects")
        poison(server, poisoned)
        stands_at = poisoned.head()
        poisoned.record("/project-status-changes", STATUS)
        poisoned.record(
            "/units", {"effective_date": SPRING, "unit_id": "U9", "name": "青石县水利局", "kind": "department"}
        )

        found = eventually("it is said to be stalled", lambda: red(server))
        assert (found["ready"], found["database"], found["writes"], found["projections"]) == (False, True, True, False)
        (said,) = found["problems"]
        assert (said["check"], said["code"], said["count"]) == ("projections", "projection-stalled", 1)
        assert (said["projection"], said["position"]) == ("facts", stands_at)
        assert said["reason"] == f"after position {stands_at}: IntegrityError"
        assert said["since"].endswith("Z")
        assert poisoned.ledger_id not in str(found)

        problem(poisoned.ask("/projects"), 503, "projection-stalled")
        assert poisoned.read("/projects", at_position=stands_at)["items"], "what was taken in before is read on"
        assert poisoned.read("/events", at_position=stands_at)["items"]
        assert [each["project_id"] for each in other.read("/projects")["items"]] == ["P1"]
        other.record("/project-status-changes", STATUS)
        assert other.read("/projects/P1")["status"] == "started"
        by_name = {
            each.name: each for each in server.services.projector.status() if each.ledger_id == poisoned.ledger_id
        }
        assert (by_name["balances"].position, by_name["balances"].stalled_reason) == (poisoned.head(), None)

        cure(server, poisoned)
        server.services.projector.prepare()
        assert poisoned.read("/projects/P1")["status"] == "started"
        assert server.client.get("/readyz").status_code == 200


def red(server: RunningServer) -> dict[str, Any] | None:
    answer = server.client.get("/readyz")
    return dict(answer.json()) if answer.status_code == 503 else None


def poison(server: RunningServer, ledger: Caller) -> None:
    """A row stands where the next event's will have to be stored."""
    row = {"ledger_id": ledger.ledger_id, "subject": "project:P1", "effective_day": date(2023, 3, 1).toordinal()}
    with server.services.database.views_writer.begin() as connection:
        connection.execute(insert(fact_tables(1).status).values(**row, position=ledger.head() + 1, status="started"))


def cure(server: RunningServer, ledger: Caller) -> None:
    table = fact_tables(1).status
    with server.services.database.views_writer.begin() as connection:
        connection.execute(delete(table).where(table.c.ledger_id == ledger.ledger_id))
