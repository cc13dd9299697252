"""The recorded events: lists, one, stored bytes, histories, and the stream."""

import hashlib
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.caller import DISBURSEMENT, LATER, SPRING, UNIT, Caller, problem
from tests.support.effort import sampled


def positions(document: dict[str, Any]) -> list[int]:
    return [event["position"] for event in document["items"]]


@pytest.fixture
def corrected(founded: Caller) -> Caller:
    """A payment of 100 at position 7, taken back at position 8."""
    paid = founded.record("/disbursements", DISBURSEMENT)
    founded.record("/reversals", {"effective_date": LATER, "event_id": paid["event_id"], "reason": "误录"})
    return founded


def test_events_come_by_position_without_a_date(founded: Caller) -> None:
    document = founded.read("/events")
    assert positions(document) == [1, 2, 3, 4, 5, 6]
    assert document["next"] is None
    assert list(document["coordinates"]) == ["known_at", "position", "closed", "root"]


def test_pages_of_events_stay_at_their_position(founded: Caller) -> None:
    first = founded.read("/events", limit=4)
    founded.record("/disbursements", DISBURSEMENT)
    second = founded.follow(first["next"])
    assert (positions(first), positions(second), second["next"]) == ([1, 2, 3, 4], [5, 6], None)


def test_events_are_chosen_by_all_of_the_tags_and_any_of_the_types(corrected: Caller) -> None:
    assert positions(corrected.read("/events", tag="line:L1")) == [5, 6, 7, 8]
    assert positions(corrected.read("/events", tag=["line:L1", "unit:U1"])) == [5]
    types = ["unit-registered.v1", "event-reversed.v1"]
    assert positions(corrected.read("/events", type=types)) == [2, 8]
    assert positions(corrected.read("/events", tag="line:L1", type="funds-disbursed.v1", after=6)) == [7]
    assert positions(corrected.read("/events", tag="line:none")) == []


def test_an_event_is_found_by_its_id(corrected: Caller) -> None:
    event_id = corrected.read("/events/7")["event_id"]
    assert positions(corrected.read("/events", event_id=event_id)) == [7]
    assert positions(corrected.read("/events", event_id=event_id, at_position=6)) == []
    assert positions(corrected.read("/events", event_id="0" * 8 + event_id[8:])) == []
    problem(corrected.ask("/events", event_id="7"), 422, "invalid-parameter")


def test_the_following_page_keeps_tags_and_types(corrected: Caller) -> None:
    first = corrected.read(
        "/events", tag=["line:L1", "project:P1"], type=["line-opened.v1", "funds-disbursed.v1"], limit=1
    )
    assert positions(first) == [5]
    assert positions(corrected.follow(first["next"])) == [7]


def test_events_are_chosen_by_business_date_both_ends_included(corrected: Caller) -> None:
    assert positions(corrected.read("/events", effective_from=SPRING)) == [1, 6, 7, 8]
    assert positions(corrected.read("/events", effective_until=SPRING, after=5)) == [6, 7]
    assert positions(corrected.read("/events", effective_from=LATER, effective_until=LATER)) == [8]
    problem(corrected.ask("/events", effective_from="2023-02-30"), 422, "invalid-parameter")


def test_the_following_page_keeps_the_business_dates(corrected: Caller) -> None:
    first = corrected.read("/events", effective_from=SPRING, effective_until=SPRING, limit=1)
    assert positions(first) == [6]
    second = corrected.follow(first["next"])
    assert (positions(second), second["next"]) == ([7], None)


def test_a_reversal_is_seen_from_its_position_on(corrected: Caller) -> None:
    assert corrected.read("/events/7")["reversed_by"] == 8
    assert corrected.read("/events/7", at_position=7)["reversed_by"] is None
    assert corrected.read("/events", at_position=7)["items"][-1]["reversed_by"] is None


