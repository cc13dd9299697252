"""Tables of who may come in and who was turned away; on SQLite in a file of their own."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, MetaData, String, Table

SCHEMA: Final = "access"
metadata: Final = MetaData(schema=SCHEMA)

_SEQUENCE: Final = BigInteger().with_variant(Integer(), "sqlite")
"""On SQLite it is the number of the row itself: there is no second one by which a row could be replaced."""

access_record: Final = Table(
    "access_record",
    metadata,
    Column("sequence", _SEQUENCE, primary_key=True, autoincrement=False),
    Column("recorded_at_us", BigInteger, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("ledger_id", String(64)),
    Column("hash", LargeBinary(32), nullable=False),
    Column("entry", LargeBinary, nullable=False),
)
"""One row for each thing written down. What stands beside `entry` follows from it, but for the hash, which covers the
hash of the record before as well."""
Index("access_record_ledger", access_record.c.ledger_id, access_record.c.kind, access_record.c.sequence)
Index("access_record_kind", access_record.c.kind, access_record.c.sequence)

access_head: Final = Table(
    "access_head",
    metadata,
    Column("id", _SEQUENCE, CheckConstraint("id = 1", name="access_head_is_one"), primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("recorded_at_us", BigInteger, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
)
"""One row: the last record ever written. Whoever appends, or takes away, holds it until its transaction ends."""

access_beginning: Final = Table(
    "access_beginning",
    metadata,
    Column("sequence", _SEQUENCE, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("taken_at_us", BigInteger, nullable=False),
)
"""The last record taken away, one row for each time that some were; none while the log begins with record 1."""
