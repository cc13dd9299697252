"""Inserting what a batch has accepted while the next of its submissions is being decided.

The database works without the interpreter, so the two go on beside each other. Only one thread at a time uses the
connection: whoever needs it in between settles the insertion first.
"""

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from typing import Final

from sqlalchemy import Connection

from adapters.event_log import store
from adapters.event_log.batch import Written
from adapters.event_log.bulk import upsert_rows
from adapters.event_log.overlay import Overlay
from adapters.event_log.tables import boundary_state

MIN_COMMANDS: Final = 250
"""Fewer are not worth the way to the other thread and back."""


class Insertion:
    """The rows of one transaction on their way into the log. Nothing of it is committed here."""

    def __init__(self, executor: Executor, connection: Connection, ledger_id: str) -> None:
        self._executor = executor
        self._connection = connection
        self._ledger_id = ledger_id
        self._running: Future[None] | None = None
        self._begun_count = 0

    def advance(self, written: Sequence[Written]) -> None:
        """Begins to insert what the batch has written since, unless that is little or the last part is not done."""
        if len(written) - self._begun_count < MIN_COMMANDS or (self._running and not self._running.done()):
            return
        self.settle()
        part = written[self._begun_count :]
        self._begun_count = len(written)
        # Made here: the other thread would wait for its turn of the interpreter again and again.
        made = store.prepared(self._ledger_id, part)
        self._running = self._executor.submit(store.insert_prepared, self._connection, self._ledger_id, made)

    def settle(self) -> None:
        """Waits until the connection is free; raises what the insertion raised."""
        running, self._running = self._running, None
        if running is not None:
            running.result()

    def finish(self, written: Sequence[Written], states: Overlay) -> None:
        """Inserts the rest, and stores those of the states that are due."""
        rest = store.prepared(self._ledger_id, written[self._begun_count :])
        moved = store.state_rows(self._ledger_id, written, states)
        self.settle()
        store.insert_prepared(self._connection, self._ledger_id, rest)
        upsert_rows(self._connection, boundary_state, moved)
