"""The one place that knows which parts there are and puts them together."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from adapters.clock import SystemClock
from adapters.database import Database, open_database
from adapters.event_log.feed import SqlFeed
from adapters.event_log.sequencer import Sequencer
from adapters.migrations.schema import is_current, migrate
from api.ledgers import LedgerDirectory
from api.settings import Settings
from api.wiring import Services
from domain.ports import Clock
from projections.projector import Projector
from projections.views import Views

_logger = structlog.get_logger(__name__)


class SchemaMissingError(Exception):
    """The database lacks the schema and this role may not create it: `fundtrail migrate` does, with another role."""


@contextmanager
def running_services(settings: Settings, clock: Clock | None = None, *, demo: bool = False) -> Iterator[Services]:
    """The services, with the views being kept up while the block runs; then everything is written and closed.

    Raises:
        SchemaMissingError: see there.
    """
    database = open_database(settings.database_url)
    wake, stop = threading.Event(), threading.Event()
    try:
        prepare_schema(database)
        services, sequencer = _services(settings, database, clock or SystemClock(), wake, demo=demo)
        services.projector.prepare()
        thread = threading.Thread(target=services.projector.run, args=(stop, wake), name="projector", daemon=True)
        if settings.projector:
            thread.start()
        try:
            yield services
        finally:
            sequencer.stop()
            stop.set()
            wake.set()
            if thread.is_alive():
                thread.join()
    finally:
        database.dispose()


def prepare_schema(database: Database) -> None:
    """Brings the log's schema up to date, when that is needed.

    Raises:
        SchemaMissingError: it is needed, and this role may not.
    """
    try:
        if not is_current(database):
            migrate(database)
    except Exception as error:
        message = (
            "the database lacks the schema of this version: run `fundtrail migrate` with a role that may create it"
        )
        raise SchemaMissingError(message) from error


def _services(
    settings: Settings, database: Database, clock: Clock, wake: threading.Event, *, demo: bool
) -> tuple[Services, Sequencer]:
    feed = SqlFeed(database.log_reader)
    sequencer = Sequencer(
        database,
        clock,
        queue_limit=settings.queue_limit,
        appended=lambda _ledger_id, _position: wake.set(),
        demo=demo,
    )
    projector = Projector(
        writer=database.views_writer, reader=database.views_reader, feed=feed, on_error=_log_projector_error
    )
    services = Services(
        settings=settings,
        clock=clock,
        log=sequencer,
        feed=feed,
        views=Views(database.views_reader, feed),
        projector=projector,
        ledgers=LedgerDirectory(feed, clock),
    )
    return services, sequencer


def _log_projector_error(error: Exception) -> None:
    _logger.error("projector-failed", exc_info=error)
