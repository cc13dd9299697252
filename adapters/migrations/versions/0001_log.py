"""The log: heads, entries, tags, receipts, states, private values, and the triggers that keep it append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_APPEND_ONLY = ("log_entry", "log_tag")
_LEDGER_ID = sa.String(64).with_variant(sa.String(64, collation="C"), "postgresql")
_KEY_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Creates the tables and their triggers."""
    _create_log()
    _create_derived()
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def _create_log() -> None:
    op.create_table(
        "ledger_head",
        sa.Column("ledger_id", _LEDGER_ID, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("recorded_at_us", sa.BigInteger, nullable=False),
        schema="log",
    )
    op.create_table(
        "log_entry",
        sa.Column("ledger_id", _LEDGER_ID, primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("event_id", sa.LargeBinary(16), nullable=False),
        sa.Column("type", sa.String(80), nullable=False),
        sa.Column("effective_date", sa.Date, nullable=False),
        sa.Column("recorded_at_us", sa.BigInteger, nullable=False),
        sa.Column("corrects", sa.LargeBinary(16)),
        sa.Column("leaf_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("entry", sa.LargeBinary, nullable=False),
        schema="log",
    )
    op.create_index("log_entry_event_id", "log_entry", ["ledger_id", "event_id"], unique=True, schema="log")
    op.create_index("log_entry_recorded_at", "log_entry", ["ledger_id", "recorded_at_us", "position"], schema="log")
    op.create_index(
        "log_entry_corrects",
        "log_entry",
        ["ledger_id", "corrects"],
        sqlite_where=sa.text("corrects IS NOT NULL"),
        postgresql_where=sa.text("corrects IS NOT NULL"),
        schema="log",
    )
    op.create_table(
        "log_tag",
        sa.Column("ledger_id", _LEDGER_ID, primary_key=True),
        sa.Column("tag", _KEY_TEXT, primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("n", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
        schema="log",
    )


def _create_derived() -> None:
    op.create_table(
        "receipt",
        sa.Column("ledger_id", _LEDGER_ID, primary_key=True),
        sa.Column("command_id", sa.LargeBinary(32), primary_key=True),
        sa.Column("command_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("first_position", sa.BigInteger, nullable=False),
        sa.Column("last_position", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
        schema="log",
    )
    op.create_table(
        "ledger_receipt",
        sa.Column("command_id", sa.LargeBinary(32), primary_key=True),
        sa.Column("command_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("ledger_id", _LEDGER_ID, nullable=False),
        sqlite_with_rowid=False,
        schema="log",
    )
    op.create_table(
        "boundary_state",
        sa.Column("ledger_id", _LEDGER_ID, primary_key=True),
        sa.Column("key", _KEY_TEXT, primary_key=True),
        sa.Column("n", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("state", sa.LargeBinary),
        sqlite_with_rowid=False,
        schema="log",
    )
    op.create_table(
        "private_value",
        sa.Column("ledger_id", _LEDGER_ID, primary_key=True),
        sa.Column("event_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("field", sa.String(64), primary_key=True),
        sa.Column("salt", sa.LargeBinary(32), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        schema="log",
    )


def _guard_postgresql() -> None:
    """Statement triggers, also in replica role: nothing is changed or removed, and entries come in position order."""
    op.execute("""
        CREATE FUNCTION log.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the log is append-only: % on % is refused', TG_OP, TG_TABLE_NAME; END $$
    """)
    for table in _APPEND_ONLY:
        op.execute(f"""
            CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log.{table}
            FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()
        """)
        op.execute(f"ALTER TABLE log.{table} ENABLE ALWAYS TRIGGER {table}_append_only")
    op.execute("""
        CREATE FUNCTION log.refuse_entry_gap() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT 1 FROM new_rows r WHERE r.position < 1 OR (r.position > 1 AND NOT EXISTS (
                SELECT 1 FROM log.log_entry e WHERE e.ledger_id = r.ledger_id AND e.position = r.position - 1)))
            THEN RAISE EXCEPTION 'the log has no gaps: a position without its predecessor is refused'; END IF;
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER log_entry_in_order AFTER INSERT ON log.log_entry REFERENCING NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_entry_gap()
    """)
    op.execute("ALTER TABLE log.log_entry ENABLE ALWAYS TRIGGER log_entry_in_order")
    op.execute("""
        CREATE FUNCTION log.refuse_tag_gap() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT 1 FROM new_rows r WHERE r.n <> 1 + coalesce((
                    SELECT t.n FROM log.log_tag t
                    WHERE t.ledger_id = r.ledger_id AND t.tag = r.tag AND t.position < r.position
                    ORDER BY t.position DESC LIMIT 1), 0)
                OR r.n >= (
                    SELECT t.n FROM log.log_tag t
                    WHERE t.ledger_id = r.ledger_id AND t.tag = r.tag AND t.position > r.position
                    ORDER BY t.position LIMIT 1))
            THEN RAISE EXCEPTION 'the tags of the log grow in order and by one only'; END IF;
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER log_tag_in_order AFTER INSERT ON log.log_tag REFERENCING NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_tag_gap()
    """)
    op.execute("ALTER TABLE log.log_tag ENABLE ALWAYS TRIGGER log_tag_in_order")


def _guard_sqlite() -> None:
    """Row triggers. REPLACE deletes without firing delete triggers, so an insert over anything existing is refused."""
    for table in _APPEND_ONLY:
        for operation in ("UPDATE", "DELETE"):
            op.execute(f"""
                CREATE TRIGGER {table}_no_{operation.lower()} BEFORE {operation} ON {table}
                BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END
            """)
    op.execute("""
        CREATE TRIGGER log_entry_in_order BEFORE INSERT ON log_entry
        WHEN NEW.position <> 1 + coalesce(
                (SELECT max(position) FROM log_entry WHERE ledger_id = NEW.ledger_id), 0)
            OR EXISTS (SELECT 1 FROM log_entry WHERE ledger_id = NEW.ledger_id AND event_id = NEW.event_id)
            OR EXISTS (SELECT 1 FROM log_entry WHERE rowid = NEW.rowid)
        BEGIN SELECT RAISE(ABORT, 'the log grows by the next position only'); END
    """)
    op.execute("""
        CREATE TRIGGER log_tag_in_order BEFORE INSERT ON log_tag
        WHEN EXISTS (SELECT 1 FROM log_tag
            WHERE ledger_id = NEW.ledger_id AND tag = NEW.tag AND position >= NEW.position)
        BEGIN SELECT RAISE(ABORT, 'the tags of the log grow in order only'); END
    """)
