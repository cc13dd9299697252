"""Log exports: what holds, and what each thing that does not is named by."""

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from domain.custody import EpochRaised
from domain.money import MAX_MINOR
from tests.support.auditor import VERDICT_OF_ALL, failed_levels, first_place, judged, trusting, verdicts
from tests.support.builders import disbursement, line, opening_balance, project, stated
from tests.support.evidence import WITNESSES, export_of, json_file, note_of, policy_of, seconds
from tests.support.evidence_log import EvidenceLog, edge_of, leaves_of, named_signer, opened_log, story_log
from tests.support.histories import History
from tests.support.tampered_evidence import LOG, first_reason, put, rewrite
from verifier import fundtrail_verify
from verifier.fundtrail_verify import Expected, Level, Report, Trust

HEADER, *LINES = export_of(LOG).splitlines(keepends=True)


def report_of(export: bytes, trust: Trust | None = None) -> Report:
    report = judged(export, trust or trusting(LOG.signer))
    assert report.exit_code == 1
    return report


def rewritten(change: Callable[[dict[str, Any]], None], position: int) -> Report:
    """The report on a log whose owner rewrote an entry before signing."""
    log = story_log()
    rewrite(log, change, position)
    return report_of(export_of(log))


def test_an_export_holds() -> None:
    report = judged(export_of(LOG), trusting(LOG.signer))
    assert verdicts(report) == VERDICT_OF_ALL, report.faults
    assert report.reason(Level.FIGURES).startswith("2 digests follow from the entries; the sums of 7 lines, projects")


@pytest.mark.parametrize("size", [1, 2, 16, 24, 27])
def test_an_export_up_to_any_checkpoint_holds(size: int) -> None:
    assert verdicts(judged(export_of(LOG, size=size), trusting(LOG.signer))) == VERDICT_OF_ALL


@pytest.mark.parametrize("seed", range(4))
def test_an_export_of_a_random_history_holds(seed: int) -> None:
    log = opened_log()
    History(random.Random(seed), log).live(120)  # noqa: S311 (chance, not a secret)
    for covers in (1, 40, log.head, 7):
        log.record_digest(covers)
    assert verdicts(judged(export_of(log), trusting(log.signer))) == VERDICT_OF_ALL


def test_an_export_holds_against_what_was_last_seen_and_what_witnesses_saw() -> None:
    note = note_of(LOG, cosigned={witness: seconds(LOG.now) for witness in WITNESSES})
    for size in (0, 1, 16, 27):
        last_seen = note_of(LOG, size, cosigned={WITNESSES[0]: seconds(LOG.events[max(size - 1, 0)].recorded_at)})
        trust = trusting(LOG.signer, policy=policy_of("all", logs=[LOG.signer]), last_seen=last_seen)
        report = judged(export_of(LOG, note), trust)
        assert verdicts(report) == VERDICT_OF_ALL, report.faults
        assert report.remarks == []


@pytest.mark.parametrize("size", [9, 27])
def test_a_history_that_was_changed_since_it_was_last_seen_shows(size: int) -> None:
    other = story_log()
    rewrite(other, put("actor", "subject", value="someone"), 5)
    report = report_of(export_of(LOG), trusting(LOG.signer, last_seen=note_of(other, size)))
    assert failed_levels(report) == {"consistency"}


def test_a_log_that_shrank_and_an_epoch_show() -> None:
    grown = story_log()
    grown.record_digest()
    report = report_of(export_of(LOG), trusting(LOG.signer, last_seen=note_of(grown)))
    assert first_reason(report).startswith("the log shrank")
    epoch = export_of(LOG, note_of(LOG, epoch=1))
    assert "--accept-epoch 1" in first_reason(report_of(epoch, trusting(LOG.signer, last_seen=note_of(LOG, 9))))


def raised(log: EvidenceLog, epoch: int, size: int, root: bytes | None = None) -> Report:
    """The report on a log of that epoch, whose last entry raises it after a size, to who saw 28 entries before."""
    seen = story_log()
    seen.record_digest()
    last = root or edge_of(leaves_of(seen.entries)).root()
    fact = EpochRaised(epoch=epoch, last_signed_size=size, last_signed_root=last.hex(), reason="由备份恢复")
    log.record(stated(fact))
    trust = trusting(log.signer, last_seen=note_of(seen), accepted_epoch=2)
    return judged(export_of(log, note_of(log, epoch=2)), trust)


