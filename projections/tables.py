"""The stored rows of both projections. Every row follows from one event, is inserted once and never changes.

A *generation* is one complete set of a projection's tables: a rebuild fills the next one beside the one being read.
Days are proleptic ordinals (`date.toordinal`), smaller and quicker than dates on both engines. Texts that are keys sort
by code point everywhere, so that a prefix is a range.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
)

from domain.flow import FLOW_FIELDS

SCHEMA: Final = "views"
"""Schema on PostgreSQL; the engine maps it away on SQLite, where the views have a file of their own."""

KeyText: Final = Text().with_variant(Text(collation="C"), "postgresql")

tracking: Final = MetaData(schema=SCHEMA)

projection: Final = Table(
    "projection",
    tracking,
    Column("name", KeyText, primary_key=True),
    Column("version", SmallInteger, nullable=False),
    Column("generation", Integer, nullable=False),
)
"""Which generation of each projection readers use, and the version of the code it was made for."""

projection_position: Final = Table(
    "projection_position",
    tracking,
    Column("name", KeyText, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("ledger_id", KeyText, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("stalled_reason", Text),
    Column("leaf_hash", LargeBinary),
    PrimaryKeyConstraint("name", "generation", "ledger_id"),
)
"""The last position whose rows are all in, with the leaf hash of its entry, which says of which log they are;
`stalled_reason` says why it does not move on."""


class FactTables(NamedTuple):
    """What was said of a subject; which positions no longer count; what a reader must not overlook."""

    fact: Table
    reversal: Table
    mark: Table


@lru_cache
def balance_table(generation: int) -> Table:
    """One row per event and account it moves. The primary key covers the sums: reading an account is one range."""
    return Table(
        f"balance_entry_g{generation}",
        MetaData(schema=SCHEMA),
        Column("ledger_id", KeyText, nullable=False),
        Column("account", KeyText, nullable=False),
        Column("effective_day", Integer, nullable=False),
        Column("position", BigInteger, nullable=False),
        *(Column(name, BigInteger, nullable=False) for name in FLOW_FIELDS),
        PrimaryKeyConstraint("ledger_id", "account", "effective_day", "position", postgresql_include=list(FLOW_FIELDS)),
        sqlite_with_rowid=False,
    )


@lru_cache
def fact_tables(generation: int) -> FactTables:
    """The three tables of the facts, of one generation."""
    metadata = MetaData(schema=SCHEMA)
    fact = Table(
        f"fact_g{generation}",
        metadata,
        Column("ledger_id", KeyText, nullable=False),
        Column("subject", KeyText, nullable=False),
        Column("effective_day", Integer, nullable=False),
        Column("position", BigInteger, nullable=False),
        Column("kind", Text, nullable=False),
        Column("value", Text, nullable=False),
        PrimaryKeyConstraint("ledger_id", "subject", "effective_day", "position"),
        sqlite_with_rowid=False,
    )
    reversal = Table(
        f"reversal_g{generation}",
        metadata,
        Column("ledger_id", KeyText, nullable=False),
        Column("target_position", BigInteger, nullable=False),
        Column("effective_day", Integer, nullable=False),
        Column("position", BigInteger, nullable=False),
        PrimaryKeyConstraint("ledger_id", "target_position", postgresql_include=["effective_day", "position"]),
        sqlite_with_rowid=False,
    )
    mark = Table(
        f"mark_g{generation}",
        metadata,
        Column("ledger_id", KeyText, nullable=False),
        Column("subject", KeyText, nullable=False),
        Column("kind", KeyText, nullable=False),
        Column("effective_day", Integer, nullable=False),
        Column("position", BigInteger, nullable=False),
        PrimaryKeyConstraint("ledger_id", "subject", "kind", "effective_day", "position"),
        sqlite_with_rowid=False,
    )
    return FactTables(fact, reversal, mark)
