"""Files that unfold to much: the verifier ends with a verdict in half a gibibyte of address space."""

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.auditor import SCRIPT
from tests.support.effort import full_but, full_only
from tests.support.evidence import Files, bundle_of, verifier_key, with_manifest, zipped
from tests.support.evidence_log import STORY_OPENING
from tests.support.tampered_evidence import LOG, OPEN

LIMIT_BYTES = 512 * 2**20
MIB = 2**20

Hurting = Callable[[], bytes]


def flat(prefix: bytes, item: bytes, suffix: bytes, size: int) -> Hurting:
    return lambda: prefix + b",".join([item] * (size // (len(item) + 1))) + suffix


def many_keys() -> bytes:
    keys = sorted(map(str, range(7_000_000)))
    return ('{"claim_root":[],"proofs":{' + ",".join(f'"{key}":1' for key in keys) + '},"size":27}\n').encode()


def many_proofs() -> bytes:
    keys = sorted(map(str, range(1, 7_000_000)))
    return ('{"claim_root":[],"proofs":{' + ",".join(f'"{key}":[]' for key in keys) + '},"size":27}\n').encode()


def entries_of(inner: bytes) -> Hurting:
    """Entries that are well formed but for what another application put in."""

    def make() -> bytes:
        line = LOG.entries[20].replace(b'"data":{', b'"data":{"a":[' + inner + b"],", 1)
        assert 60_000 < len(line) < 65_536
        return (line + b"\n") * (40 * MIB // len(line))

    return make


BEFORE, BEHIND = b'{"claim_root":[', b'],"proofs":{},"size":27}\n'
HURTING: dict[str, tuple[str, Hurting]] = {
    "numbers in claim_root": ("inclusion.json", flat(BEFORE, b"1000000", BEHIND, 119 * MIB)),
    "numbers for proofs": ("inclusion.json", many_keys),
    "empty proofs": ("inclusion.json", many_proofs),
    "numbers disclosed": ("openings.json", flat(b"[", b"1000000", b"]\n", 31 * MIB)),
    "numbers disclosed, short": ("openings.json", flat(b"[", b"1", b"]\n", 31 * MIB)),
    "texts disclosed": ("openings.json", flat(b"[", b'""', b"]\n", 31 * MIB)),
    "numbers in entries": ("entries.jsonl", entries_of(b",".join([b"1000"] * 12_800))),
    "objects in entries": ("entries.jsonl", entries_of(b",".join([b'{"a":1}'] * 8_000))),
    "empty lines": ("entries.jsonl", lambda: b"\n" * (100 * MIB)),
}  # fmt: skip


QUICK = {"empty lines"}
"""The one that takes a second."""


@pytest.mark.parametrize("what", full_but(HURTING, QUICK))
def test_a_file_of_very_many_values_ends_with_a_verdict(what: str, tmp_path: Path) -> None:
    name, make = HURTING[what]
    said = run(with_manifest(bundle_of(LOG, OPEN) | {name: make()}), tmp_path)
    assert said.returncode == 1, said.stdout + said.stderr
    assert len(said.stdout.splitlines()) >= 5
    assert "MemoryError" not in said.stdout


@full_only
def test_a_bundle_holds_within_the_same_memory(tmp_path: Path) -> None:
    assert STORY_OPENING in OPEN.openings
    assert run(bundle_of(LOG, OPEN), tmp_path).returncode == 0


def run(files: Files, folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "bundle.zip"
    path.write_bytes(zipped(files))
    return subprocess.run(  # noqa: S603 (the test's own command)
        [sys.executable, "-I", "-S", str(SCRIPT), str(path), "--log-key", verifier_key(LOG.signer)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES)),
    )
