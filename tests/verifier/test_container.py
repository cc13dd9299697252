"""Bundles whose files are not those of the page: no level can hold, or the level of the file does not."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.auditor import failed_levels, first_place
from tests.support.evidence import (
    bundle_of,
    json_file,
    with_manifest,
)
from tests.support.tampered_evidence import (
    CLOSED,
    LOG,
    OPEN,
    changed,
    put,
    report_of,
)


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("checkpoint.txt", "consistency"),
        ("consistency.json", "consistency"),
        ("log.pub", "consistency"),
        ("entries.jsonl", "inclusion"),
        ("inclusion.json", "inclusion"),
        ("tail.jsonl", "inclusion"),
        ("openings.json", "content"),
        ("claim.json", "figures"),
        ("completeness.json", "completeness"),
    ],
)
def test_a_file_that_is_not_the_one_of_the_manifest_fails_its_level(name: str, level: str) -> None:
    for what in ("sha256", "size"):
        files = bundle_of(LOG, OPEN)
        manifest = json.loads(files["manifest.json"])
        said = manifest["files"][name]
        said[what] = "0" * 64 if what == "sha256" else said[what] + 1
        report = report_of(files | {"manifest.json": json_file(manifest)})
        assert level in failed_levels(report)
        assert first_place(report) == f"{level}: {name}"


@pytest.mark.parametrize("name", sorted(bundle_of(LOG, CLOSED)))
def test_a_missing_file_fails_every_level(name: str) -> None:
    files = bundle_of(LOG, CLOSED)
    del files[name]
    report = report_of(files if name == "manifest.json" else with_manifest(files))
    assert len(failed_levels(report)) == 5
    assert first_place(report) == f"consistency: {name}"


@pytest.mark.parametrize("name", ["notes.txt", "entries.jsonl.bak", "x/", "../claim.json", "CLAIM.JSON"])
def test_a_file_too_many_fails_every_level(name: str) -> None:
    report = report_of(with_manifest(bundle_of(LOG, CLOSED) | {name: b""}))
    assert len(failed_levels(report)) == 5


@pytest.mark.parametrize(
    "change",
    [
        put("format", value="fundtrail-evidence/2"),
        put("files", value=[]),
        put("files", "claim.json", value=None),
        put("files", "claim.json", "size", value=True),
        put("files", "claim.json", "sha256", value="0"),
        put("files", "other.json", value={"sha256": "0" * 64, "size": 0}),
        lambda manifest: manifest["files"].pop("claim.json"),
        put("more", value=0),
    ],
)
def test_a_manifest_that_is_none_fails_every_level(change: Callable[[Any], None]) -> None:
    files = bundle_of(LOG, CLOSED)
    manifest = json.loads(files["manifest.json"])
    change(manifest)
    report = report_of(files | {"manifest.json": json_file(manifest)})
    assert len(failed_levels(report)) == 5
    assert first_place(report) == "consistency: manifest.json"


@pytest.mark.parametrize(
    "change",
    [
        put("origin", value="/qingshi/" + "0" * 32),
        put("origin", value="province.example/other/" + "0" * 32),
        put("log_id", value="0" * 31),
        put("log_id", value="1" * 32),
        put("ledger", value=""),
        put("ledger", value=None),
        put("subject", "kind", value="unit"),
        put("subject", "id", value="L2"),
        put("tag", value="line:L2"),
        put("coordinates", "as_of", value="2023-13-01"),
        put("coordinates", "closed", value=1),
        put("coordinates", "position", value=0),
        put("coordinates", "position", value=True),
        put("coordinates", "root", value="A" * 64),
        put("figures", value=[]),
        put("tag_count", value=-1),
        put("more", value=None),
    ],
)
def test_a_claim_that_is_none_fails_every_level(change: Callable[[Any], None]) -> None:
    report = changed(CLOSED, "claim.json", change)
    assert len(failed_levels(report)) == 5
    assert first_place(report) == "consistency: claim.json"
