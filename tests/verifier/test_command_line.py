"""The file itself, run as an auditor runs it: without site packages, without an environment, with nothing of ours."""

import json
from pathlib import Path

import pytest

from domain.note import Algorithm
from tests.support.auditor import SCRIPT, audit
from tests.support.ed25519 import SeededSigner
from tests.support.effort import sampled
from tests.support.evidence import (
    WITNESSES,
    Asked,
    bundle_of,
    export_of,
    note_of,
    policy_of,
    seconds,
    verifier_key,
    zipped,
)
from tests.support.evidence_log import named_signer
from tests.support.tampered_evidence import CLOSED, LOG, YEAR_END

KEY = ("--log-key", verifier_key(LOG.signer))
OTHER_KEY = ("--log-key", verifier_key(named_signer(LOG.origin, seed="else")))
ASKED = Asked(tag="line:L1", as_of=YEAR_END, since=9, cosigned={WITNESSES[0]: seconds(LOG.now)})


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return written(tmp_path / "bundle.zip", zipped(bundle_of(LOG, ASKED)))


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return written(tmp_path / "log", export_of(LOG))


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_a_bundle_is_verified_in_five_lines_with_their_reasons(bundle: Path) -> None:
    lines = audit(bundle, *KEY, code=0).stdout.splitlines()
    assert [line.split(maxsplit=2)[:2] for line in lines[:5]] == [
        ["consistency", "verified"],
        ["inclusion", "verified"],
        ["content", "verified"],
        ["figures", "verified"],
        ["completeness", "proven"],
    ]
    assert all(line[28:].strip() for line in lines[:5])
    assert lines[3].endswith(
        "the figures of line:L1 as of 2023-12-31 at position 27 (known at 2024-01-10T01:00:26.000000Z) "
        "follow from the 10 entries that bear its tag"
    )
    assert [line.split()[0] for line in lines[5:]] == ["remark", "remark"]


def test_an_export_is_verified(export: Path) -> None:
    done = audit(export, *KEY, *OTHER_KEY, code=0)
    assert "completeness   proven       each of the 15 tags is numbered" in done.stdout


def test_policy_and_last_seen_are_files(bundle: Path, tmp_path: Path) -> None:
    policy = written(tmp_path / "policy", policy_of("1", logs=[LOG.signer]))
    last_seen = written(tmp_path / "seen", note_of(LOG, 9))
    done = audit(bundle, *KEY, "--policy", str(policy), "--last-seen", str(last_seen), code=0)
    assert "cosigned by 1 of the policy's witnesses, and begins with what was last seen" in done.stdout
    assert "remark" not in done.stdout
    written(policy, policy_of("2"))
    done = audit(bundle, *KEY, "--policy", str(policy), code=1)
    assert done.stdout.splitlines()[-1] == "first fault    checkpoint.txt (consistency)"


def test_an_epoch_is_accepted_by_its_number(tmp_path: Path) -> None:
    asked = Asked(tag="line:L1", as_of=YEAR_END, since=9, epoch=3)
    bundle = written(tmp_path / "bundle.zip", zipped(bundle_of(LOG, asked)))
    last_seen = ("--last-seen", str(written(tmp_path / "seen", note_of(LOG, 9))))
    audit(bundle, *KEY, *last_seen, code=1)
    audit(bundle, *KEY, *last_seen, "--accept-epoch", "2", code=1)
    audit(bundle, *KEY, *last_seen, "--accept-epoch", "3", code=0)


def test_the_claim_that_was_asked_for_can_be_expected(bundle: Path) -> None:
    asked = ("--expect-subject", "line:L1", "--expect-as-of", "2023-12-31", "--expect-position", "27")
    done = audit(bundle, *KEY, *asked, code=0)
    assert done.stdout == audit(bundle, *KEY, code=0).stdout
    done = audit(bundle, *KEY, "--expect-subject", "line:L2", code=1)
    assert "subject: claimed line:L1, expected line:L2" in done.stdout
    assert done.stdout.splitlines()[-1] == "first fault    claim.json (figures)"


