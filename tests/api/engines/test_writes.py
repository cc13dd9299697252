"""Recording one command over HTTP."""

import pytest

from tests.support.caller import ALLOCATION, DISBURSEMENT, LATER, UNIT, Caller, problem


def test_a_command_answers_201_with_its_event_and_its_place(ledger: Caller) -> None:
    answer = ledger.post("/units", UNIT)
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{ledger.base}/events/2"
    document = answer.json()
    assert document["position"] == 2
    assert [event["data"] for event in document["events"]] == [
        {"unit_id": "U1", "name": "青石县财政局", "kind": "finance", "parent_unit_id": None}
    ]
    assert "idempotency-replayed" not in answer.headers


def test_the_event_of_the_answer_is_the_event_under_its_location(founded: Caller) -> None:
    answer = founded.post("/disbursements", DISBURSEMENT)
    assert founded.follow(answer.headers["location"]) == answer.json()["events"][0]


def test_the_same_key_and_command_give_the_first_answer_again(ledger: Caller) -> None:
    first = ledger.post("/units", UNIT, key="k")
    again = ledger.post("/units", UNIT, key="k")
    assert again.content == first.content
    assert (again.status_code, again.headers["location"]) == (201, first.headers["location"])
    assert again.headers["idempotency-replayed"] == "true"
    assert ledger.head() == 2


def test_a_default_written_out_is_the_same_command(ledger: Caller) -> None:
    first = ledger.post("/units", UNIT, key="k")
    written_out = UNIT | {"date_precision": "day", "basis": "recorded", "source": None, "parent_unit_id": None}
    assert ledger.post("/units", written_out, key="k").content == first.content


def test_a_replay_shows_the_event_as_it_was_known_then(founded: Caller) -> None:
    first = founded.post("/disbursements", DISBURSEMENT, key="paid")
    event_id = first.json()["events"][0]["event_id"]
    founded.record("/reversals", {"effective_date": LATER, "event_id": event_id, "reason": "误录"})
    assert founded.post("/disbursements", DISBURSEMENT, key="paid").content == first.content
    assert founded.follow(first.headers["location"])["reversed_by"] == 8


def test_the_same_key_for_another_command_is_refused(ledger: Caller) -> None:
    ledger.post("/units", UNIT, key="k")
    problem(ledger.post("/units", UNIT | {"unit_id": "U2"}, key="k"), 422, "idempotency-key-reused")


def test_a_refused_command_is_decided_anew_under_its_key(founded: Caller) -> None:
    too_much = DISBURSEMENT | {"amount": "700.00"}
    problem(founded.post("/disbursements", too_much, key="k"), 409, "insufficient-funds")
    founded.record("/allocations", ALLOCATION | {"stage": "additional", "amount": "100.00"})
    assert founded.post("/disbursements", too_much, key="k").status_code == 201


def test_a_write_without_a_key_is_refused(ledger: Caller) -> None:
    answer = ledger.client.post(f"{ledger.base}/units", json=UNIT)
    problem(answer, 400, "idempotency-key-missing")


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_an_empty_key_is_not_no_key(ledger: Caller, dry_run: str) -> None:
    answer = ledger.post("/units", UNIT, headers={"Idempotency-Key": ""}, dry_run=dry_run)
    problem(answer, 422, "invalid-parameter")


@pytest.mark.parametrize("key", ["a b", "键", "a" * 129])
def test_a_key_is_1_to_128_visible_ascii_characters(ledger: Caller, key: str) -> None:
    answer = ledger.client.post(f"{ledger.base}/units", json=UNIT, headers=[(b"Idempotency-Key", key.encode("utf-8"))])
    document = problem(answer, 422, "invalid-parameter")
    assert document["errors"][0]["pointer"] == "/Idempotency-Key"


def test_a_refusal_carries_the_figures_that_explain_it(founded: Caller) -> None:
    answer = founded.post("/disbursements", DISBURSEMENT | {"amount": "600.01"})
    document = problem(answer, 409, "insufficient-funds")
    assert (document["available"], document["requested"]) == ("600.00", "600.01")
    assert document["type"] == "urn:fundtrail:problem:insufficient-funds"
    assert document["detail"] == "可用余额 600.00 元，申请 600.01 元。"
    assert document["errors"] == [{"pointer": "/amount", "code": "insufficient-funds", "detail": document["detail"]}]


