"""A log of commands for one command of the command line; its refusals are kept as those of a server are."""

from collections.abc import Iterator
from contextlib import contextmanager

from adapters.access.log import SqlAccessLog
from adapters.access.names import KnownNames
from adapters.access.refusals import RecordedRefusals
from adapters.database import Database
from adapters.event_log.sequencer import Sequencer
from adapters.event_log.writer import MAX_CACHED_ROWS
from domain.ports import Clock, CommandLog


@contextmanager
def recording_log(
    database: Database, clock: Clock, *, cached_rows: int = MAX_CACHED_ROWS, for_trial: bool = False
) -> Iterator[CommandLog]:
    """The log while the block runs; at the end what waits is written. `for_trial`: of refusals no record is kept."""
    sequencer, access_log = (
        Sequencer(database, clock, cached_rows=cached_rows),
        SqlAccessLog(database, clock, KnownNames(database).only_known),
    )
    try:
        yield sequencer if for_trial else RecordedRefusals(sequencer, access_log)
    finally:
        sequencer.stop()
        access_log.stop()
