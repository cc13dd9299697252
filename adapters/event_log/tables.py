"""Tables of the log. `log_entry` and `log_tag` only grow; the others follow from them or can be erased.

Everything beside `entry` is an index derived from it, which `verify` derives again and compares.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

SCHEMA: Final = "log"
metadata: Final = MetaData(schema=SCHEMA)

LedgerId: Final = String(64).with_variant(String(64, collation="C"), "postgresql")
KeyText: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Compared by code point on every database: ranges of tags and lists by id must not follow a language's order."""

ledger_head: Final = Table(
    "ledger_head",
    metadata,
    Column("ledger_id", LedgerId, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("recorded_at_us", BigInteger, nullable=False),
)
"""One row per ledger: its last position and when that was recorded (microseconds since 1970, UTC). Its row lock makes
whoever holds it the sequencer of the batch."""

log_entry: Final = Table(
    "log_entry",
    metadata,
    Column("ledger_id", LedgerId, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("event_id", LargeBinary(16), nullable=False),
    Column("type", String(80), nullable=False),
    Column("effective_date", Date, nullable=False),
    Column("recorded_at_us", BigInteger, nullable=False),
    Column("corrects", LargeBinary(16)),
    Column("leaf_hash", LargeBinary(32), nullable=False),
    Column("entry", LargeBinary, nullable=False),
)
Index("log_entry_event_id", log_entry.c.ledger_id, log_entry.c.event_id, unique=True)
SAMPLE_EVERY: Final = 64
IS_SAMPLE: Final = text(f"position % {SAMPLE_EVERY} = 1")
"""Positions whose instants are indexed: instants rise with positions, so the others lie between two of them. An engine
takes a partial index only where a statement repeats its very words."""
Index(
    "log_entry_sampled_instant",
    log_entry.c.ledger_id,
    log_entry.c.recorded_at_us,
    log_entry.c.position,
    sqlite_where=IS_SAMPLE,
    postgresql_where=IS_SAMPLE,
)
Index(
    "log_entry_corrects",
    log_entry.c.ledger_id,
    log_entry.c.corrects,
    sqlite_where=log_entry.c.corrects.is_not(None),
    postgresql_where=log_entry.c.corrects.is_not(None),
)

log_tag: Final = Table(
    "log_tag",
    metadata,
    Column("ledger_id", LedgerId, primary_key=True),
    Column("tag", KeyText, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("n", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""The n-th event of the ledger that bears the tag stands at this position; n is dense from 1."""

ledger_receipt: Final = Table(
    "ledger_receipt",
    metadata,
    Column("command_id", LargeBinary(32), primary_key=True),
    Column("command_hash", LargeBinary(32), nullable=False),
    Column("ledger_id", LedgerId, nullable=False),
    sqlite_with_rowid=False,
)
"""Which ledger a creation made: the keys of creations have a scope without ledger."""

boundary_state: Final = Table(
    "boundary_state",
    metadata,
    Column("ledger_id", LedgerId, primary_key=True),
    Column("key", KeyText, primary_key=True),
    Column("event_count", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("state", LargeBinary),
    sqlite_with_rowid=False,
)
"""The fold of the first so many events bearing the tag, the last of them at the position; those since are folded by the
reader (ADR 4). The state is JSON, NULL for kinds without one."""

private_value: Final = Table(
    "private_value",
    metadata,
    Column("ledger_id", LedgerId, primary_key=True),
    Column("event_id", LargeBinary(16), primary_key=True),
    Column("field", String(64), primary_key=True),
    Column("salt", LargeBinary(32), nullable=False),
    Column("value", Text, nullable=False),
)
"""Openings of the commitments in entries; a row may be erased, the log stays provable."""

log_tile: Final = Table(
    "log_tile",
    metadata,
    Column("ledger_id", LedgerId, primary_key=True),
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("tile_index", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
)
"""Full tiles of the Merkle tree only; `root` is node `tile_index` of the level above. See domain.merkle."""

log_checkpoint: Final = Table(
    "log_checkpoint",
    metadata,
    Column("ledger_id", LedgerId, primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", LargeBinary, nullable=False),
    Column("signed_at_us", BigInteger, nullable=False),
)
"""Signed notes, as signed by the log's own keys; for some sizes, and one for each of these."""

log_cosignature: Final = Table(
    "log_cosignature",
    metadata,
    Column("ledger_id", LedgerId, primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("witness", KeyText, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
"""What a witness signed of a checkpoint: key id and cosignature, as its signature line has them."""
