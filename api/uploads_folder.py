"""The folder of what callers sent to be kept beside the log: this service's alone, and on a disk that may fail."""

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog

from api.invalid import UploadsFull, UploadsUnavailable
from domain.errors import Unavailable

FAILURE_KEPT_S: Final = 30.0
"""So long a failure is told, unless something succeeds before: perhaps nobody tries meanwhile."""

_PRIVATE: Final = 0o700
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})

_logger = structlog.get_logger(__name__)


class UploadsFolder:
    """A folder, and what was wrong with it last. It is made once something is to be kept in it. For any thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._failure: tuple[Unavailable, float] | None = None

    def private(self, *names: str) -> Path:
        """The folder of those names in it, which are made where they are missing; nobody else may look in.

        Raises:
            OSError: it cannot be made.
        """
        self.path.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        self.path.chmod(_PRIVATE)
        folder = self.path
        for name in names:
            folder /= name
            folder.mkdir(mode=_PRIVATE, exist_ok=True)
        return folder

    @contextmanager
    def used(self, *, writes: bool = False) -> Iterator[None]:
        """Around whatever reads or writes in it; a failure is over once something could be written.

        Raises:
            UploadsFull: the disk has no room.
            UploadsUnavailable: the folder cannot be reached, read or written; the service's log has the reason.
        """
        try:
            yield
        except OSError as error:
            failure = UploadsFull() if error.errno in _NO_ROOM else UploadsUnavailable()
            self._failure = failure, time.monotonic()
            _logger.error("uploads-failed", code=failure.code, reason=error.strerror)  # noqa: TRY400 (without what is in the stack)
            raise failure from error
        if writes:
            self._failure = None

    def trouble(self) -> Unavailable | None:
        """Why nothing can be kept in it now; None where nothing is known against that."""
        last = self._failure
        if last is not None and time.monotonic() - last[1] < FAILURE_KEPT_S:
            return last[0]
        return None if _can_be_written(self.path.absolute()) else UploadsUnavailable()


def _can_be_written(path: Path) -> bool:
    """Whether the folder, or where it is missing the one that it would be made in, takes new names."""
    if os.access(path, os.F_OK) or path == path.parent:
        return path.is_dir() and os.access(path, os.W_OK | os.X_OK)
    return _can_be_written(path.parent)
