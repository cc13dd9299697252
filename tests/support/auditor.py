"""The offline verifier as an auditor runs it, and in this process for the many cases."""

import io
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.support.ed25519 import SeededSigner
from tests.support.evidence import verifier_key
from verifier.fundtrail_verify import ANY_CLAIM, Expected, Report, Trust, parse_policy, parse_verifier_key, verify

SCRIPT: Final = Path(__file__).resolve().parents[2] / "verifier" / "fundtrail_verify.py"
VERDICT_OF_ALL: Final = {
    "consistency": "verified",
    "inclusion": "verified",
    "content": "verified",
    "figures": "verified",
    "completeness": "proven",
}


def trusting(
    *signers: SeededSigner,
    policy: bytes | None = None,
    last_seen: bytes | None = None,
    accepted_epoch: int | None = None,
    expected: Expected = ANY_CLAIM,
) -> Trust:
    """What an auditor brings who trusts the keys of these signers."""
    return Trust(
        log_keys=tuple(parse_verifier_key(verifier_key(signer)) for signer in signers),
        policy=None if policy is None else parse_policy(policy),
        last_seen=last_seen,
        accepted_epoch=accepted_epoch,
        expected=expected,
    )


def judged(evidence: bytes, trust: Trust) -> Report:
    """What the verifier finds; it never breaks on what it is given."""
    report = verify(io.BytesIO(evidence), trust)
    assert "this verifier has an error" not in str(report.faults)
    return report


def verdicts(report: Report) -> dict[str, str]:
    """The word for each level."""
    return {level.value: report.verdict(level) for level in type(next(iter(report.reasons or report.faults)))}


def failed_levels(report: Report) -> set[str]:
    """The levels that do not hold."""
    return {name for name, verdict in verdicts(report).items() if verdict in {"failed", "broken"}}


def first_place(report: Report) -> str:
    """Where the first bad thing is, and at which level."""
    first = report.first_fault
    assert first is not None, "nothing is wrong"
    level, fault = first
    return f"{level}: {fault.place}"


def audit(evidence: Path, *options: str, code: int | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the file itself, without site packages and without the environment."""
    command: Sequence[str] = [sys.executable, "-I", "-S", str(SCRIPT), str(evidence), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env={})  # noqa: S603 (the test's own command)
    assert "Traceback" not in done.stderr, done.stderr
    assert code is None or done.returncode == code, done.stdout + done.stderr
    return done
