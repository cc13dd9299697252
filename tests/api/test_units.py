"""A clerk whose grant is limited to a unit: what is shown, what is recorded, and what is not told."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from domain.access import Role
from tests.support.caller import ALLOCATION, DISBURSEMENT, LINE, UNIT, Caller, problem
from tests.support.identified import client_with, identifying_server, made_key, open_founded
from tests.support.server import RunningServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with identifying_server(f"sqlite:///{tmp_path_factory.mktemp('units')}/fundtrail.db") as running:
        yield running


@pytest.fixture(scope="module")
def ledger(server: RunningServer) -> Iterator[Caller]:
    """U1 has L1, and U2 has L2; each got money."""
    with client_with(server, made_key(server, Role.APPROVER, "town").text) as client:
        caller = open_founded(client, "town")
        caller.record("/units", UNIT | {"unit_id": "U2"})
        caller.record("/lines", LINE | {"line_id": "L2", "unit_id": "U2"})
        caller.record("/allocations", ALLOCATION | {"line_id": "L2", "amount": "50.00"})
        yield caller


@pytest.fixture
def clerk(server: RunningServer, ledger: Caller) -> Iterator[Caller]:
    with client_with(server, made_key(server, Role.CLERK, "town", units=("U2",)).text) as client:
        yield Caller(client, ledger.ledger_id)


def test_a_clerk_of_a_unit_sees_its_own_lines_and_their_totals(ledger: Caller, clerk: Caller) -> None:
    assert ids_of(ledger.read("/lines")) == ["L1", "L2"]
    mine = clerk.read("/lines")
    assert ids_of(mine) == ["L2"]
    assert mine["totals"]["adjusted_budget"] == "50.00"
    assert ids_of(clerk.read("/lines", unit_id="U1")) == []
    assert clerk.read("/lines", unit_id="U1")["totals"]["adjusted_budget"] == "0.00"


def test_a_clerk_of_a_unit_is_told_the_same_of_anothers_line_as_of_none(clerk: Caller) -> None:
    ids = ("L1", "L9", "no%20id", "%00")
    answers = [clerk.ask(f"/lines/{each}{more}") for each in ids for more in ("", "/history")]
    for answer in answers:
        problem(answer, 403, "outside-units")
    assert len({answer.content for answer in answers}) == 1


def test_a_clerk_of_a_unit_is_not_told_by_a_validator_what_is_anothers(ledger: Caller, clerk: Caller) -> None:
    head = ledger.head()
    tag = ledger.ask("/lines/L1", at_position=head).headers["etag"]
    for known in (tag, "*"):
        headers = {"If-None-Match": known}
        problem(clerk.client.get(f"{clerk.base}/lines/L1?at_position={head}", headers=headers), 403, "outside-units")
    whole = ledger.ask("/lines", at_position=head).headers["etag"]
    mine = clerk.client.get(f"{clerk.base}/lines?at_position={head}", headers={"If-None-Match": whole})
    assert mine.status_code == 200


def test_a_clerk_of_a_unit_records_on_its_own_lines_alone_also_in_batches(clerk: Caller) -> None:
    clerk.record("/disbursements", DISBURSEMENT | {"line_id": "L2", "amount": "1.00"})
    payment = {"command": "record-disbursement", **DISBURSEMENT, "amount": "1.00", "voucher_no": "V2"}
    body = {"commands": [payment | {"line_id": "L2"}, payment]}
    refused = problem(clerk.post("/batch", body), 403, "outside-units")
    assert [each["index"] for each in refused["errors"]] == [1]
    partial = clerk.post("/batch", body, mode="partial").json()["results"]
    assert [each["status"] for each in partial] == [201, 403]


def test_that_an_id_is_taken_is_all_that_a_clerk_of_a_unit_is_told_of_anothers_line(clerk: Caller) -> None:
    own = {"unit_id": "U2"}
    taken = [clerk.post("/lines?dry_run=true", LINE | own | {"line_id": each}) for each in ("L1", "L2")]
    problem(taken[0], 409, "already-exists")
    assert taken[0].content == taken[1].content


def test_a_clerk_of_a_unit_keeps_the_history_of_a_line_that_was_taken_back(ledger: Caller, clerk: Caller) -> None:
    opened = clerk.record("/lines", LINE | {"line_id": "L3", "unit_id": "U2"})
    undone = {"effective_date": "2023-09-01", "event_id": opened["event_id"], "reason": "误录"}
    clerk.record("/reversals", undone)
    assert len(clerk.read("/lines/L3/history")["items"]) == 2
    problem(clerk.ask("/lines/L3"), 404, "unknown-line")
    problem(ledger.ask("/lines/L3"), 404, "unknown-line")


def test_a_clerk_of_a_unit_what_it_recorded_bears_its_role(clerk: Caller) -> None:
    event = clerk.record("/disbursements", DISBURSEMENT | {"line_id": "L2", "amount": "1.00", "voucher_no": "V3"})
    assert event["actor"]["role"] == "clerk"


def test_a_clerk_of_a_unit_is_told_on_which_days_its_own_lines_have_events(ledger: Caller, clerk: Caller) -> None:
    head = ledger.head()
    every = ledger.read("/events", limit=1000)["items"]
    opened = [each["data"] for each in every if each["type"] == "line-opened.v1"]
    lines = {f"line:{each['line_id']}" for each in opened if each["unit_id"] == "U2"}
    own = [each for each in every if lines & each["tags"].keys()]
    days = Counter(event["effective_date"] for event in own)
    first = clerk.ask("/calendar", at_position=head)
    assert {each["effective_date"]: each["event_count"] for each in first.json()["items"]} == days
    whole = ledger.ask("/calendar", at_position=head)
    assert sum(each["event_count"] for each in whole.json()["items"]) == head > days.total()
    assert whole.headers["etag"] != first.headers["etag"]
    clerk.record("/disbursements", DISBURSEMENT | {"line_id": "L2", "amount": "1.00", "voucher_no": "V4"})
    counted = clerk.read("/calendar")["items"]
    assert sum(each["event_count"] for each in counted) == days.total() + 1


def ids_of(page: dict[str, Any]) -> list[str]:
    return [each["line_id"] for each in page["items"]]
