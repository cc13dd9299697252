"""Guards of tags and checkpoints of no entry, and of rows of a ledger that is not opened.

They came after 0007 and were no step at first: a database or backup without them was taken for one whose guards
somebody took down. What a guard is now stands in `adapters.guards`.
"""

from alembic import op

from adapters.guards.check import put_up

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Puts up what is missing or of an older form."""
    put_up(op.get_bind(), "log")
