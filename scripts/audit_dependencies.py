"""Looks up known vulnerabilities of everything that is shipped: `make audit`.

python -m scripts.audit_dependencies [--requirements FILE] [--osv-url URL] [--timeout SECONDS]

Exit codes: 0 every package was looked up and nothing is known, 1 something is known, 3 not audited. A service that
cannot be reached, that leaves a package out, or that does not know a vulnerability that has been public for years, has
audited nothing: without that question, a service that knows nothing would look like good news.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
REQUIREMENTS: Final = ROOT / "requirements" / "runtime.txt"
CONTROL: Final = "jinja2==2.4.1"
"""Known to be vulnerable since 2014 (CVE-2014-1402)."""
FOUND: Final = 1
NOT_AUDITED: Final = 3
_PINNED: Final = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)
_DEADLINE_S: Final = 900


class NotAuditedError(Exception):
    """Nothing can be said of the packages; the text says why."""


class Vulnerability(NamedTuple):
    """Something that is known of a package."""

    package: str
    version: str
    identifier: str
    fixed_in: tuple[str, ...]


def audit(pins: Sequence[str], osv_url: str | None, timeout_s: int) -> list[Vulnerability]:
    """What is known of packages, each given as `name==version`.

    Raises:
        NotAuditedError: at least one of them was not looked up.
    """
    with tempfile.TemporaryDirectory() as folder:
        answer = _answer(Path(folder), pins, osv_url, timeout_s)
    try:
        packages = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        raise NotAuditedError("the answer of pip-audit cannot be read") from None
    looked_up = {_name(each["name"]) for each in packages if "vulns" in each}
    if left_out := sorted({_name(pin.partition("==")[0]) for pin in pins} - looked_up):
        raise NotAuditedError(f"not looked up: {', '.join(left_out)}")
    return [
        Vulnerability(each["name"], each["version"], found["id"], tuple(found["fix_versions"]))
        for each in packages
        for found in each["vulns"]
    ]


def refuse_ignorance(osv_url: str | None, timeout_s: int) -> None:
    """Asks the service for what it must know.

    Raises:
        NotAuditedError: it does not.
    """
    if not audit([CONTROL], osv_url, timeout_s):
        raise NotAuditedError(f"the service does not know of {CONTROL}, so its silence means nothing")


def pins_of(requirements: Path) -> list[str]:
    """Every package of a lock file, whatever the platform it is for.

    Raises:
        NotAuditedError: it pins none.
    """
    pins = [f"{name}=={version}" for name, version in _PINNED.findall(requirements.read_text(encoding="utf-8"))]
    if not pins:
        raise NotAuditedError(f"{requirements} pins no package")
    return pins


def main(arguments: Sequence[str] | None = None) -> int:
    """Looks up, prints, and gives the exit code."""
    parser = argparse.ArgumentParser(description="Look up known vulnerabilities of what is shipped.")
    parser.add_argument("--requirements", type=Path, default=REQUIREMENTS, help="a lock file")
    parser.add_argument("--osv-url", help="the query address of a copy of the OSV service (default: its own)")
    parser.add_argument("--timeout", type=int, default=15, help="seconds for one answer of the service")
    given = parser.parse_args(arguments)
    try:
        pins = pins_of(given.requirements)
        refuse_ignorance(given.osv_url, given.timeout)
        found = audit(pins, given.osv_url, given.timeout)
    except (NotAuditedError, OSError, subprocess.TimeoutExpired) as error:
        print(f"not audited: {error}", file=sys.stderr)
        return NOT_AUDITED
    for each in found:
        print(f"{each.package} {each.version}: {each.identifier}, fixed in {', '.join(each.fixed_in) or 'no version'}")
    print(f"audited {len(pins)} packages: {len(found)} known vulnerabilities")
    return FOUND if found else 0


def _answer(folder: Path, pins: Sequence[str], osv_url: str | None, timeout_s: int) -> str:
    # Without markers and hashes: what is shipped for another platform is looked up, too, and nothing is installed.
    wanted, report = folder / "wanted.txt", folder / "report.json"
    wanted.write_text("\n".join(pins) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip_audit", "--strict", "--disable-pip", "--no-deps", "--progress-spinner=off"]
    command += ["--requirement", str(wanted), "--format=json", "--desc=off", "--output", str(report)]
    command += ["--vulnerability-service=osv", f"--timeout={timeout_s}", *(["--osv-url", osv_url] if osv_url else [])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_DEADLINE_S, check=False)  # noqa: S603 (our own words)
    if not report.exists() or not report.stat().st_size:
        reason = done.stderr.strip().splitlines()
        raise NotAuditedError(reason[-1] if reason else f"pip-audit ended with {done.returncode} and said nothing")
    return report.read_text(encoding="utf-8")


def _name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
