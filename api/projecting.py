"""`fundtrail project` and `fundtrail rebuild`: keeping the views up in a process of its own, and making them anew."""

import signal
import threading
from types import FrameType

import structlog

from adapters.database import Database
from adapters.event_log.feed import SqlFeed
from adapters.only_one import AlreadyRunningError, only_one
from api.damaged_views import damaged_views_named
from api.progress import EVENTS, progress
from api.terminal import CommandFailed
from projections.projector import OnMoved, Projector, tell_nobody
from projections.rebuild import RebuildReport
from projections.tracking import PROJECTIONS

VIEWS = tuple(each.name for each in PROJECTIONS)

_logger = structlog.get_logger(__name__)


def project(database: Database) -> None:
    """Keeps the views up until a signal ends it."""
    stop, wake = threading.Event(), threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()
        wake.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    projector = projector_of(database)
    with damaged_views_named(database):
        projector.prepare()
    projector.run(stop, wake)


def rebuild(database: Database, name: str | None) -> list[RebuildReport]:
    """Makes one view, or each, anew from the log, compares and switches; reads go on meanwhile.

    Raises:
        RebuildStalledError: an event could not be projected; what was read before is still being read.
        CommandFailed: another process rebuilds them, or their file is damaged.
    """
    try:
        with damaged_views_named(database), only_one(database, "rebuild"):
            return _rebuild(database, name)
    except AlreadyRunningError:
        raise CommandFailed("another process is making the views anew; try again when it has ended") from None


def _rebuild(database: Database, name: str | None) -> list[RebuildReport]:
    projector = projector_of(database)
    projector.prepare()
    ledgers = SqlFeed(database.log_reader).ledgers()
    total = sum(ledger.position for ledger in ledgers) * (1 if name else len(VIEWS))
    reached: dict[tuple[str, str], int] = {}
    with progress("rebuilding", total, EVENTS) as advance:

        def show(view: str, ledger_id: str, position: int, _head: int) -> None:
            advance(position - reached.get((view, ledger_id), 0))
            reached[view, ledger_id] = position

        return projector.rebuild(name, show)


def projector_of(database: Database, *, on_moved: OnMoved = tell_nobody) -> Projector:
    """The projector of the database's views; what it cannot do for now is logged, and tried again."""
    return Projector(
        writer=database.views_writer,
        reader=database.views_reader,
        feed=SqlFeed(database.log_reader),
        on_error=_log_projector_error,
        on_moved=on_moved,
    )


def _log_projector_error(error: Exception, ledger_id: str | None) -> None:
    _logger.error("projector-failed", ledger=ledger_id, exc_info=error)