def test_a_refusal_is_said_in_english_to_whom_reads_it(founded: Caller) -> None:
    headers = {"Accept-Language": "en-GB,en;q=0.9,zh;q=0.5"}
    answer = founded.post("/disbursements", DISBURSEMENT | {"amount": "600.01"}, headers=headers)
    assert answer.json()["detail"] == "CNY 600.00 is available; 600.01 was requested."


def test_an_unknown_id_in_a_body_is_a_conflict(ledger: Caller) -> None:
    document = problem(ledger.post("/disbursements", DISBURSEMENT), 409, "unknown-line")
    assert document["errors"][0]["pointer"] == "/line_id"


def test_an_unknown_ledger_is_not_found(ledger: Caller) -> None:
    elsewhere = Caller(ledger.client, "nowhere")
    problem(elsewhere.post("/units", UNIT), 404, "unknown-ledger")


def test_a_dry_run_says_what_the_write_would_answer_and_writes_nothing(founded: Caller) -> None:
    accepted = founded.post("/disbursements", DISBURSEMENT, dry_run=True)
    assert accepted.status_code == 200
    assert accepted.json() == {"position": None, "results": [{"index": 0, "status": 201}]}
    refused = founded.post("/disbursements", DISBURSEMENT | {"amount": "601"}, dry_run=True)
    (result,) = refused.json()["results"]
    assert (refused.status_code, result["status"], result["problem"]["code"]) == (200, 409, "insufficient-funds")
    assert founded.head() == 6


def test_a_dry_run_needs_no_key(founded: Caller) -> None:
    answer = founded.client.post(f"{founded.base}/disbursements?dry_run=true", json=DISBURSEMENT)
    assert answer.status_code == 200


def test_a_payee_is_stored_as_a_commitment_and_never_returned(founded: Caller) -> None:
    answer = founded.post("/disbursements", DISBURSEMENT | {"payee": "王某某"}, key="k")
    assert "王某某" not in answer.text
    stored = founded.client.get(answer.headers["location"], headers={"Accept": "application/octet-stream"})
    assert "王某某" not in stored.text
    assert list(stored.json()["private"]) == ["payee"]
    assert founded.post("/disbursements", DISBURSEMENT | {"payee": "李某某"}, key="k").status_code == 422


def test_a_return_may_name_its_disbursement_by_key(founded: Caller) -> None:
    paid = founded.record("/disbursements", DISBURSEMENT, key="paid")
    back = {"effective_date": LATER, "event_key": "paid", "amount": "40.00", "reason": "账号有误"}
    returned = founded.record("/disbursement-returns", back)
    assert returned["corrects"] == paid["event_id"]
    assert returned["data"]["disbursement"] == {"id": paid["event_id"], "position": 7, "kind": "payment"}


def test_a_refusal_points_at_the_key_when_the_event_was_named_by_key(founded: Caller) -> None:
    reversal = {"effective_date": LATER, "event_key": "never-used", "reason": "误录"}
    document = problem(founded.post("/reversals", reversal), 409, "unknown-event")
    assert document["errors"][0]["pointer"] == "/event_key"


def test_a_ledger_is_opened_once_per_key(ledger: Caller) -> None:
    body = {"ledger_id": f"{ledger.ledger_id}-b", "name": "乙县", "region_code": "341881"}
    first = ledger.client.post("/v1/ledgers", json=body, headers={"Idempotency-Key": body["ledger_id"]})
    again = ledger.client.post("/v1/ledgers", json=body, headers={"Idempotency-Key": body["ledger_id"]})
    assert (first.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert first.json()["events"][0]["type"] == "ledger-opened.v1"
    other_key = ledger.client.post("/v1/ledgers", json=body, headers={"Idempotency-Key": f"{body['ledger_id']}-2"})
    problem(other_key, 409, "already-exists")


def test_a_dry_run_opens_no_ledger(ledger: Caller) -> None:
    body = {"ledger_id": f"{ledger.ledger_id}-c", "name": "丙县"}
    answer = ledger.client.post("/v1/ledgers?dry_run=true", json=body)
    assert answer.json() == {"position": None, "results": [{"index": 0, "status": 201}]}
    problem(ledger.client.get(f"/v1/ledgers/{body['ledger_id']}"), 404, "unknown-ledger")
