"""Where a read stands, and answers that no later event can change."""

import pytest

from tests.support.caller import ALLOCATION, DISBURSEMENT, LATER, SPRING, UNIT, Caller, problem
from tests.support.effort import sampled

PATHS = (
    "/units",
    "/projects",
    "/lines",
    "/appropriations",
    "/evaluations",
    "/projects/P1",
    "/lines/L1",
    "/appropriations/A1",
    "/projects/P1/history",
    "/execution?group_by=unit",
    "/snapshot",
)


def test_a_read_stands_at_the_head_today_and_may_still_change(founded: Caller) -> None:
    coordinates = founded.read("/projects")["coordinates"]
    assert coordinates["position"] == 6
    assert coordinates["known_at"] == founded.read("/events/6")["recorded_at"]
    assert coordinates["closed"] is False


def test_today_is_a_day_of_the_ledgers_zone(ledger: Caller) -> None:
    body = {"ledger_id": f"{ledger.ledger_id}-west", "name": "西", "time_zone": "Pacific/Pago_Pago"}
    ledger.client.post("/v1/ledgers", json=body, headers={"Idempotency-Key": body["ledger_id"]})
    west = Caller(ledger.client, body["ledger_id"])
    assert ledger.read("/units")["coordinates"]["as_of"] == "2024-01-02"
    assert west.read("/units")["coordinates"]["as_of"] == "2024-01-01"


def test_a_position_closes_the_answer(founded: Caller) -> None:
    assert founded.read("/projects", at_position=6)["coordinates"]["closed"] is True
    assert founded.read("/projects", at_position=4)["coordinates"]["position"] == 4


def test_a_time_stands_at_the_last_event_recorded_by_then(founded: Caller) -> None:
    for voucher in ("V1", "V2"):
        founded.record("/disbursements", {**DISBURSEMENT, "voucher_no": voucher})
    instants = [event["recorded_at"] for event in founded.read("/events")["items"]]
    # What was founded was recorded at one instant.
    for known_at, position in ((instants[1], 6), (instants[3], 6), (instants[6], 7)):
        coordinates = founded.read("/projects", known_at=known_at)["coordinates"]
        assert (coordinates["position"], coordinates["known_at"], coordinates["closed"]) == (position, known_at, True)


def test_a_time_after_the_last_event_is_the_head_and_open(founded: Caller) -> None:
    for known_at in ("2099-01-01", "9999-12-31", "2099-01-01T00:00:00Z"):
        coordinates = founded.read("/projects", known_at=known_at)["coordinates"]
        assert (coordinates["position"], coordinates["closed"]) == (6, False)


def test_a_time_that_was_open_is_closed_by_a_later_event(founded: Caller) -> None:
    known_at = founded.read("/events/6")["recorded_at"]
    assert founded.read("/projects", known_at=known_at)["coordinates"]["closed"] is False
    founded.record("/disbursements", DISBURSEMENT)
    assert founded.read("/projects", known_at=known_at)["coordinates"]["closed"] is True


def test_a_day_is_known_to_its_end_in_the_ledgers_zone(founded: Caller) -> None:
    assert founded.read("/projects", known_at="2024-01-02")["coordinates"]["position"] == 6
    assert founded.read("/projects", known_at="2024-01-01")["coordinates"]["position"] == 0


@pytest.mark.parametrize("query", [{"at_position": 0}, {"known_at": "2000-01-01"}, {"known_at": "0001-01-01"}])
def test_before_the_first_event_nothing_is_known_and_the_answer_is_closed(
    founded: Caller, query: dict[str, object]
) -> None:
    document = founded.read("/projects", **query)
    assert document["items"] == []
    coordinates = document["coordinates"]
    assert (coordinates["known_at"], coordinates["position"], coordinates["closed"]) == (None, 0, True)


def test_any_valid_date_is_a_business_date(founded: Caller) -> None:
    for as_of in ("0001-01-01", "1979-12-31", "9999-12-31"):
        assert founded.read("/projects", as_of=as_of)["coordinates"]["as_of"] == as_of
    assert founded.read("/projects", as_of="0001-01-01")["items"] == []
    assert len(founded.read("/projects", as_of="9999-12-31")["items"]) == 1


def test_a_position_beyond_the_head_is_refused(founded: Caller) -> None:
    document = problem(founded.ask("/projects", at_position=7), 422, "invalid-parameter")
    assert document["errors"] == [{"pointer": "/at_position", "code": "beyond-head", "detail": "超出最后流水号 6"}]


def test_time_and_position_together_are_refused(founded: Caller) -> None:
    problem(founded.ask("/projects", at_position=1, known_at="2024-01-02"), 422, "invalid-parameter")


def test_a_read_reflects_every_write_answered_before_it(founded: Caller) -> None:
    for number in range(30):
        founded.record("/allocations", ALLOCATION | {"amount": "1.00", "stage": "additional"})
        assert founded.read("/lines/L1")["adjusted_budget"] == f"{601 + number}.00"


@pytest.mark.parametrize("path", sampled(PATHS, one_in=2))
def test_a_closed_answer_is_recognised_and_an_open_one_never(founded: Caller, path: str) -> None:
    join = "&" if "?" in path else "?"
    address = f"{founded.base}{path}{join}as_of={LATER}"
    assert "etag" not in founded.client.get(address).headers
    closed = founded.client.get(f"{address}&at_position=6")
    tag = closed.headers["etag"]
    assert tag.startswith('"')
    again = founded.client.get(f"{address}&at_position=6", headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    founded.record("/units", UNIT | {"unit_id": "U2"})
    assert founded.client.get(f"{address}&at_position=6").content == closed.content


def test_a_tag_is_known_also_as_a_weak_one_and_as_any(founded: Caller) -> None:
    tag = founded.ask("/events/6", at_position=6).headers["etag"]
    for known, status in ((f"W/{tag}", 304), ("*", 304), ('W/"other"', 200)):
        address = f"{founded.base}/events/6?at_position=6"
        answer = founded.client.get(address, headers={"If-None-Match": known})
        assert (answer.status_code, answer.headers["etag"], answer.headers["vary"]) == (status, tag, "Accept")
    missing = founded.client.get(f"{founded.base}/events/6?at_position=5", headers={"If-None-Match": "*"})
    problem(missing, 404, "unknown-event")


def test_the_tag_differs_with_the_question(founded: Caller) -> None:
    questions = [("/units", 1, SPRING), ("/units", 0, SPRING), ("/units", 1, LATER), ("/lines", 1, SPRING)]
    tags = {founded.ask(path, at_position=position, as_of=as_of).headers["etag"] for path, position, as_of in questions}
    assert len(tags) == len(questions)
