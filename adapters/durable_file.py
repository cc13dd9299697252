"""Files that are whole and on the disk once a function here returns; only their owner may read them."""

import os
from pathlib import Path
from typing import Final

OWNER_ONLY: Final = 0o600


def create_file(path: Path, data: bytes) -> None:
    """A file that is new under this name.

    Raises:
        FileExistsError: something has that name.
        OSError: it could not be written; then nothing has that name.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY)
    try:
        _write(descriptor, data)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def replace_file(path: Path, data: bytes) -> None:
    """The file holds these bytes, or after a crash what it held before; who calls sees to it that nobody else does.

    Raises:
        OSError: it could not be written; unless the name was moved and only that is not certain, nothing has changed.
    """
    new = path.with_name(f"{path.name}.new")
    _write(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, OWNER_ONLY), data)
    new.replace(path)
    sync_folder(path.parent)


def _write(descriptor: int, data: bytes) -> None:
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """A name that was given or moved is on the disk only once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
