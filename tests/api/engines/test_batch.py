"""Recording many commands at once."""

from typing import Any

import pytest

from tests.support.caller import (
    APPROPRIATION,
    DISBURSEMENT,
    FOUNDATION,
    LATER,
    LINE,
    UNIT,
    Caller,
    items_of,
    problem,
)
from tests.support.effort import full_only


def paying(amount: str, voucher: str, **more: object) -> dict[str, Any]:
    return {"command": "record-disbursement", **DISBURSEMENT, "amount": amount, "voucher_no": voucher, **more}


def batch_of(*items: object) -> dict[str, object]:
    return {"commands": list(items)}


def test_all_accepted_is_201_with_all_events_in_the_order_of_the_commands(ledger: Caller) -> None:
    answer = ledger.post("/batch", batch_of(*items_of(FOUNDATION), paying("1", "V1")))
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{ledger.base}/events/7"
    document = answer.json()
    assert document["position"] == 7
    assert [event["position"] for event in document["events"]] == [2, 3, 4, 5, 6, 7]
    assert document["events"][-1]["data"]["amount"] == "1.00"


def test_the_first_refusal_answers_with_its_status_and_index_and_nothing_is_written(founded: Caller) -> None:
    answer = founded.post("/batch", batch_of(paying("400", "V1"), paying("300", "V2"), paying("1", "V1")))
    document = problem(answer, 409, "insufficient-funds")
    assert [error["index"] for error in document["errors"]] == [1]
    assert document["available"] == "200.00"
    assert founded.head() == 6


def test_a_refused_value_in_a_batch_is_422(founded: Caller) -> None:
    early = paying("1", "V1", effective_date="1979-12-31")
    document = problem(founded.post("/batch", batch_of(paying("1", "V2"), early)), 422, "date-out-of-range")
    assert document["errors"][0]["index"] == 1


def test_in_partial_mode_each_command_stands_alone(founded: Caller) -> None:
    items = [paying("400", "V1"), paying("300", "V2"), paying("200", "V3")]
    answer = founded.post("/batch", batch_of(*items), mode="partial")
    assert answer.status_code == 207
    document = answer.json()
    assert document["position"] == 8
    assert [(each["index"], each["status"]) for each in document["results"]] == [(0, 201), (1, 409), (2, 201)]
    assert document["results"][0]["events"][0]["position"] == 7
    refused = document["results"][1]["problem"]
    assert (refused["code"], refused["errors"][0]["index"]) == ("insufficient-funds", 1)
    assert "events" not in document["results"][1]


def test_a_partial_batch_of_which_nothing_is_accepted_has_no_position(founded: Caller) -> None:
    answer = founded.post("/batch", batch_of(paying("700", "V1")), mode="partial")
    assert (answer.status_code, answer.json()["position"]) == (207, None)


@pytest.mark.parametrize("mode", ["atomic", "partial"])
def test_a_dry_run_answers_200_in_either_mode_and_writes_nothing(founded: Caller, mode: str) -> None:
    items = [paying("400", "V1"), paying("300", "V2")]
    answer = founded.client.post(f"{founded.base}/batch?dry_run=true&mode={mode}", json=batch_of(*items))
    assert answer.status_code == 200
    document = answer.json()
    assert document["position"] is None
    assert [(each["index"], each["status"]) for each in document["results"]] == [(0, 201), (1, 409)]
    assert all("events" not in each for each in document["results"])
    assert founded.head() == 6


def test_every_shape_error_of_every_item_is_named_and_no_rule_is_run(founded: Caller) -> None:
    items = [
        paying("700", "V1"),
        {**paying("x", "V2"), "colour": 1},
        {"command": "spend"},
        "no object",
        paying("1", "V3", unit="yuan", key=""),
    ]
    document = problem(founded.post("/batch", batch_of(*items)), 422, "invalid-body")
    assert [(error["index"], error["pointer"], error["code"]) for error in document["errors"]] == [
        (1, "/amount", "amount"),
        (1, "/colour", "unknown-field"),
        (2, "/command", "command"),
        (3, "", "type"),
        (4, "/key", "key"),
        (4, "/unit", "choice"),
    ]
    assert founded.head() == 6


def test_the_same_key_on_two_items_is_refused(founded: Caller) -> None:
    items = [paying("1", "V1", key="k"), paying("2", "V2"), paying("3", "V3", key="k")]
    document = problem(founded.post("/batch", batch_of(*items)), 422, "invalid-body")
    assert [(error["index"], error["pointer"], error["code"]) for error in document["errors"]] == [
        (2, "/key", "repeated-key")
    ]


def test_a_key_that_is_the_default_of_another_item_is_refused(founded: Caller) -> None:
    answer = founded.post("/batch", batch_of(paying("1", "V1", key="b/1"), paying("2", "V2")), key="b")
    assert [error["index"] for error in problem(answer, 422, "invalid-body")["errors"]] == [1]


def test_a_batch_is_replayed_as_a_whole(founded: Caller) -> None:
    items = batch_of(paying("1", "V1"), paying("2", "V2"))
    first = founded.post("/batch", items, key="b")
    again = founded.post("/batch", items, key="b")
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers


