"""The bundle for networks without a registry installs what was packed, and nothing that was changed since."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import pytest

from scripts.build_bundle import VERIFIER, build, sha256_of, write_sums
from tests.support.effort import full_only
from tests.support.pages import scripts
from tests.support.processes import DEADLINE_S, ROOT, address_of, started, wait_for

pytestmark = full_only

SCRIPTS = scripts((ROOT / "docs" / "operations.md").read_text(encoding="utf-8"))
TINY = "tiny-1.0-py3-none-any.whl"
METADATA = "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of one small package and our own."""
    folder = tmp_path_factory.mktemp("bundle")
    wheels = folder / "wheels"
    wheels.mkdir()
    record = "tiny.py,,\ntiny-1.0.dist-info/METADATA,,\ntiny-1.0.dist-info/WHEEL,,\ntiny-1.0.dist-info/RECORD,,\n"
    with zipfile.ZipFile(wheels / TINY, "w") as wheel:
        for name, text in {"METADATA": METADATA, "WHEEL": WHEEL, "RECORD": record}.items():
            wheel.writestr(f"tiny-1.0.dist-info/{name}", text)
        wheel.writestr("tiny.py", "size = 1\n")
    lock = folder / "lock.txt"
    lock.write_text(f"tiny==1.0 --hash=sha256:{sha256_of(wheels / TINY)}\n", encoding="utf-8")
    return build(folder / "output", lock, wheels)


@pytest.fixture
def bundle(packed: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(packed, tmp_path / packed.name))


def installed(bundle: Path, target: Path, folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """What the script says, called in the folder; it has no way to a registry."""
    environment = {"PATH": os.environ["PATH"], "PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_RETRIES": "0"}
    return subprocess.run(  # noqa: S603 (our own script)
        ["/bin/sh", bundle / "install.sh", target, sys.executable],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=10 * DEADLINE_S,
        check=False,
    )


def test_the_bundle_names_the_hash_of_everything_in_it(packed: Path) -> None:
    sums = dict(line.split("  ")[::-1] for line in (packed / "SHA256SUMS").read_text(encoding="utf-8").splitlines())
    files = {path.relative_to(packed).as_posix() for path in packed.rglob("*") if path.is_file()}
    assert {*sums, "SHA256SUMS"} == files
    assert all(hashlib.sha256((packed / name).read_bytes()).hexdigest() == digest for name, digest in sums.items())
    assert files >= {f"verifier/{name}" for name in VERIFIER}
    (own,) = (packed / "wheels").glob("fundtrail-*.whl")
    assert f"--hash=sha256:{sha256_of(own)}" in (packed / "requirements.txt").read_text(encoding="utf-8")
    assert packed.with_name(f"{packed.name}.tar.gz").exists()
    with zipfile.ZipFile(own) as wheel:
        assert {"api/cli.py", "adapters/migrations/versions/0001_log.py"} <= set(wheel.namelist())


def test_a_changed_wheel_is_not_installed(bundle: Path, tmp_path: Path) -> None:
    (own,) = (bundle / "wheels").glob("fundtrail-*.whl")
    with zipfile.ZipFile(own, "a") as wheel:
        wheel.writestr("api/backdoor.py", "")
    refused = installed(bundle, tmp_path / "target")
    assert (refused.returncode, "a file of the bundle is not what it was" in refused.stderr) == (1, True)
    assert not (tmp_path / "target").exists()

    write_sums(bundle)
    beside = tmp_path / "beside"
    beside.mkdir()
    for name in ("venv", "pip", "ensurepip"):
        (beside / f"{name}.py").write_text("open('ran', 'w')", encoding="utf-8")
    refused = installed(bundle, tmp_path / "target", beside)
    assert not (beside / "ran").exists(), "a module beside the bundle was run"
    assert (refused.returncode, "nothing is installed" in refused.stderr) == (1, True), refused.stderr
    assert "DO NOT MATCH THE HASHES" in refused.stderr
    assert not (tmp_path / "target").exists()


def test_nothing_of_an_archive_that_is_not_what_was_packed_is_run(packed: Path, tmp_path: Path) -> None:
    archive = packed.with_name(f"{packed.name}.tar.gz")
    given = tmp_path / archive.name
    shutil.copy(archive, given)
    (tmp_path / "target").mkdir()
    script = SCRIPTS["from the bundle"].replace("/opt/fundtrail/0.1.0", str(tmp_path / "target"))

    def followed(digest: str) -> "subprocess.CompletedProcess[str]":
        """What a shell says to the lines of the page."""
        return subprocess.run(  # noqa: S603 (the page's own words)
            ["/bin/sh", "-c", script],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "SHA256": digest, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
        )

    changed = followed(sha256_of(packed / "SHA256SUMS"))
    assert (changed.returncode, "FAILED" in changed.stdout) == (1, True), changed
    assert not (tmp_path / packed.name).exists(), "it was unpacked"
    assert "is there already" in followed(sha256_of(given)).stderr


def test_an_installation_that_is_there_is_left_alone(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    refused = installed(bundle, tmp_path / "target")
    assert (refused.returncode, "is there already" in refused.stderr) == (1, True)


def test_the_whole_bundle_is_installed_without_a_registry_and_serves(tmp_path: Path) -> None:
    try:
        bundle = build(tmp_path / "output")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"the wheels cannot be had: {error}")
    target = tmp_path / "target"
    done = installed(bundle, target)
    assert done.returncode == 0, done.stderr
    # Without the sources on the path: what answers is what was installed.
    program = ("/usr/bin/env", "--unset=PYTHONPATH", str(target / "bin" / "fundtrail"))
    url = f"sqlite:///{tmp_path}/fundtrail.db"
    with started([*program, "migrate"], tmp_path, url) as child:
        child.wait()
    with started([*program, "serve", "--port", "0"], tmp_path, url) as child:
        wait_for("the server prints its address", lambda: address_of(child) is not None, child)
        assert httpx.get(f"{address_of(child)}/healthz", timeout=DEADLINE_S).json() == {"status": "up"}
