"""Bundles that hold: of every kind, at any coordinates, with a digest, a tail, or neither."""

import random
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.auditor import VERDICT_OF_ALL, judged, trusting, verdicts
from tests.support.effort import effort, full_but, sampled
from tests.support.evidence import (
    WITNESSES,
    Asked,
    bundle_of,
    changed_json,
    note_of,
    policy_of,
    seconds,
    with_manifest,
    zipped,
)
from tests.support.evidence_log import STORY_OPENING, opened_log, story_log
from tests.support.histories import FIRST_DAY, History
from verifier.fundtrail_verify import Level

LOG = story_log()
TRUST = trusting(LOG.signer)
YEAR_END = date(2023, 12, 31)
ACCOUNTS = ("line:L1", "line:L2", "line:L3", "project:P1", "project:P2", "appropriation:A1", "appropriation:A2")
SEEN = {witness: seconds(LOG.now) for witness in WITNESSES}


@pytest.mark.parametrize("tag", sampled(ACCOUNTS, one_in=3))
@pytest.mark.parametrize(
    "as_of", full_but(["2023-01-15", "2023-04-30", "2023-05-20", "2023-09-01", "2023-12-31"], quick={"2023-05-20"})
)
def test_a_bundle_holds_at_every_position(tag: str, as_of: str) -> None:
    for position in range(9, LOG.head + 1):
        asked = Asked(tag=tag, as_of=date.fromisoformat(as_of), position=position)
        report = judged(zipped(bundle_of(LOG, asked)), TRUST)
        assert verdicts(report) == VERDICT_OF_ALL, report.faults
        assert report.exit_code == 0


def test_the_story_has_reversals_returns_recoveries_and_an_overrun_in_its_figures() -> None:
    files = bundle_of(LOG, Asked(tag="line:L1", as_of=YEAR_END))
    with changed_json(files, "claim.json") as claim:
        assert claim["figures"] == {
            "initial_budget": "200.00",
            "adjusted_budget": "230.00",
            "disbursed": "609.99",
            "transferred": "0.00",
            "recovered": "15.00",
            "carried_out": "0.00",
            "available": "-394.99",
            "execution_rate": "265.21",
            "execution_rate_initial": "305.00",
        }
    assert verdicts(judged(zipped(files), TRUST)) == VERDICT_OF_ALL


@pytest.mark.parametrize("size", [9, 16, 17, 24, 27])
def test_a_bundle_holds_under_every_later_checkpoint(size: int) -> None:
    for position in range(9, size + 1):
        report = judged(
            zipped(bundle_of(LOG, Asked(tag="line:L1", as_of=YEAR_END, position=position, size=size))), TRUST
        )
        expected = VERDICT_OF_ALL | ({} if size >= 16 else {"completeness": "not covered"})
        assert verdicts(report) == expected, report.faults


@pytest.mark.parametrize("digest", [16, 24])
def test_a_bundle_holds_with_any_digest(digest: int) -> None:
    for position in (15, 16, 20, 23, 24, 27):
        asked = Asked(tag="appropriation:A1", as_of=YEAR_END, position=position, digest=digest)
        assert verdicts(judged(zipped(bundle_of(LOG, asked)), TRUST)) == VERDICT_OF_ALL


def test_a_thing_registered_behind_the_digest_is_complete_by_the_tail_alone() -> None:
    log = opened_log()
    History(random.Random(1), log).live(0)  # noqa: S311 (chance, not a secret)
    log.record_digest(covers=5)
    report = judged(zipped(bundle_of(log, Asked(tag="line:L1", as_of=YEAR_END))), trusting(log.signer))
    assert verdicts(report) == VERDICT_OF_ALL
    assert "counts the entries of line:L1 up to position 5" in report.reason(Level.COMPLETENESS)


