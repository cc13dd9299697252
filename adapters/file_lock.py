"""A lock between threads and processes of one machine, held on a file."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.durable_file import OWNER_ONLY

_FOLDER_MODE = 0o700


@contextmanager
def locked(path: Path, mode: int = OWNER_ONLY) -> Iterator[None]:
    """Holds the lock, at most as long as the process lives; the file and its folder are made when they are missing.

    Who may read the file may hold the lock: `mode` is that of a new one.
    """
    path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, mode)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
