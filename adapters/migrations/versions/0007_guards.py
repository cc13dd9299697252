"""Every guard of the log as this version has it: also of receipts, heads and openings, and of rowids on SQLite.

What a guard is now stands in `adapters.guards`, where each start compares it; a step that changes one puts it up again.
"""

from alembic import op

from adapters.guards.check import put_up

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Puts up what is missing or of an older form."""
    put_up(op.get_bind(), "log")
