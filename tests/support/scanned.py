"""The oracle of the balances: a row for each change, in a covering index over account, date and position, summed up."""

from collections.abc import Iterable

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    func,
    insert,
    select,
)

from projections.measures import MEASURES, Change, Measures
from projections.tables import SCHEMA, KeyText

CHANGES = Table(
    "balance_change",
    MetaData(schema=SCHEMA),
    Column("ledger_id", KeyText, nullable=False),
    Column("account", KeyText, nullable=False),
    Column("effective_day", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    *(Column(name, BigInteger, nullable=False) for name in MEASURES),
    PrimaryKeyConstraint("ledger_id", "account", "effective_day", "position", postgresql_include=list(MEASURES)),
    sqlite_with_rowid=False,
)


def keep(connection: Connection, ledger_id: str, changes: Iterable[Change]) -> None:
    """Keeps the changes, each with what it adds."""
    rows = [{"ledger_id": ledger_id, **change._asdict(), **change.measures._asdict()} for change in changes]
    for row in rows:
        del row["measures"]
    if rows:
        connection.execute(insert(CHANGES), rows)


def scanned(connection: Connection, ledger_id: str, account: str, day: int, position: int) -> Measures:
    """The sums of an account, each of its changes looked at."""
    columns = CHANGES.c
    statement = select(*(func.coalesce(func.sum(columns[name]), 0) for name in MEASURES)).where(
        columns.ledger_id == ledger_id,
        columns.account == account,
        columns.effective_day <= day,
        columns.position <= position,
    )
    return Measures._make(map(int, connection.execute(statement).one()))
