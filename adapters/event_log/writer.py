"""One transaction of the append path: lock the head, decide what waits, insert, advance, commit, only then answer.

Any rollback or unknown outcome forgets the cached states, so the next batch starts from what is really committed.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

import structlog
from sqlalchemy import Connection, Engine, RootTransaction
from sqlalchemy.exc import IntegrityError

from adapters.database import empty_write_ahead_file, forget_warnings, wait_for_standby
from adapters.database_faults import database_errors, fault_of, log_fault
from adapters.event_log import store
from adapters.event_log.batch import Batch, Identity
from adapters.event_log.committing import commit
from adapters.event_log.encoding import UnreadableEntryError, instant_of, microseconds
from adapters.event_log.foreign import ConditionFailedError, ForeignAppend, matching, record_foreign
from adapters.event_log.insertion import Insertion
from adapters.event_log.overlay import EMPTY, Overlay, Row
from adapters.event_log.store import Head
from adapters.event_log.tree import insert_tiles, stored_edge
from domain.boundary import event_key
from domain.errors import ClockAhead, ClockBehind, LogDamaged, UnknownLedger
from domain.event import LedgerOpened, RecordedEvent, effect_of
from domain.merkle import Edge, ImpossibleProofError
from domain.ports import Clock
from domain.submission import Answer, Submission

_logger = structlog.get_logger(__name__)

MAX_CLOCK_LAG: Final = timedelta(seconds=5)
MAX_CACHED_ROWS: Final = 200_000
MAX_FOLDED_EVENTS: Final = 1_000
_EVENT_PREFIX: Final = event_key("")
Result = Answer | Exception


@dataclass(slots=True)
class _Cache:
    """A ledger's committed states, and the edge of its tree, as of a head."""

    head: Head
    time_zone: str
    rows: dict[str, Row]
    edge: Edge


