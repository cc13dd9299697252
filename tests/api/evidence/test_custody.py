"""What a log says about itself, over HTTP and from inside: digests, erasures, openings, epochs and keys."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from adapters.event_log.digests import digest_at
from api.custody import record_custody
from api.invalid import InvalidBody
from domain.command import Actor
from domain.custody import EpochRaised, LogKeyAdded, ServiceFact
from domain.errors import IdempotencyKeyReused, UnknownLedger
from domain.identifiers import command_id, commitment, event_id
from domain.submission import Accepted, Answer
from tests.support.builders import A_VERIFIER_KEY, AN_EPOCH
from tests.support.caller import DISBURSEMENT, LATER, SPRING, UNIT, Caller, problem
from tests.support.effort import sampled
from tests.support.ledger import SteppingClock
from tests.support.server import RunningServer

PAYEE: Final = "柳林镇王某某"
PAID: Final = DISBURSEMENT | {"payee": PAYEE}
STORED_FORM: Final = {"Accept": "application/octet-stream"}
OPERATOR: Final = Actor(subject="operator-1", issuer=None, role="operator")


def erasing(*event_ids: str) -> dict[str, Any]:
    return {"effective_date": LATER, "event_ids": event_ids, "legal_basis": "retention_ended"}


def test_a_digest_is_recorded_of_all_that_came_before_it(server: RunningServer, founded: Caller) -> None:
    answer = founded.post("/digests", {})
    assert (answer.status_code, answer.headers["location"]) == (201, f"{founded.base}/events/7")
    with server.services.database.log_reader.connect() as connection:
        expected = digest_at(connection, founded.ledger_id, 6)
    (event,) = answer.json()["events"]
    assert event["data"] == {"position": 6, "root": expected.root, "tag_count": expected.tag_count}
    assert (event["type"], event["tags"]) == ("ledger-digest.v1", {f"ledger:{founded.ledger_id}": 2})
    assert event["late_days"] == 0, "it is dated today"
    assert founded.read("/events/7") == event


def test_a_digest_may_say_where_it_belongs(founded: Caller) -> None:
    event = founded.record("/digests", {"correlation_id": "月结-1", "source": {"ref": "青档〔2024〕3号"}})
    assert (event["correlation_id"], event["source"]["ref"]) == ("月结-1", "青档〔2024〕3号")


@pytest.mark.parametrize(
    ("body", "pointer"),
    sampled(
        [
            ({"root": "0" * 64}, "/root"),
            ({"position": 6}, "/position"),
            ({"tag_count": 1}, "/tag_count"),
            ({"effective_date": SPRING}, "/effective_date"),
            ({"basis": "reported"}, "/basis"),
            ({"correlation_id": ""}, "/correlation_id"),
            ({"source": "a file"}, "/source"),
        ],
        one_in=2,
    ),
)
def test_nobody_chooses_what_a_digest_says(founded: Caller, body: dict[str, Any], pointer: str) -> None:
    document = problem(founded.post("/digests", body), 422, "invalid-body")
    assert [error["pointer"] for error in document["errors"]] == [pointer]
    assert founded.head() == 6


def test_the_same_key_gives_the_first_digest_again_whatever_came_since(founded: Caller) -> None:
    first = founded.post("/digests", {}, key="monthly")
    founded.record("/units", UNIT | {"unit_id": "U7"})
    again = founded.post("/digests", {}, key="monthly")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    problem(founded.post("/digests", {"correlation_id": "c"}, key="monthly"), 422, "idempotency-key-reused")
    problem(founded.post("/units", UNIT | {"unit_id": "U8"}, key="monthly"), 422, "idempotency-key-reused")
    assert founded.head() == 8


def test_a_second_digest_covers_the_first(founded: Caller) -> None:
    assert [founded.record("/digests", {})["data"]["position"] for _ in range(2)] == [6, 7]


def test_a_dry_run_of_a_digest_writes_nothing(founded: Caller) -> None:
    answer = founded.post("/digests", {}, dry_run=True)
    assert (answer.status_code, answer.json()["results"]) == (200, [{"index": 0, "status": 201}])
    assert founded.head() == 6


def test_a_digest_needs_a_key_and_a_ledger(founded: Caller) -> None:
    keyless = founded.client.post(f"{founded.base}/digests", json={})
    problem(keyless, 400, "idempotency-key-missing")
    nowhere = founded.client.post("/v1/ledgers/nowhere/digests", json={}, headers={"Idempotency-Key": "k"})
    problem(nowhere, 404, "unknown-ledger")


@pytest.mark.parametrize("name", ["record-digest", "raise-epoch", "add-log-key", "retire-log-key"])
def test_what_only_the_service_states_is_no_command_of_a_batch(founded: Caller, name: str) -> None:
    item = {"command": name, "effective_date": SPRING, "position": 1, "root": "0" * 64, "tag_count": 1}
    document = problem(founded.post("/batch", {"commands": [item]}), 422, "invalid-body")
    assert [(each["pointer"], each["code"]) for each in document["errors"]] == [("/command", "command")]


@pytest.mark.parametrize("path", ["/epochs", "/log-keys", "/digest"])
def test_there_is_no_address_for_epochs_and_keys(founded: Caller, path: str) -> None:
    problem(founded.post(path, {}), 404, "not-found")


def test_an_opening_shows_what_a_commitment_was_made_of(founded: Caller) -> None:
    event = founded.record("/disbursements", PAID)
    answer = founded.ask(f"/events/{event['position']}/opening")
    assert (answer.status_code, answer.headers["cache-control"], answer.headers.get("etag")) == (200, "no-store", None)
    document = answer.json()
    (opening,) = document.pop("openings")
    assert document == {"position": event["position"], "erased": []}
    assert (opening["field"], opening["value"]) == ("payee", PAYEE)
    assert opening["commitment"] == commitment(bytes.fromhex(opening["salt"]), "payee", PAYEE)
    entry = founded.client.get(f"{founded.base}/events/7", headers=STORED_FORM).content
    assert opening["commitment"].encode() in entry


def test_an_event_without_private_fields_has_nothing_to_open(founded: Caller) -> None:
    assert founded.read("/events/6/opening") == {"position": 6, "openings": [], "erased": []}


@pytest.mark.parametrize("position", ["7", "0", "-1", "x", "007", "99999999999999999999"])
def test_what_is_no_event_cannot_be_opened(founded: Caller, position: str) -> None:
    problem(founded.ask(f"/events/{position}/opening"), 404, "unknown-event")


def test_an_opening_takes_no_parameter(founded: Caller) -> None:
    problem(founded.ask("/events/6/opening", at_position=3), 422, "invalid-parameter")


def test_after_an_erasure_nothing_opens_the_commitment_and_the_event_is_as_it_was(founded: Caller) -> None:
    paid = founded.record("/disbursements", PAID)
    before = founded.ask("/events/7"), founded.client.get(f"{founded.base}/events/7", headers=STORED_FORM)
    erased = founded.record("/erasures", erasing(paid["event_id"]))
    assert erased["type"] == "personal-data-erased.v1"
    assert erased["data"] == {"event_ids": [paid["event_id"]], "legal_basis": "retention_ended"}
    assert founded.read("/events/7/opening") == {"position": 7, "openings": [], "erased": ["payee"]}
    after = founded.ask("/events/7"), founded.client.get(f"{founded.base}/events/7", headers=STORED_FORM)
    assert [answer.content for answer in after] == [answer.content for answer in before]


def test_a_payment_is_replayed_after_its_payee_was_erased(founded: Caller) -> None:
    first = founded.post("/disbursements", PAID, key="paid")
    founded.record("/erasures", erasing(first.json()["events"][0]["event_id"]))
    again = founded.post("/disbursements", PAID, key="paid")
    assert (again.status_code, again.content) == (201, first.content)


def test_a_batch_can_hold_a_payment_and_its_erasure_by_the_id_that_follows_from_the_key(founded: Caller) -> None:
    paid = event_id(command_id(founded.ledger_id, "local", "paid"), 0)
    items = [
        {"command": "record-disbursement", "key": "paid", **PAID},
        {"command": "erase-private-values", **erasing(paid)},
    ]
    answer = founded.post("/batch", {"commands": items})
    assert answer.status_code == 201, answer.text
    assert founded.read("/events/7/opening")["erased"] == ["payee"]


def test_an_erasure_names_its_events_by_id_alone(founded: Caller) -> None:
    body = {"effective_date": LATER, "event_key": "paid", "legal_basis": "retention_ended"}
    document = problem(founded.post("/erasures", body), 422, "invalid-body")
    assert {error["pointer"] for error in document["errors"]} == {"/event_ids", "/event_key"}


def test_an_erasure_of_what_has_no_private_values_is_refused_in_both_languages(founded: Caller) -> None:
    allocation = founded.read("/events/6")["event_id"]
    english = founded.post("/erasures", erasing(allocation), headers={"Accept-Language": "en"})
    document = problem(english, 409, "no-private-values")
    assert (document["errors"][0]["pointer"], document["position"]) == ("/event_ids/0", 6)
    assert document["detail"] == "The event at position 6 has no private fields to erase."
    chinese = problem(founded.post("/erasures", erasing(allocation)), 409, "no-private-values")
    assert chinese["detail"] == "流水号 6 的事件没有私密字段，无可清除。"


def test_an_erasure_of_an_unknown_event_is_refused(founded: Caller) -> None:
    unknown = event_id(command_id("elsewhere", "local", "k"), 0)
    document = problem(founded.post("/erasures", erasing(unknown)), 409, "unknown-event")
    assert document["errors"][0]["pointer"] == "/event_ids/0"


def test_facts_about_the_log_change_no_figure_and_cannot_be_reversed(founded: Caller) -> None:
    paid = founded.record("/disbursements", PAID)
    before = founded.read("/projects/P1", at_position=7, as_of="2023-12-31")
    recorded = [founded.record("/erasures", erasing(paid["event_id"])), founded.record("/digests", {})]
    after = founded.read("/projects/P1", at_position=9, as_of="2023-12-31")
    assert {**after, "coordinates": None} == {**before, "coordinates": None}
    for event in recorded:
        body = {"effective_date": LATER, "event_id": event["event_id"], "reason": "误录"}
        problem(founded.post("/reversals", body, headers={"Accept-Language": "en"}), 409, "not-reversible")


def record(server: RunningServer, caller: Caller, body: ServiceFact, key: str, clock: SteppingClock) -> Answer:
    """Records a fact from inside, as the command line does."""
    services = server.services
    ledger = services.feed.ledger(caller.ledger_id)
    return record_custody(services.log, ledger, OPERATOR, key, body, clock=clock)


def test_the_service_states_a_fact_dated_today_in_the_zone_of_the_ledger(
    server: RunningServer, founded: Caller
) -> None:
    # 20:00 UTC is the next day in China.
    answer = record(server, founded, AN_EPOCH, "epoch", SteppingClock(datetime(2024, 1, 1, 20, 0, tzinfo=UTC)))
    (outcome,) = answer.outcomes
    assert isinstance(outcome, Accepted)
    (event,) = outcome.events
    assert (event.data, event.actor, event.effective_date.isoformat()) == (AN_EPOCH, OPERATOR, "2024-01-02")
    assert founded.read("/events/7")["data"]["reason"] == "由备份恢复"


def test_a_retry_on_another_day_gives_the_first_success_again_and_another_fact_is_refused(
    server: RunningServer, founded: Caller
) -> None:
    clock = SteppingClock(datetime(2023, 12, 30, 20, 0, tzinfo=UTC))
    first = record(server, founded, AN_EPOCH, "epoch", clock)
    clock.instant += timedelta(days=2)
    again = record(server, founded, AN_EPOCH, "epoch", clock)
    assert again.position == first.position
    other = record(server, founded, replace(AN_EPOCH, epoch=2), "epoch", clock)
    assert other.refusal is not None
    assert isinstance(other.refusal[1], IdempotencyKeyReused)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (replace(AN_EPOCH, reason="a\x00b"), "/reason"),
        (replace(AN_EPOCH, epoch=0), "/epoch"),
        (replace(AN_EPOCH, last_signed_root="AB" * 32), "/last_signed_root"),
        (LogKeyAdded(verifier_key="not a key"), "/verifier_key"),
        (LogKeyAdded(verifier_key=A_VERIFIER_KEY, reason=""), "/reason"),
    ],
)
def test_a_field_that_is_not_of_its_shape_is_not_recorded(
    server: RunningServer, founded: Caller, body: EpochRaised | LogKeyAdded, pointer: str
) -> None:
    with pytest.raises(InvalidBody) as caught:
        record(server, founded, body, "k", SteppingClock())
    assert [each.pointer for each in caught.value.problems] == [pointer]
    assert founded.head() == 6


def test_a_ledger_that_is_not_there_has_no_facts(server: RunningServer, founded: Caller) -> None:
    ledger = replace(server.services.feed.ledger(founded.ledger_id), ledger_id="nowhere")
    with pytest.raises(UnknownLedger):
        record_custody(server.services.log, ledger, OPERATOR, "k", AN_EPOCH, clock=SteppingClock())