def test_idempotency_is_by_item(founded: Caller) -> None:
    founded.record("/disbursements", DISBURSEMENT, key="one")
    item = {"command": "record-disbursement", "key": "one", **DISBURSEMENT}
    answer = founded.post("/batch", batch_of(item, paying("2", "V2")))
    assert answer.status_code == 201
    assert [event["position"] for event in answer.json()["events"]] == [7, 8]
    assert "idempotency-replayed" not in answer.headers


def test_an_item_may_reverse_what_an_earlier_item_records(founded: Caller) -> None:
    reversal = {"command": "reverse-event", "effective_date": LATER, "event_key": "b/0", "reason": "误录"}
    answer = founded.post("/batch", batch_of(paying("1", "V1"), reversal), key="b")
    assert answer.status_code == 201
    paid, taken_back = answer.json()["events"]
    assert taken_back["corrects"] == paid["event_id"]
    assert paid["reversed_by"] == taken_back["position"] == 8
    assert taken_back["data"]["fact"]["amount"] == "1.00"


def test_amounts_of_an_item_may_be_in_wan(ledger: Caller) -> None:
    rich = {"command": "receive-appropriation", **APPROPRIATION, "amount": "1234.567891", "unit": "wan"}
    answer = ledger.post("/batch", batch_of(rich))
    assert answer.json()["events"][0]["data"]["amount"] == "12345678.91"
    too_fine = {**rich, "appropriation_id": "A2", "amount": "0.0000001"}
    document = problem(ledger.post("/batch", batch_of(too_fine)), 422, "invalid-body")
    assert document["errors"][0]["code"] == "amount-in-wan"


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/commands", "missing"),
        ({"commands": []}, "/commands", "empty"),
        ({"commands": {}}, "/commands", "type"),
        ({"commands": [{}] * 10_001}, "/commands", "too-many"),
        ({"commands": [{"command": "register-unit", **UNIT}], "more": 1}, "/more", "unknown-field"),
    ],
)
def test_a_batch_is_a_list_of_1_to_10_000_commands(ledger: Caller, body: object, pointer: str, code: str) -> None:
    document = problem(ledger.post("/batch", body), 422, "invalid-body")
    assert [(error["pointer"], error["code"]) for error in document["errors"]] == [(pointer, code)]


@full_only
def test_ten_thousand_commands_go_in_at_once(ledger: Caller) -> None:
    units = [{"command": "register-unit", **UNIT, "unit_id": f"U{number}"} for number in range(10_000)]
    answer = ledger.post("/batch", batch_of(*units))
    assert (answer.status_code, answer.json()["position"]) == (201, 10_001)


def test_a_single_command_under_the_key_of_an_item_is_its_replay(ledger: Caller) -> None:
    ledger.post("/batch", batch_of({"command": "register-unit", **UNIT}), key="b")
    answer = ledger.post("/units", UNIT, key="b/0")
    assert answer.headers["idempotency-replayed"] == "true"


def test_every_command_has_an_address_and_a_name(ledger: Caller) -> None:
    evaluation = {
        "effective_date": LATER,
        "evaluation_id": "E1",
        "subject": {"kind": "programme", "id": "农村公路"},
        "fiscal_year": 2023,
        "kind": "finance",
    }
    evaluated = {"effective_date": LATER, "evaluation_id": "E1"}
    line = {"effective_date": LATER, "line_id": "L1"}
    rest: list[tuple[str, dict[str, Any]]] = [
        (
            "/project-amendments",
            {"effective_date": LATER, "project_id": "P1", "changes": {"end_year": 2024}, "reason": "延期"},
        ),
        ("/lines", LINE | {"line_id": "L2"}),
        ("/opening-balances", line | {"line_id": "L2", "adjusted": "9", "disbursed": "0", "recovered": "0.00"}),
        ("/allocation-reductions", line | {"amount": "1", "document_no": "1号", "reason": "压减"}),
        ("/disbursements", DISBURSEMENT | {"effective_date": LATER, "amount": "50"}),
        ("/recoveries", line | {"amount": "1", "destination": "treasury", "document_no": "2号"}),
        ("/project-status-changes", {"effective_date": LATER, "project_id": "P1", "status": "started"}),
        ("/evaluations", evaluation),
        ("/results", evaluated | {"total": "88.5"}),
        ("/points", evaluated | {"points": "-1.5", "reason": "减分"}),
        ("/evaluation-finalisations", evaluated),
    ]
    for path, body in [*FOUNDATION, *rest]:
        ledger.record(path, body)
    assert ledger.head() == 1 + len(FOUNDATION) + len(rest)
    assert ledger.read("/evaluations/E1")["total"] == "87.00"


def test_what_stands_against_an_item_of_the_same_request_is_named_by_its_index_and_no_position(founded: Caller) -> None:
    twice = batch_of(paying("1", "V1"), paying("2", "V2"), paying("3", "V1"))
    whole = problem(founded.post("/batch", twice), 409, "duplicate-voucher")
    (tried,) = (each["problem"] for each in founded.post("/batch", twice, dry_run="true").json()["results"][2:])
    for said in (whole, tried):
        assert (said["other_index"], "position" in said) == (0, False)
        assert "第 0 项" in said["detail"]
    recorded = founded.post("/batch", twice, mode="partial").json()
    assert recorded["results"][2]["problem"]["position"] == recorded["results"][0]["events"][0]["position"]
    again = batch_of(paying("9", "V2"))
    assert founded.post("/batch", again, dry_run="true").json()["results"][0]["problem"]["position"] == founded.head()
