"""The access log: its records, its head, where it begins, and the triggers that keep it append-only.

Records are only taken away from the beginning, and only those older than six months by the database's clock: first the
place up to which is written down, then what lies before it goes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_LEAST_US = 183 * 86_400 * 1_000_000


def upgrade() -> None:
    """Creates the tables and their triggers; the head stands before the first record."""
    _create_records()
    _create_ends()
    if op.get_bind().dialect.name == "postgresql":
        op.execute("INSERT INTO access.access_head VALUES (1, 0, 0, decode(repeat('00', 32), 'hex'))")
        _guard_postgresql()
    else:
        op.execute("INSERT INTO access_head VALUES (1, 0, 0, zeroblob(32))")
        _guard_sqlite()


def _create_records() -> None:
    op.create_table(
        "access_record",
        sa.Column("sequence", _SEQUENCE, primary_key=True, autoincrement=False),
        sa.Column("recorded_at_us", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("ledger_id", sa.String(64)),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("entry", sa.LargeBinary, nullable=False),
        schema="access",
    )
    op.create_index("access_record_ledger", "access_record", ["ledger_id", "kind", "sequence"], schema="access")
    op.create_index("access_record_kind", "access_record", ["kind", "sequence"], schema="access")


def _create_ends() -> None:
    op.create_table(
        "access_head",
        sa.Column("id", _SEQUENCE, sa.CheckConstraint("id = 1", name="access_head_is_one"), primary_key=True),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("recorded_at_us", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        schema="access",
    )
    op.create_table(
        "access_beginning",
        sa.Column("sequence", _SEQUENCE, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("taken_at_us", sa.BigInteger, nullable=False),
        schema="access",
    )


def _guard_postgresql() -> None:
    """Statement triggers, also in replica role."""
    op.execute("""
        CREATE FUNCTION access.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the access log is append-only: % on % is refused', TG_OP, TG_TABLE_NAME; END $$
    """)
    _on_postgresql("access_record", "append_only", "BEFORE UPDATE OR TRUNCATE", "refuse_change")
    _on_postgresql("access_head", "only_moves", "BEFORE INSERT OR DELETE OR TRUNCATE", "refuse_change")
    _on_postgresql("access_beginning", "append_only", "BEFORE UPDATE OR DELETE OR TRUNCATE", "refuse_change")
    op.execute("""
        CREATE FUNCTION access.refuse_record_gap() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE taken bigint := coalesce((SELECT max(sequence) FROM access.access_beginning), 0);
        BEGIN
            IF EXISTS (SELECT 1 FROM new_rows r WHERE r.sequence <= taken OR (r.sequence > taken + 1 AND NOT EXISTS (
                SELECT 1 FROM access.access_record b
                WHERE b.sequence = r.sequence - 1 AND b.recorded_at_us < r.recorded_at_us)))
            THEN RAISE EXCEPTION 'the access log grows by the next record only'; END IF;
            RETURN NULL;
        END $$
    """)
    _on_postgresql("access_record", "in_order", "AFTER INSERT", "refuse_record_gap", "NEW TABLE AS new_rows")
    op.execute("""
        CREATE FUNCTION access.refuse_loss() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE taken bigint := coalesce((SELECT max(sequence) FROM access.access_beginning), 0);
        BEGIN
            IF EXISTS (SELECT 1 FROM old_rows WHERE sequence > taken)
                OR EXISTS (SELECT 1 FROM access.access_record WHERE sequence < (SELECT max(sequence) FROM old_rows))
            THEN RAISE EXCEPTION 'the access log loses only what lies before its beginning, the oldest first'; END IF;
            RETURN NULL;
        END $$
    """)
    _on_postgresql("access_record", "from_the_beginning", "AFTER DELETE", "refuse_loss", "OLD TABLE AS old_rows")
    op.execute(f"""
        CREATE FUNCTION access.refuse_early_beginning() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE old_enough bigint := extract(epoch FROM clock_timestamp()) * 1000000 - {_LEAST_US};
        BEGIN
            IF EXISTS (SELECT 1 FROM new_rows n WHERE NOT EXISTS (
                    SELECT 1 FROM access.access_record r
                    WHERE r.sequence = n.sequence AND r.hash = n.hash AND r.recorded_at_us < old_enough))
            THEN RAISE EXCEPTION 'the access log begins after a record of it that is older than six months'; END IF;
            RETURN NULL;
        END $$
    """)  # noqa: S608 (a number of our own)
    _on_postgresql(
        "access_beginning", "after_six_months", "AFTER INSERT", "refuse_early_beginning", "NEW TABLE AS new_rows"
    )
    op.execute("""
        CREATE FUNCTION access.refuse_false_head() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT 1 FROM new_rows n, old_rows o WHERE n.sequence <= o.sequence OR NOT EXISTS (
                SELECT 1 FROM access.access_record r
                WHERE r.sequence = n.sequence AND r.hash = n.hash AND r.recorded_at_us = n.recorded_at_us))
            THEN RAISE EXCEPTION 'the head of the access log moves to a later record of it only'; END IF;
            RETURN NULL;
        END $$
    """)
    _on_postgresql(
        "access_head", "on_a_record", "AFTER UPDATE", "refuse_false_head", "OLD TABLE AS old_rows NEW TABLE AS new_rows"
    )


def _on_postgresql(table: str, name: str, when: str, function: str, referencing: str = "") -> None:
    rows = f"REFERENCING {referencing}" if referencing else ""
    op.execute(f"""
        CREATE TRIGGER {table}_{name} {when} ON access.{table} {rows}
        FOR EACH STATEMENT EXECUTE FUNCTION access.{function}()
    """)
    op.execute(f"ALTER TABLE access.{table} ENABLE ALWAYS TRIGGER {table}_{name}")


def _guard_sqlite() -> None:
    """Row triggers. REPLACE deletes without firing delete triggers, so an insert over anything existing is refused."""
    refused = "BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END"
    op.execute(f"CREATE TRIGGER access_record_no_update BEFORE UPDATE ON access_record {refused}")
    op.execute(f"CREATE TRIGGER access_head_no_insert BEFORE INSERT ON access_head {refused}")
    op.execute(f"CREATE TRIGGER access_head_no_delete BEFORE DELETE ON access_head {refused}")
    op.execute(f"CREATE TRIGGER access_beginning_no_update BEFORE UPDATE ON access_beginning {refused}")
    op.execute(f"CREATE TRIGGER access_beginning_no_delete BEFORE DELETE ON access_beginning {refused}")
    op.execute("""
        CREATE TRIGGER access_record_in_order BEFORE INSERT ON access_record
        WHEN NEW.sequence <> 1 + max(
                coalesce((SELECT max(sequence) FROM access_record), 0),
                coalesce((SELECT max(sequence) FROM access_beginning), 0))
            OR EXISTS (SELECT 1 FROM access_record
                WHERE sequence = NEW.sequence - 1 AND recorded_at_us >= NEW.recorded_at_us)
        BEGIN SELECT RAISE(ABORT, 'the access log grows by the next record only'); END
    """)
    op.execute("""
        CREATE TRIGGER access_record_from_the_beginning BEFORE DELETE ON access_record
        WHEN OLD.sequence > coalesce((SELECT max(sequence) FROM access_beginning), 0)
            OR EXISTS (SELECT 1 FROM access_record WHERE sequence < OLD.sequence)
        BEGIN SELECT RAISE(ABORT, 'the access log loses only what lies before its beginning, the oldest first'); END
    """)
    op.execute(f"""
        CREATE TRIGGER access_beginning_after_six_months BEFORE INSERT ON access_beginning
        WHEN NOT EXISTS (SELECT 1 FROM access_record WHERE sequence = NEW.sequence AND hash = NEW.hash
                AND recorded_at_us < CAST(strftime('%s', 'now') AS INTEGER) * 1000000 - {_LEAST_US})
            OR EXISTS (SELECT 1 FROM access_beginning WHERE sequence >= NEW.sequence)
        BEGIN SELECT RAISE(ABORT, 'the access log begins after a record of it that is older than six months'); END
    """)  # noqa: S608 (as above)
    op.execute("""
        CREATE TRIGGER access_head_on_a_record BEFORE UPDATE ON access_head
        WHEN NEW.sequence <= OLD.sequence OR NEW.id <> OLD.id OR NOT EXISTS (SELECT 1 FROM access_record
            WHERE sequence = NEW.sequence AND hash = NEW.hash AND recorded_at_us = NEW.recorded_at_us)
        BEGIN SELECT RAISE(ABORT, 'the head of the access log moves to a later record of it only'); END
    """)
