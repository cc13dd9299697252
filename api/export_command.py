"""`fundtrail export`: which ledgers go where, and what is said of them."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from adapters.database import Database
from adapters.event_log.feed import SqlFeed
from api.exporting import Exported, Exporter
from api.progress import EVENTS, progress
from api.terminal import CommandFailed
from domain.errors import UnknownLedger
from domain.ports import LedgerInfo


class NoSingleLedgerError(Exception):
    """Several ledgers cannot share one stream: an import makes one ledger of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """What the caller asked for: every ledger when none is named; standard output when no file or folder is."""

    ledger_ids: Sequence[str]
    output: Path | None
    with_private: bool


def export_ledgers(database: Database, request: ExportRequest) -> list[tuple[Exported, Path | None]]:
    """Writes the ledgers, one to the file or stream, several to files of their names in the folder.

    Raises:
        NoSingleLedgerError: several ledgers, and no folder for them.
        CommandFailed: a ledger or the folder is not there.
    """
    feed = SqlFeed(database.log_reader)
    ledgers = _chosen(feed, request.ledger_ids)
    into_folder = request.output is not None and (len(ledgers) > 1 or request.output.is_dir())
    if len(ledgers) > 1 and not into_folder:
        raise NoSingleLedgerError
    if into_folder:
        assert request.output is not None
        request.output.mkdir(parents=True, exist_ok=True)
    exporter = Exporter(database, feed, with_private=request.with_private)
    written: list[tuple[Exported, Path | None]] = []
    for ledger in ledgers:
        path = request.output / f"{ledger.ledger_id}.jsonl" if into_folder and request.output else request.output
        written.append((_export(exporter, ledger, path), path))
    return written


def exported_json(exported: Exported, path: Path | None) -> dict[str, Any]:
    """What was written of one ledger, for machines."""
    return {
        "ledger_id": exported.ledger.ledger_id,
        "name": exported.ledger.name,
        "currency": exported.ledger.currency,
        "time_zone": exported.ledger.time_zone,
        "region_code": exported.ledger.region_code,
        "position": exported.ledger.position,
        "commands": exported.commands,
        "private_left_out": exported.private_left_out,
        "custody": exported.custody,
        "foreign": exported.foreign,
        "file": None if path is None else str(path),
    }


def exported_text(exported: Exported, path: Path | None) -> str:
    """What was written of one ledger, for people, and how it is imported again."""
    ledger = exported.ledger
    left_out = []
    if exported.private_left_out:
        left_out.append(f"{exported.private_left_out} payees left out (--with-private writes those not erased)")
    if exported.custody:
        left_out.append(f"{exported.custody} facts about the log itself left out")
    if exported.foreign:
        left_out.append(f"{exported.foreign} events of other applications left out")
    region = f", region {ledger.region_code}" if ledger.region_code else ""
    described = f"{ledger.ledger_id} ({ledger.name}, time zone {ledger.time_zone}{region})"
    written = f"{described}: {exported.commands} commands to position {ledger.position}"
    again = f"import it with: fundtrail import {path or 'FILE'} --ledger NEW_ID --name '{ledger.name}'"
    return "; ".join([written, *left_out, again])


def _chosen(feed: SqlFeed, ledger_ids: Sequence[str]) -> list[LedgerInfo]:
    if not ledger_ids:
        ledgers = feed.ledgers()
        if not ledgers:
            message = "there is no ledger to export"
            raise CommandFailed(message)
        return ledgers
    chosen = []
    for ledger_id in dict.fromkeys(ledger_ids):
        try:
            chosen.append(feed.ledger(ledger_id))
        except UnknownLedger:
            message = f"there is no ledger {ledger_id}; `fundtrail ledgers` lists them"
            raise CommandFailed(message) from None
    return chosen


def _export(exporter: Exporter, ledger: LedgerInfo, path: Path | None) -> Exported:
    exported = Exported(ledger=ledger)
    with _target(path) as stream, progress(f"exporting {ledger.ledger_id}", ledger.position, EVENTS) as advance:
        for line in exporter.lines(exported, advance):
            stream.write(line + b"\n")
    return exported


@contextmanager
def _target(path: Path | None) -> Iterator[IO[bytes]]:
    """Standard output, or a file that appears under its name only when it is whole."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        with unfinished.open("wb") as stream:
            yield stream
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
