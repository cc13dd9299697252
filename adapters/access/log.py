"""The access log on a database: whoever writes waits for one thread, which writes whatever waits in one transaction."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from itertools import chain
from typing import Final, NamedTuple

from sqlalchemy.exc import DBAPIError

from adapters.access.chain import Encoded, HeadMissingError, append, can_be_followed, head_of, lock_head
from adapters.access.encoding import UnreadableRecordError, encode_entry, ledger_named
from adapters.access.failures import log_failure
from adapters.access.reading import read_page
from adapters.database import Database, forget_warnings, outcome_is_doubtful
from adapters.database_faults import database_errors
from domain.access_log import AccessEntry, AccessKind, AccessPage, AccessQuery
from domain.command import SERVICE_ACTOR
from domain.errors import AccessLogUnavailable
from domain.ports import Clock

QUEUE_LIMIT: Final = 20_000
"""Entries that may wait; of a caller that adds many at once, all are taken or none."""
MAX_BATCH: Final = 10_000
"""Entries of one transaction, but for those given at one time."""
RETRY_S: Final = 1.0
"""How soon it is tried again after a failure, also when nobody comes: a service that is not ready is sent nobody."""
RESUMED: Final = "access-log-resumed"
"""Code of the first record after a failure; its figure `unconfirmed` counts entries of which nobody was answered."""


OnlyKnown = Callable[[Sequence[AccessEntry]], Sequence[AccessEntry]]
"""Takes the ids of what is not there out of entries; one that has none stays the same object. See `KnownNames`."""


class _Entry(NamedTuple):
    """As it was given, and its bytes if nothing of it is taken out."""

    given: AccessEntry
    encoded: Encoded


class _Waiting(NamedTuple):
    entries: list[_Entry]
    future: "Future[None]"


class SqlAccessLog:
    """See AccessLog. There is no idle wait: what comes first is written at once, and what comes meanwhile after it.

    Processes write one after the other: each holds the chain's head for its transaction.
    """

    def __init__(
        self, database: Database, clock: Clock, only_known: OnlyKnown, *, queue_limit: int = QUEUE_LIMIT
    ) -> None:
        self._writer = database.access_writer
        self._reader = database.access_reader
        self._clock = clock
        self._only_known = only_known
        self._queue_limit = queue_limit
        self._waiting: deque[_Waiting] = deque()
        self._count = 0
        self._changed = threading.Condition()
        self._stopping = False
        self._unconfirmed = 0
        self._thread: threading.Thread | None = None

    @property
    def is_failing(self) -> bool:
        """See AccessLog.is_failing."""
        return self._unconfirmed > 0 or not self._can_go_on()

    def record(self, entries: Sequence[AccessEntry]) -> "Future[None]":
        """See AccessLog.record. Too many that wait are AccessLogUnavailable, too."""
        future: Future[None] = Future()
        if not entries:
            future.set_result(None)
            return future
        # Here, so that what cannot be encoded is told to who gave it.
        encoded = [_Entry(each, _encoded(each)) for each in entries]
        with self._changed:
            if self._stopping or self._count >= self._queue_limit:
                future.set_exception(AccessLogUnavailable())
                return future
            self._waiting.append(_Waiting(encoded, future))
            self._count += len(encoded)
            self._start()
            self._changed.notify()
        return future

    def page(self, query: AccessQuery) -> AccessPage:
        """See AccessLog.page."""
        try:
            return read_page(self._reader, query)
        except (DBAPIError, HeadMissingError, UnreadableRecordError) as error:
            log_failure(error)
            raise AccessLogUnavailable from error

    def stop(self) -> None:
        """Writes what waits, then ends; what comes later is AccessLogUnavailable."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _can_go_on(self) -> bool:
        """Whether the head is one that a record can follow; a database that does not answer now says nothing of it."""
        try:
            with self._reader.begin() as connection:
                return can_be_followed(head_of(connection))
        except HeadMissingError:
            return False
        except database_errors():
            return True

    def _start(self) -> None:
        """Only with the first entry: most commands of the command line have none."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="access-log", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while (batch := self._take()) is not None:
            entries = list(chain.from_iterable(each.entries for each in batch))
            resumed = [_resumed(self._unconfirmed)] if self._unconfirmed else []
            error = self._written([*resumed, *entries])
            self._unconfirmed = 0 if error is None else self._unconfirmed + len(entries)
            for each in batch:
                _resolve(each.future, error)

    def _take(self) -> list[_Waiting] | None:
        """What waits, up to a batch; nothing when it is time to try again after a failure, None at the end."""
        with self._changed:
            while not self._waiting:
                if self._stopping:
                    return None
                if not self._changed.wait(RETRY_S if self._unconfirmed else None):
                    return []
            batch: list[_Waiting] = []
            count = 0
            while self._waiting and (not batch or count + len(self._waiting[0].entries) <= MAX_BATCH):
                batch.append(self._waiting.popleft())
                count += len(batch[-1].entries)
            self._count -= count
            return batch

    def _written(self, entries: Sequence[_Entry]) -> AccessLogUnavailable | None:
        """None once they are durable. Of a commit whose outcome is unknown nothing else is said than of none."""
        try:
            named = self._only_known([each.given for each in entries])
            encoded = [
                each.encoded if kept is each.given else _encoded(kept)
                for each, kept in zip(entries, named, strict=True)
            ]
            with self._writer.connect() as connection, connection.begin() as transaction:
                forget_warnings(connection)
                append(connection, lock_head(connection), self._clock.now(), encoded)
                transaction.commit()
                doubtful = outcome_is_doubtful(connection)
        except Exception as error:  # noqa: BLE001 (whatever it is, nobody is answered as if it were written)
            log_failure(error)
            return AccessLogUnavailable()
        return AccessLogUnavailable() if doubtful else None


def _encoded(entry: AccessEntry) -> Encoded:
    return Encoded(entry.kind, ledger_named(entry.ledger_id), encode_entry(entry))


def _resumed(unconfirmed: int) -> _Entry:
    entry = AccessEntry(
        kind=AccessKind.ADMINISTERED,
        action="access-log",
        code=RESUMED,
        subject=SERVICE_ACTOR.subject,
        issuer=SERVICE_ACTOR.issuer,
        role=SERVICE_ACTOR.role,
        figures={"unconfirmed": unconfirmed},
    )
    return _Entry(entry, _encoded(entry))


def _resolve(future: "Future[None]", error: AccessLogUnavailable | None) -> None:
    # Whoever went away has cancelled it; what was to be written is written all the same.
    if not future.set_running_or_notify_cancel():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
