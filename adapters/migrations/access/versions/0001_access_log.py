"""The access log: its records, its head, and where it begins.

Records are only taken away from the beginning, and only those older than six months by the database's clock: first the
place up to which is written down, then what lies before it goes. The triggers that see to that are in
`adapters.guards`, and put up at the end of each migration.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Creates the tables; the head stands before the first record."""
    _create_records()
    _create_ends()
    if op.get_bind().dialect.name == "postgresql":
        op.execute("INSERT INTO access.access_head VALUES (1, 0, 0, decode(repeat('00', 32), 'hex'))")
    else:
        op.execute("INSERT INTO access_head VALUES (1, 0, 0, zeroblob(32))")


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
