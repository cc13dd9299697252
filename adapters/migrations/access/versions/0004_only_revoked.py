"""A key's row changes only in its revocation, in the statement of the revocation too; so it was on SQLite before.

What a guard is now stands in `adapters.guards`, where each start compares it; a step that changes one puts it up again.
"""

from alembic import op

from adapters.guards.check import put_up

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Puts up what is missing or of an older form."""
    put_up(op.get_bind(), "access")