class LedgerWriter:
    """Writes batches of one ledger; used by one thread at a time. Other processes may write the same ledger."""

    def __init__(
        self, engine: Engine, clock: Clock, executor: Executor, ledger_id: str, *, cached_rows: int = MAX_CACHED_ROWS
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._executor = executor
        self._ledger_id = ledger_id
        self._cached_rows = cached_rows
        self._cache: _Cache | None = None

    def write(self, submissions: Sequence[Submission]) -> list[Result]:
        """One result for each submission, once the transaction that holds them all is committed.

        A refusal, or an exception while deciding one submission, concerns that one alone.
        """
        try:
            return self._write(submissions)
        except (UnknownLedger, ClockBehind, ClockAhead) as error:
            return [error] * len(submissions)
        except ImpossibleProofError as error:
            return [_damaged(error)] * len(submissions)
        except UnreadableEntryError as error:
            self._cache = None
            return self._each_alone(submissions, _damaged(error))
        except database_errors() as error:
            self._cache = None
            log_fault(error)
            fault = fault_of(error)
            return [fault] * len(submissions) if fault else self._each_alone(submissions, _found_taken(error))
        except Exception:
            self._cache = None
            raise

    def _each_alone(self, submissions: Sequence[Submission], error: Exception) -> list[Result]:
        """Only those are concerned that need what is damaged, or ask what cannot be stored; a single one is."""
        return [self.write([each])[0] for each in submissions] if len(submissions) > 1 else [error]

    def append_foreign(self, append: ForeignAppend) -> int:
        """Appends foreign events unless their condition fails; returns the last position.

        Raises:
            ConditionFailedError, TooLarge, UnknownLedger, ClockBehind, ClockAhead, OutcomeUnknown,
            DatabaseUnavailable, StorageFull, LogDamaged.
        """
        try:
            with self._transaction() as (connection, batch, _):
                _refuse_matched(connection, append)
                record_foreign(batch, append)
                return batch.position
        except database_errors() as error:
            self._cache = None
            log_fault(error)
            raise (fault_of(error) or _found_taken(error)) from error
        except ConditionFailedError:
            raise
        except (ImpossibleProofError, UnreadableEntryError) as error:
            self._cache = None
            raise _damaged(error) from error
        except Exception:
            self._cache = None
            raise

    def _write(self, submissions: Sequence[Submission]) -> list[Result]:
        with self._transaction() as (connection, batch, insertion):
            identities = [batch.identities_of(submission) for submission in submissions]
            self._load(connection, batch, submissions, identities)
            results: list[Result] = []
            for submission, own in zip(submissions, identities, strict=True):
                results.append(_answer(batch, submission, own))
                insertion.advance(batch.written)
            return results

    @contextmanager
    def _transaction(self) -> Iterator[tuple[Connection, Batch, Insertion]]:
        """A batch under the head lock; what it has written by the end is inserted and committed."""
        with self._engine.connect() as connection, connection.begin() as transaction:
            forget_warnings(connection)
            cache = self._current_cache(connection)
            base = Overlay(cache.rows)
            insertion = Insertion(self._executor, connection, self._ledger_id)
            loader = _SqlLoader(connection, self._ledger_id, insertion)
            batch = Batch(
                ledger_id=self._ledger_id,
                time_zone=cache.time_zone,
                position=cache.head.position,
                recorded_at=self._recorded_at(connection, cache.head),
                base=base,
                loader=loader,
            )
            try:
                yield connection, batch, insertion
                if batch.written:
                    insertion.finish(batch.written, base)
            finally:
                # The way to fetch leads back to the states: left in place, they would wait for the collector.
                base.fetch = None
                insertion.settle()
            loader.forget(base)
            if not batch.written:
                _end_without_writing(connection, transaction, replayed=bool(base.receipts))
                return
            head = Head(batch.position, microseconds(batch.recorded_at))
            edge, tiles = cache.edge.appended([event.leaf_hash for each in batch.written for event in each.events])
            insert_tiles(connection, self._ledger_id, tiles)
            store.advance_head(connection, self._ledger_id, cache.head, head)
            commit(connection, transaction)
            if batch.erased:
                _leave_no_trace(connection)
        cache.head, cache.edge = head, edge

    def _load(
        self,
        connection: Connection,
        batch: Batch,
        submissions: Sequence[Submission],
        identities: Sequence[Sequence[Identity]],
    ) -> None:
        store.load_receipts(connection, self._ledger_id, chain.from_iterable(identities), batch.base)
        batch.preload(submissions)

    def _current_cache(self, connection: Connection) -> _Cache:
        """The cached states, brought up to the head that is now locked."""
        head = store.lock_head(connection, self._ledger_id)
        if head is None:
            raise UnknownLedger
        cache = self._cache
        if cache is not None and _leads_to(cache.head, head) and len(cache.rows) <= self._cached_rows:
            events = self._events_since(connection, cache.head, head)
            for event in events:
                _fold(Overlay(cache.rows), event)
            cache.edge, _ = cache.edge.appended([event.leaf_hash for event in events])
            cache.head = head
            return cache
        (opening,) = store.read_events(connection, self._ledger_id, 0, 1)
        assert isinstance(opening.data, LedgerOpened)
        edge = stored_edge(connection, self._ledger_id, head.position)
        self._cache = _Cache(head, opening.data.time_zone, {}, edge)
        return self._cache

    def _events_since(self, connection: Connection, known: Head, head: Head) -> list[RecordedEvent]:
        if known.position == head.position:
            return []
        return store.read_events(connection, self._ledger_id, known.position, head.position)

    def _recorded_at(self, connection: Connection, head: Head) -> datetime:
        """One value for the transaction: the clock's, but always after the last one recorded."""
        last = instant_of(head.recorded_at_us)
        now = self._clock.now()
        if last - now > MAX_CLOCK_LAG:
            raise ClockBehind
        if now - last > store.MAX_CLOCK_LEAD and store.is_ahead_of_database(connection, now - store.MAX_CLOCK_LEAD):
            # Asked only then: a clock that went wrong is first seen as a long time without a record.
            raise ClockAhead
        return max(now, last + timedelta(microseconds=1))


class _SqlLoader:
    """See batch.Loader."""

    def __init__(self, connection: Connection, ledger_id: str, insertion: Insertion) -> None:
        self._connection = connection
        self._ledger_id = ledger_id
        self._insertion = insertion
        self._absent: list[str] = []
        self._vouchers: list[str] = []

    def load(self, base: Overlay, keys: set[str]) -> None:
        """See batch.Loader.load. What the running batch has inserted is in the states already, and not asked for."""
        self._insertion.settle()
        event_keys = {key for key in keys if key.startswith(_EVENT_PREFIX)}
        if event_keys:
            event_ids = [key[len(_EVENT_PREFIX) :] for key in event_keys]
            store.load_event_states(self._connection, self._ledger_id, event_ids, base)
        vouchers = [key for key in keys if key.startswith(store.VOUCHER_PREFIX)]
        store.load_vouchers(self._connection, self._ledger_id, vouchers, base)
        self._vouchers += vouchers
        self._absent += store.load_rows(self._connection, self._ledger_id, list(keys - event_keys - {*vouchers}), base)

    def forget(self, base: Overlay) -> None:
        """Drops the rows that would fill the memory.

        Empty ones that no event filled: commands may name what does not exist. Those of vouchers: a number is looked
        at again only if its payment is reversed.
        """
        for key in self._absent:
            if base.rows.get(key) is EMPTY:
                del base.rows[key]
        for key in self._vouchers:
            base.rows.pop(key, None)

    def openings(self, event: RecordedEvent) -> dict[str, str]:
        """See batch.Loader.openings."""
        self._insertion.settle()
        return store.load_openings(self._connection, event)


def _end_without_writing(connection: Connection, transaction: RootTransaction, *, replayed: bool) -> None:
    """What is answered again must be as durable as it was when it was answered first."""
    if not replayed:
        transaction.rollback()
        return
    wait_for_standby(connection)
    commit(connection, transaction)


def _leave_no_trace(connection: Connection) -> None:
    """Erased values go from SQLite's files at once. What was committed stays so, whatever becomes of this."""
    try:
        empty_write_ahead_file(connection)
    except Exception as error:  # noqa: BLE001 (see above; a later commit does it)
        _logger.warning("write-ahead-file-not-emptied", error=type(error).__name__)


def _damaged(error: ImpossibleProofError | UnreadableEntryError) -> LogDamaged:
    _logger.error("log-damaged", reason=str(error))
    damaged = LogDamaged()
    damaged.__cause__ = error
    return damaged


def _found_taken(error: Exception) -> Exception:
    """What the error means: under the lock of the head nobody of ours has written where the next rows belong."""
    return LogDamaged() if isinstance(error, IntegrityError) else error


def _leads_to(known: Head, head: Head) -> bool:
    """Whether the head is where this process left it, or a little further on.

    Behind it, or at the same position recorded at another time, the database is not the one that was cached: it was
    restored, or another machine took over without the last events.
    """
    if head.position == known.position:
        return head.recorded_at_us == known.recorded_at_us
    return 0 < head.position - known.position <= MAX_FOLDED_EVENTS


def _refuse_matched(connection: Connection, append: ForeignAppend) -> None:
    if append.fail_if is None:
        return
    statement = matching(append.ledger_id, append.fail_if, append.after).limit(1)
    if connection.execute(statement).first() is not None:
        raise ConditionFailedError


def _answer(batch: Batch, submission: Submission, identities: Sequence[Identity]) -> Result:
    try:
        return batch.answer(submission, identities)
    except database_errors():
        # The transaction is what failed, and with it every submission.
        raise
    except Exception as error:  # noqa: BLE001 (whatever it is concerns this submission alone; its caller gets it)
        return error


def _fold(overlay: Overlay, event: RecordedEvent) -> None:
    """Folds another process's event into the cached rows; rows not cached are loaded when they are needed."""
    effect = effect_of(event)
    for tag, n in event.tags.items():
        if overlay.row(tag) is not None:
            overlay.advance(tag, n, effect)
