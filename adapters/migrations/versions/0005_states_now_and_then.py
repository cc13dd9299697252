"""A boundary's state is stored now and then, no longer with each event: readers fold what came since.

No table changes. The revision keeps out a release that takes every stored state for the latest one.
"""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Leaves the rows as they are: each is the state of its own position, which is all that is asked of it."""
