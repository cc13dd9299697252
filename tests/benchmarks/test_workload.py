"""The benchmarks measure the workload they say, and compare with answers that are right."""

import pytest

from api.schemas.batch import read_batch
from benchmarks.commands import hundredths, items_of, setup_items
from benchmarks.sender import whole_length
from benchmarks.workload import (
    CUTS,
    Cut,
    FlowEvent,
    events,
    expected,
    oracle,
    stream_sha256,
    table_sha256,
    with_possible_reversals,
)

# Made for 3,000 events by the generator and the oracle that expected-100k.json is from.
SMALL = 3000
STREAM_SHA256 = "fb9fcc5545251a241f848470362b3bf43731e1af65f35dd97c2e6cc2dcb5d9aa"
DIGESTS = {
    "now": "ac73f4b7160da6a80f84003fb4f8e3579cb2d34bf31d34a6ade9ec442e666c80",
    "biz_2023_06_30": "2478a51a6d7c0cc769b1cb806853cc63ee8ef6d70ace577f3089d05cf0556c58",
    "biz_2024_12_31": "2f7182373986a56f5d1276624a70f48feeb9dac158fe883667bfe7a5f96889f5",
    "bitemporal_2024_06_30_known_2024_07_15": "65d22543c0f545f7d1c5c3f372a6d5fae3b155a82af8488a416c3f25b759cd32",
}


@pytest.fixture(scope="module")
def stream() -> list[FlowEvent]:
    return list(events(SMALL))


def test_the_stream_is_the_one_other_systems_are_measured_with(stream: list[FlowEvent]) -> None:
    assert stream_sha256(stream) == STREAM_SHA256


def test_the_sums_are_those_of_the_other_generators_oracle(stream: list[FlowEvent]) -> None:
    digests = {name: table_sha256(oracle(stream, cut)) for name, cut in CUTS.items()}
    assert digests == DIGESTS


def test_the_expected_answers_are_of_the_same_seed_and_cuts() -> None:
    assert expected()["n"] == 100_000
    assert set(expected()["cuts"]) == set(CUTS)


def test_a_cut_takes_both_dates() -> None:
    [event] = list(events(1))
    assert Cut(event.biz, None).has(event)
    assert not Cut("2021-12-31", None).has(event)
    assert not Cut("9999-12-31", event.rec).has(event)


def test_no_reversal_is_dated_before_what_it_reverses(stream: list[FlowEvent]) -> None:
    possible = with_possible_reversals(stream)
    dates = {event.id: event.biz for event in possible}
    assert all(event.biz >= dates[event.ref] for event in possible if event.ref)
    assert oracle(possible, CUTS["now"]) == oracle(stream, CUTS["now"])


def test_every_event_becomes_a_command_of_the_right_shape(stream: list[FlowEvent]) -> None:
    items = [*setup_items(), *items_of(stream)]
    for start in range(0, len(items), 5000):
        read = read_batch({"commands": items[start : start + 5000]}, f"k{start}", "bench", "local")
        assert isinstance(read, tuple), read


@pytest.mark.parametrize(("value", "text"), [(0, "0.00"), (5, "0.05"), (-105, "-1.05"), (123456, "1234.56")])
def test_hundredths_are_written_with_two_decimals(value: int, text: str) -> None:
    assert hundredths(value) == text


def test_an_answer_is_whole_when_its_announced_length_is_there() -> None:
    head = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n"
    assert whole_length(head[:-1]) == -1
    assert whole_length(head) == len(head) + 2
