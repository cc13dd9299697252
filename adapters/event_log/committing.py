"""Committing, and saying whether it is known what became of it."""

from sqlalchemy import Connection, RootTransaction

from adapters.database import is_file_replaced, outcome_is_doubtful
from adapters.database_faults import database_errors, fault_of, log_fault
from domain.errors import OutcomeUnknown, StorageFull


def commit(connection: Connection, transaction: RootTransaction) -> None:
    """Returns once what the transaction wrote is durable, on the standby too where commits wait for one.

    Raises:
        OutcomeUnknown: the connection was lost meanwhile, PostgreSQL stopped waiting for its standby, or the file of
            SQLite was moved away meanwhile.
    """
    try:
        transaction.commit()
    except database_errors() as error:
        if connection.dialect.name == "sqlite" and isinstance(fault_of(error), StorageFull):
            # A commit that found no room is undone by the rollback that follows.
            raise
        log_fault(error)
        raise OutcomeUnknown from error
    if outcome_is_doubtful(connection) or is_file_replaced(connection):
        raise OutcomeUnknown
