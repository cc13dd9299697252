"""Column mappings as they are kept: each with who saved it and when, in the folder of uploads, one file each.

One that is shared has its name to itself in the ledger, and whoever records there may read a file by it. One of
somebody who is limited to units is offered to nobody else, so its name is taken for him alone.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from adapters.durable_file import replace_file
from adapters.file_lock import locked
from api.invalid import CallerQuotaReached, LedgerQuotaReached
from api.uploads_folder import UploadsFolder

MAX_MAPPINGS: Final = 200
"""Shared ones of one ledger."""
MAX_OF_AUTHOR: Final = 20
"""Of one caller in one ledger."""

_FOLDER: Final = "mappings"
_LOCK: Final = "lock"
_ENDING: Final = ".json"
_IDENTIFIER: Final = re.compile(r"[0-9a-f]{64}\Z")

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMapping:
    """A mapping. `saved_at` is in seconds since 1970; `is_own_only`: it is offered to nobody but its author."""

    mapping: dict[str, Any]
    saved_by: str
    saved_at: int
    is_own_only: bool

    @property
    def mapping_id(self) -> str:
        """The same for mappings that give way to each other: of one name, and where it is own, of one author."""
        owner = self.saved_by if self.is_own_only else ""
        # No text of either holds a zero byte.
        return hashlib.sha256(f"{owner}\0{self.mapping['name']}".encode()).hexdigest()

    @property
    def sha256(self) -> str:
        """The hash of what it says: another means that rows are read otherwise."""
        return hashlib.sha256(json.dumps(self.mapping, sort_keys=True).encode()).hexdigest()

    def is_for(self, subject: str) -> bool:
        """Whether it is offered to a caller."""
        return not self.is_own_only or self.saved_by == subject


class ColumnMappings:
    """The mappings of all ledgers. Ids of ledgers are those of ledgers there are. Safe in several processes."""

    def __init__(self, folder: UploadsFolder) -> None:
        self._folder = folder

    def of(self, ledger_id: str, subject: str) -> list[KeptMapping]:
        """Those that are offered to a caller, the latest first. Raises: UploadsUnavailable."""
        with self._folder.used():
            return [each for each in self._every(ledger_id) if each.is_for(subject)]

    def find(self, ledger_id: str, mapping_id: str, subject: str) -> KeptMapping | None:
        """One of those; None where there is none of that id. Raises: UploadsUnavailable."""
        if not _IDENTIFIER.match(mapping_id):
            return None
        with self._folder.used():
            kept = _read(self._path(ledger_id, mapping_id))
        return kept if kept is not None and kept.is_for(subject) else None

    @contextmanager
    def turn(self, ledger_id: str) -> Iterator[None]:
        """One after the other, in all processes: what is looked at within is what is replaced or deleted.

        Raises:
            UploadsFull, UploadsUnavailable: also of what is done within.
        """
        with self._folder.used(writes=True), locked(self._folder.private(ledger_id, _FOLDER) / _LOCK):
            yield

    def refuse_too_many(self, ledger_id: str, kept: KeptMapping) -> None:
        """Returns when the mapping may be kept beside the others; the one of its id gives way.

        Raises:
            CallerQuotaReached, LedgerQuotaReached: there are as many as may be.
        """
        others = [each for each in self._every(ledger_id) if each.mapping_id != kept.mapping_id]
        if sum(1 for each in others if each.saved_by == kept.saved_by) >= MAX_OF_AUTHOR:
            raise CallerQuotaReached
        if not kept.is_own_only and sum(1 for each in others if not each.is_own_only) >= MAX_MAPPINGS:
            raise LedgerQuotaReached

    def keep(self, ledger_id: str, kept: KeptMapping) -> None:
        """Keeps a mapping, in its turn; the one of its id gives way."""
        replace_file(self._path(ledger_id, kept.mapping_id), json.dumps(asdict(kept), ensure_ascii=False).encode())

    def delete(self, ledger_id: str, mapping_id: str) -> None:
        """Deletes a mapping that there is, in its turn."""
        self._path(ledger_id, mapping_id).unlink()

    def _every(self, ledger_id: str) -> list[KeptMapping]:
        found = (_read(each) for each in (self._folder.path / ledger_id / _FOLDER).glob(f"*{_ENDING}"))
        kept = [each for each in found if each is not None]
        return sorted(kept, key=lambda each: (each.saved_at, each.mapping_id), reverse=True)

    def _path(self, ledger_id: str, mapping_id: str) -> Path:
        return self._folder.path / ledger_id / _FOLDER / f"{mapping_id}{_ENDING}"


def _read(path: Path) -> KeptMapping | None:
    """None where there is none (any more) or none that can be read, and of one from before authors were kept.

    Nobody answers for the last.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        document = json.loads(content)
        return _kept_of(document) if "saved_by" in document else None
    except (ValueError, TypeError, AttributeError, RecursionError):
        _logger.error("column-mapping-damaged", file=path.name)  # noqa: TRY400 (without what is in the stack)
        return None


def _kept_of(document: dict[str, Any]) -> KeptMapping:
    """What a file says.

    Raises:
        TypeError: it is not what is written here.
    """
    mapping = document.get("mapping")
    given = (
        (mapping, dict),
        (mapping.get("name") if isinstance(mapping, dict) else None, str),
        (document["saved_by"], str),
        (document.get("saved_at"), int),
        (document.get("is_own_only"), bool),
    )
    if not all(isinstance(value, kind) for value, kind in given):
        raise TypeError
    return KeptMapping(**document)