def shorter_log() -> EvidenceLog:
    """The story set back to its first 20 entries."""
    log = story_log()
    return replace(log, events=log.events[:20], entries=log.entries[:20], tag_counts=tags_of(log, 20))


def tags_of(log: EvidenceLog, size: int) -> Counter[str]:
    return Counter(tag for event in log.events[:size] for tag in event.tags)


@pytest.mark.parametrize(("epoch", "size"), [(1, 28), (2, 28), (2, 99)])
def test_a_log_that_was_set_back_holds_when_the_epoch_is_accepted_and_an_entry_says_so(epoch: int, size: int) -> None:
    report = raised(shorter_log(), epoch, size)
    assert verdicts(report) == VERDICT_OF_ALL, report.faults
    assert "begins with what was last seen" not in report.reason(Level.CONSISTENCY)
    assert any(remark.startswith("epoch 2 was accepted: the log has 21 entries") for remark in report.remarks)


@pytest.mark.parametrize(("epoch", "size"), [(3, 28), (1, 27), (2, 0)])
def test_a_new_epoch_needs_an_entry_that_raises_it_behind_what_was_last_seen(epoch: int, size: int) -> None:
    report = raised(shorter_log(), epoch, size)
    assert failed_levels(report) == {"consistency"}
    assert "no entry raises the epoch above 0 after 28 or more signed entries" in first_reason(report)


def test_an_epoch_that_was_raised_after_another_history_than_the_one_seen_shows() -> None:
    report = raised(shorter_log(), 1, 28, b"x" * 32)
    assert failed_levels(report) == {"consistency"}
    assert "after other 28 entries than those last seen" in first_reason(report)


def test_an_accepted_epoch_without_any_entry_that_raises_it_shows() -> None:
    trust = trusting(LOG.signer, last_seen=note_of(LOG, 9), accepted_epoch=1)
    report = report_of(export_of(LOG, note_of(LOG, epoch=1)), trust)
    assert first_reason(report).startswith("no entry raises the epoch above 0")


def test_a_raising_of_the_epoch_is_well_formed() -> None:
    log = shorter_log()
    raised(log, 1, 28)
    rewrite(log, put("data", "last_signed_size", value=-1), 21)
    assert report_of(export_of(log)).faults[Level.CONTENT].position == 21


def test_an_export_makes_no_claim_to_expect() -> None:
    report = report_of(export_of(LOG), trusting(LOG.signer, expected=Expected(subject="line:L1")))
    assert failed_levels(report) == {"figures"}
    assert "makes no claim" in first_reason(report)


def test_an_export_signed_by_another_key_or_seen_by_too_few_is_not_consistent() -> None:
    other = named_signer(LOG.origin, seed="else")
    report = report_of(export_of(LOG, note_of(LOG, signers=[other])))
    assert (failed_levels(report), first_place(report)) == ({"consistency"}, "consistency: log export, line 1")
    report = report_of(export_of(LOG), trusting(LOG.signer, policy=policy_of("1")))
    assert failed_levels(report) == {"consistency"}


@pytest.mark.parametrize("position", [1, 9, 27])
def test_an_entry_changed_left_out_moved_or_doubled_is_not_included(position: int) -> None:
    at = position - 1
    clark = LINES[at].replace(b'"clerk"', b'"clark"')
    other = LINES[at - 1]
    for lines in (
        [*LINES[:at], clark, *LINES[position:]],
        [*LINES[:at], *LINES[position:]],
        [*LINES[:at], LINES[at], *LINES[at:]],
        [other if each is LINES[at] else LINES[at] if each is other else each for each in LINES],
    ):
        report = report_of(HEADER + b"".join(lines))
        assert "inclusion" in failed_levels(report)


@pytest.mark.parametrize("end", [1, 2, 300])
def test_an_export_that_is_cut_off_says_where(end: int) -> None:
    report = report_of(export_of(LOG)[:-end])
    assert failed_levels(report) == {"inclusion", "content", "figures", "completeness"}
    assert first_place(report) == "inclusion: log export, position 27"


def test_nothing_may_follow_the_entries() -> None:
    report = report_of(export_of(LOG) + b"\n")
    assert (failed_levels(report), first_place(report)) == ({"inclusion"}, "inclusion: log export")


def test_a_checkpoint_of_another_size_is_not_that_of_the_entries() -> None:
    report = report_of(export_of(LOG, note_of(LOG, 26)))
    assert failed_levels(report) == {"inclusion"}
    assert "its checkpoint 26" in first_reason(report)


