"""An access log of its own for a test, and the entries it is given."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import text

from adapters.access.audit import AccessDifference, audit_access_log
from adapters.access.log import SqlAccessLog
from adapters.database import Database, open_database
from adapters.guards import event_triggers
from domain.access_log import AccessEntry, AccessKind, AccessMark, AccessPage, AccessQuery
from tests.support.ledger import SteppingClock
from tests.support.schema import bring_up

LONG_AGO = datetime(2020, 1, 10, 1, 0, tzinfo=UTC)


@dataclass
class AccessBook:
    """A log, its database and its clock, which moves on by a second at each look."""

    database: Database
    log: SqlAccessLog
    clock: SteppingClock

    def keep(self, *entries: AccessEntry) -> None:
        """Writes entries down, in one transaction."""
        self.log.record(entries).result(60)

    def page(self, **query: object) -> AccessPage:
        """The records of a query, a thousand at most unless it says otherwise."""
        return self.log.page(AccessQuery(**({"limit": 1_000} | query)))  # type: ignore[arg-type]  # a test names what the query has

    def sequences(self, **query: object) -> list[int]:
        """Their numbers."""
        return [record.sequence for record in self.page(**query).records]

    def differences(self, *noted: AccessMark) -> list[AccessDifference]:
        """What an audit finds."""
        return list(audit_access_log(self.database, noted))

    def statement(self, template: str) -> str:
        """A statement for this kind of database, of one that has `{}` before the name of each table."""
        return template.replace("{}", "" if self.database.is_sqlite else "access.")

    def execute(self, template: str) -> None:
        """Runs such a statement; one that alters a table as a superuser, who takes the event triggers down first."""
        with self.database.access_writer.begin() as connection:
            if template.startswith("ALTER") and not self.database.is_sqlite:
                event_triggers.take_down(connection)
            connection.execute(text(self.statement(template)))


@contextmanager
def access_book(url: str, start: datetime = LONG_AGO) -> Iterator[AccessBook]:
    """An access log on a database that has nothing yet."""
    database = open_database(url)
    bring_up(database)
    clock = SteppingClock(start)
    log = SqlAccessLog(database, clock, list)
    try:
        yield AccessBook(database, log, clock)
    finally:
        log.stop()
        database.dispose()


def disarm(book: AccessBook) -> None:
    """What the owner of the database can do."""
    with book.database.access_writer.begin() as connection:
        if not book.database.is_sqlite:
            event_triggers.take_down(connection)
            for table in ("access_record", "access_head", "access_beginning", "api_key"):
                connection.execute(text(f"ALTER TABLE access.{table} DISABLE TRIGGER ALL"))
            return
        for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(text(f"DROP TRIGGER {name}"))


def refused(
    number: int = 1, *, ledger_id: str | None = "qingshi", kind: AccessKind = AccessKind.REFUSED
) -> AccessEntry:
    """An entry that is told from others by its number."""
    return AccessEntry(
        kind=kind,
        action="record-disbursement",
        code="insufficient-funds",
        ledger_id=ledger_id,
        subject="clerk",
        role="clerk",
        concerns=(f"line:L{number}",),
        figures={"available": "0.40", "requested": f"{number}.00"},
    )
