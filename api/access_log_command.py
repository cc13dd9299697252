"""`fundtrail access-log`: reading it, writing it to a file, and taking away what is old."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from adapters.access.chain import HeadMissingError
from adapters.access.encoding import UnreadableRecordError
from adapters.access.mending import Behind, behind_the_head, take_up
from adapters.access.reading import read_ends, read_page, stored_records
from adapters.access.retention import Due, due, take_away
from adapters.clock import SystemClock
from adapters.database import Database
from api.databases import existing_database, guarded_database
from api.rendering.access import stored_json
from api.settings import Settings
from api.terminal import CommandFailed
from domain.access import LOCAL_ACTOR
from domain.access_log import AccessMark, AccessPage, AccessQuery, AccessRecord
from domain.dates import format_instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedAccessLog:
    """How many records were written, after which one the log began, and the last one written."""

    count: int
    beginning: AccessMark
    head: AccessMark


def read_access_log(query: AccessQuery) -> AccessPage:
    """The records of a query.

    Raises:
        CommandFailed: there is no database, or the log is damaged.
    """
    with _readable() as database:
        return read_page(database.access_reader, query)


def export_access_log(output: Path | None) -> ExportedAccessLog:
    """Writes every record as a line of JSON, to a file that is not there yet or to standard output.

    Raises:
        CommandFailed: as above.
        FileExistsError: the file is there.
    """
    with _readable() as database, _opened(output) as stream:
        beginning, _ = read_ends(database.access_reader)
        count, head = 0, beginning
        for stored in stored_records(database.access_reader):
            stream.write(stored_json(stored) + b"\n")
            count, head = count + 1, AccessMark(sequence=stored.sequence, hash=stored.hash)
        return ExportedAccessLog(count=count, beginning=beginning, head=head)


def due_of_access_log() -> Due:
    """What `prune_access_log` would take away now."""
    settings = Settings()
    with _readable() as database:
        return due(database, SystemClock(), settings.access_log_days)


def due_line(found: Due) -> str:
    """What would go, and what the clock says, which may be wrong."""
    now = f"by this machine's clock it is {format_instant(SystemClock().now())}"
    newest = "" if found.newest is None else f", and the newest record is of {format_instant(found.newest)}"
    return f"{found.records} records are older than is set; {now}{newest}"


def prune_access_log() -> int:
    """Takes away what is older than the settings keep it; returns how many records."""
    settings = Settings()
    with _changeable() as database:
        return take_away(database, SystemClock(), settings.access_log_days, LOCAL_ACTOR)


def records_behind_the_head() -> Behind | None:
    """What keeps the log from growing."""
    with _readable() as database:
        return behind_the_head(database)


def mend_access_log() -> Behind | None:
    """Lets the log go on behind such records; returns which they were."""
    with _changeable() as database:
        return take_up(database, SystemClock(), LOCAL_ACTOR)


def record_line(record: AccessRecord) -> str:
    """A record for people, in one line."""
    entry = record.entry
    figures = ", ".join(f"{name} {value}" for name, value in entry.figures.items())
    parts = [
        f"{record.sequence}  {format_instant(record.recorded_at)}  {entry.kind.value}  {entry.code}",
        f"{entry.subject or entry.address or '-'}{f' ({entry.role})' if entry.role else ''}",
        entry.action,
        *([f"in {entry.ledger_id}"] if entry.ledger_id else []),
        *([" ".join(entry.concerns)] if entry.concerns else []),
        *([figures] if figures else []),
        *([f"{entry.count} times"] if entry.count > 1 else []),
    ]
    return "  ".join(parts)


def mark_text(mark: AccessMark) -> str:
    """A head as `fundtrail verify --access-head` takes it."""
    return f"{mark.sequence}:{mark.hash.hex()}"


def exported_json(exported: ExportedAccessLog, path: Path | None) -> dict[str, Any]:
    """What was written, for machines."""
    return {
        "records": exported.count,
        "beginning": mark_text(exported.beginning),
        "head": mark_text(exported.head),
        "file": None if path is None else str(path),
    }


@contextmanager
def _readable() -> Iterator[Database]:
    with existing_database(Settings().database_url) as database, _explained():
        yield database


@contextmanager
def _changeable() -> Iterator[Database]:
    with guarded_database(Settings().database_url) as database, _explained():
        yield database


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (HeadMissingError, UnreadableRecordError) as error:
        message = "the access log is damaged: `fundtrail verify` says how"
        raise CommandFailed(message) from error


@contextmanager
def _opened(output: Path | None) -> Iterator[IO[bytes]]:
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with output.open("xb") as stream:
        yield stream
