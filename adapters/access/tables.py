"""Tables of who may come in and who was turned away; on SQLite in a file of their own."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, String, Table

SCHEMA: Final = "access"
metadata: Final = MetaData(schema=SCHEMA)

access_record: Final = Table(
    "access_record",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("recorded_at_us", BigInteger, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("ledger_id", String(64)),
    Column("hash", LargeBinary(32), nullable=False),
    Column("entry", LargeBinary, nullable=False),
)
"""One row for each thing written down. What stands beside `entry` follows from it, but for the hash, which covers the
hash of the record before as well."""
Index("access_record_ledger", access_record.c.ledger_id, access_record.c.sequence)
