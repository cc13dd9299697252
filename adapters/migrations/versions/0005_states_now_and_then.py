"""A boundary's state is stored now and then, no longer with each event: readers fold what came since.

The rows stay as they are: each is the state of its own position, which is all that is asked of it.
"""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Renames a column, so that no transaction of an older server, which takes every state for the latest, succeeds."""
    schema = "log." if op.get_bind().dialect.name == "postgresql" else ""
    op.execute(f"ALTER TABLE {schema}boundary_state RENAME COLUMN n TO event_count")