def test_an_empty_log_holds_nothing() -> None:
    report = report_of(export_of(LOG, size=0))
    assert failed_levels(report) == {"content", "figures", "completeness"}


@pytest.mark.parametrize(
    "change",
    [
        put("format", value="fundtrail-log/2"),
        put("size", value="27"),
        put("size", value=-1),
        put("ledger", value="elsewhere"),
        put("log_id", value="0"),
        put("origin", value=1),
        put("checkpoint", value=None),
        put("more", value=None),
        lambda header: header.pop("size"),
    ],
)
def test_a_header_that_is_none_fails_every_level(change: Callable[[Any], None]) -> None:
    header = json.loads(HEADER)
    change(header)
    report = report_of(json_file(header) + b"".join(LINES))
    assert len(failed_levels(report)) == 5
    assert first_place(report) == "consistency: log export, line 1"


@pytest.mark.parametrize(
    "header", [b"{", b"{}\n", b"{" * 100_000, HEADER[:-1], b" " + HEADER, HEADER.replace(b",", b", ")]
)
def test_a_first_line_in_another_spelling_fails_every_level(header: bytes) -> None:
    report = report_of(header + b"".join(LINES))
    assert len(failed_levels(report)) == 5


@pytest.mark.parametrize("note", ["", "nothing", "log\n27\nAAAA\n\n\u2014 a AAAAAAAA\n"])
def test_a_header_without_a_checkpoint_leaves_nothing_to_hold_the_entries_against(note: str) -> None:
    report = report_of(json_file(json.loads(HEADER) | {"checkpoint": note}) + b"".join(LINES))
    assert failed_levels(report) == {"consistency", "inclusion"}


@pytest.mark.parametrize(
    ("change", "position", "levels"),
    [
        (put("basis", value="guessed"), 22, {"content", "figures", "completeness"}),
        (put("position", value=21), 22, {"content", "figures", "completeness"}),
        (put("data", value={"amount": 1.5}), 22, {"content", "figures", "completeness"}),
        (put("ledger", value="elsewhere"), 22, {"content"}),
        (put("recorded_at", value="2024-01-10T01:00:06.000000Z"), 22, {"content"}),
        (put("id", value="00000000-0000-8000-8000-000000000000"), 22, {"content"}),
        (put("data", "log_id", value="1" * 32), 1, {"content"}),
        (put("type", value="ledger-opened.v1"), 2, {"content"}),
        (put("data", "fact", "amount", value=501), 26, {"content"}),
        (put("data", "reverses", "position", value=26), 26, {"content", "figures"}),
        (put("data", "disbursement", "kind", value="transfer"), 25, {"content"}),
        (put("data", "line_id", value="L1"), 22, {"content"}),
        (put("data", "amount", value=0), 23, {"figures"}),
        (put("type", value="funds-lent.v1"), 22, {"figures"}),
    ],
)
def test_an_entry_that_does_not_fit_is_named_by_its_position(
    change: Callable[[dict[str, Any]], None], position: int, levels: set[str]
) -> None:
    log = story_log()
    rewrite(log, change, position)
    report = report_of(export_of(log))
    assert failed_levels(report) == levels
    assert first_place(report).endswith(f"log export, position {position}")


@pytest.mark.parametrize(
    ("position", "tag", "number", "first_bad"),
    [(2, "unit:U1", 2, 2), (22, "line:L2", 3, 22), (22, "line:L2", 1, 22), (27, "voucher:L2/2023/V5", 7, 27)],
)
def test_a_tag_that_is_not_numbered_densely_breaks_completeness(
    position: int, tag: str, number: int, first_bad: int
) -> None:
    report = rewritten(put("tags", tag, value=number), position)
    assert {"content", "completeness"} <= failed_levels(report)
    assert first_place(report) == f"content: log export, position {first_bad}"


def test_a_payment_that_hides_from_its_line_shows_to_who_reads_the_whole_log() -> None:
    """Its tag would be missing without a gap, and a digest would not count it; but its data name the line."""
    report = rewritten(lambda entry: entry["tags"].pop("line:L2"), 27)
    assert "concerns line:L2 and does not bear that tag" in report.faults[Level.CONTENT].reason
    report = rewritten(lambda entry: entry["tags"].pop("project:P2"), 27)
    assert "concerns project:P2 and does not bear that tag" in report.faults[Level.CONTENT].reason


