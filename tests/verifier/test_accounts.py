"""Money that is moved past an account, into one more, or taken back from what is not there."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.support.auditor import VERDICT_OF_ALL, failed_levels, judged, trusting, verdicts
from tests.support.builders import amendment, evaluation, project, result, status
from tests.support.evidence import Asked, bundle_of, changed_json, export_of, zipped
from tests.support.evidence_log import EvidenceLog, story_log
from tests.support.evidence_log_forgery import append_forged, refigured_bundle
from tests.support.tampered_evidence import LOG, YEAR_END, put, rewrite
from verifier.fundtrail_verify import Level, Report

OPENED_L2, ALLOCATED_L1, PAID_L1, RETURNED_L1, REVERSED, ALLOCATED_L2 = 8, 10, 14, 17, 20, 22


def bundle_report(log: EvidenceLog, tag: str, position: int | None = None) -> Report:
    asked = Asked(tag=tag, as_of=YEAR_END, position=position)
    return judged(zipped(refigured_bundle(log, asked)), trusting(log.signer))


def export_report(log: EvidenceLog) -> Report:
    return judged(export_of(log), trusting(log.signer))


def content_fault(report: Report) -> str:
    assert "content" in failed_levels(report)
    return report.faults[Level.CONTENT].reason


def taking_back(position: int) -> Callable[[dict[str, Any]], None]:
    """A reversal of 100.00 that was never paid, which names the entry at the position."""
    target = json.loads(LOG.entries[position - 1])

    def change(entry: dict[str, Any]) -> None:
        entry["data"]["reverses"] |= {name: target[name] for name in ("id", "position", "effective_date")}
        entry["data"]["fact"] |= {"amount": 10000, "kind": "payment", "voucher_no": "V0"}
        entry["corrects"] = target["id"]

    return change


def test_a_reversal_of_a_payment_that_is_not_there_shows() -> None:
    log = story_log()
    append_forged(log, REVERSED, taking_back(2))
    log.record_digest()
    for tag in ("line:L1", "project:P1", "appropriation:A1"):
        assert "corrects position 2, which is left out" in content_fault(bundle_report(log, tag, log.head - 1))
        assert "corrects position 2, which is left out" in content_fault(bundle_report(log, tag))
    assert "is not the one it names" in content_fault(export_report(log))


def test_a_return_of_a_payment_that_is_not_there_shows() -> None:
    log = story_log()
    append_forged(log, RETURNED_L1, lambda entry: entry["data"]["disbursement"].update(position=3))
    assert "corrects position 3, which is left out" in content_fault(bundle_report(log, "line:L1"))
    assert "is not the disbursement it names" in content_fault(export_report(log))


def test_a_reversal_whose_original_was_left_out_shows() -> None:
    files = bundle_of(LOG, Asked(tag="line:L1", as_of=YEAR_END, position=20))
    files["entries.jsonl"] = files["entries.jsonl"].replace(LOG.entries[14] + b"\n", b"")
    with changed_json(files, "inclusion.json") as inclusion:
        del inclusion["proofs"]["15"]
    report = judged(zipped(files), trusting(LOG.signer))
    assert "corrects position 15, which is left out" in content_fault(report)


def test_an_original_that_cannot_be_read_is_blamed_itself() -> None:
    log = story_log()
    rewrite(log, put("basis", value="guessed"), 15)
    report = bundle_report_as_it_is(log, "line:L1")
    assert content_fault(report) == "`basis` does not hold what it must"


def bundle_report_as_it_is(log: EvidenceLog, tag: str) -> Report:
    return judged(zipped(bundle_of(log, Asked(tag=tag, as_of=YEAR_END))), trusting(log.signer))


def test_a_correction_in_the_tail_that_concerns_something_else_needs_no_original_here() -> None:
    # The digest covers up to 15, where what is returned at 17 and reversed at 20 stands.
    for tag in ("line:L2", "line:L3", "appropriation:A2"):
        report = judged(zipped(bundle_of(LOG, Asked(tag=tag, as_of=YEAR_END, digest=16))), trusting(LOG.signer))
        assert verdicts(report) == VERDICT_OF_ALL, report.faults


def bearing_too(*tags: str) -> Callable[[dict[str, Any]], None]:
    return lambda entry: entry.update(tags=dict.fromkeys(sorted({*entry["tags"], *tags}), 0))


def bearing(*tags: str) -> Callable[[dict[str, Any]], None]:
    return lambda entry: entry.update(tags=dict.fromkeys(sorted(tags), 0))


@pytest.mark.parametrize(
    ("change", "tag"),
    [
        (bearing_too("line:L1", "project:P1"), "line:L1"),
        (bearing_too("line:L1", "project:P1"), "line:L2"),
        (bearing_too("line:L1", "project:P1"), "project:P1"),
        (bearing_too("line:L1"), "line:L1"),
        (bearing_too("project:P1"), "project:P1"),
        (bearing_too("appropriation:A2"), "appropriation:A2"),
        (bearing_too("appropriation:A2"), "line:L2"),
        (bearing("line:L2", "project:P1", "appropriation:A1"), "project:P1"),
        (bearing("line:L2", "project:P2", "appropriation:A2"), "appropriation:A2"),
        (bearing("line:L1", "project:P1", "appropriation:A1"), "line:L1"),
        (bearing("line:L9", "project:P2", "appropriation:A1"), "appropriation:A1"),
    ],
)
def test_money_that_bears_the_tag_of_an_account_it_does_not_concern_shows(
    change: Callable[[dict[str, Any]], None], tag: str
) -> None:
    log = story_log()
    append_forged(log, ALLOCATED_L2, change)
    log.record_digest()
    content_fault(bundle_report(log, tag, log.head - 1))
    content_fault(bundle_report(log, tag))
    content_fault(export_report(log))


def test_money_of_another_line_in_the_tail_bears_one_tag_of_each_kind() -> None:
    for tags in (("line:L1", "line:L2", "project:P1", "appropriation:A1"), ("line:L1", "project:P1"), ("line:L1",)):
        log = story_log()
        position = append_forged(log, PAID_L1, bearing(*tags))
        report = bundle_report(log, "appropriation:A2")
        assert "bears not exactly one tag" in content_fault(report)
        assert report.faults[Level.CONTENT].position == position


@pytest.mark.parametrize(
    ("position", "extra"),
    [
        (3, "appropriation:A2"),
        (3, "line:L1"),
        (5, "project:P9"),
        (OPENED_L2, "line:L1"),
        (OPENED_L2, "project:P1"),
        (OPENED_L2, "appropriation:A2"),
        (2, "project:P1"),
        (16, "line:L1"),
    ],
)
def test_no_other_fact_bears_the_tag_of_an_account_it_does_not_concern(position: int, extra: str) -> None:
    log = story_log()
    rewrite(log, lambda entry: entry["tags"].update({extra: 1}), position)
    report = export_report(log)
    assert f"bears the tag {extra}, which it does not concern" in content_fault(report)
    assert report.faults[Level.CONTENT].position == position


def test_an_appropriation_that_is_counted_under_another_shows_in_its_bundle() -> None:
    log = story_log()
    append_forged(log, 3, bearing_too("appropriation:A2"))
    assert "bears the tag appropriation:A2" in content_fault(bundle_report(log, "appropriation:A2"))


def test_a_line_that_is_opened_again_for_another_project_shows() -> None:
    log = story_log()

    def elsewhere(entry: dict[str, Any]) -> None:
        entry["data"]["project_id"] = "P1"
        bearing("line:L2", "project:P1", "appropriation:A1", "unit:U1")(entry)

    append_forged(log, OPENED_L2, elsewhere)
    assert "was opened before for another project" in content_fault(export_report(log))
    assert "was opened before for another project" in content_fault(bundle_report(log, "line:L2"))


def test_events_of_projects_and_evaluations_bear_the_tags_of_what_they_name() -> None:
    log = story_log()
    log.record(project("P3", parent="P2"))
    log.record(amendment({"parent_project_id": "P1", "name": "x"}, project_id="P3"))
    log.record(amendment({"parent_project_id": None}, project_id="P3"))
    log.record(status("started", project_id="P3"))
    log.record(evaluation(indicators=()))
    log.record(result("90.00"))
    for tag in ("project:P1", "project:P2", "project:P3", "line:L1"):
        assert verdicts(bundle_report(log, tag)) == VERDICT_OF_ALL, bundle_report(log, tag).faults
    assert verdicts(export_report(log)) == VERDICT_OF_ALL
    for position in range(28, log.head + 1):
        forged = replace(log, entries=list(log.entries))
        rewrite(forged, lambda entry: entry["tags"].update({"project:P9": 1, "line:L9": 1}), position)
        assert export_report(forged).faults[Level.CONTENT].position == position
