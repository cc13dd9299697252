"""What depends on the database most is tried on both with every change.

That is writing, reading events and two dates, searching, comparing, checkpoints and what was denied.
"""

from tests.support.server import server_on

server = server_on(["sqlite", "postgresql"])