def test_money_inside_a_reversed_fact_is_text(corrected: Caller) -> None:
    data = corrected.read("/events/8")["data"]
    assert data["fact"]["amount"] == "100.00"
    assert data["reverses"] == {
        "id": corrected.read("/events/7")["event_id"],
        "type": "funds-disbursed.v1",
        "position": 7,
        "effective_date": SPRING,
    }


def test_money_inside_amended_attributes_is_text(founded: Caller) -> None:
    changes = {"planned_amount": "12.5", "end_year": None, "implementing_unit_ids": ["U1"]}
    body = {"effective_date": SPRING, "project_id": "P1", "changes": changes, "reason": "调整"}
    shown = founded.record("/project-amendments", body)["data"]["changes"]
    assert shown == {"planned_amount": "12.50", "end_year": None, "implementing_unit_ids": ["U1"]}


def test_an_event_shows_exactly_these_keys_in_this_order(founded: Caller) -> None:
    event = founded.read("/events/6")
    assert list(event) == [
        *("position", "event_id", "type", "effective_date", "date_precision", "recorded_at", "actor", "tags"),
        *("data", "corrects", "reversed_by", "late_days", "basis", "source", "correlation_id", "causation_id"),
        "leaf_hash",
    ]
    assert event["tags"] == {"line:L1": 2, "project:P1": 3, "appropriation:A1": 3}
    assert event["late_days"] == 307
    assert event["actor"] == {"subject": "local", "issuer": None, "role": "local"}


def test_the_stored_bytes_have_the_leaf_hash_that_is_shown(founded: Caller) -> None:
    stored = founded.client.get(f"{founded.base}/events/6", headers={"Accept": "application/octet-stream"})
    assert stored.headers["content-type"] == "application/octet-stream"
    assert hashlib.sha256(b"\x00" + stored.content).hexdigest() == founded.read("/events/6")["leaf_hash"]
    assert json.loads(stored.content)["data"]["amount"] == 60_000


JSON_FORM = "application/json"
STORED_FORM = "application/octet-stream"


@pytest.mark.parametrize(
    ("accept", "form"),
    sampled(
        [
            (STORED_FORM, STORED_FORM),
            ("Application/Octet-Stream; q=0.5, */*;q=0.1", STORED_FORM),
            (f"{STORED_FORM};q=0", JSON_FORM),
            (f"{JSON_FORM}, {STORED_FORM};q=0.5", JSON_FORM),
            ("*/*", JSON_FORM),
        ],
        one_in=3,
    ),
)
def test_the_form_that_is_asked_for_has_a_tag_of_its_own(founded: Caller, accept: str, form: str) -> None:
    address = f"{founded.base}/events/6?at_position=6"
    answer = founded.client.get(address, headers={"Accept": accept})
    assert (answer.headers["content-type"], answer.headers["vary"]) == (form, "Accept")
    asked = {each: founded.client.get(address, headers={"Accept": each}) for each in (JSON_FORM, STORED_FORM)}
    tags = {each: found.headers["etag"] for each, found in asked.items()}
    assert tags[JSON_FORM] != tags[STORED_FORM]
    assert answer.headers["etag"] == tags[form]


def test_an_event_that_is_not_there_is_not_found(founded: Caller) -> None:
    problem(founded.ask("/events/7"), 404, "unknown-event")
    problem(founded.ask("/events/6", at_position=5), 404, "unknown-event")


def test_a_history_holds_what_bears_the_tag_up_to_the_coordinates(corrected: Caller) -> None:
    assert positions(corrected.read("/lines/L1/history")) == [5, 6, 7, 8]
    assert positions(corrected.read("/projects/P1/history", as_of=SPRING)) == [4, 5, 6, 7]
    assert positions(corrected.read("/appropriations/A1/history", at_position=5)) == [3, 5]


def test_a_history_is_ordered_by_business_date_on_demand(founded: Caller) -> None:
    founded.record("/disbursements", DISBURSEMENT | {"effective_date": "2023-02-01"})
    pages = [founded.read("/lines/L1/history", order="effective", limit=2)]
    while pages[-1]["next"]:
        pages.append(founded.follow(pages[-1]["next"]))
    assert [positions(page) for page in pages] == [[5, 7], [6]]


