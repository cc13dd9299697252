"""The stored rows of both projections. Every row follows from one event, is inserted once and never changes.

A *generation* is one complete set of a projection's tables: a rebuild fills the next one beside the one being read.
Days are proleptic ordinals (`date.toordinal`), smaller and quicker than dates on both engines. Texts that are keys sort
by code point everywhere, so that a prefix is a range.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

import structlog
from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
)

from domain.errors import DatabaseUnavailable
from projections.measures import MEASURES

SCHEMA: Final = "views"
"""Schema on PostgreSQL; the engine maps it away on SQLite, where the views have a file of their own."""

KeyText: Final = Text().with_variant(Text(collation="C"), "postgresql")

tracking: Final = MetaData(schema=SCHEMA)

_logger = structlog.get_logger(__name__)

projection_pointer: Final = Table(
    "projection_pointer",
    tracking,
    Column("name", KeyText, nullable=False),
    Column("version", SmallInteger, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("table_names", Text, nullable=False),
    PrimaryKeyConstraint("name", "version"),
)
"""Which generation of each projection readers use whose code has that version, and the names of its tables with spaces
between: another version of the code could not tell them."""

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


class BalanceTables(NamedTuple):
    """Running totals of lanes by position, and of the nodes of a Fenwick tree over days."""

    lane: Table
    node: Table


class FactTables(NamedTuple):
    """What was said of a subject; its statuses; which positions no longer count; what rests on an assumption."""

    fact: Table
    status: Table
    reversal: Table
    assumption: Table


def _numbered(name: str, generation: int) -> str:
    """The name of a table of a generation.

    It becomes part of statements, and was read from a table of the projector's, who could have made it a text.

    Raises:
        DatabaseUnavailable: it is none.
    """
    if type(generation) is not int:
        _logger.error("views-altered", help="`fundtrail migrate`, or the projector's next start, makes the views anew")
        raise DatabaseUnavailable
    return f"{name}_g{generation}"


@lru_cache
def balance_tables(generation: int) -> BalanceTables:
    """The two tables of the balances, of one generation; `lanes.py` says what is in them."""
    metadata = MetaData(schema=SCHEMA)
    lane = Table(
        _numbered("balance_lane", generation),
        metadata,
        Column("ledger_id", KeyText, nullable=False),
        Column("account", KeyText, nullable=False),
        Column("lane", SmallInteger, nullable=False),
        Column("position", BigInteger, nullable=False),
        Column("effective_day", Integer, nullable=False),
        *_totals(),
        PrimaryKeyConstraint("ledger_id", "account", "lane", "position"),
        Index(f"balance_lane_g{generation}_day", "ledger_id", "account", "lane", "effective_day", "position"),
        sqlite_with_rowid=False,
    )
    node = Table(
        _numbered("balance_node", generation),
        metadata,
        Column("ledger_id", KeyText, nullable=False),
        Column("account", KeyText, nullable=False),
        Column("node", Integer, nullable=False),
        Column("position", BigInteger, nullable=False),
        *_totals(),
        PrimaryKeyConstraint("ledger_id", "account", "node", "position"),
        sqlite_with_rowid=False,
    )
    return BalanceTables(lane, node)


def _totals() -> Iterator[Column[Any]]:
    """All measures; `wide` holds them instead where one does not fit."""
    yield from (Column(name, BigInteger, nullable=False) for name in MEASURES)
    yield Column("wide", Text)


@lru_cache
def fact_tables(generation: int) -> FactTables:
    """The four tables of the facts, of one generation."""
    metadata = MetaData(schema=SCHEMA)
    fact = Table(
        _numbered("fact", generation),
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
    status = Table(
        _numbered("status", generation),
        metadata,
        Column("ledger_id", KeyText, nullable=False),
        Column("subject", KeyText, nullable=False),
        Column("effective_day", Integer, nullable=False),
        Column("position", BigInteger, nullable=False),
        Column("status", KeyText, nullable=False),
        PrimaryKeyConstraint("ledger_id", "subject", "effective_day", "position"),
        Index(f"status_g{generation}_first", "ledger_id", "subject", "status", "effective_day", "position"),
        sqlite_with_rowid=False,
    )
    reversal = Table(
        _numbered("reversal", generation),
        metadata,
        Column("ledger_id", KeyText, nullable=False),
        Column("target_position", BigInteger, nullable=False),
        Column("effective_day", Integer, nullable=False),
        Column("position", BigInteger, nullable=False),
        PrimaryKeyConstraint("ledger_id", "target_position", postgresql_include=["effective_day", "position"]),
        sqlite_with_rowid=False,
    )
    assumption = Table(
        _numbered("assumption", generation),
        metadata,
        Column("ledger_id", KeyText, nullable=False),
        Column("subject", KeyText, nullable=False),
        Column("effective_day", Integer, nullable=False),
        Column("position", BigInteger, nullable=False),
        PrimaryKeyConstraint("ledger_id", "subject", "effective_day", "position"),
        sqlite_with_rowid=False,
    )
    return FactTables(fact, status, reversal, assumption)
