"""Stored events of every released version: their bytes are read, written and hashed the same way for ever.

`<type>.json` holds the canonical bytes of one entry, without a line end, and `<type>.leaf` its leaf hash. Files are
added with a new type or version and never edited.
"""

import hashlib
import json
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import pytest
import rfc8785

from adapters.event_log.encoding import UnreadableEntryError, decode_entry, encode_data, encode_entry
from domain.event import EventReversed, LedgerOpened, ReversedEvent
from domain.registry import EVENT_TYPES, FACT_TYPES

FOLDER: Final = Path(__file__).parent
STORED: Final = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*.json"))}
ENVELOPE: Final = (
    "actor basis causation_id command_hash command_id corrects correlation_id data date_precision effective_date id "
    "ledger position private recorded_at source tags type v"
)
DATA_KEYS: Final = {
    "ledger-opened.v1": "currency demo log_id name region_code time_zone",
    "unit-registered.v1": "kind name parent_unit_id unit_id",
    "appropriation-received.v1": (
        "amount appropriation_id budget_book direct document_date document_no fiscal_year instrument name source_level "
        "source_nature"
    ),
    "project-registered.v1": (
        "category end_year implementing_unit_ids lead_unit_id location name parent_project_id planned_amount programme "
        "project_id recurrence represents start_year total_investment"
    ),
    "project-amended.v1": "changes project_id reason",
    "project-status-changed.v1": "document_no note_code project_id status",
    "line-opened.v1": "appropriation_id economic_code expenditure_kind function_code line_id project_id unit_id",
    "opening-balance-recorded.v1": "adjusted disbursed initial line_id recovered",
    "funds-allocated.v1": "amount document_no line_id reason stage",
    "allocation-reduced.v1": "amount document_no line_id reason",
    "funds-disbursed.v1": "amount kind line_id method overrun purpose voucher_no",
    "disbursement-returned.v1": "amount disbursement line_id reason",
    "funds-recovered.v1": "amount destination document_no line_id",
    "evaluation-opened.v1": ("evaluation_id evaluation_year evaluator_unit_id fiscal_year indicators kind subject"),
    "score-recorded.v1": "actual deviation_reason evaluation_id indicator score",
    "score-adjusted.v1": "evaluation_id indicator previous reason score",
    "points-granted.v1": "evaluation_id points reason",
    "result-recorded.v1": "evaluation_id total",
    "evaluation-finalised.v1": "evaluation_id grade total",
    "event-reversed.v1": "fact reason reverses",
    "ledger-digest.v1": "position root tag_count",
    "personal-data-erased.v1": "event_ids legal_basis",
    "epoch-raised.v1": "epoch last_signed_root last_signed_size reason",
    "log-key-added.v1": "reason verifier_key",
    "log-key-retired.v1": "reason verifier_key",
}

each_stored = pytest.mark.parametrize("type_name", STORED)


def parsed(type_name: str) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(STORED[type_name])
    return entry


@each_stored
def test_stored_bytes_are_read_and_written_back_unchanged(type_name: str) -> None:
    event = decode_entry(STORED[type_name])
    assert (event.type, type(event.data)) == (type_name, EVENT_TYPES[type_name])
    assert encode_entry(event, encode_data(event.data)) == STORED[type_name]


@each_stored
def test_the_leaf_hash_of_stored_bytes_never_changes(type_name: str) -> None:
    leaf = bytes.fromhex((FOLDER / f"{type_name}.leaf").read_text(encoding="ascii"))
    assert hashlib.sha256(b"\x00" + STORED[type_name]).digest() == leaf
    assert decode_entry(STORED[type_name]).leaf_hash == leaf


@each_stored
def test_stored_bytes_are_the_canonical_form_of_rfc_8785(type_name: str) -> None:
    assert rfc8785.dumps(parsed(type_name)) == STORED[type_name]


@each_stored
def test_every_published_key_is_present_and_no_other(type_name: str) -> None:
    assert " ".join(sorted(parsed(type_name))) == ENVELOPE
    assert " ".join(sorted(parsed(type_name)["data"])) == DATA_KEYS[type_name]


@each_stored
def test_the_position_tags_and_dates_of_stored_bytes_are_read_as_they_stand(type_name: str) -> None:
    event, raw = decode_entry(STORED[type_name]), parsed(type_name)
    assert (event.position, event.tags, event.private) == (raw["position"], raw["tags"], raw["private"])
    assert (event.effective_date.isoformat(), event.corrects) == (raw["effective_date"], raw["corrects"])
    assert event.recorded_at.isoformat(timespec="microseconds") == raw["recorded_at"].replace("Z", "+00:00")


def test_every_event_type_has_a_stored_event() -> None:
    assert set(STORED) == set(EVENT_TYPES) == set(DATA_KEYS)
    assert {path.stem for path in FOLDER.glob("*.leaf")} == set(STORED)


def test_the_stored_examples_hold_what_a_careless_change_would_break() -> None:
    together = b"".join(STORED.values())
    for needed in ("𠮷", '\\"', "\\\\", ":null", '"total_investment":0', '"points":-350', '"row":12', '"private":{}'):
        assert needed.encode() in together


@pytest.mark.parametrize("type_name", FACT_TYPES)
def test_the_reversal_of_every_fact_is_read_back_with_a_copy_of_it(type_name: str) -> None:
    original, reversal = decode_entry(STORED[type_name]), decode_entry(STORED["event-reversed.v1"])
    assert not isinstance(original.data, LedgerOpened | EventReversed)
    data = EventReversed(
        reverses=ReversedEvent(
            id=original.id, type=type_name, position=original.position, effective_date=original.effective_date
        ),
        fact=original.data,  # type: ignore[arg-type]  # a fact: neither of the two types above, and never foreign
        reason="录入错误",
    )
    event = reversal._replace(data=data)
    entry = encode_entry(event, encode_data(data))
    assert decode_entry(entry) == event._replace(leaf_hash=hashlib.sha256(b"\x00" + entry).digest())
    assert json.loads(entry)["data"]["fact"] == parsed(type_name)["data"]


@each_stored
@pytest.mark.parametrize("change", ["missing", "unknown"])
def test_an_entry_with_a_missing_or_an_unknown_key_is_not_read(type_name: str, change: str) -> None:
    for key in ENVELOPE.split() if change == "missing" else ["surplus"]:
        raw = parsed(type_name)
        raw.pop(key) if change == "missing" else raw.update({key: None})
        with pytest.raises(UnreadableEntryError):
            decode_entry(rfc8785.dumps(raw))


@pytest.mark.parametrize(("key", "value"), [("v", 2), ("type", "funds-vanished.v1"), ("type", "funds-disbursed.v2")])
def test_another_format_or_an_unknown_type_is_not_read(key: str, value: str | int) -> None:
    with pytest.raises(UnreadableEntryError):
        decode_entry(rfc8785.dumps(parsed("funds-disbursed.v1") | {key: value}))


def test_a_data_class_stores_exactly_its_fields() -> None:
    for type_name, data_type in EVENT_TYPES.items():
        assert " ".join(sorted(each.name for each in fields(data_type))) == DATA_KEYS[type_name]
