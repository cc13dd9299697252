"""Files that a caller sent to be looked at before anything of them is recorded.

They lie in a folder beside the database, one for each ledger, named by what they hold: every process of the service
finds them, and the same file is kept once. Nothing of them is part of the log. They hold what the caller put in,
persons too, so the folder is this service's alone, and a file is deleted when its days are over. What one caller or one
ledger may keep has an end before there is no room for others.
"""

import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from adapters.file_lock import locked
from api.invalid import CallerQuotaReached, LedgerQuotaReached, UploadsFull
from api.uploads_folder import UploadsFolder

MAX_UPLOAD_BYTES: Final = 16 * 1024 * 1024
SWEEP_S: Final = 3_600.0

_DAY_S: Final = 86_400
_ABOUT: Final = ".json"
_LOCK: Final = "lock"
_LEAST_CHARGED: Final = 64_000
_IDENTIFIER: Final = re.compile(r"[0-9a-f]{64}\Z")

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that is kept. `upload_id` is the SHA-256 of its bytes; `uploaded_by` is who sent it first.

    `names` has what it is called by each caller who has sent it, as of the first time: only they may have it back, and
    what they record of it says where it is from in their words.
    """

    upload_id: str
    size: int
    uploaded_by: str
    uploaded_at: int
    expires_at: int
    names: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many bytes may be kept: in all, of one ledger, and of one caller in all ledgers."""

    in_all: int
    of_ledger: int
    of_caller: int


class Uploads:
    """The files of all ledgers, in one folder, within sizes and an age. Ids of ledgers are those of ledgers there are.

    Safe in several threads and processes: a file appears whole under its name, or not at all.
    """

    def __init__(self, folder: UploadsFolder, *, days: int, limits: Limits) -> None:
        self._folder = folder
        self._age_s = days * _DAY_S
        self._limits = limits

    def keep(self, ledger_id: str, name: str, content: bytes, subject: str) -> Upload:
        """Keeps a file until its days are over; one that this caller has sent before is kept longer, under that name.

        Where the caller has more than one may, the oldest files that are nobody else's give way.

        Raises:
            CallerQuotaReached: what the caller shares with others leaves no room.
            LedgerQuotaReached, UploadsFull: others leave none.
            UploadsUnavailable: the folder cannot be used.
        """
        upload_id = hashlib.sha256(content).hexdigest()
        now = int(time.time())
        with self._folder.used(writes=True), locked(self._folder.private() / _LOCK):
            known = self._find(ledger_id, upload_id)
            upload = Upload(
                upload_id=upload_id,
                size=len(content),
                uploaded_by=subject if known is None else known.uploaded_by,
                uploaded_at=now if known is None else known.uploaded_at,
                expires_at=now + self._age_s,
                names={subject: name, **({} if known is None else known.names)},
            )
            self._make_room(ledger_id, upload, subject)
            folder = self._folder.private(ledger_id)
            if known is None:
                _write(folder / upload_id, content)
            _write(folder / f"{upload_id}{_ABOUT}", _encoded(asdict(upload)))
        return upload

    def _make_room(self, ledger_id: str, new: Upload, subject: str) -> None:
        """Returns once the file may be kept.

        Raises:
            CallerQuotaReached, LedgerQuotaReached, UploadsFull.
        """
        others = [each for each in self._every() if (each[0], each[1].upload_id) != (ledger_id, new.upload_id)]
        own = [each for each in others if subject in each[1].names]
        own.sort(key=lambda each: (each[1].expires_at, each[1].uploaded_at, each[1].upload_id))
        excess = _charge(each for _ledger, each in own) + _charge([new]) - self._limits.of_caller
        giving_way = []
        for kept in own:
            if excess > 0 and kept[1].names.keys() == {subject}:
                giving_way.append(kept)
                excess -= _charge([kept[1]])
        if excess > 0:
            raise CallerQuotaReached
        left = [each for each in others if each not in giving_way]
        if _charge(each for ledger, each in left if ledger == ledger_id) + _charge([new]) > self._limits.of_ledger:
            raise LedgerQuotaReached
        if _charge(each for _ledger, each in left) + _charge([new]) > self._limits.in_all:
            raise UploadsFull
        for ledger, each in giving_way:
            _delete(self._folder.path / ledger, each.upload_id)

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
        """Deletes the files whose days are over, and what a process left that ended half-way.

        In its turn: a file that is sent again at that moment is kept.
        """
        if not self._folder.path.is_dir():
            return
        with locked(self._folder.path / _LOCK):
            for ledger in _folders(self._folder.path):
                self._sweep_ledger(ledger)

    def _sweep_ledger(self, ledger: Path) -> None:
        for about in ledger.glob(f"*{_ABOUT}"):
            if self._find(ledger.name, about.stem) is None:
                _delete(ledger, about.stem)
        for path in _files(ledger):
            is_alone = not path.with_name(f"{path.name}{_ABOUT}").exists()
            if path.suffix != _ABOUT and is_alone and path.stat().st_mtime < time.time() - SWEEP_S:
                path.unlink(missing_ok=True)

    def _find(self, ledger_id: str, upload_id: str) -> Upload | None:
        folder = self._folder.path / ledger_id
        about = _read(folder / f"{upload_id}{_ABOUT}")
        if about is None or not (folder / upload_id).exists():
            return None
        try:
            document = json.loads(about)
            # Those of an unreleased version do not say what each caller called them.
            upload = Upload(**document) if "names" in document else None
            return upload if upload is not None and upload.expires_at > time.time() else None
        except (ValueError, TypeError, RecursionError):
            _logger.error("upload-damaged", ledger=ledger_id, upload=upload_id)  # noqa: TRY400 (without what is in the stack)
            return None

    def _every(self) -> list[tuple[str, Upload]]:
        """What is kept, each with its ledger."""
        ids = [
            (ledger.name, about.stem) for ledger in _folders(self._folder.path) for about in ledger.glob(f"*{_ABOUT}")
        ]
        return [(ledger, found) for ledger, each in ids if (found := self._find(ledger, each)) is not None]


def _charge(uploads: Iterable[Upload]) -> int:
    """What files count for: a small one takes a name, two places on the disk, and time to look at."""
    return sum(max(each.size, _LEAST_CHARGED) for each in uploads)


def _delete(folder: Path, upload_id: str) -> None:
    (folder / upload_id).unlink(missing_ok=True)
    (folder / f"{upload_id}{_ABOUT}").unlink(missing_ok=True)


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
