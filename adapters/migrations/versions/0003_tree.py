"""The Merkle tree of each log in full tiles, its signed checkpoints, and what witnesses signed of them.

The tiles of what is recorded already are worked out here from the leaf hashes.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from domain.merkle import EMPTY_EDGE

revision = "0003"
down_revision = "0002"

_APPEND_ONLY = {
    "log_tile": ("ledger_id", "level", "tile_index"),
    "log_checkpoint": ("ledger_id", "size"),
    "log_cosignature": ("ledger_id", "size", "witness"),
}
_LEDGER_ID = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")
_KEY_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_LEAVES_AT_ONCE = 65_536


def upgrade() -> None:
    """Creates the tables and their triggers, and fills in the tiles."""
    _create_tables()
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()
    _fill_tiles()


def _create_tables() -> None:
    op.create_table(
        "log_tile",
        sa.Column("ledger_id", _LEDGER_ID, primary_key=True),
        sa.Column("level", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("tile_index", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
        sa.Column("root", sa.LargeBinary(32), nullable=False),
        schema="log",
    )
    op.create_table(
        "log_checkpoint",
        sa.Column("ledger_id", _LEDGER_ID, primary_key=True),
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
        sa.Column("signed_at_us", sa.BigInteger, nullable=False),
        schema="log",
    )
    op.create_table(
        "log_cosignature",
        sa.Column("ledger_id", _LEDGER_ID, primary_key=True),
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("witness", _KEY_TEXT, primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
        schema="log",
    )


def _guard_postgresql() -> None:
    for table in _APPEND_ONLY:
        op.execute(f"""
            CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log.{table}
            FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
        """)
        op.execute(f"ALTER TABLE log.{table} ENABLE ALWAYS TRIGGER {table}_append_only")


def _guard_sqlite() -> None:
    for table, key in _APPEND_ONLY.items():
        for operation in ("UPDATE", "DELETE"):
            op.execute(f"""
                CREATE TRIGGER {table}_no_{operation.lower()} BEFORE {operation} ON {table}
                BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END
            """)
        # REPLACE deletes without firing delete triggers, so an insert over anything existing is refused.
        same = " AND ".join(f"{column} = NEW.{column}" for column in key)
        op.execute(f"""
            CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
            WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})
                OR EXISTS (SELECT 1 FROM {table} WHERE rowid = NEW.rowid)
            BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END
        """)  # noqa: S608 (every name in the text is ours)


def _fill_tiles() -> None:
    connection = op.get_bind()
    schema = "log" if connection.dialect.name == "postgresql" else None
    tile = sa.Table("log_tile", sa.MetaData(), schema=schema, autoload_with=connection)
    entry = sa.Table("log_entry", sa.MetaData(), schema=schema, autoload_with=connection)
    for (ledger_id,) in connection.execute(sa.select(entry.c.ledger_id).distinct()).all():
        edge = EMPTY_EDGE
        for leaf_hashes in _leaf_hashes(connection, entry, ledger_id):
            edge, tiles = edge.appended(leaf_hashes)
            rows = [
                {"ledger_id": ledger_id, "level": t.level, "tile_index": t.index, "hashes": t.hashes, "root": t.root}
                for t in tiles
            ]
            if rows:
                connection.execute(tile.insert(), rows)


def _leaf_hashes(connection: sa.Connection, entry: sa.Table, ledger_id: str) -> Iterator[list[bytes]]:
    after = 0
    while True:
        statement = (
            sa.select(entry.c.leaf_hash)
            .where(entry.c.ledger_id == ledger_id, entry.c.position > after)
            .order_by(entry.c.position)
            .limit(_LEAVES_AT_ONCE)
        )
        hashes = [bytes(leaf_hash) for (leaf_hash,) in connection.execute(statement)]
        if not hashes:
            return
        yield hashes
        after += len(hashes)
