"""Entries, the tail and the root of the claim against the tree of the checkpoint."""

import pytest

from tests.support.auditor import failed_levels, first_place
from tests.support.evidence import bundle_of, jsonl, with_manifest
from tests.support.tampered_evidence import CLOSED, LOG, OPEN, changed, put, report_of


@pytest.mark.parametrize("position", [1, 7, 20, 24])
def test_an_entry_that_was_changed_is_not_included(position: int) -> None:
    files = bundle_of(LOG, CLOSED)
    entry = LOG.entries[position - 1]
    files["entries.jsonl"] = files["entries.jsonl"].replace(entry, entry.replace(b'"clerk"', b'"clark"'))
    report = report_of(with_manifest(files))
    assert failed_levels(report) == {"inclusion", "completeness"}
    assert first_place(report) == f"inclusion: entries.jsonl, position {position}"


def test_a_changed_entry_of_the_tail_is_not_included() -> None:
    files = bundle_of(LOG, OPEN)
    files["tail.jsonl"] = files["tail.jsonl"].replace(b'"subject":"clerk"', b'"subject":"clark"')
    report = report_of(with_manifest(files))
    assert {"inclusion", "completeness"} <= failed_levels(report)
    assert first_place(report) == "inclusion: tail.jsonl"


@pytest.mark.parametrize("line", [0, 1, 2, 3, 4])
def test_a_tail_with_an_entry_left_out_is_not_included(line: int) -> None:
    files = bundle_of(LOG, OPEN)
    entries = files["tail.jsonl"].splitlines(keepends=True)
    if line < len(entries):
        del entries[line]
    else:
        entries.append(entries[-1])
    report = report_of(with_manifest(files | {"tail.jsonl": b"".join(entries)}))
    assert first_place(report) == "inclusion: tail.jsonl"


@pytest.mark.parametrize(
    ("name", "path", "value", "place"),
    [
        ("inclusion.json", ("size",), 26, "inclusion.json"),
        ("inclusion.json", ("size",), "27", "inclusion.json"),
        ("inclusion.json", ("proofs", "7"), [], "entries.jsonl, position 7"),
        ("inclusion.json", ("proofs", "7"), ["AAAA"], "inclusion.json"),
        ("inclusion.json", ("proofs", "7"), [None], "inclusion.json"),
        ("inclusion.json", ("proofs", "7"), ["A" * 43 + "="] * 65, "inclusion.json"),
        ("inclusion.json", ("proofs", "07"), [], "inclusion.json"),
        ("inclusion.json", ("proofs", "0"), [], "inclusion.json"),
        ("inclusion.json", ("proofs", "8"), [], "inclusion.json"),
        ("inclusion.json", ("proofs",), [], "inclusion.json"),
        ("inclusion.json", ("claim_root",), [], "claim.json"),
        ("inclusion.json", ("more",), 1, "inclusion.json"),
        ("claim.json", ("coordinates", "root"), "0" * 64, "claim.json"),
        ("claim.json", ("coordinates", "position"), 28, "claim.json"),
    ],
)
def test_a_proof_that_proves_something_else_is_refused(
    name: str, path: tuple[str, ...], value: object, place: str
) -> None:
    report = changed(CLOSED, name, put(*path, value=value))
    assert "inclusion" in failed_levels(report)
    assert first_place(report) == f"inclusion: {place}"


@pytest.mark.parametrize("frontier", [[], ["A" * 43 + "="], ["A" * 43 + "="] * 3])
def test_a_frontier_that_leads_elsewhere_is_refused(frontier: list[str]) -> None:
    report = changed(OPEN, "completeness.json", put("tail", "frontier", value=frontier))
    assert failed_levels(report) == {"inclusion", "completeness"}
    assert first_place(report) == "inclusion: tail.jsonl"


def test_a_tail_that_nothing_speaks_of_is_refused() -> None:
    files = bundle_of(LOG, CLOSED) | {"tail.jsonl": jsonl(LOG.entries[23:])}
    assert first_place(report_of(with_manifest(files))) == "inclusion: completeness.json"
    files = bundle_of(LOG, OPEN)
    del files["tail.jsonl"]
    assert first_place(report_of(with_manifest(files))) == "inclusion: completeness.json"
