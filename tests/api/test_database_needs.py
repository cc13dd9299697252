"""What the database has no more of all that the service needs is red in /readyz, and its answers say so: no 500."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from adapters.database import Database, open_database
from adapters.guards.rights import APP, PROJECTOR
from tests.support.caller import UNIT, new_caller, problem
from tests.support.logins import login
from tests.support.server import RunningServer, running_server


@contextmanager
def undone(owner: Database, done: str, undo: str) -> Iterator[None]:
    """With the rights of whoever owns everything, for the time of the block."""
    for statement in (done, undo):
        with owner.views_writer.begin() as connection:
            connection.execute(text(statement))
        if statement == done:
            yield


def red(server: RunningServer) -> list[tuple[str, str]]:
    """Check and code of everything that is wrong."""
    answer = server.client.get("/readyz")
    found = [(each["check"], each["code"]) for each in answer.json()["problems"]]
    assert answer.status_code == (503 if found else 200)
    return found


def test_views_that_were_altered_are_red_and_not_a_failure_of_the_service(database_url: str) -> None:
    with running_server(database_url) as server:
        caller = new_caller(server.client)
        caller.record("/units", UNIT)
        assert caller.ask("/lines", as_of="2024-01-31").status_code == 200
        views = "" if server.services.database.is_sqlite else "views."
        fact = f"{views}fact_g1"
        alterations = [(f"ALTER TABLE {fact} RENAME TO hidden", f"ALTER TABLE {views}hidden RENAME TO fact_g1")]
        alterations += [(f"ALTER TABLE {fact} RENAME value TO said", f"ALTER TABLE {fact} RENAME said TO value")]
        if views:
            change = f"ALTER TABLE {fact} ALTER effective_day TYPE"
            alterations += [(f"{change} text", f"{change} integer USING effective_day::integer")]
        for day, (done, undo) in enumerate(alterations, start=10):
            assert red(server) == []
            with undone(server.services.database, done, undo):
                problem(caller.ask("/lines", as_of=f"2024-01-{day}"), 503, "database-unavailable")
                assert ("projections", "views-altered") in red(server), done
            assert caller.ask("/lines", as_of=f"2024-01-{day}").status_code == 200
        with server.services.database.views_writer.begin() as connection:
            connection.execute(text(f"DROP TABLE {fact}"))
        server.services.projector.prepare()
        server.services.projector.catch_up(caller.ledger_id)
        assert red(server) == [], "what a start of the projector makes anew"
        assert caller.read("/units", as_of="2024-01-31")["items"] != []


def test_a_right_that_the_service_lacks_is_red_and_not_a_failure_of_it(postgresql_url: str) -> None:
    owner = open_database(postgresql_url)
    with login(postgresql_url, APP, PROJECTOR) as url, running_server(url) as server:
        caller = new_caller(server.client)
        for right, of in (("INSERT", "log.log_tag"), ("SELECT", "views.fact_g1"), ("SELECT", "log.log_entry")):
            assert red(server) == []
            with undone(owner, f"REVOKE {right} ON {of} FROM {APP}", f"GRANT {right} ON {of} TO {APP}"):
                assert ("database", "rights-missing") in red(server), of
                if right == "INSERT":
                    problem(caller.post("/units", UNIT), 503, "database-unavailable")
        caller.record("/units", UNIT)
    owner.dispose()


def test_a_service_that_may_not_read_keys_says_so(postgresql_url: str) -> None:
    owner = open_database(postgresql_url)
    with login(postgresql_url, APP, PROJECTOR) as url, running_server(url, auth="on") as server:
        keys = "access.api_key"
        with undone(owner, f"REVOKE SELECT ON {keys} FROM {APP}", f"GRANT SELECT ON {keys} TO {APP}"):
            key = {"Authorization": f"Bearer ft_{'a' * 12}_{'A' * 43}"}
            problem(server.client.get("/v1/ledgers", headers=key), 503, "database-unavailable")
            assert red(server) == [("database", "rights-missing")]
    owner.dispose()