@pytest.mark.parametrize(
    "changes", [{"root": "0" * 64}, {"tag_count": 5}, {"position": 99}, {"position": 0}, {"root": 1}, {"more": 1}]
)
def test_a_digest_that_is_not_that_of_the_entries_fails_the_figures(changes: dict[str, object]) -> None:
    log = story_log()
    position = log.record_digest(None, **changes)
    report = report_of(export_of(log))
    assert (failed_levels(report), first_place(report)) == ({"figures"}, f"figures: log export, position {position}")


def test_a_digest_of_an_early_position_is_worked_out_too() -> None:
    log = story_log()
    for covers in (3, 27, 1, 27, 30):
        log.record_digest(covers)
    assert verdicts(judged(export_of(log), trusting(log.signer))) == VERDICT_OF_ALL


def test_a_fact_is_taken_back_once() -> None:
    log = story_log()
    again = json.loads(log.entries[25])
    rewrite(
        log,
        lambda entry: entry.update(
            again | {name: entry[name] for name in ("position", "recorded_at", "id", "command_id")}
        ),
        27,
    )
    report = report_of(export_of(log))
    assert "taken back before" in report.faults[Level.FIGURES].reason
    assert report.faults[Level.FIGURES].position == 27


def test_sums_stay_where_every_reader_represents_them_exactly() -> None:
    def spent(fen: int) -> EvidenceLog:
        log = story_log()
        log.record(project("P3"))
        log.record(line("L4", project_id="P3", appropriation_id="A2"))
        log.record(opening_balance(adjusted="0.00", disbursed="0.00", line_id="L4"))
        rewrite(log, put("data", "disbursed", value=fen), 30)
        return log

    # The appropriation has 30.00 from before.
    assert judged(export_of(spent(MAX_MINOR - 3000)), trusting(LOG.signer)).exit_code == 0
    report = report_of(export_of(spent(MAX_MINOR - 2999)))
    assert failed_levels(report) == {"figures"}
    assert first_reason(report) == "the sum `disbursed` of appropriation:A2 is beyond 2^53"


def test_entries_recorded_outside_what_witnesses_saw_show() -> None:
    at = seconds(LOG.events[26].recorded_at)
    policy = policy_of("none")
    late = export_of(LOG, note_of(LOG, cosigned={WITNESSES[0]: at - 301}))
    report = report_of(late, trusting(LOG.signer, policy=policy))
    assert (failed_levels(report), first_place(report)) == ({"content"}, "content: log export, position 27")
    last_seen = note_of(LOG, 9, cosigned={WITNESSES[0]: at + 301})
    report = report_of(export_of(LOG), trusting(LOG.signer, policy=policy, last_seen=last_seen))
    assert (failed_levels(report), first_place(report)) == ({"content"}, "content: log export, position 10")


def test_a_witness_whose_clock_is_beyond_all_calendars_bounds_nothing_above() -> None:
    note = note_of(LOG, cosigned={WITNESSES[0]: 2**63 - 1})
    report = judged(export_of(LOG, note), trusting(LOG.signer, policy=policy_of("1")))
    assert verdicts(report) == VERDICT_OF_ALL


def test_many_events_of_one_foreign_append_are_remarked_not_refused() -> None:
    log = story_log()
    log.record_foreign()
    rewrite(log, put("id", value="00000000-0000-8000-8000-000000000000"), 28)
    report = judged(export_of(log), trusting(log.signer))
    assert verdicts(report) == VERDICT_OF_ALL
    assert any(remark.startswith("1 events of other applications") for remark in report.remarks)


def test_tags_and_digests_of_an_export_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fundtrail_verify, "MAX_TAGS", 10)
    assert "more than 10 tags" in report_of(export_of(LOG)).faults[Level.CONTENT].reason
    monkeypatch.undo()
    monkeypatch.setattr(fundtrail_verify, "MAX_DIGEST_LEAVES", 20)
    report = report_of(export_of(LOG))
    assert failed_levels(report) == {"figures"}
    assert "too many to work out" in first_reason(report)


def test_a_disbursement_recorded_after_the_export_does_not_matter() -> None:
    log = story_log()
    log.record(disbursement("1.00", voucher="V9", line_id="L2"))
    assert verdicts(judged(export_of(log, size=27), trusting(log.signer))) == VERDICT_OF_ALL
