"""Packs everything that an installation without a registry needs: `make bundle`.

python -m scripts.build_bundle [--output FOLDER] [--wheels FOLDER]

Writes FOLDER/fundtrail-VERSION/ and a .tar.gz of it:

    wheels/             what runs, for this platform and this version of Python, and our own wheel
    requirements.txt    every one of them with its SHA-256: nothing else is installed
    verifier/           what an auditor takes home
    install.sh          makes an environment of it, after having compared every file with
    SHA256SUMS

and prints the SHA-256 of the archive, to be handed over by another way.

With --wheels, wheels of the lock are taken from a folder instead of the registry.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
LOCK: Final = ROOT / "requirements" / "runtime.txt"
VERIFIER: Final = ("fundtrail_verify.py", "README.md", "LICENSE")
INSTALL: Final = ROOT / "deploy" / "install.sh"


def build(output: Path, lock: Path = LOCK, wheels: Path | None = None) -> Path:
    """Writes the bundle's folder, which must not exist, and its archive; returns the folder."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    bundle = output / f"fundtrail-{version}"
    (bundle / "wheels").mkdir(parents=True)
    (bundle / "verifier").mkdir()
    _pip("download", "--require-hashes", "--only-binary=:all:", "--no-deps", *_from(wheels), "--requirement", lock,
         "--dest", bundle / "wheels")  # fmt: skip
    _pip("wheel", "--no-index", "--no-build-isolation", "--no-deps", "--wheel-dir", bundle / "wheels", ROOT)
    (own,) = (bundle / "wheels").glob("fundtrail-*.whl")
    locked = lock.read_text(encoding="utf-8")
    (bundle / "requirements.txt").write_text(
        f"{locked}fundtrail=={version} --hash=sha256:{sha256_of(own)}\n", encoding="utf-8"
    )
    for name in VERIFIER:
        shutil.copy(ROOT / "verifier" / name, bundle / "verifier" / name)
    shutil.copy(INSTALL, bundle / "install.sh")
    write_sums(bundle)
    with tarfile.open(output / f"{bundle.name}.tar.gz", "w:gz") as archive:
        archive.add(bundle, bundle.name)
    return bundle


def write_sums(bundle: Path) -> None:
    """The SHA-256 of every file of the bundle but its own, as `sha256sum --check` reads it."""
    files = sorted(path for path in bundle.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    lines = [f"{sha256_of(path)}  {path.relative_to(bundle).as_posix()}\n" for path in files]
    (bundle / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def sha256_of(path: Path) -> str:
    """The hex SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main(arguments: Sequence[str] | None = None) -> int:
    """Builds, and says what is to be handed over by another way."""
    parser = argparse.ArgumentParser(description="Pack an installation for networks without a registry.")
    parser.add_argument("--output", type=Path, default=ROOT / "dist" / "bundle", help="folder, made anew")
    parser.add_argument("--wheels", type=Path, help="folder of wheels to take instead of asking the registry")
    given = parser.parse_args(arguments)
    if given.output.exists():
        shutil.rmtree(given.output)
    bundle = build(given.output, wheels=given.wheels)
    archive = bundle.with_name(f"{bundle.name}.tar.gz")
    print(f"{archive}\nSHA-256: {sha256_of(archive)}")
    return 0


def _from(wheels: Path | None) -> Sequence[str | Path]:
    return () if wheels is None else ("--no-index", "--find-links", wheels)


def _pip(*arguments: str | Path) -> None:
    # The build backend finds its program on the path; its work goes to a folder of its own, not among the sources.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *map(str, arguments)]
        subprocess.run(command, cwd=folder, env=os.environ | {"PATH": path}, check=True)  # noqa: S603 (our own words)


if __name__ == "__main__":
    sys.exit(main())
