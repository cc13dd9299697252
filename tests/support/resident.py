"""How much memory a process and its children hold."""

from collections.abc import Iterator
from pathlib import Path


def with_children(pid: int) -> Iterator[int]:
    """The process and all that it started, and those these started. Linux alone says."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text("ascii").split():
            yield from with_children(int(child))


def resident_bytes(pid: int) -> int:
    """Memory of one process."""
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    (line,) = (each for each in lines if each.startswith("VmRSS"))
    return int(line.split()[1]) * 1024
