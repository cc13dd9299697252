"""Entries that are in the tree and yet not what they must be: an owner may sign anything, but not make it fit."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.auditor import failed_levels, first_place, judged, trusting
from tests.support.effort import sampled
from tests.support.evidence import (
    WITNESSES,
    Asked,
    bundle_of,
    changed_json,
    inclusion_of,
    note_of,
    policy_of,
    seconds,
    with_manifest,
    zipped,
)
from tests.support.evidence_log import story_log
from tests.support.tampered_evidence import CLOSED, LOG, OPEN, YEAR_END, changed, put, report_of, rewrite, rewritten
from verifier.fundtrail_verify import Level


@pytest.mark.parametrize(
    ("change", "position"),
    [
        (put("v", value=2), 8),
        (put("v", value=True), 8),
        (put("extra", value=None), 8),
        (lambda entry: entry.pop("causation_id"), 8),
        (put("actor", value="clerk"), 8),
        (put("actor", "name", value="王某"), 8),
        (put("basis", value="guessed"), 8),
        (put("basis", value=[]), 8),
        (put("command_hash", value="0" * 63), 8),
        (put("corrects", value=""), 8),
        (put("date_precision", value="week"), 8),
        (put("effective_date", value="2023-02-30"), 8),
        (put("effective_date", value="2023-W01-1"), 8),
        (put("effective_date", value=20230101), 8),
        (put("private", value={"payee": "王某"}), 8),
        (put("recorded_at", value="2024-01-10T01:00:07Z"), 8),
        (put("recorded_at", value="2024-01-10T25:00:07.000000Z"), 8),
        (put("source", value={"ref": "x"}), 8),
        (put("source", value={"ref": "x", "row": 0, "sha256": None}), 8),
        (put("tags", value={"line:L2": 0}), 8),
        (put("tags", value={"line:L2": True}), 8),
        (put("data", value=[]), 8),
        (put("data", value={"amount": 1.5}), 8),
        (put("data", value={"amount": 2**53}), 8),
    ],
)
def test_an_entry_without_the_envelope_is_named_by_its_line(
    change: Callable[[dict[str, Any]], None], position: int
) -> None:
    report = rewritten(change, position)
    assert {"content", "figures", "completeness"} <= failed_levels(report)
    assert first_place(report) == "content: entries.jsonl, line 2"


@pytest.mark.parametrize(
    ("old", "new"),
    sampled([
        (b'{"actor"', b'{ "actor"'),
        (b'"basis":"recorded",', b'"basis":"recorded","basis":"recorded",'),
        (b'"issuer":null,"role":"clerk"', b'"role":"clerk","issuer":null'),
        (b'"clerk"', b'"cl\\u0065rk"'),
        (b'"v":1', b'"v":1.0'),
        (b'"v":1', b'"v":1e0'),
        (b'"source":null', b'"source":NaN'),
        (b'"clerk"', b'"\\ud800"'),
        (b'"clerk"', b'"\xff"'),
        (b'"clerk"', b'"\xed\xa0\x80"'),
        (b'"v":1}', b'"v":1'),
        (b'"v":1}', b'"v":1} '),
        (b'"v":1}', b'"v":1}\r'),
        (b'{"actor"', b'\xef\xbb\xbf{"actor"'),
    ], one_in=2),
)  # fmt: skip
def test_an_entry_in_another_spelling_is_named_by_its_line(old: bytes, new: bytes) -> None:
    log = story_log()
    log.entries[7] = log.entries[7].replace(old, new, 1)
    assert log.entries[7] != LOG.entries[7]
    report = report_of(bundle_of(log, OPEN))
    assert failed_levels(report) == {"content", "figures", "completeness"}
    assert first_place(report) == "content: entries.jsonl, line 2"


@pytest.mark.parametrize(
    ("change", "position", "why"),
    [
        (put("ledger", value="elsewhere"), 22, "of the ledger elsewhere"),
        (put("position", value=21), 22, "is the entry at position 21"),
        (put("recorded_at", value="2024-01-10T01:00:06.000000Z"), 22, "before the entry in front of it"),
        (put("id", value="00000000-0000-8000-8000-000000000000"), 22, "does not follow from its command_id"),
        (put("command_id", value="0" * 64), 22, "does not follow from its command_id"),
        (put("tags", "line:L2", value=1), 22, "number 1 of line:L2, after number 1 at position 8"),
        (put("tags", "line:L2", value=99), 22, "number 99 of line:L2"),
        (put("tags", "appropriation:A1", value=17), 26, "number 17 of appropriation:A1"),
        (put("corrects", value="00000000-0000-8000-8000-000000000000"), 22, "`corrects` is not null"),
        (put("corrects", value="00000000-0000-8000-8000-000000000000"), 25, "another event than the return"),
        (put("corrects", value=None), 26, "another event than the reversal"),
        (put("data", "reverses", "effective_date", value="2023-10-02"), 26, "is not the one it names"),
        (put("data", "reverses", "type", value="funds-disbursed.v1"), 26, "is not the one it names"),
        (put("data", "reverses", "position", value=26), 26, "which is not before it"),
        (put("data", "reverses", "type", value="ledger-opened.v1"), 26, "cannot be reversed"),
        (put("data", "reverses", "type", value="x-thing"), 26, "cannot be reversed"),
        (put("data", "fact", "amount", value=501), 26, "is not what position 25 holds"),
        (put("data", "fact", value=None), 26, "holds the fact"),
        (put("data", "disbursement", "position", value=22), 25, "is not the disbursement it names"),
        (put("data", "disbursement", "position", value=25), 25, "which is not before it"),
        (put("data", "disbursement", "kind", value="transfer"), 25, "of another kind or line"),
        (put("data", "line_id", value="L1"), 25, "does not bear that tag"),
        (put("data", "line_id", value="L1"), 22, "concerns line:L1 and does not bear that tag"),
        (put("type", value="ledger-opened.v1"), 22, "and no other, is of type ledger-opened.v1"),
        (put("type", value="unit-registered.v1"), 1, "and no other, is of type ledger-opened.v1"),
        (put("data", "log_id", value="1" * 32), 1, "another log_id"),
    ],
)  # fmt: skip
def test_an_entry_that_does_not_fit_the_others_is_named_by_its_position(
    change: Callable[[dict[str, Any]], None], position: int, why: str
) -> None:
    report = rewritten(change, position)
    assert "content" in failed_levels(report)
    assert why in report.faults[Level.CONTENT].reason
    assert report.faults[Level.CONTENT].position in {position, position + 1}


def test_a_number_may_rise_across_a_gap_by_no_more_than_the_positions_between() -> None:
    # Between 8 and 22 this bundle holds nothing; without a gap, as from 22 on, a number rises by exactly one.
    for number, fault in ((2, None), (3, 23), (15, 23), (16, 22)):
        log = story_log()
        rewrite(log, put("tags", "line:L2", value=number), 22)
        found = judged(zipped(bundle_of(log, OPEN)), trusting(log.signer)).faults.get(Level.CONTENT)
        assert (found and found.position) == fault


def test_a_money_fact_that_bears_another_project_than_its_line_shows() -> None:
    log = story_log()
    rewrite(log, lambda entry: entry.update(tags={"line:L2": 2, "project:P1": 15, "appropriation:A1": 13}), 22)
    report = report_of(bundle_of(log, OPEN))
    assert "concerns project:P2 and does not bear that tag" in report.faults[Level.CONTENT].reason


def test_a_reversal_that_bears_other_tags_than_what_it_takes_back_shows() -> None:
    report = rewritten(lambda entry: entry["tags"].update({"project:P9": 1}), 26)
    assert "does not bear the tags of position 25" in report.faults[Level.CONTENT].reason


def cosigned_at(time_s: int) -> Asked:
    later = seconds(LOG.now) + 9000
    return Asked(tag="line:L2", as_of=YEAR_END, cosigned={WITNESSES[0]: time_s, WITNESSES[1]: later})


def test_an_entry_recorded_long_after_a_witness_saw_the_checkpoint_shows() -> None:
    at = seconds(LOG.events[26].recorded_at)
    trust = trusting(LOG.signer, policy=policy_of("1"))
    just, late = (zipped(bundle_of(LOG, cosigned_at(time_s))) for time_s in (at - 300, at - 301))
    assert judged(just, trust).exit_code == 0
    report = judged(late, trust)
    assert failed_levels(report) == {"content", "completeness"}
    assert first_place(report) == "content: entries.jsonl, position 27"
    assert judged(late, trusting(LOG.signer)).exit_code == 0, "a witness that no policy names says nothing"


def test_an_entry_recorded_long_before_a_witness_saw_the_log_without_it_shows() -> None:
    at = seconds(LOG.events[9].recorded_at)
    bundle = zipped(bundle_of(LOG, Asked(tag="project:P1", as_of=YEAR_END, since=9)))
    just, early = (
        trusting(
            LOG.signer,
            policy=policy_of("none"),
            last_seen=note_of(LOG, 9, cosigned={WITNESSES[0]: time_s, WITNESSES[1]: at - 9000}),
        )
        for time_s in (at + 300, at + 301)
    )
    assert judged(bundle, just).exit_code == 0
    report = judged(bundle, early)
    assert failed_levels(report) == {"content", "completeness"}
    assert first_place(report) == "content: entries.jsonl, position 10"


@pytest.mark.parametrize("missing", [1, 27])
def test_the_first_entry_and_that_of_the_claim_belong_into_the_bundle(missing: int) -> None:
    files = bundle_of(LOG, Asked(tag="line:L1", as_of=YEAR_END))
    files["entries.jsonl"] = files["entries.jsonl"].replace(LOG.entries[missing - 1] + b"\n", b"")
    with changed_json(files, "inclusion.json") as inclusion:
        del inclusion["proofs"][str(missing)]
    report = report_of(files)
    assert "content" in failed_levels(report)
    assert first_place(report) == "content: entries.jsonl"


def test_a_fact_that_is_only_equal_in_value_is_not_the_one_that_was_reversed() -> None:
    log = story_log()
    rewrite(log, put("data", "amount", value=1), 25)
    rewrite(log, put("data", "fact", "amount", value=True), 26)
    report = report_of(bundle_of(log, OPEN))
    assert "is not what position 25 holds" in report.faults[Level.CONTENT].reason


def test_an_entry_of_the_thing_behind_all_that_is_claimed_does_not_belong() -> None:
    asked = Asked(tag="line:L2", as_of=YEAR_END, position=20, digest=16)
    files = bundle_of(LOG, asked)
    assert judged(zipped(files), trusting(LOG.signer)).exit_code == 0
    files["entries.jsonl"] += LOG.entries[21] + b"\n"
    with changed_json(files, "inclusion.json") as inclusion:
        inclusion["proofs"]["22"] = inclusion_of(LOG, [22], 20, LOG.head)["proofs"]["22"]
    report = report_of(files)
    assert failed_levels(report) == {"content", "completeness"}
    assert first_place(report) == "content: entries.jsonl, position 22"


def test_an_entry_that_has_nothing_to_do_with_the_claim_does_not_belong() -> None:
    other = bundle_of(LOG, Asked(tag="project:P1", as_of=YEAR_END, position=20))
    files = bundle_of(LOG, CLOSED)
    for name in ("entries.jsonl", "inclusion.json"):
        files[name] = other[name]
    report = report_of(with_manifest(files))
    assert failed_levels(report) == {"content", "completeness"}
    assert first_place(report) == "content: entries.jsonl, position 5"


@pytest.mark.parametrize(
    ("change", "position"),
    [
        (put("value", value="李某"), 23),
        (put("salt", value="00" * 32), 23),
        (put("field", value="payer"), 23),
        (put("position", value=22), 22),
        (put("position", value=21), 21),
        (put("salt", value="00"), None),
        (put("value", value=1), None),
        (put("position", value=0), None),
        (put("more", value=0), None),
    ],
)
def test_a_private_value_that_was_not_recorded_shows(change: Callable[[Any], None], position: int | None) -> None:
    report = changed(OPEN, "openings.json", lambda openings: change(openings[0]))
    assert failed_levels(report) == {"content", "completeness"}
    assert first_place(report) == "content: openings.json" + (f", position {position}" if position else "")


def test_a_private_value_is_disclosed_once() -> None:
    report = changed(OPEN, "openings.json", lambda openings: openings.append(openings[0]))
    assert failed_levels(report) == {"content", "completeness"}