def test_a_fault_is_shown_with_its_file_and_position(tmp_path: Path) -> None:
    files = bundle_of(LOG, CLOSED)
    files["entries.jsonl"] = files["entries.jsonl"].replace(b"12000", b"12001")
    done = audit(written(tmp_path / "bundle.zip", zipped(files)), *KEY, code=1)
    assert "inclusion      failed       entries.jsonl: it is not the file that the manifest names" in done.stdout
    assert done.stdout.splitlines()[-1] == "first fault    entries.jsonl (inclusion)"
    header, *lines = export_of(LOG).splitlines(keepends=True)
    lines[13] = lines[13].replace(b'"position":14', b'"position":15')
    done = audit(written(tmp_path / "log", header + b"".join(lines)), *KEY, code=1)
    assert done.stdout.splitlines()[-1] == "first fault    log export (inclusion)"
    assert "content        failed       log export, position 14: it is the entry at position 15" in done.stdout


def test_a_program_reads_one_json_object(bundle: Path, export: Path) -> None:
    found = json.loads(audit(bundle, *KEY, "--json", code=0).stdout)
    assert found["evidence"] == "bundle"
    assert (found["exit_code"], found["first_fault"]) == (0, None)
    assert {name: level["verdict"] for name, level in found["levels"].items()} == {
        "consistency": "verified",
        "inclusion": "verified",
        "content": "verified",
        "figures": "verified",
        "completeness": "proven",
    }
    claim = found["claim"]
    assert (claim["ledger"], claim["subject"]) == ("qingshi", {"id": "L1", "kind": "line"})
    assert (claim["as_of"], claim["position"], claim["known_at"]) == ("2023-12-31", 27, "2024-01-10T01:00:26.000000Z")
    assert claim["figures"]["disbursed"] == "609.99"
    found = json.loads(audit(export, *OTHER_KEY, "--json", code=1).stdout)
    assert (found["evidence"], found["claim"]) == ("log export", None)
    assert found["first_fault"] == {
        "file": "log export",
        "level": "consistency",
        "line": 1,
        "position": None,
        "reason": "no log key that was given has signed it",
    }


@pytest.mark.parametrize(
    "options",
    sampled(
        [
            [],
            ["--log-key"],
            ["--log-key", "x"],
            ["--log-key", verifier_key(SeededSigner("witness", Algorithm.COSIGNATURE))],
            [*KEY, "--policy", "/no/such/file"],
            [*KEY, "--last-seen", "/no/such/file"],
            [*KEY, "--policy", str(SCRIPT)],
            [*KEY, "--last-seen", str(SCRIPT)],
            [*KEY, "--accept-epoch", "x"],
            [*KEY, "--accept-epoch=-1"],
            [*KEY, "--accept-epoch", "9" * 20],
            [*KEY, "--expect-subject", "L1"],
            [*KEY, "--expect-subject", "unit:U1"],
            [*KEY, "--expect-subject", "line:"],
            [*KEY, "--expect-as-of", "2023-02-30"],
            [*KEY, "--expect-position", "0"],
            [*KEY, "--unknown"],
            [*KEY, "another"],
            [*KEY * 65],
        ],
        one_in=4,
    ),
)
def test_a_wrong_call_ends_with_2_and_says_why(bundle: Path, options: list[str]) -> None:
    done = audit(bundle, *options, code=2)
    assert done.stdout == ""
    assert done.stderr


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_file_that_cannot_be_read_is_a_wrong_call(tmp_path: Path, name: str) -> None:
    assert audit(tmp_path / name, *KEY, code=2).stderr


def test_a_file_of_nothing_is_judged(tmp_path: Path) -> None:
    done = audit(written(tmp_path / "empty", b""), *KEY, code=1)
    assert done.stdout.count("failed") == 4
    assert done.stdout.splitlines()[-1] == "first fault    the whole file (consistency)"


def test_help_is_given() -> None:
    assert "--log-key VKEY" in audit(Path("--help"), code=0).stdout
