"""What a backup says of itself: which files it has, and how far each ledger was."""

import hashlib
from pathlib import Path
from typing import Final

import msgspec

MANIFEST_FILE: Final = "manifest.json"
LOG_FILE: Final = "fundtrail.db"
ACCESS_FILE: Final = "fundtrail-access.db"
CHECKPOINTS_FOLDER: Final = "checkpoints"
"""Beside the files: the latest checkpoint of each ledger once more, to be kept somewhere else."""
FORMAT: Final = 1
MAX_MANIFEST_BYTES: Final = 64 * 1024 * 1024
_BLOCK_BYTES: Final = 1024 * 1024


class UnusableBackupError(Exception):
    """The folder is no whole backup, or not one that this version reads; the text says why."""


class BackupFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the folder, and the hex SHA-256 of its bytes."""

    name: str
    size_bytes: int
    sha256: str


class BackedUpLedger(msgspec.Struct, frozen=True, kw_only=True):
    """How far a ledger's log was: its last position and the hex root of all of it.

    `checkpoint` is the note it signed last, which may be of a smaller size; None before the first.
    """

    ledger_id: str
    log_id: str
    position: int
    root: str
    checkpoint: str | None


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of `manifest.json`. `made_at` is the instant before the first file was copied.

    `access_head` is the last record of the access log, as `SEQUENCE:HASH`; None before the first.
    """

    format: int
    fundtrail_version: str
    sqlite_version: str
    schema_revisions: dict[str, str]
    deployment: str
    made_at: str
    includes_keys: bool
    files: tuple[BackupFile, ...]
    ledgers: tuple[BackedUpLedger, ...]
    access_head: str | None


def manifest_bytes(manifest: Manifest) -> bytes:
    """The manifest as it is written."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup.

    Raises:
        UnusableBackupError: there is none, or it is of another format.
    """
    try:
        with (folder / MANIFEST_FILE).open("rb") as stream:
            manifest = msgspec.json.decode(stream.read(MAX_MANIFEST_BYTES), type=Manifest)
    except FileNotFoundError:
        raise UnusableBackupError(
            f"{folder} has no {MANIFEST_FILE}: it is no backup, or one that was cut off"
        ) from None
    except msgspec.DecodeError as error:
        raise UnusableBackupError(f"{folder / MANIFEST_FILE} cannot be read: {error}") from error
    if manifest.format != FORMAT:
        raise UnusableBackupError(f"the backup has format {manifest.format}, and this version reads {FORMAT}")
    if sorted(each.name for each in manifest.files) != sorted((LOG_FILE, ACCESS_FILE)):
        raise UnusableBackupError(f"{MANIFEST_FILE} names other files than {LOG_FILE} and {ACCESS_FILE}")
    return manifest


def described(path: Path) -> BackupFile:
    """What a manifest says of a file."""
    return BackupFile(name=path.name, size_bytes=path.stat().st_size, sha256=sha256_of(path))


def sha256_of(path: Path) -> str:
    """The hex SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
