"""Whatever bit is flipped in a proof, a note or an entry, the evidence no longer holds."""

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.auditor import judged, trusting, verdicts
from tests.support.effort import effort, sampled
from tests.support.evidence import (
    WITNESSES,
    Asked,
    bundle_of,
    export_of,
    note_of,
    policy_of,
    seconds,
    with_manifest,
    zipped,
)
from tests.support.evidence_log import STORY_OPENING
from tests.support.tampered_evidence import LOG

SEEN = {witness: seconds(LOG.now) for witness in WITNESSES}
ASKED = Asked(tag="line:L2", as_of=date(2023, 12, 31), openings=[STORY_OPENING], since=9, cosigned=SEEN)
FILES = bundle_of(LOG, ASKED)
TRUST = trusting(LOG.signer, policy=policy_of("all"), last_seen=note_of(LOG, 9))
EXPORT = export_of(LOG, note_of(LOG, cosigned=SEEN))
PROVEN = (
    "entries.jsonl", "tail.jsonl", "inclusion.json", "checkpoint.txt", "completeness.json", "consistency.json",
    "openings.json",
)  # fmt: skip

many = settings(max_examples=effort(quick=15, full=1_000), deadline=None)


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def bits_of(name: str) -> Iterator[int]:
    return iter(range(8 * len(FILES[name])))


def test_unchanged_they_hold_and_nothing_is_remarked() -> None:
    for evidence in (zipped(FILES), EXPORT):
        report = judged(evidence, TRUST)
        assert (report.exit_code, report.remarks) == (0, [])


@many
@given(st.sampled_from(PROVEN), st.data())
def test_no_bit_of_a_bundle_can_be_flipped(name: str, data: st.DataObject) -> None:
    bit = data.draw(st.integers(0, 8 * len(FILES[name]) - 1))
    report = judged(zipped(with_manifest(FILES | {name: flipped(FILES[name], bit)})), TRUST)
    assert report.exit_code == 1


@many
@given(st.integers(0, 8 * len(EXPORT) - 1))
def test_no_bit_of_an_export_can_be_flipped(bit: int) -> None:
    assert judged(flipped(EXPORT, bit), TRUST).exit_code == 1


@many
@given(st.sampled_from(sorted(FILES)), st.data())
def test_no_bit_can_be_flipped_without_a_trace_when_the_manifest_stays(name: str, data: st.DataObject) -> None:
    bit = data.draw(st.integers(0, 8 * len(FILES[name]) - 1))
    report = judged(zipped(FILES | {name: flipped(FILES[name], bit)}), TRUST)
    assert report.exit_code == 1 or report.remarks


@pytest.mark.parametrize("name", sampled(["openings.json", "consistency.json", "completeness.json"], one_in=3))
def test_bits_all_over_the_small_files_are_tried(name: str) -> None:
    for bit in list(bits_of(name))[::29]:
        report = judged(zipped(with_manifest(FILES | {name: flipped(FILES[name], bit)})), TRUST)
        assert report.exit_code == 1, (bit, verdicts(report))
