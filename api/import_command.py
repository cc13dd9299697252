"""`fundtrail import`: checks a file, opens its ledger when there is none, and records what the file says."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from adapters.clock import SystemClock
from adapters.database import Database, open_database
from adapters.event_log.feed import SqlFeed
from adapters.event_log.sequencer import DEFAULT_QUEUE_LIMIT, Sequencer
from adapters.migrations.schema import is_current
from api.command_file import Check, CommandFile
from api.databases import is_there, prepared_database
from api.importing import Tally, decide_file, record_file
from api.schemas.opening import to_opening
from api.schemas.problem import FieldProblem
from api.security import LOCAL_ACTOR
from api.settings import Settings
from api.terminal import progress_bar
from api.transparency import sign_what_is_due
from domain.errors import AlreadyExists, UnknownLedger
from domain.ledger import OpenLedger


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
    """What came of it. `tally` is None when the file was not read through: nothing was decided.

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

    sequencer: Sequencer
    opening: OpenLedger
    opened: bool = field(default=False)
    found_name: str | None = None


def import_file(settings: Settings, request: ImportRequest) -> ImportReport:
    """Does what was asked for; see ImportReport.

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
    with progress_bar("checking", file.size) as advance:
        check = file.check(advance)
    report = ImportReport(request=request, check=check)
    if not check.errors:
        with _place(settings, request, opening, check) as place:
            report.tally = _decide(request, file, place, check)
            report.opened = place.opened and not request.dry_run
            if request.name is not None and place.found_name not in (None, request.name):
                report.other_name = place.found_name
    return report


def _decide(request: ImportRequest, file: CommandFile, place: _Place, check: Check) -> Tally:
    if request.dry_run:
        with progress_bar("deciding", None):
            return decide_file(place.sequencer, request.ledger_id, file)
    with progress_bar("recording", check.row_count) as advance:
        return record_file(place.sequencer, request.ledger_id, file, partial=request.partial, advance=advance)


@contextmanager
def _place(settings: Settings, request: ImportRequest, opening: OpenLedger, check: Check) -> Iterator[_Place]:
    """The log of the settings; for a dry run on a ledger that is not there, an empty one that is thrown away."""
    if request.dry_run and not _has_ledger(settings.database_url, opening.ledger_id):
        with (
            tempfile.TemporaryDirectory(prefix="fundtrail-") as folder,
            prepared_database(f"sqlite:///{folder}/dry-run.db") as database,
        ):
            yield from _with_sequencer(database, opening, check)
        return
    with prepared_database(settings.database_url) as database:
        yield from _with_sequencer(database, opening, check)
        # One checkpoint over all of it; a server that runs beside this import has signed parts of it.
        sign_what_is_due(settings, database)


def _with_sequencer(database: Database, opening: OpenLedger, check: Check) -> Iterator[_Place]:
    # A dry run decides all the rows in one submission.
    limit = max(DEFAULT_QUEUE_LIMIT, check.row_count)
    sequencer = Sequencer(database, SystemClock(), queue_limit=limit)
    place = _Place(sequencer=sequencer, opening=opening)
    try:
        _find_or_open(database, place)
        yield place
    finally:
        sequencer.stop()


def _find_or_open(database: Database, place: _Place) -> None:
    feed = SqlFeed(database.log_reader)
    with suppress(UnknownLedger):
        place.found_name = feed.ledger(place.opening.ledger_id).name
        return
    try:
        place.sequencer.open_ledger(place.opening, actor=LOCAL_ACTOR, key=f"import/{place.opening.ledger_id}")
        place.opened = True
    except AlreadyExists:
        # Someone else opened it in this moment.
        place.found_name = feed.ledger(place.opening.ledger_id).name


def _has_ledger(database_url: str, ledger_id: str) -> bool:
    database = open_database(database_url)
    try:
        if not is_there(database) or not is_current(database):
            return False
        SqlFeed(database.log_reader).ledger(ledger_id)
    except UnknownLedger:
        return False
    finally:
        database.dispose()
    return True