@pytest.mark.parametrize("reason", ["no-digest", "tail-too-long"])
def test_without_a_digest_completeness_is_not_covered_and_that_is_no_failure(reason: str) -> None:
    files = bundle_of(LOG, Asked(tag="line:L1", as_of=YEAR_END, digest=0))
    with changed_json(files, "completeness.json") as completeness:
        completeness["reason"] = reason
    report = judged(zipped(files), TRUST)
    assert verdicts(report) == VERDICT_OF_ALL | {"completeness": "not covered"}
    assert report.exit_code == 0


def test_a_bundle_holds_against_what_was_last_seen_and_what_witnesses_saw() -> None:
    for size in (1, 2, 8, 16, 26, 27):
        asked = Asked(tag="line:L1", as_of=YEAR_END, since=size, cosigned=SEEN)
        last_seen = note_of(LOG, size, cosigned={WITNESSES[0]: seconds(LOG.events[size - 1].recorded_at)})
        trust = trusting(LOG.signer, policy=policy_of("all", logs=[LOG.signer]), last_seen=last_seen)
        report = judged(zipped(bundle_of(LOG, asked)), trust)
        assert verdicts(report) == VERDICT_OF_ALL, report.faults
        assert report.remarks == []


def test_a_last_seen_of_the_empty_log_or_of_the_same_size_needs_no_proof() -> None:
    for size in (0, LOG.head):
        trust = trusting(LOG.signer, last_seen=note_of(LOG, size))
        assert verdicts(judged(zipped(bundle_of(LOG, Asked(tag="line:L1", as_of=YEAR_END))), trust)) == VERDICT_OF_ALL


def test_what_was_not_asked_for_is_remarked() -> None:
    asked = Asked(tag="line:L1", as_of=YEAR_END, epoch=2)
    report = judged(zipped(bundle_of(LOG, asked)), TRUST)
    assert verdicts(report) == VERDICT_OF_ALL
    assert [remark.split(":")[0] for remark in report.remarks] == [
        "no --policy was given",
        "no --last-seen was given",
        "the log is in epoch 2",
    ]


def test_disclosed_private_values_are_checked() -> None:
    asked = Asked(tag="line:L2", as_of=YEAR_END, openings=[STORY_OPENING])
    assert verdicts(judged(zipped(bundle_of(LOG, asked)), TRUST)) == VERDICT_OF_ALL


@pytest.mark.parametrize("name", ["README.txt", "report.html"])
def test_a_change_in_a_file_for_people_is_a_remark(name: str) -> None:
    files = bundle_of(LOG, Asked(tag="line:L1", as_of=YEAR_END))
    files[name] += b"!"
    report = judged(zipped(files), TRUST)
    assert verdicts(report) == VERDICT_OF_ALL
    assert any(remark.startswith(f"{name} is not the file") for remark in report.remarks)


def test_log_pub_is_never_trusted() -> None:
    files = bundle_of(LOG, Asked(tag="line:L1", as_of=YEAR_END))
    files["log.pub"] = b"nonsense\n"
    report = judged(zipped(with_manifest(files)), TRUST)
    assert verdicts(report) == VERDICT_OF_ALL
    assert "log.pub names none of the log keys that were given" in report.remarks


@settings(max_examples=effort(quick=5, full=12), deadline=None)
@given(st.integers(0, 10**6), st.data())
def test_the_figures_of_random_histories_follow_from_their_bundles(seed: int, data: st.DataObject) -> None:
    chance = random.Random(seed)  # noqa: S311 (chance, not a secret)
    log = opened_log()
    history = History(chance, log)
    history.live(60)
    log.record_digest(covers=chance.randrange(1, log.head))
    tags = sorted(
        {tag for event in log.events for tag in event.tags if tag.split(":")[0] in {"line", "project", "appropriation"}}
    )
    trust = trusting(log.signer)
    for tag in tags:
        first = next(event.position for event in log.events if tag in event.tags)
        position = data.draw(st.integers(first, log.head))
        as_of = FIRST_DAY + timedelta(days=data.draw(st.integers(0, 50)))
        report = judged(zipped(bundle_of(log, Asked(tag=tag, as_of=as_of, position=position))), trust)
        assert verdicts(report) == VERDICT_OF_ALL, report.faults
