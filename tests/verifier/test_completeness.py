"""Entries left out, and digests that say something else."""

import pytest

from domain.identifiers import leaf_hash
from domain.merkle import inclusion_proof
from tests.support.auditor import failed_levels
from tests.support.evidence import Asked, LeafSource, base64_of, bundle_of, changed_json, jsonl
from tests.support.evidence_log import digest_leaves, edge_of, story_log
from tests.support.tampered_evidence import CLOSED, LOG, OPEN, YEAR_END, changed, first_reason, put, report_of
from verifier.fundtrail_verify import Level


def test_an_entry_of_the_tag_that_is_left_out_shows() -> None:
    files = bundle_of(LOG, CLOSED)
    files["entries.jsonl"] = files["entries.jsonl"].replace(LOG.entries[11] + b"\n", b"")
    with changed_json(files, "inclusion.json") as inclusion:
        del inclusion["proofs"]["12"]
    with changed_json(files, "claim.json") as claim:
        claim["figures"].update(adjusted_budget="250.00", available="-374.99", execution_rate="244.00")
        claim["tag_count"] = 9
    report = report_of(files)
    assert failed_levels(report) == {"completeness"}
    assert first_reason(report) == "number 4 of line:L1 is missing"


def test_the_last_entry_of_the_tag_that_is_left_out_shows() -> None:
    files = bundle_of(LOG, CLOSED)
    files["entries.jsonl"] = files["entries.jsonl"].replace(LOG.entries[18] + b"\n" + LOG.entries[19] + b"\n", b"")
    with changed_json(files, "inclusion.json") as inclusion:
        for position in ("19", "20"):
            del inclusion["proofs"][position]
    report = report_of(files)
    assert "completeness" in failed_levels(report)


def test_an_entry_of_the_tail_that_entries_lack_shows() -> None:
    log = story_log()
    log.record_foreign()
    files = bundle_of(log, Asked(tag="line:L2", as_of=YEAR_END))
    left_out = range(25, 28)
    files["entries.jsonl"] = files["entries.jsonl"].replace(jsonl([log.entries[each - 1] for each in left_out]), b"")
    with changed_json(files, "inclusion.json") as inclusion:
        for position in left_out:
            del inclusion["proofs"][str(position)]
    report = report_of(files)
    assert failed_levels(report) == {"figures", "completeness"}
    assert "the tail has an entry of the claim" in report.faults[Level.COMPLETENESS].reason


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("digest", "count"), 9),
        (("digest", "last"), 19),
        (("digest", "index"), 0),
        (("digest", "tag_count"), 99),
        (("digest", "proof"), []),
        (("digest", "position"), 1),
        (("digest", "position"), 20),
        (("digest", "position"), 25),
        (("digest", "index"), None),
        (("digest", "covers"), 22),
        (("digest", "more"), 1),
        (("digest",), None),
        (("digest",), 1),
        (("tail",), 1),
        (("tail",), {"first": 25, "frontier": []}),
        (("reason",), "no-digest"),
    ],
)
def test_a_digest_that_says_something_else_is_broken(path: tuple[str, ...], value: object) -> None:
    report = changed(CLOSED, "completeness.json", put(*path, value=value))
    assert "completeness" in failed_levels(report)


def test_a_digest_that_counts_otherwise_than_the_log_is_broken() -> None:
    """The owner of the log signs a digest without the last entry of the line; a reader of the whole log will see it."""
    log = story_log()
    short = log.events[:14] + log.events[15:]
    leaves = digest_leaves(short)
    log.record_digest(covers=20, root=edge_of([leaf for _, leaf in leaves]).root().hex(), tag_count=len(leaves))
    report = report_of(bundle_of(log, Asked(tag="line:L1", as_of=YEAR_END, position=20)))
    assert failed_levels(report) == {"completeness"}


def test_a_digest_that_names_another_last_entry_than_the_log_is_broken() -> None:
    log = story_log()
    leaves = digest_leaves(log.events[:20])
    index = [tag for tag, _ in leaves].index("line:L1")
    hashes = [leaf for _, leaf in leaves]
    hashes[index] = leaf_hash(b'["line:L1",10,19]')
    log.record_digest(covers=20, root=edge_of(hashes).root().hex())
    files = bundle_of(log, Asked(tag="line:L1", as_of=YEAR_END, position=20))
    with changed_json(files, "completeness.json") as completeness:
        proof = inclusion_proof(LeafSource(hashes), index, len(hashes))
        completeness["digest"].update(last=19, proof=base64_of(proof))
    report = report_of(files)
    assert failed_levels(report) == {"completeness"}
    assert "the last at position 19" in first_reason(report)


def test_an_absence_that_nothing_shows_is_broken() -> None:
    files = bundle_of(LOG, Asked(tag="line:L9", as_of=YEAR_END))
    report = report_of(files)
    assert failed_levels(report) == {"completeness"}
    assert "nothing shows where its first one is" in first_reason(report)


def test_a_digest_that_covers_less_needs_a_tail() -> None:
    files = bundle_of(LOG, OPEN)
    del files["tail.jsonl"]
    with changed_json(files, "completeness.json") as completeness:
        completeness["tail"] = None
    report = report_of(files)
    assert failed_levels(report) == {"completeness"}
    assert "a tail exactly when" in first_reason(report)
