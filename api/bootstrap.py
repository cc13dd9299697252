"""The one place that knows which parts there are and puts them together."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Final

from adapters.access.first_key import SetupTokens
from adapters.access.log import SqlAccessLog
from adapters.access.names import KnownNames
from adapters.access.refusals import RecordedRefusals
from adapters.clock import SystemClock
from adapters.database import Database, open_database
from adapters.database_faults import fault_of
from adapters.event_log.feed import SqlFeed
from adapters.event_log.search import LogSearch
from adapters.event_log.sequencer import Sequencer
from adapters.migrations.schema import SeveralRevisionsError, is_current, migrate
from adapters.writable import no_writes
from api.access_retention import DAY_S, AccessRetention
from api.awaiting import Awaiting
from api.caller_share import CallerShare
from api.column_mappings import ColumnMappings
from api.daily_digest import LOOK_AGAIN_S, DailyDigest
from api.damaged_views import damaged_views_named
from api.database_guards import refuse_without_guards, warn_of_powers
from api.database_needs import DatabaseNeeds
from api.denials import Denials, denials_written
from api.event_days import EventDays
from api.identity import callers_of, keys_renewed
from api.ledgers import LedgerDirectory
from api.projecting import projector_of
from api.projector_process import ProjectorProcess
from api.readiness import Readiness
from api.recurring import recurring
from api.settings import Settings
from api.terminal import CommandFailed
from api.transparency import Transparency, transparency_of, watched
from api.uploads import SWEEP_S, Limits, Uploads
from api.uploads_folder import UploadsFolder
from api.vanished import refuse_to_begin_anew, refuse_without_access_log
from api.wiring import Services
from domain.errors import DatabaseUnavailable
from domain.ports import Clock
from projections.projector import Projector
from projections.views import Views

_MEGABYTE: Final = 1_000_000


class SchemaMissingError(Exception):
    """The database lacks the schema and this role may not create it: `fundtrail migrate` does, with another role."""


class RoleTooWeakError(Exception):
    """The database role may not do what this process is to do; the text says which role may."""


@contextmanager
def running_services(
    settings: Settings,
    clock: Clock | None = None,
    *,
    demo: bool = False,
    projector_process: bool = False,
    daily_tasks: bool = True,
) -> Iterator[Services]:
    """The services, with the views being kept up while the block runs; then everything is written and closed.

    `projector_process`: by a process beside this one, else by a thread; the settings may say that another server does.
    `daily_tasks`: with what a service does from time to time, such as taking away what is kept no longer.

    Raises:
        SchemaMissingError, RoleTooWeakError: see there.
        GuardsDownError: the log is not guarded as it was.
        CommandFailed: the log has vanished, or the file of the views is damaged.
    """
    database = _opened(settings)
    try:
        prepare_schema(database)
        warn_of_powers(database)
        projector = projector_of(database)
        _prepare_views(database, projector, keeps_them=settings.projector)
        kept_up = _kept_up_by_process if projector_process else _kept_up_by_thread
        clock = clock or SystemClock()
        parts = transparency_of(settings, database)
        with kept_up(settings, projector) as project, watched(settings, parts):

            def appended(ledger_id: str, _position: int) -> None:
                project()
                parts.checkpointer.appended(ledger_id)

            sequencer = Sequencer(database, clock, queue_limit=settings.queue_limit, appended=appended, demo=demo)
            access_log = SqlAccessLog(database, clock, KnownNames(database).only_known)
            log = RecordedRefusals(sequencer, access_log)
            folder = UploadsFolder(settings.uploads_path())
            readiness = Readiness(
                projector.status,
                parts,
                access_log,
                lambda: sequencer.last_failure,
                folder.trouble,
                lambda: no_writes(database),
            ).asking(DatabaseNeeds(database, projector).lacking)
            services = _services(settings, database, clock, log, projector, parts, readiness, folder)
            try:
                with _daily_tasks(services) if daily_tasks else nullcontext():
                    yield services
            finally:
                sequencer.stop()
                # Only now: the last refusals are written down, too.
                access_log.stop()
    finally:
        database.dispose()


@contextmanager
def _daily_tasks(services: Services) -> Iterator[None]:
    with (
        _digested_daily(services),
        _access_log_kept_in_bounds(services),
        _identity_kept(services),
        recurring("uploads-swept", services.uploads.sweep, SWEEP_S, at_once=True),
    ):
        yield


@contextmanager
def _digested_daily(services: Services) -> Iterator[None]:
    if not services.settings.daily_digest:
        yield
        return
    digest = DailyDigest(services.database.log_reader, services.feed, services.log, services.clock)
    with recurring("daily-digest", digest.look, LOOK_AGAIN_S, at_once=True):
        yield


@contextmanager
def _access_log_kept_in_bounds(services: Services) -> Iterator[None]:
    retention = AccessRetention(services.database, services.clock, services.settings.access_log_days)
    with recurring("access-log-retention", retention.look, DAY_S, at_once=True):
        yield


@contextmanager
def _identity_kept(services: Services) -> Iterator[None]:
    with keys_renewed(services.callers), denials_written(services.denials):
        yield


@contextmanager
def _kept_up_by_thread(settings: Settings, projector: Projector) -> Iterator[Callable[[], None]]:
    wake, stop = threading.Event(), threading.Event()
    thread = threading.Thread(target=projector.run, args=(stop, wake), name="projector", daemon=True)
    if settings.projector:
        thread.start()
    try:
        yield wake.set
    finally:
        stop.set()
        wake.set()
        if thread.is_alive():
            thread.join()


@contextmanager
def _kept_up_by_process(settings: Settings, projector: Projector) -> Iterator[Callable[[], None]]:
    process = ProjectorProcess(settings.database_url, settings.log_level, projector)
    if settings.projector:
        process.start()
    try:
        yield process.appended
    finally:
        if settings.projector:
            process.stop()


def prepare_schema(database: Database) -> None:
    """Brings the log's schema up to date, when that is needed, and looks whether its guards are there.

    Raises:
        SchemaMissingError: it is needed, and this role may not.
        GuardsDownError: something that refuses changes of the log is missing or changed.
        DBAPIError: the database does not answer.
        CommandFailed: the access log has vanished.
        SeveralRevisionsError: see there.
    """
    try:
        if not is_current(database):
            refuse_without_access_log(database)
            migrate(database)
    except (CommandFailed, SeveralRevisionsError):
        raise
    except Exception as error:
        if isinstance(fault_of(error), DatabaseUnavailable):
            raise
        message = (
            "the database lacks the schema of this version: run `fundtrail migrate` with a role that may create it"
        )
        raise SchemaMissingError(message) from error
    refuse_without_guards(database)


def _opened(settings: Settings) -> Database:
    refuse_to_begin_anew(settings)
    return open_database(settings.database_url)


def _prepare_views(database: Database, projector: Projector, *, keeps_them: bool) -> None:
    with damaged_views_named(database):
        _make_views(projector, keeps_them=keeps_them)


def _make_views(projector: Projector, *, keeps_them: bool) -> None:
    if not keeps_them and projector.is_prepared():
        # Whoever keeps them has made them: where nothing can be written, as on a standby, what is there is read.
        return
    if projector.may_change_views():
        projector.prepare()
    elif keeps_them:
        message = (
            "this database role may not keep the views: grant it fundtrail_projector, or start with --no-projector "
            "beside `fundtrail project`"
        )
        raise RoleTooWeakError(message)
    else:
        message = "the views of this version are not there: run `fundtrail migrate` or `fundtrail project`"
        raise SchemaMissingError(message)


def _services(  # noqa: PLR0913, PLR0917 (it puts together what there is)
    settings: Settings,
    database: Database,
    clock: Clock,
    log: RecordedRefusals,
    projector: Projector,
    parts: Transparency,
    readiness: Readiness,
    folder: UploadsFolder,
) -> Services:
    feed, awaiting = SqlFeed(database.log_reader), Awaiting()
    return Services(
        settings=settings,
        database=database,
        clock=clock,
        log=log,
        access_log=log.access_log,
        feed=feed,
        event_days=EventDays(feed),
        search=LogSearch(database.log_reader),
        transparency=parts,
        views=Views(database.views_reader, feed),
        projector=projector,
        ledgers=LedgerDirectory(feed, clock),
        callers=callers_of(settings, database, clock),
        caller_share=CallerShare(settings.connection_limit),
        denials=Denials(log.access_log, awaiting),
        setup_tokens=SetupTokens(database, clock),
        uploads=Uploads(folder, days=settings.upload_days, limits=_upload_limits(settings)),
        column_mappings=ColumnMappings(folder),
        awaiting=awaiting,
        readiness=readiness,
    )


def _upload_limits(settings: Settings) -> Limits:
    return Limits(
        in_all=settings.uploads_limit_mb * _MEGABYTE,
        of_ledger=settings.uploads_ledger_limit_mb * _MEGABYTE,
        of_caller=settings.uploads_caller_limit_mb * _MEGABYTE,
    )
