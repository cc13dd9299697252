"""Who was refused what, over HTTP: it is kept before the caller is answered, and auditors read it in pages."""

from typing import Any

import pytest

from tests.support.caller import DISBURSEMENT, UNIT, Caller, new_caller, problem
from tests.support.effort import full_only
from tests.support.processes import wait_for
from tests.support.server import RunningServer, running_server

TOO_MUCH = DISBURSEMENT | {"amount": "9999.00", "voucher_no": "V9"}


def codes(document: dict[str, Any]) -> list[str]:
    return [record["code"] for record in document["items"]]


def test_a_refused_command_is_shown_with_its_figures(founded: Caller) -> None:
    problem(founded.post("/disbursements", TOO_MUCH | {"payee": "某某公司"}), 409, "insufficient-funds")
    document = founded.read("/refusals")
    assert founded.read("/access-log") == document
    (record,) = document["items"]
    place = {name: record.pop(name) for name in ("sequence", "recorded_at", "hash")}
    assert record == {
        "kind": "refused",
        "action": "record-disbursement",
        "code": "insufficient-funds",
        "ledger_id": founded.ledger_id,
        "subject": "local",
        "issuer": None,
        "role": "local",
        "address": None,
        "concerns": ["line:L1"],
        "figures": {"available": "600.00", "requested": "9999.00"},
        "count": 1,
    }
    assert document["head"] == {"sequence": place["sequence"], "hash": place["hash"]}
    assert document["next"] is None


def test_every_way_in_leaves_its_refusals(founded: Caller) -> None:
    commands = [
        {"command": "record-disbursement", **DISBURSEMENT, "voucher_no": "V2"},
        {"command": "record-disbursement", **TOO_MUCH, "voucher_no": "V3"},
        {"command": "register-unit", **UNIT},
    ]
    assert founded.post("/batch", {"commands": commands}).status_code == 409
    assert founded.post("/batch", {"commands": commands}, mode="partial").status_code == 207
    opening = {"ledger_id": founded.ledger_id, "name": "又一个"}
    answer = founded.client.post("/v1/ledgers", json=opening, headers={"Idempotency-Key": f"{founded.ledger_id}-2"})
    problem(answer, 409, "already-exists")
    assert [(each["action"], each["code"]) for each in founded.read("/refusals")["items"]] == [
        ("record-disbursement", "insufficient-funds"),
        ("record-disbursement", "insufficient-funds"),
        ("register-unit", "already-exists"),
        ("open-ledger", "already-exists"),
    ]


def test_a_dry_run_and_a_body_that_is_no_command_leave_none(founded: Caller) -> None:
    assert founded.post("/disbursements", TOO_MUCH, dry_run=True).status_code == 200
    problem(founded.post("/disbursements", TOO_MUCH | {"amount": "much"}), 422, "invalid-body")
    assert founded.read("/access-log")["items"] == []


def test_pages_follow_each_other_and_end(founded: Caller) -> None:
    for _ in range(5):
        founded.post("/disbursements", TOO_MUCH)
    first = founded.read("/refusals", limit=2)
    second = founded.follow(first["next"])
    third = founded.follow(second["next"])
    assert [len(page["items"]) for page in (first, second, third)] == [2, 2, 1]
    assert third["next"] is None
    sequences = [record["sequence"] for page in (first, second, third) for record in page["items"]]
    assert sequences == sorted(set(sequences))


def test_the_kind_is_kept_from_page_to_page(founded: Caller) -> None:
    for _ in range(3):
        founded.post("/disbursements", TOO_MUCH)
    first = founded.read("/access-log", limit=2, kind="refused")
    assert len(founded.follow(first["next"])["items"]) == 1
    assert founded.read("/access-log", kind="denied")["items"] == []


def test_the_whole_log_holds_what_is_in_every_ledger(server: RunningServer, founded: Caller) -> None:
    begin = server.client.get("/v1/access-log").json()["head"]["sequence"]
    other = new_caller(server.client)
    founded.post("/disbursements", TOO_MUCH)
    problem(other.post("/disbursements", TOO_MUCH), 409, "unknown-line")
    document = server.client.get("/v1/access-log", params={"after": begin}).json()
    assert [each["ledger_id"] for each in document["items"]] == [founded.ledger_id, other.ledger_id]
    assert [each["sequence"] for each in document["items"]] == [begin + 1, begin + 2]
    assert document["head"]["hash"] == document["items"][-1]["hash"]


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("/refusals", "kind=refused"),
        ("/refusals", "at_position=3"),
        ("/access-log", "kind=other"),
        ("/access-log", "limit=1001"),
        ("/access-log", "limit=0"),
        ("/access-log", "after=-1"),
        ("/access-log", "after=1&after=2"),
        ("/access-log", "ledger=x"),
    ],
)
def test_a_wrong_parameter_is_refused(ledger: Caller, path: str, wrong: str) -> None:
    problem(ledger.client.get(f"{ledger.base}{path}?{wrong}"), 422, "invalid-parameter")


def test_the_refusals_of_a_ledger_that_is_not_there_are_not_found(server: RunningServer) -> None:
    for path in ("refusals", "access-log"):
        problem(server.client.get(f"/v1/ledgers/nowhere/{path}"), 404, "unknown-ledger")


@full_only
def test_without_a_record_there_is_no_answer_and_the_service_is_not_ready(sqlite_url: str) -> None:
    with running_server(sqlite_url) as server:
        caller = new_caller(server.client)
        caller.found()
        with server.services.database.access_writer.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE access_head RENAME TO hidden")
        answer = caller.post("/disbursements", TOO_MUCH, "k")
        problem(answer, 503, "access-log-unavailable")
        assert answer.headers["retry-after"] == "1"
        problem(caller.ask("/refusals"), 503, "access-log-unavailable")
        ready = server.client.get("/readyz")
        assert (ready.status_code, ready.json()["access_log"]) == (503, False)
        assert caller.post("/disbursements", DISBURSEMENT).status_code == 201
        with server.services.database.access_writer.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE hidden RENAME TO access_head")
        wait_for("the log is written again", lambda: server.client.get("/readyz").json()["access_log"] is True)
        problem(caller.post("/disbursements", TOO_MUCH, "k"), 409, "insufficient-funds")
        assert codes(caller.read("/refusals")) == ["insufficient-funds"]


def test_the_newest_come_first_when_asked_and_the_following_page_goes_down(founded: Caller) -> None:
    for _ in range(3):
        founded.post("/disbursements", TOO_MUCH)
    oldest_first = [record["sequence"] for record in founded.read("/refusals")["items"]]
    first = founded.read("/refusals", sort="-sequence", limit=2)
    second = founded.follow(first["next"])
    assert [record["sequence"] for page in (first, second) for record in page["items"]] == oldest_first[::-1]
    assert second["next"] is None
