"""Receipts stand in the order of the log, and PostgreSQL checks the order of entries at their edge.

A receipt was keyed by the hash that names its command, so every insert touched a page of its own; it is found through
the id of the command's first event instead, which is indexed already. The trigger that refuses gaps looked up each new
row's predecessor, for which PostgreSQL scanned the log; it looks at the first new row only, which is enough.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_LEDGER_ID = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")


def upgrade() -> None:
    """Moves the receipts, and replaces the trigger's function."""
    # Not every step knows that SQLite has no schemas.
    _move_receipts("log" if op.get_bind().dialect.name == "postgresql" else None)
    if op.get_bind().dialect.name == "postgresql":
        _check_entries_at_their_edge()


def _move_receipts(schema: str | None) -> None:
    op.rename_table("receipt", "receipt_before", schema=schema)
    op.create_table(
        "receipt",
        sa.Column("ledger_id", _LEDGER_ID, primary_key=True),
        sa.Column("first_position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("last_position", sa.BigInteger, nullable=False),
        sa.Column("command_id", sa.LargeBinary(32), nullable=False),
        sa.Column("command_hash", sa.LargeBinary(32), nullable=False),
        sqlite_with_rowid=False,
        schema="log",
    )
    columns = "ledger_id, first_position, last_position, command_id, command_hash"
    of_schema = "" if schema is None else f"{schema}."
    # Every name in the text is ours.
    op.execute(f"INSERT INTO {of_schema}receipt ({columns}) SELECT {columns} FROM {of_schema}receipt_before")  # noqa: S608 (see above)
    op.drop_table("receipt_before", schema=schema)


def _check_entries_at_their_edge() -> None:
    op.execute("""
        CREATE OR REPLACE FUNCTION log.refuse_entry_gap() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE added record;
        BEGIN
            FOR added IN SELECT r.ledger_id, min(r.position) AS first, max(r.position) AS last, count(*) AS number
                FROM new_rows r GROUP BY r.ledger_id
            LOOP
                IF added.first < 1 OR added.last - added.first + 1 <> added.number OR (added.first > 1 AND NOT EXISTS (
                    SELECT 1 FROM log.log_entry e
                    WHERE e.ledger_id = added.ledger_id AND e.position = added.first - 1))
                THEN RAISE EXCEPTION 'the log has no gaps: a position without its predecessor is refused'; END IF;
            END LOOP;
            RETURN NULL;
        END $$
    """)
