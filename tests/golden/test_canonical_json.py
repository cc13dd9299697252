"""Canonical JSON: on what a record holds, our encoder writes exactly what RFC 8785 prescribes.

Keys are ASCII, but for the id in a tag; an event bears at most one tag of each kind whose ids are free text, so no two
keys of one map differ beyond ASCII first. Otherwise RFC 8785 would sort them by UTF-16 units and we by code points.
"""

import hashlib
import json
from typing import Any

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from adapters.event_log.encoding import decode_entry, encode_data, encode_entry
from domain.identifiers import command_id
from tests.golden.test_golden_events import STORED

integers = st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)
characters = st.characters(exclude_categories=["Cs"])
chinese = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
printed_texts = st.text(
    st.one_of(
        characters, st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), st.sampled_from('𠮷𝒳😀"\\/\u2028')
    ),
    max_size=20,
)
ascii_keys = st.text(st.characters(min_codepoint=0, max_codepoint=0x7F), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | integers | printed_texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ascii_keys, inner, max_size=4),
    max_leaves=20,
)
tags = st.builds(
    lambda voucher, programme, count: {f"voucher:{voucher}": count, f"programme:{programme}": 1, "line:L1": count},
    printed_texts,
    printed_texts,
    integers,
)


@given(values)
def test_any_value_is_written_as_rfc_8785_prescribes(value: Any) -> None:
    assert encode_data(value) == rfc8785.dumps(value)


@given(tags)
def test_tags_with_printed_names_are_written_as_rfc_8785_prescribes(value: dict[str, int]) -> None:
    assert encode_data(value) == rfc8785.dumps(value)  # type: ignore[arg-type]  # any value can be encoded


@given(printed_texts, printed_texts, printed_texts, tags, integers)
def test_an_entry_with_any_text_is_canonical_and_read_back(
    name: str, subject: str, ref: str, some_tags: dict[str, int], position: int
) -> None:
    plain = decode_entry(STORED["funds-disbursed.v1"])
    event = plain._replace(
        ledger=name, correlation_id=ref, tags=some_tags, position=position, private={"payee": subject}
    )
    entry = encode_entry(event, encode_data(event.data))
    assert entry == rfc8785.dumps(json.loads(entry))
    assert decode_entry(entry) == event._replace(leaf_hash=hashlib.sha256(b"\x00" + entry).digest())


@given(st.none() | printed_texts, printed_texts, printed_texts)
def test_a_command_id_is_the_digest_of_the_canonical_form_of_its_parts(
    ledger_id: str | None, subject: str, key: str
) -> None:
    canonical = rfc8785.dumps([ledger_id, subject, key])
    assert command_id(ledger_id, subject, key) == hashlib.sha256(canonical).hexdigest()
