"""Files that a caller sent to be looked at before anything of them is recorded.

They lie in a folder beside the database, one for each ledger, named by what they hold: every process of the service
finds them, and the same file is kept once. Nothing of them is part of the log. They hold what the caller put in,
persons too, so the folder is this service's alone, and a file is deleted when its days are over.
"""

import hashlib
import json
import os
import re
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from api.invalid import UploadsFull
from api.uploads_folder import UploadsFolder

MAX_UPLOAD_BYTES: Final = 16 * 1024 * 1024
SWEEP_S: Final = 3_600.0

_DAY_S: Final = 86_400
_ABOUT: Final = ".json"
_IDENTIFIER: Final = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that is kept. `upload_id` is the SHA-256 of its bytes; name and caller are those of the first time.

    `holders` are all callers who have sent it: only they may have it back.
    """

    upload_id: str
    name: str
    size: int
    uploaded_by: str
    uploaded_at: int
    expires_at: int
    holders: list[str]


class Uploads:
    """The files of all ledgers, in one folder, within a size and an age. Ids of ledgers are those of ledgers there are.

    Safe in several threads and processes: a file appears whole under its name, or not at all.
    """

    def __init__(self, folder: UploadsFolder, *, days: int, limit_bytes: int) -> None:
        self._folder = folder
        self._age_s = days * _DAY_S
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()

    def keep(self, ledger_id: str, name: str, content: bytes, subject: str) -> Upload:
        """Keeps a file until its days are over; one that is there already is kept longer, under its first name.

        Raises:
            UploadsFull: there is no room.
            UploadsUnavailable: the folder cannot be used.
        """
        upload_id = hashlib.sha256(content).hexdigest()
        now = int(time.time())
        with self._lock, self._folder.used(writes=True):
            known = self._find(ledger_id, upload_id)
            upload = Upload(
                upload_id=upload_id,
                name=name if known is None else known.name,
                size=len(content),
                uploaded_by=subject if known is None else known.uploaded_by,
                uploaded_at=now if known is None else known.uploaded_at,
                expires_at=now + self._age_s,
                holders=sorted({subject, *(() if known is None else known.holders)}),
            )
            if known is None and self._used_bytes() + len(content) > self._limit_bytes:
                raise UploadsFull
            folder = self._folder.private(ledger_id)
            if known is None:
                _write(folder / upload_id, content)
            _write(folder / f"{upload_id}{_ABOUT}", _encoded(asdict(upload)))
        return upload

    def find(self, ledger_id: str, upload_id: str) -> Upload | None:
        """What is known of a file; None where it is not kept (any more). Raises: UploadsUnavailable."""
        if not _IDENTIFIER.match(upload_id):
            return None
        with self._folder.used():
            return self._find(ledger_id, upload_id)

    def content(self, ledger_id: str, upload_id: str) -> bytes | None:
        """The bytes of a file; None where it is not kept (any more). Raises: UploadsUnavailable."""
        if self.find(ledger_id, upload_id) is None:
            return None
        with self._folder.used():
            return _read(self._folder.path / ledger_id / upload_id)

    def sweep(self) -> None:
        """Deletes the files whose days are over, and what a process left that ended half-way."""
        for ledger in _folders(self._folder.path):
            for about in ledger.glob(f"*{_ABOUT}"):
                if self._find(ledger.name, about.stem) is None:
                    about.with_suffix("").unlink(missing_ok=True)
                    about.unlink(missing_ok=True)
            for path in _files(ledger):
                is_alone = not path.with_name(f"{path.name}{_ABOUT}").exists()
                if path.suffix != _ABOUT and is_alone and path.stat().st_mtime < time.time() - SWEEP_S:
                    path.unlink(missing_ok=True)

    def _find(self, ledger_id: str, upload_id: str) -> Upload | None:
        folder = self._folder.path / ledger_id
        about = _read(folder / f"{upload_id}{_ABOUT}")
        if about is None or not (folder / upload_id).exists():
            return None
        upload = Upload(**json.loads(about))
        return upload if upload.expires_at > time.time() else None

    def _used_bytes(self) -> int:
        return sum(path.stat().st_size for ledger in _folders(self._folder.path) for path in _files(ledger))


def _folders(folder: Path) -> list[Path]:
    return [each for each in folder.iterdir() if each.is_dir()] if folder.is_dir() else []


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (each for each in list(folder.iterdir()) if each.is_file())


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, for this service's eyes only (mkstemp sees to that)."""
    number, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _encoded(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()
