"""Entries as the log stores them: every released type is read, and known for what it does to money."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.event import RecordedEvent
from domain.flow import FLOW_FIELDS, MONEY_FACTS, NO_FLOW, flow_of
from domain.identifiers import command_id, commitment, event_id
from domain.money import MAX_MINOR, format_hundredths, percent
from domain.registry import EVENT_TYPES
from tests.support.evidence_log import DIGEST_TYPE, story_log
from verifier import fundtrail_verify
from verifier.fundtrail_verify import (
    MOVES,
    RECEIPT,
    REVERSAL,
    STILL,
    Entry,
    Fault,
    Takings,
    leaf_hash,
    moves_of,
    parse_entry,
)

GOLDEN = sorted((Path(__file__).resolve().parents[1] / "golden").glob("*.json"))
LOG = story_log()


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_stored_event_of_every_released_version_is_read(path: Path) -> None:
    stored = path.read_bytes()
    entry = parse_entry(stored)
    assert leaf_hash(stored).hex() == path.with_suffix(".leaf").read_text(encoding="ascii").strip()
    Takings().moves_of(entry)


def test_every_event_type_is_known_to_the_verifier() -> None:
    """A new type belongs into MOVES or STILL; until a verifier knows it, the figures of what bears it fail."""
    assert EVENT_TYPES.keys() - (MOVES.keys() | STILL | {REVERSAL}) == set()
    assert not MOVES.keys() & STILL


def flow_fields(event: RecordedEvent) -> dict[str, int]:
    flow = flow_of(event.data) if isinstance(event.data, MONEY_FACTS) else NO_FLOW
    return {name: value for name, value in flow._asdict().items() if value and name != "overrun_count"}


FACTS = [event for event in LOG.events if event.type in (MOVES.keys() | STILL) - {DIGEST_TYPE, RECEIPT}]


@pytest.mark.parametrize("event", FACTS, ids=lambda event: f"{event.position}-{event.type}")
def test_a_fact_moves_the_sums_that_it_moves_in_the_service(event: RecordedEvent) -> None:
    position = event.position
    entry = parse_entry(LOG.entries[position - 1])
    moves = {name: change for name, change in moves_of(entry["type"], entry["data"]).items() if change}
    assert moves == flow_fields(event)
    assert moves.keys() <= set(FLOW_FIELDS)


def test_ids_and_commitments_are_those_of_the_log() -> None:
    identity = command_id("qingshi", "clerk", "key")
    for index in range(16):
        assert fundtrail_verify.event_id(identity, index.to_bytes(4, "big")) == event_id(identity, index)
    salt = bytes(range(32))
    assert fundtrail_verify.commitment(salt, "payee", "王某") == commitment(salt, "payee", "王某")


@given(st.integers(-(2**60), 2**60), st.none() | st.integers(-(2**60), 2**60))
def test_money_and_rates_are_written_as_in_the_service(part: int, base: int | None) -> None:
    assert fundtrail_verify.hundredths(part) == format_hundredths(part)
    assert fundtrail_verify.percent(part, base) == percent(part, base)
    assert fundtrail_verify.MAX_INTEGER == MAX_MINOR


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from([*MOVES, *STILL, REVERSAL, "x-thing", "later.v1"]), st.dictionaries(st.text(max_size=8), values))
def test_data_of_any_shape_are_judged_and_break_nothing(kind: str, data: Entry) -> None:
    entry = {"type": kind, "data": data, "position": 9}
    try:
        moves, _ = Takings().moves_of(entry)
    except Fault:
        return
    assert kind in STILL or all(isinstance(change, int) for change in moves.values())


@given(st.sampled_from(sorted(fundtrail_verify.ENVELOPE)), values)
def test_an_envelope_with_any_value_is_read_or_refused(name: str, value: object) -> None:
    entry = parse_entry(LOG.entries[13]) | {name: value}
    stored = fundtrail_verify.encode_json(entry).encode(errors="surrogatepass")
    try:
        assert parse_entry(stored)[name] == value
    except Fault:
        assert stored != LOG.entries[13]


def test_an_entry_may_have_64_kib() -> None:
    entry = parse_entry(LOG.entries[13])
    entry["actor"] |= {"role": "x" * 60_000}
    stored = fundtrail_verify.encode_json(entry).encode()
    parse_entry(stored)
    entry["actor"]["role"] += "x" * (64 * 1024 + 1 - len(stored))
    with pytest.raises(Fault, match="at most 65536 bytes"):
        parse_entry(fundtrail_verify.encode_json(entry).encode())


def test_a_fault_keeps_the_place_it_was_found_at() -> None:
    assert Fault("why", "entries.jsonl", 3).at("claim.json").place == "entries.jsonl, position 3"
    assert Fault("why", "policy", line=3).place == "policy, line 3"


def test_a_level_of_which_nothing_was_said_does_not_hold() -> None:
    report = fundtrail_verify.Report()
    assert report.exit_code == 1
    assert {report.verdict(level) for level in fundtrail_verify.Level} == {"failed", "broken"}
