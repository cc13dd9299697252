"""What depends on the database most is on PostgreSQL with every change, and at full length on SQLite as well.

That is writing, reading events and two dates, searching, comparing, checkpoints and what was denied. The rest of
tests/api is on SQLite with every change.
"""

from tests.support.effort import IS_FULL
from tests.support.server import server_on

server = server_on(("sqlite", "postgresql") if IS_FULL else ("postgresql",))
