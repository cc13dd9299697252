"""What is written down of who was turned away, and of what was done with keys."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.denials import KEPT_AT_ONCE, MOST_PLACES, SEVERAL
from domain.access import LOCAL_ACTOR, Role
from domain.access_log import AccessEntry, AccessKind, AccessQuery
from domain.ledger import OpenLedger
from tests.support.caller import problem
from tests.support.command_line import CommandLine
from tests.support.effort import full_only
from tests.support.identified import bearing, client_with, identifying_server, made_key
from tests.support.server import RunningServer

WRONG = "ft_aaaaaaaaaaaa_" + "A" * 43


@pytest.fixture
def server(sqlite_url: str) -> Iterator[RunningServer]:
    with identifying_server(sqlite_url) as running:
        yield running


def opened(server: RunningServer, *ledger_ids: str) -> None:
    """Ledgers of these ids, which a record may name."""
    for ledger_id in ledger_ids:
        request = OpenLedger(ledger_id=ledger_id, name="青石县财政局")
        server.services.log.open_ledger(request, actor=LOCAL_ACTOR, key=ledger_id)


def kept(server: RunningServer) -> list[AccessEntry]:
    """Everything that is written down, oldest first, but for the keys that a test itself made."""
    records = server.services.access_log.page(AccessQuery(limit=1_000)).records
    return [record.entry for record in records if record.entry.subject != "test"]


def test_a_denial_is_written_down_before_it_is_answered(server: RunningServer) -> None:
    opened(server, "qingshi")
    made = made_key(server, Role.CLERK, "qingshi")
    server.client.get("/v1/ledgers/qingshi/events")
    server.client.post("/v1/ledgers/qingshi/disbursements", headers=bearing(WRONG))
    with client_with(server, made.text) as client:
        client.post("/v1/ledgers/qingshi/digests")
        client.get("/v1/ledgers/no%20id/events")
    server.client.get("/v1/ledgers/330102199001011234/lines")
    *entries, of_nothing = kept(server)
    assert (of_nothing.action, of_nothing.ledger_id, of_nothing.concerns) == ("lines", None, ("ledger",))
    assert [(each.kind, each.action, each.code, each.ledger_id, each.subject, each.role) for each in entries] == [
        (AccessKind.UNAUTHENTICATED, "events", "unauthenticated", "qingshi", None, None),
        (AccessKind.UNAUTHENTICATED, "record-disbursement", "unauthenticated", "qingshi", None, None),
        (AccessKind.DENIED, "record-digest", "forbidden", "qingshi", f"key:{made.key.key_id}", "clerk"),
        (AccessKind.DENIED, "events", "forbidden", None, f"key:{made.key.key_id}", "clerk"),
    ]
    assert {each.address for each in kept(server)} == {"127.0.0.1"}


def test_a_line_of_another_unit_and_a_ledger_that_is_not_ones_own_are_denials_too(server: RunningServer) -> None:
    opened(server, "qingshi")
    with client_with(server, made_key(server, Role.CLERK, "qingshi", units=("U1",)).text) as client:
        problem(client.get("/v1/ledgers/qingshi/lines/L9"), 403, "outside-units")
    with client_with(server, made_key(server, Role.APPROVER, "qingshi").text) as client:
        body = {"ledger_id": "liulin", "name": "柳林镇"}
        problem(client.post("/v1/ledgers", json=body, headers={"Idempotency-Key": "k"}), 403, "forbidden")
    assert [(each.action, each.code, each.ledger_id) for each in kept(server)] == [
        ("one-of-lines", "outside-units", "qingshi"),
        ("open-ledger", "forbidden", None),
    ]


def test_of_a_flood_the_first_are_kept_and_the_rest_are_counted(server: RunningServer) -> None:
    flood = KEPT_AT_ONCE + 30
    for _ in range(flood):
        server.client.get("/v1/ledgers", headers=bearing(WRONG))
    server.services.denials.write_counted()
    entries = kept(server)
    assert sum(each.count for each in entries) == flood
    assert len(entries) < KEPT_AT_ONCE + 5
    assert max(each.count for each in entries) > 20
    assert {each.code for each in entries} == {"unauthenticated", "too-many-failures"}
    server.services.denials.write_counted()
    assert kept(server) == entries


def test_what_is_counted_is_counted_for_the_ledger_and_action_that_it_was_about(server: RunningServer) -> None:
    opened(server, "first", "second")
    with client_with(server, made_key(server, Role.VIEWER, "mine").text) as client:
        for _ in range(KEPT_AT_ONCE):
            client.get("/v1/ledgers/first/events")
        for _ in range(3):
            client.get("/v1/ledgers/second/events")
        for _ in range(2):
            client.get("/v1/ledgers/second/lines")
    server.services.denials.write_counted()
    assert by_place(kept(server)) == {
        ("first", "events"): KEPT_AT_ONCE,
        ("second", "events"): 3,
        ("second", "lines"): 2,
    }


@full_only
def test_a_flood_over_many_ledgers_makes_few_records_and_none_names_a_wrong_ledger(server: RunningServer) -> None:
    opened(server, "first", "second")
    with client_with(server, made_key(server, Role.VIEWER, "mine").text) as client:
        for _ in range(KEPT_AT_ONCE):
            client.get("/v1/ledgers/first/events")
        for number in range(MOST_PLACES + 15):
            client.get(f"/v1/ledgers/other-{number}/events")
    server.services.denials.write_counted()
    entries = kept(server)
    assert KEPT_AT_ONCE + MOST_PLACES < len(entries) < KEPT_AT_ONCE + MOST_PLACES + 5
    places = by_place(entries)
    assert places.total() == KEPT_AT_ONCE + MOST_PLACES + 15
    assert places[None, SEVERAL] > 10
    assert all(count == 1 for (ledger_id, _), count in places.items() if ledger_id not in {"first", None})


def by_place(entries: list[AccessEntry]) -> Counter[tuple[str | None, str]]:
    """How many there were of each ledger and action."""
    places: Counter[tuple[str | None, str]] = Counter()
    for each in entries:
        places[each.ledger_id, each.action] += each.count
    return places


def test_a_flood_of_one_key_does_not_hide_another_caller(server: RunningServer) -> None:
    loud, quiet = made_key(server, Role.ADMIN), made_key(server, Role.ADMIN)
    with client_with(server, loud.text) as client:
        for _ in range(KEPT_AT_ONCE + 3):
            client.get("/v1/ledgers")
    with client_with(server, quiet.text) as client:
        client.get("/v1/ledgers")
    assert kept(server)[-1].subject == f"key:{quiet.key.key_id}"


def test_what_was_counted_is_written_when_the_server_stops(sqlite_url: str, tmp_path: Path) -> None:
    with identifying_server(sqlite_url) as server:
        for _ in range(KEPT_AT_ONCE + 5):
            server.client.get("/v1/ledgers")
    listed = CommandLine(sqlite_url, tmp_path)("access-log", "show", "--json").json["items"]
    assert sum(each["count"] for each in listed) == KEPT_AT_ONCE + 5


def test_nobody_is_told_of_a_denial_that_could_not_be_written_down(server: RunningServer) -> None:
    with server.services.database.access_writer.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE access_head RENAME TO hidden")
    problem(server.client.get("/v1/ledgers"), 503, "access-log-unavailable")
    with server.services.database.access_writer.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE hidden RENAME TO access_head")
    problem(server.client.get("/v1/ledgers"), 401, "unauthenticated")


def test_what_is_done_with_keys_is_written_down_wherever_it_is_done(server: RunningServer, tmp_path: Path) -> None:
    token = server.services.setup_tokens.issue()
    admin = server.client.post("/v1/setup", json={"token": token}).json()
    with client_with(server, admin["key"]) as client:
        made = client.post("/v1/keys", json={"role": "viewer"}).json()
        client.post(f"/v1/keys/{made['key_id']}/revocation")
    line = CommandLine(server.services.settings.database_url, tmp_path)
    by_hand = line("keys", "create", "--role", "viewer", "--json").json
    line("keys", "revoke", by_hand["key_id"])
    assert [(each.action, each.code, each.subject, each.concerns) for each in kept(server)] == [
        ("setup", "key-created", "setup", (admin["subject"],)),
        ("create-key", "key-created", admin["subject"], (made["subject"],)),
        ("revoke-key", "key-revoked", admin["subject"], (made["subject"],)),
        ("create-key", "key-created", "local", (by_hand["subject"],)),
        ("revoke-key", "key-revoked", "local", (by_hand["subject"],)),
    ]
    assert {each.kind for each in kept(server)} == {AccessKind.ADMINISTERED}
    figures = [dict(each.figures) for each in kept(server)]
    assert len({each.pop("secret_hash_sha256", None) for each in figures}) == 4, "three secrets, and no other records"
    assert figures == [
        {"granted_role": "admin"},
        {"granted_role": "viewer"},
        {},
        {"granted_role": "viewer"},
        {},
    ]


def test_what_is_kept_of_every_ledger_is_for_an_auditor_of_every_ledger(server: RunningServer) -> None:
    def read(*ledgers: str) -> httpx.Response:
        key = made_key(server, Role.AUDITOR, *ledgers)
        return server.client.get("/v1/access-log", headers=bearing(key.text))

    assert read().status_code == 200
    problem(read("qingshi"), 403, "forbidden")
