"""`fundtrail backup`: the ledgers in a folder that can be taken elsewhere, made while they are written."""

import shutil
import sqlite3
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from adapters.access.chain import HeadMissingError
from adapters.access.reading import read_ends
from adapters.backups.manifest import (
    ACCESS_FILE,
    CHECKPOINTS_FOLDER,
    FORMAT,
    LOG_FILE,
    MANIFEST_FILE,
    BackedUpLedger,
    Manifest,
    described,
    manifest_bytes,
)
from adapters.backups.sqlite_files import CopyFailedError, DamagedFileError, check_database, copy_database
from adapters.clock import SystemClock
from adapters.database import Database, open_database
from adapters.durable_file import create_file, sync_folder
from adapters.event_log.feed import SqlFeed
from adapters.event_log.tree import SqlTree
from adapters.migrations.schema import revisions
from adapters.transparency.checkpoints import SqlCheckpoints
from api.databases import existing_database
from api.progress import BYTES, progress
from api.settings import Settings
from api.terminal import CommandFailed
from domain.dates import format_instant

KEYS_ARE_NOT_IN_IT = (
    "the keys that sign checkpoints are not in it: they are secrets, and what they signed last must never be set back"
)
POSTGRESQL_HAS_ITS_OWN = (
    "this makes backups of SQLite; PostgreSQL makes its own, with pg_basebackup and the archive of its "
    "write-ahead log: docs/operations.md"
)


def back_up(settings: Settings, output: Path) -> Manifest:
    """Makes the backup; the folder has its name only once all of it is on the disk.

    Raises:
        CommandFailed: something has that name, another backup to it is under way, it is not SQLite, no room, or what
            was copied is damaged.
    """
    partial = output.with_name(f"{output.name}.partial")
    with existing_database(settings.database_url) as database:
        if not database.is_sqlite:
            raise CommandFailed(POSTGRESQL_HAS_ITS_OWN)
        _make(partial, output)
        try:
            manifest = _fill(partial, database, settings)
            sync_folder(partial)
            partial.rename(output)
        except BaseException as error:
            shutil.rmtree(partial, ignore_errors=True)
            if isinstance(error, CopyFailedError):
                raise CommandFailed(str(error)) from error
            if isinstance(error, DamagedFileError):
                message = f"what was copied is damaged ({error}); `fundtrail verify` says more"
                raise CommandFailed(message) from error
            if isinstance(error, HeadMissingError):
                raise CommandFailed("the access log has no head: `fundtrail verify` says more") from error
            raise
        sync_folder(output.parent)
    return manifest


def _make(partial: Path, output: Path) -> None:
    if output.exists():
        raise CommandFailed(f"{output} is there already, and no backup is overwritten")
    try:
        partial.mkdir(mode=0o700)
    except FileExistsError:
        message = f"{partial} is there: a backup is under way, or one was cut off and what is left of it can be removed"
        raise CommandFailed(message) from None


def _fill(folder: Path, database: Database, settings: Settings) -> Manifest:
    made_at = SystemClock().now()
    log, access = folder / LOG_FILE, folder / ACCESS_FILE
    total = sum(_size_of(engine_url) for engine_url in (database.log_reader.url, database.access_reader.url))
    with progress("copying", total, BYTES) as advance:
        # The log first: whatever an entry refers to in the other file was there before the entry, and so is copied.
        copy_database(database.log_reader, log, advance)
        copy_database(database.access_reader, access, advance)
    for copy in (log, access):
        # Damage is copied page by page, and would be found only by whoever needs the backup.
        check_database(copy)
    copied = open_database(f"sqlite:///{log.absolute()}")
    try:
        ledgers, access_head, found = tuple(_ledgers(copied)), _access_head(copied), revisions(copied)
    finally:
        copied.dispose()
    manifest = Manifest(
        format=FORMAT,
        fundtrail_version=version("fundtrail"),
        sqlite_version=sqlite3.sqlite_version,
        schema_revisions=found,
        deployment=settings.deployment,
        made_at=format_instant(made_at),
        includes_keys=False,
        files=(described(log), described(access)),
        ledgers=ledgers,
        access_head=access_head,
    )
    _write_checkpoints(folder / CHECKPOINTS_FOLDER, ledgers)
    create_file(folder / MANIFEST_FILE, manifest_bytes(manifest))
    return manifest


def _write_checkpoints(folder: Path, ledgers: Sequence[BackedUpLedger]) -> None:
    """One file for each ledger, to be taken elsewhere: what a restore is held against later."""
    folder.mkdir(mode=0o700)
    for each in ledgers:
        if each.checkpoint is not None:
            create_file(folder / f"{each.ledger_id}.txt", each.checkpoint.encode())


def _access_head(copied: Database) -> str | None:
    _, head = read_ends(copied.access_reader)
    return f"{head.sequence}:{head.hash.hex()}" if head.sequence else None


def _ledgers(copied: Database) -> list[BackedUpLedger]:
    tree, checkpoints = SqlTree(copied.log_reader), SqlCheckpoints(copied.log_reader, copied.log_writer)
    found = []
    for info in SqlFeed(copied.log_reader).ledgers():
        checkpoint = checkpoints.latest(info.ledger_id)
        ledger = BackedUpLedger(
            ledger_id=info.ledger_id,
            log_id=info.log_id,
            position=info.position,
            root=tree.root(info.ledger_id, info.position).hex(),
            checkpoint=None if checkpoint is None else checkpoint.note.decode(),
        )
        found.append(ledger)
    return found


def _size_of(url: object) -> int:
    database = getattr(url, "database", None)
    path = Path(database or "")
    return path.stat().st_size if path.is_file() else 0