def test_pages_of_a_history_give_every_event_once(corrected: Caller) -> None:
    first = corrected.read("/lines/L1/history", limit=3)
    assert positions(corrected.follow(first["next"])) == [8]


def test_a_history_is_told_as_one_event_is(corrected: Caller) -> None:
    for event in corrected.read("/lines/L1/history")["items"]:
        assert event == corrected.read(f"/events/{event['position']}")


def test_the_history_of_what_never_was_is_not_found(founded: Caller) -> None:
    problem(founded.ask("/projects/P9/history"), 404, "unknown-project")
    problem(founded.ask("/lines/L1/history", as_of="2022-12-31"), 404, "unknown-line")


def test_a_stream_sends_what_was_recorded_and_then_what_is(founded: Caller) -> None:
    received = list(streamed(founded, 4, {"after": "4"}))
    assert [number for number, _ in received] == [5, 6, 7, 8]
    assert received[0][1] == founded.read("/events/5", at_position=6)


def test_a_stream_goes_on_after_the_last_event_that_was_seen(founded: Caller) -> None:
    received = list(streamed(founded, 2, {"after": "0"}, {"Last-Event-ID": "5"}))
    assert [number for number, _ in received] == [6, 7]


def test_a_stream_begins_at_the_head(founded: Caller) -> None:
    assert [number for number, _ in streamed(founded, 1, {})] == [7]


def test_a_stream_does_not_begin_beyond_the_head(founded: Caller) -> None:
    head = founded.head()
    for params, headers, pointer in (
        ({"after": str(head + 1)}, {}, "/after"),
        ({"after": "0"}, {"Last-Event-ID": str(head + 1)}, "/Last-Event-ID"),
    ):
        answer = founded.client.get(f"{founded.base}/events/stream", params=params, headers=headers)
        document = problem(answer, 422, "invalid-parameter")
        assert [(each["pointer"], each["code"]) for each in document["errors"]] == [(pointer, "beyond-head")]


def streamed(
    caller: Caller, count: int, params: dict[str, str], headers: dict[str, str] | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The next events of a stream; two more are recorded once it is open."""
    with caller.client.stream("GET", f"{caller.base}/events/stream", params=params, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        writer = threading.Thread(target=record_two, args=(caller,))
        lines = answer.iter_lines()
        next(lines)
        writer.start()
        number, document = 0, {}
        while count:
            line = next(lines)
            if line.startswith("id: "):
                number = int(line.removeprefix("id: "))
            elif line.startswith("data: "):
                document = json.loads(line.removeprefix("data: "))
            elif not line and document:
                yield number, document
                count, document = count - 1, {}
        writer.join()


def record_two(caller: Caller) -> None:
    for unit_id in ("U8", "U9"):
        caller.record("/units", UNIT | {"unit_id": unit_id})


def test_the_newest_events_come_first_when_asked_and_the_following_page_goes_down(corrected: Caller) -> None:
    first = corrected.read("/events", sort="-position", limit=3)
    corrected.record("/units", UNIT | {"unit_id": "U9"})
    second = corrected.follow(first["next"])
    assert (positions(first), positions(second)) == ([8, 7, 6], [5, 4, 3])
    assert positions(corrected.read("/events", sort="-position", tag="line:L1", before=8, after=5)) == [7, 6]
    assert positions(corrected.read("/events", before=1)) == []


def test_events_are_chosen_by_their_effective_dates_both_inclusive(corrected: Caller) -> None:
    assert positions(corrected.read("/events", effective_from=SPRING, effective_until=SPRING)) == [6, 7]
    assert positions(corrected.read("/events", effective_from=LATER, tag="line:L1")) == [8]
    following = corrected.read("/events", effective_from=SPRING, effective_until=SPRING, limit=1)["next"]
    assert positions(corrected.follow(following)) == [7]
