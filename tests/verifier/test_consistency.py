"""The checkpoint against keys, policy, what was last seen, and epochs: each fault named with its level and place."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.checkpoint import Checkpoint
from tests.support.auditor import failed_levels, first_place, judged, trusting
from tests.support.evidence import (
    WITNESSES,
    Asked,
    bundle_of,
    note_of,
    policy_of,
    seconds,
    signed,
    with_manifest,
    zipped,
)
from tests.support.evidence_log import edge_of, leaves_of, named_signer, opened_log, story_log
from tests.support.tampered_evidence import CLOSED, LOG, OPEN, YEAR_END, changed, first_reason, put, report_of, rewrite
from verifier.fundtrail_verify import Level, Report


def test_a_checkpoint_by_another_key_is_not_consistent() -> None:
    other = named_signer(LOG.origin, seed="someone else")
    files = bundle_of(LOG, CLOSED) | {"checkpoint.txt": note_of(LOG, signers=[other])}
    report = report_of(with_manifest(files))
    assert failed_levels(report) == {"consistency"}
    assert first_place(report) == "consistency: checkpoint.txt"
    assert "no log key" in first_reason(report)


def test_a_wrong_signature_of_the_log_is_not_consistent_even_beside_a_right_one() -> None:
    other = named_signer(LOG.origin, seed="the next key")
    files = bundle_of(LOG, CLOSED) | {"checkpoint.txt": note_of(LOG, signers=[LOG.signer, other])}
    assert judged(zipped(with_manifest(files)), trusting(LOG.signer, other)).exit_code == 0
    lines = files["checkpoint.txt"].split(b"\n")
    lines[-2] = lines[-2][:-6] + b"AAA" + lines[-2][-3:]
    report = report_of(with_manifest(files | {"checkpoint.txt": b"\n".join(lines)}), trusting(LOG.signer, other))
    assert failed_levels(report) == {"consistency"}
    assert "is wrong" in first_reason(report)


def test_a_key_of_another_log_is_of_no_use() -> None:
    report = report_of(bundle_of(LOG, CLOSED), trusting(opened_log("elsewhere").signer))
    assert failed_levels(report) == {"consistency"}
    assert "none of the log keys" in first_reason(report)


def test_a_checkpoint_of_another_log_is_not_consistent() -> None:
    other = opened_log("elsewhere")
    files = bundle_of(LOG, CLOSED) | {"checkpoint.txt": note_of(other)}
    report = report_of(with_manifest(files), trusting(LOG.signer, other.signer))
    assert "consistency" in failed_levels(report)
    assert first_place(report) == "consistency: checkpoint.txt"


def test_a_key_of_the_log_speaks_for_no_other_log() -> None:
    checkpoint = Checkpoint("province.example/qingshi/" + "1" * 32, LOG.head, edge_of(leaves_of(LOG.entries)).root())
    files = bundle_of(LOG, CLOSED) | {"checkpoint.txt": signed(checkpoint, [LOG.signer], {})}
    report = report_of(with_manifest(files))
    assert failed_levels(report) == {"consistency"}
    assert first_reason(report).startswith("it is a checkpoint of province.example/qingshi/1111")


@pytest.mark.parametrize("note", [b"", b"\n\n", b"no note", b"\xff\n\n\xe2\x80\x94 a b\n", b"x" * 2**20])
def test_bytes_that_are_no_note_leave_consistency_and_inclusion_without_a_root(note: bytes) -> None:
    report = report_of(with_manifest(bundle_of(LOG, CLOSED) | {"checkpoint.txt": note}))
    assert failed_levels(report) == {"consistency", "inclusion", "completeness"}
    assert first_place(report) == "consistency: checkpoint.txt"


def test_too_few_cosignatures_are_no_quorum() -> None:
    asked = Asked(tag="line:L1", as_of=YEAR_END, cosigned={WITNESSES[0]: seconds(LOG.now)})
    for needed, holds in (("1", True), ("2", False), ("all", False), ("none", True)):
        report = judged(zipped(bundle_of(LOG, asked)), trusting(LOG.signer, policy=policy_of(needed)))
        assert (report.exit_code == 0) is holds
        assert failed_levels(report) == (set() if holds else {"consistency"})


def test_two_cosignatures_of_one_witness_are_one() -> None:
    text, _, lines = note_of(LOG, cosigned={WITNESSES[0]: seconds(LOG.now)}).partition(b"\n\n")
    twice = text + b"\n\n" + lines + lines.split(b"\n")[1] + b"\n"
    files = bundle_of(LOG, CLOSED) | {"checkpoint.txt": twice}
    report = report_of(with_manifest(files), trusting(LOG.signer, policy=policy_of("2")))
    assert first_reason(report).startswith("1 of the policy's witnesses")


def test_a_policy_that_lists_other_logs_is_not_met() -> None:
    policy = policy_of("none", logs=[opened_log("elsewhere").signer])
    report = report_of(bundle_of(LOG, CLOSED), trusting(LOG.signer, policy=policy))
    assert failed_levels(report) == {"consistency"}
    assert "does not list" in first_reason(report)


def seen(note: bytes, asked: Asked = OPEN, **more: int) -> Report:
    trust = trusting(LOG.signer, last_seen=note, accepted_epoch=more.get("accepted_epoch"))
    return judged(zipped(bundle_of(LOG, asked)), trust)


def test_a_log_that_is_shorter_than_it_was_has_shrunk() -> None:
    grown = story_log()
    grown.record_digest()
    report = seen(note_of(grown))
    assert failed_levels(report) == {"consistency"}
    assert first_reason(report).startswith("the log shrank: it had 28 entries")


@pytest.mark.parametrize("size", [27, 9])
def test_a_log_that_begins_otherwise_than_it_did_is_not_consistent(size: int) -> None:
    other = story_log()
    rewrite(other, put("actor", "subject", value="someone"), 5)
    report = seen(note_of(other, size))
    assert failed_levels(report) == {"consistency"}
    assert first_place(report) == ("consistency: consistency.json" if size == 9 else "consistency: checkpoint.txt")


@pytest.mark.parametrize("asked", [CLOSED, Asked(tag="line:L1", as_of=YEAR_END, since=8)])
def test_a_proof_from_what_was_last_seen_must_be_there(asked: Asked) -> None:
    report = seen(note_of(LOG, 9), asked)
    assert failed_levels(report) == {"consistency"}
    assert "since=9" in first_reason(report)


@pytest.mark.parametrize(
    "change", [put("to", value=26), put("from", value=0), put("from", value="9"), put("proof", value=None)]
)
def test_a_malformed_consistency_proof_is_refused_even_when_nothing_was_last_seen(
    change: Callable[[Any], None],
) -> None:
    report = changed(OPEN, "consistency.json", change)
    assert failed_levels(report) == {"consistency"}
    assert first_place(report) == "consistency: consistency.json"


@pytest.mark.parametrize("note", [b"", b"x\n\n", b"x" * (2**20 + 1)])
def test_a_last_seen_that_is_no_note_is_named(note: bytes) -> None:
    report = seen(note)
    assert failed_levels(report) == {"consistency"}
    assert first_place(report) == "consistency: last-seen"


def test_a_last_seen_that_the_log_has_not_signed_is_named() -> None:
    for note in (note_of(LOG, 9, signers=[named_signer(LOG.origin, seed="else")]), note_of(opened_log("elsewhere"))):
        report = seen(note)
        assert failed_levels(report) == {"consistency"}
        assert first_place(report) == "consistency: last-seen"


def test_another_epoch_than_last_seen_must_be_accepted_by_its_number() -> None:
    asked = Asked(tag="line:L2", as_of=YEAR_END, since=9, epoch=2)
    assert "--accept-epoch 2" in first_reason(seen(note_of(LOG, 9), asked))
    assert "--accept-epoch 2" in first_reason(seen(note_of(LOG, 9, epoch=1), asked, accepted_epoch=1))
    assert failed_levels(seen(note_of(LOG, 9), asked, accepted_epoch=2)) == set()
    assert failed_levels(seen(note_of(LOG, 9, epoch=2), asked)) == set()


def test_an_epoch_that_was_accepted_must_be_the_one_of_the_checkpoint_and_a_later_one() -> None:
    asked = Asked(tag="line:L2", as_of=YEAR_END, since=9, epoch=2)
    assert "not in epoch 1" in first_reason(seen(note_of(LOG, 9, epoch=2), asked, accepted_epoch=1))
    assert failed_levels(seen(note_of(LOG, 9, epoch=2), asked, accepted_epoch=2)) == set()
    assert "later epoch 3" in first_reason(seen(note_of(LOG, 9, epoch=3), asked, accepted_epoch=2))
    assert "later epoch 3" in first_reason(seen(note_of(LOG, 9, epoch=3), asked))


def test_a_log_that_was_set_back_by_its_operator_is_shorter_and_that_is_said() -> None:
    grown = story_log()
    grown.record_digest()
    asked = Asked(tag="line:L2", as_of=YEAR_END, epoch=1)
    assert "--accept-epoch 1" in first_reason(seen(note_of(grown), asked))
    report = seen(note_of(grown), asked, accepted_epoch=1)
    assert failed_levels(report) == set()
    assert "begins with what was last seen" not in report.reason(Level.CONSISTENCY)
    assert any(
        remark.startswith("epoch 1 was accepted: the log has 27 entries, and that it begins with the 28 last seen")
        for remark in report.remarks
    )


def test_an_accepted_epoch_excuses_nothing_within_the_same_epoch() -> None:
    grown = story_log()
    grown.record_digest()
    asked = Asked(tag="line:L2", as_of=YEAR_END, epoch=1)
    assert first_reason(seen(note_of(grown, epoch=1), asked, accepted_epoch=1)).startswith("the log shrank")


def test_an_accepted_epoch_does_not_excuse_a_checkpoint_that_is_not_signed() -> None:
    files = bundle_of(LOG, Asked(tag="line:L2", as_of=YEAR_END, epoch=1))
    files["checkpoint.txt"] = note_of(LOG, epoch=1, signers=[named_signer(LOG.origin, seed="else")])
    trust = trusting(LOG.signer, last_seen=note_of(LOG, 9), accepted_epoch=1)
    report = judged(zipped(with_manifest(files)), trust)
    assert failed_levels(report) == {"consistency"}
    assert not any("was accepted" in remark for remark in report.remarks)
