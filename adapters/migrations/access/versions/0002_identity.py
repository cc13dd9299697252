"""Who may come in: API keys, the token of the first start, and the pseudonyms of an issuer's subjects."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "api_key",
        sa.Column("key_id", sa.String(16), primary_key=True),
        sa.Column("secret_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("label", sa.String(64)),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("ledgers", sa.Text),
        sa.Column("units", sa.Text),
        sa.Column("created_at_us", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("expires_at_us", sa.BigInteger),
        sa.Column("revoked_at_us", sa.BigInteger),
        sa.Column("revoked_by", sa.String(200)),
        schema="access",
    )
    op.create_table(
        "setup_token",
        sa.Column("token_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("expires_at_us", sa.BigInteger, nullable=False),
        schema="access",
    )
    op.create_table(
        "deployment_secret",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("secret", sa.LargeBinary(32), nullable=False),
        schema="access",
    )
    op.create_table(
        "pseudonym",
        sa.Column("pseudonym", sa.String(64), primary_key=True),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("first_seen_at_us", sa.BigInteger, nullable=False),
        schema="access",
    )
