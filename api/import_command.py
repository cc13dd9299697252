"""`fundtrail import`: checks a file, opens its ledger when there is none, and records what the file says."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from adapters.clock import SystemClock
from adapters.database import Database, open_database
from adapters.event_log.feed import SqlFeed
from adapters.event_log.ledger_copy import copy_ledger, row_count
from adapters.event_log.receipts import SqlReceipts
from adapters.migrations.schema import is_current
from api.command_file import Check, CommandFile, OnRowError
from api.databases import is_there, prepared_database, recording_database
from api.importing import UNIT, Tally, Target, decide_rows, record_rows, rehearse_rows, rows_of
from api.progress import BYTES, ROWS, progress
from api.recording import recording_log
from api.schemas.opening import to_opening
from api.schemas.problem import FieldProblem
from api.settings import Settings
from api.transparency import sign_what_is_due
from domain.access import LOCAL_ACTOR
from domain.errors import AlreadyExists, UnknownLedger
from domain.ledger import OpenLedger
from domain.ports import CommandLog

CACHED_ROWS: Final = 20_000
"""A tenth of what a server keeps: a file may register things without end, and seldom comes back to all of them."""


class InvalidLedgerError(Exception):
    """The id or name given for the ledger is none."""

    def __init__(self, problems: list[FieldProblem]) -> None:
        super().__init__("invalid ledger")
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """What the caller asked for. `name` is for a new ledger; its id when none is given."""

    path: Path
    ledger_id: str
    name: str | None = None
    dry_run: bool = False
    partial: bool = False


@dataclass(slots=True, kw_only=True)
class ImportReport:
    """What came of it; the errors themselves were handed on. `tally` is None when the file was not read through.

    `opened`: the ledger is new. `other_name`: the ledger exists under this name, not under the one given.
    """

    request: ImportRequest
    check: Check
    tally: Tally | None = None
    opened: bool = False
    other_name: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every row is recorded (or would be)."""
        return self.tally is not None and not self.tally.refused


@dataclass(slots=True, kw_only=True)
class _Place:
    """Where the rows are decided. `found_name` is that of the ledger when it was there."""

    database: Database
    log: CommandLog
    opened: bool = False
    found_name: str | None = None

    def target(self, ledger_id: str) -> Target:
        return Target(log=self.log, receipts=SqlReceipts(self.database.log_reader), ledger_id=ledger_id)


def import_file(settings: Settings, request: ImportRequest, wrong: OnRowError) -> ImportReport:
    """Does what was asked for; see ImportReport. Rows that are no commands, or refused, go to `wrong`, by line.

    Raises:
        InvalidLedgerError: see there.
        CommandFailed, SchemaMissingError: there is no database to record in.
        Unavailable: it cannot record now; importing the file again goes on where it stopped.
    """
    name = request.ledger_id if request.name is None else request.name
    opening = to_opening({"ledger_id": request.ledger_id, "name": name})
    if not isinstance(opening, OpenLedger):
        raise InvalidLedgerError(opening)
    file = CommandFile(request.path, request.ledger_id, LOCAL_ACTOR.subject)
    with progress("checking", file.size, BYTES) as advance:
        check = file.check(wrong, advance)
    report = ImportReport(request=request, check=check)
    if check.error_count:
        return report
    if request.dry_run:
        report.tally = _try(settings, opening, file, check, wrong)
        return report
    with recording_database(settings) as database, _recording(database, opening) as place:
        with progress("recording", check.row_count, ROWS) as advance:
            target = place.target(request.ledger_id)
            report.tally = record_rows(target, rows_of(file), wrong, advance, partial=request.partial)
        report.opened = place.opened
        if request.name is not None and place.found_name not in (None, request.name):
            report.other_name = place.found_name
        # One checkpoint over all of it; a server that runs beside this import has signed parts of it.
        sign_what_is_due(settings, database)
    return report


def _try(settings: Settings, opening: OpenLedger, file: CommandFile, check: Check, refused: OnRowError) -> Tally:
    """Decides every row. What no single transaction should decide is recorded for real, in a copy of the ledger."""
    with _ledger_of(settings.database_url, opening.ledger_id) as source:
        if source is not None and check.row_count <= UNIT:
            with _trying(source, opening) as place, progress("deciding", check.row_count, ROWS) as advance:
                return decide_rows(place.target(opening.ledger_id), rows_of(file), refused, advance)
        with tempfile.TemporaryDirectory(prefix="fundtrail-") as folder:
            url = f"sqlite:///{folder}/dry-run.db"
            with prepared_database(url) as database:
                if source is not None:
                    _copy(source, database, opening.ledger_id)
                with _trying(database, opening) as place, progress("deciding", check.row_count, ROWS) as advance:
                    return rehearse_rows(place.target(opening.ledger_id), rows_of(file), refused, advance)


def _copy(source: Database, target: Database, ledger_id: str) -> None:
    with progress("copying the ledger", row_count(source.log_reader, ledger_id), ROWS) as advance:
        copy_ledger(source.log_reader, target.log_writer, ledger_id, advance)


@contextmanager
def _recording(database: Database, opening: OpenLedger, *, for_trial: bool = False) -> Iterator[_Place]:
    """A log that writes; the ledger is opened when there is none."""
    with recording_log(database, SystemClock(), cached_rows=CACHED_ROWS, for_trial=for_trial) as log:
        place = _Place(database=database, log=log)
        _find_or_open(place, opening)
        yield place


_trying: Final = partial(_recording, for_trial=True)
"""A rehearsal: nobody was refused anything."""


def _find_or_open(place: _Place, opening: OpenLedger) -> None:
    feed = SqlFeed(place.database.log_reader)
    with suppress(UnknownLedger):
        place.found_name = feed.ledger(opening.ledger_id).name
        return
    try:
        place.log.open_ledger(opening, actor=LOCAL_ACTOR, key=f"import/{opening.ledger_id}")
        place.opened = True
    except AlreadyExists:
        # Someone else opened it in this moment.
        place.found_name = feed.ledger(opening.ledger_id).name


@contextmanager
def _ledger_of(database_url: str, ledger_id: str) -> Iterator[Database | None]:
    """The database that has the ledger; None where there is no such database or ledger."""
    database = open_database(database_url)
    try:
        yield database if _has_ledger(database, ledger_id) else None
    finally:
        database.dispose()


def _has_ledger(database: Database, ledger_id: str) -> bool:
    if not is_there(database) or not is_current(database):
        return False
    try:
        SqlFeed(database.log_reader).ledger(ledger_id)
    except UnknownLedger:
        return False
    return True
