"""`fundtrail restore` and `fundtrail restore-check`.

A backup is laid out and checked in a folder beside the target, and gets the target's name only when it counts. Until
then there is nothing there that could be served.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from adapters.backups.manifest import (
    ACCESS_FILE,
    LOG_FILE,
    Manifest,
    UnusableBackupError,
    read_manifest,
    sha256_of,
)
from adapters.backups.sqlite_files import DamagedFileError, TargetTakenError, check_database, place, refuse_taken
from adapters.database import Database, open_database
from adapters.migrations.schema import is_current, migrate, unknown_revisions
from adapters.sqlite_integrity import storage_problems
from adapters.transparency.log_keys import LogKeys
from api.access_verdict import AccessVerdict, access_verdict_json, mark_of, verify_access_log
from api.backup_command import POSTGRESQL_HAS_ITS_OWN
from api.database_guards import guard_lines, guard_problems
from api.databases import existing_database
from api.outside_checkpoints import read_checkpoints, read_keys
from api.progress import EVENTS, progress
from api.restore_check import Advance, Finding, RestoreCheck, finding_json, reasons_against
from api.settings import Settings
from api.terminal import CommandFailed
from api.vanished import place_among
from api.verify_command import storage_lines

GUARDS_UNKNOWN: Final = (
    "guards: the backup is of an older schema, whose guards this version cannot compare: whether one was taken down "
    "before the backup is not known; those of this version were put up"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """What a restored database is held against, and what is accepted of it.

    `access_heads`: heads of the access log, as noted down. `accept_loss`: acknowledged entries may be missing.
    `unproven`: no outside checkpoint is asked for.
    """

    checkpoints: Sequence[Path]
    log_keys: Sequence[str]
    access_heads: Sequence[str]
    accept_loss: bool
    unproven: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was found, and why it does not count; no reasons: it counts. `remarks`: what could not be looked at."""

    findings: Sequence[Finding]
    access: AccessVerdict
    reasons: Sequence[str]
    remarks: Sequence[str] = ()


def restore(folder: Path, settings: Settings, demands: Demands) -> Outcome:
    """Puts a backup at the database of the settings, if it counts; else nothing is there afterwards.

    Raises:
        CommandFailed: the folder is no whole backup, something stands at the target, or it is not SQLite.
    """
    target = _sqlite_file_of(settings.database_url)
    try:
        refuse_taken(target)
        _refuse_inner(folder, demands.checkpoints)
        manifest = _whole(folder)
        with _staged(folder, target) as staged:
            outcome = _examined(staged, settings, manifest, demands)
            if not outcome.reasons:
                place(staged, target)
    except (UnusableBackupError, DamagedFileError, TargetTakenError) as error:
        raise CommandFailed(str(error)) from error
    return outcome


def _refuse_inner(folder: Path, checkpoints: Sequence[Path]) -> None:
    """Returns when no checkpoint lies in the backup: whoever changed the one could have changed the other.

    Raises:
        CommandFailed: one does.
    """
    inner = [each for each in checkpoints if each.resolve().is_relative_to(folder.resolve())]
    if inner:
        message = f"{inner[0]} lies in the backup itself, and proves nothing: give one that was kept elsewhere"
        raise CommandFailed(message)


def check_restored(settings: Settings, demands: Demands) -> Outcome:
    """Looks whether the database of the settings, restored by other means, counts; nothing is changed.

    Raises:
        CommandFailed: there is none.
    """
    with existing_database(settings.database_url) as database:
        outcome = _checked(database, settings, demands, None)
        return replace(outcome, reasons=[*outcome.reasons, *storage_lines(storage_problems(database))])


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """What was found, for machines."""
    found = {
        "counts": not outcome.reasons,
        "reasons": list(outcome.reasons),
        "remarks": list(outcome.remarks),
        "ledgers": [finding_json(each) for each in outcome.findings],
    }
    return found | access_verdict_json(outcome.access)


def _checked(database: Database, settings: Settings, demands: Demands, access_head: str | None) -> Outcome:
    keys = LogKeys(settings.keys_path(), settings.deployment)
    outside, known = read_checkpoints(demands.checkpoints), read_keys(demands.log_keys)
    place = place_among(settings, database)
    with ExitStack() as bars:

        def advance(ledger_id: str) -> Advance:
            bars.close()
            return bars.enter_context(progress(f"verifying {ledger_id}", None, EVENTS)).to

        findings = RestoreCheck(database, keys, outside, known, place).findings(advance)
    noted = [mark_of(each) for each in (*demands.access_heads, *([access_head] if access_head else []))]
    access = verify_access_log(database, noted)
    reasons = reasons_against(findings, accept_loss=demands.accept_loss, unproven=demands.unproven)
    if access.count:
        reasons.append(f"the access log: {access.count} differences")
    reasons += guard_lines(guard_problems(database))
    return Outcome(findings=findings, access=access, reasons=reasons)


def _examined(staged: Path, settings: Settings, manifest: Manifest, demands: Demands) -> Outcome:
    for file in (staged, staged.with_name(ACCESS_FILE)):
        check_database(file)
    database = open_database(f"sqlite:///{staged.absolute()}")
    try:
        # Migrating puts up guards that are missing. Of an older schema's this version knows nothing.
        remarks = () if is_current(database) else (GUARDS_UNKNOWN,)
        down = [] if remarks else guard_lines(guard_problems(database))
        migrate(database)
        outcome = _checked(database, settings, demands, manifest.access_head)
    finally:
        database.dispose()
    stated = {each.ledger_id: (each.position, each.root) for each in manifest.ledgers}
    found = {each.ledger_id: (each.position, each.root.hex()) for each in outcome.findings}
    differing = [
        f"{name}: the manifest states another position or root" for name in stated if stated[name] != found.get(name)
    ]
    return replace(outcome, reasons=[*outcome.reasons, *down, *differing], remarks=remarks)


def _whole(folder: Path) -> Manifest:
    manifest = read_manifest(folder)
    for file in manifest.files:
        path = folder / file.name
        if not path.is_file() or path.stat().st_size != file.size_bytes or sha256_of(path) != file.sha256:
            raise UnusableBackupError(f"{path} is not the file that was backed up")
    if unknown := unknown_revisions(manifest.schema_revisions):
        message = f"version {manifest.fundtrail_version} made it, and this one does not know {', '.join(unknown)}"
        raise UnusableBackupError(message)
    return manifest


@contextmanager
def _staged(folder: Path, target: Path) -> Iterator[Path]:
    """The log's file of a copy beside the target, which goes away at the end."""
    staging = target.with_name(f"{target.name}.restoring")
    try:
        staging.mkdir(mode=0o700)
    except FileExistsError:
        message = f"{staging} is there: a restore is under way, or one was cut off and what is left can be removed"
        raise CommandFailed(message) from None
    except (FileNotFoundError, NotADirectoryError):
        message = f"{target.parent} is no folder: make it first, on the disk where the database is to be"
        raise CommandFailed(message) from None
    try:
        for name in (LOG_FILE, ACCESS_FILE):
            shutil.copyfile(folder / name, staging / name)
            (staging / name).chmod(0o600)
        yield staging / LOG_FILE
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _sqlite_file_of(url: str) -> Path:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise CommandFailed("--to must be sqlite:///FILE") from error
    if parsed.get_backend_name() != "sqlite":
        raise CommandFailed(POSTGRESQL_HAS_ITS_OWN)
    if not parsed.database:
        raise CommandFailed("--to must be sqlite:///FILE")
    return Path(parsed.database)
