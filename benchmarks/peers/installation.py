"""The peers as their registries hold them, installed once into a folder of this repository that git ignores.

Versions are pinned: Python's in requirements/peers.txt with their hashes, npm's in package.json. hledger is the one on
the path, or the package of a Debian or Ubuntu system, unpacked without installing it.
"""

import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Final

from benchmarks.machine import ROOT, say

FOLDER: Final = ROOT / ".bench"
PYTHON: Final = FOLDER / f"python{sys.version_info.major}.{sys.version_info.minor}"
NODE: Final = FOLDER / "node"
NODE_MODULES: Final = NODE / "node_modules"
DEBIAN: Final = FOLDER / "debian"

REQUIREMENTS: Final = ROOT / "requirements" / "peers.txt"
PACKAGE: Final = Path(__file__).with_name("package.json")


def install_python() -> str | None:
    """Puts the Python packages where this process imports them, behind its own; why it cannot, or None."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--upgrade", "--target", str(PYTHON), "-r", str(REQUIREMENTS)]
    problem = _once(PYTHON, REQUIREMENTS, command, FOLDER)
    if problem is None and str(PYTHON) not in sys.path:
        sys.path.append(str(PYTHON))
    return problem


def install_node() -> str | None:
    """Puts the npm packages into NODE_MODULES; why it cannot, or None."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            return f"there is no {program} on the path"
    NODE.mkdir(parents=True, exist_ok=True)
    shutil.copy(PACKAGE, NODE)
    command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
    return _once(NODE, PACKAGE, command, NODE)


def hledger() -> str | None:
    """The path of the program hledger; None where there is none, and none can be fetched."""
    found = shutil.which("hledger")
    if found is not None:
        return found
    unpacked = DEBIAN / "usr" / "bin" / "hledger"
    if not unpacked.exists() and shutil.which("apt-get") is not None:
        DEBIAN.mkdir(parents=True, exist_ok=True)
        if _run(["apt-get", "download", "--quiet", "hledger"], DEBIAN) is None:
            for package in DEBIAN.glob("hledger_*.deb"):
                _run(["dpkg-deb", "--extract", str(package), str(DEBIAN)], DEBIAN)
    return str(unpacked) if unpacked.exists() else None


def _once(target: Path, source: Path, command: list[str], folder: Path) -> str | None:
    """Runs an installation unless it was done from what the source holds now; why it failed, or None."""
    stamp = target / ".installed"
    wanted = sha256(source.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    say(f"installing {source.relative_to(ROOT)} into {target.relative_to(ROOT)}")
    problem = _run(command, folder)
    if problem is None:
        stamp.write_text(wanted, encoding="ascii")
    return problem


def _run(command: list[str], folder: Path) -> str | None:
    """Runs a command; the last line it said if it failed, None if it did not."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 (our own)
    if done.returncode == 0:
        return None
    said = (done.stderr or done.stdout).strip().splitlines()
    return f"{command[0]} ended with {done.returncode}: {said[-1] if said else 'no message'}"
