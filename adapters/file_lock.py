"""A lock between threads and processes of one machine, held on a file."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.durable_file import OWNER_ONLY

_FOLDER_MODE = 0o700


_LOOK_AGAIN_S = 0.002


@contextmanager
def locked(path: Path, mode: int = OWNER_ONLY) -> Iterator[None]:
    """Holds the lock, at most as long as the process lives; the file and its folder are made when they are missing.

    Who may read the file may hold the lock: `mode` is that of a new one.
    """
    with _opened(path, mode) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


@contextmanager
def locked_in_time(path: Path, mode: int, timeout_s: float) -> Iterator[bool]:
    """The same, but waits no longer than that: whether the lock is held."""
    with _opened(path, mode) as descriptor:
        deadline = time.monotonic() + timeout_s
        while not (is_held := _tried(descriptor)) and time.monotonic() < deadline:
            time.sleep(_LOOK_AGAIN_S)
        yield is_held


@contextmanager
def _opened(path: Path, mode: int) -> Iterator[int]:
    path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, mode)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _tried(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
