"""A file system of a few megabytes, which a test can fill and empty."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_PIECE_BYTES = 65_536


class SmallDisk:
    """Mounted at `folder`. What is not to be used is taken by a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def leave(self, left_bytes: int) -> None:
        """Takes everything but so much."""
        with self._ballast.open("ab") as ballast:
            while self.free_bytes() > left_bytes + _PIECE_BYTES:
                ballast.write(bytes(_PIECE_BYTES))
                ballast.flush()

    def empty(self) -> None:
        """Gives back what was taken."""
        self._ballast.unlink(missing_ok=True)

    def free_bytes(self) -> int:
        """What is left."""
        status = os.statvfs(self.folder)
        return status.f_bavail * status.f_frsize


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A disk that is mounted while the block runs; the test is skipped where this process may not mount one."""
    folder.mkdir()
    if sys.platform != "linux":
        pytest.skip("a full disk is tried on Linux alone: it takes a tmpfs")
    done = run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder))
    if done.returncode != 0:
        pytest.skip(f"a full disk takes the right to mount one: {done.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        assert run("umount", str(folder)).returncode == 0


def run(*command: str) -> "subprocess.CompletedProcess[str]":
    """What a command of the system answered."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (the test's own)
    except FileNotFoundError as error:
        return subprocess.CompletedProcess(command, 127, "", str(error))
