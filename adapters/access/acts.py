"""What is done with keys and pseudonyms, in one transaction with the record that says so: neither without the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from adapters.access.chain import Encoded, Head, HeadMissingError, append, lock_head
from adapters.access.encoding import encode_entry
from adapters.access.failures import log_failure
from adapters.database import Database, forget_warnings, outcome_is_doubtful
from domain.access_log import AccessEntry
from domain.errors import AccessLogUnavailable


class ActTransaction:
    """A transaction that holds the access log's head: acts are one after the other, in all processes."""

    def __init__(self, connection: Connection, head: Head) -> None:
        self.connection = connection
        self._head = head

    def say(self, entry: AccessEntry, now: datetime) -> None:
        """Writes the entry down in this transaction."""
        encoded = Encoded(entry.kind, None, encode_entry(entry))
        self._head = append(self.connection, self._head, now, [encoded])


@contextmanager
def acting(database: Database) -> Iterator[ActTransaction]:
    """A transaction whose acts and records are durable once the block is left.

    Raises:
        AccessLogUnavailable: nothing was done; or, where a standby did not confirm it, both are done or neither.
    """
    try:
        with database.access_writer.connect() as connection, connection.begin() as transaction:
            forget_warnings(connection)
            yield ActTransaction(connection, lock_head(connection))
            transaction.commit()
            doubtful = outcome_is_doubtful(connection)
    except (DBAPIError, HeadMissingError) as error:
        log_failure(error)
        raise AccessLogUnavailable from error
    if doubtful:
        raise AccessLogUnavailable
