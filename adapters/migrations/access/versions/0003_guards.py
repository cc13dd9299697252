"""Every guard of the access part as this version has it: also of the deployment's secret.

What a guard is now stands in `adapters.guards`, where each start compares it; a step that changes one puts it up again.
"""

from alembic import op

from adapters.guards.check import put_up

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Puts up what is missing or of an older form."""
    put_up(op.get_bind(), "access")
