"""Tables of who may come in and who was turned away; on SQLite in a file of their own."""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

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

api_key: Final = Table(
    "api_key",
    metadata,
    Column("key_id", String(16), primary_key=True),
    Column("secret_hash", LargeBinary(32), nullable=False),
    Column("label", String(64)),
    Column("role", String(16), nullable=False),
    Column("ledgers", Text),
    Column("units", Text),
    Column("created_at_us", BigInteger, nullable=False),
    Column("created_by", String(200), nullable=False),
    Column("expires_at_us", BigInteger),
    Column("revoked_at_us", BigInteger),
    Column("revoked_by", String(200)),
)
"""One row for each key ever made. `ledgers` and `units` are ids separated by spaces, null for all; a row changes once,
when the key is revoked."""

setup_token: Final = Table(
    "setup_token",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("expires_at_us", BigInteger, nullable=False),
)
"""What makes the first key; taken out when it is used, and when any key is made."""

deployment_secret: Final = Table(
    "deployment_secret",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("secret", LargeBinary(32), nullable=False),
)
"""Random bytes of this deployment alone, made once."""

pseudonym: Final = Table(
    "pseudonym",
    metadata,
    Column("pseudonym", String(64), primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("first_seen_at_us", BigInteger, nullable=False),
)
"""Whom a pseudonym stands for; a row can be erased, and comes back when its subject does."""
