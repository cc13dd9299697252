"""A process that writes to the access log, and prints the number of each entry once it is told that it is kept.

python -m tests.support.access_writer DATABASE_URL SUBJECT COUNT: so many entries, 1 to COUNT, some of them at a time.
"""

import sys
from collections import deque
from concurrent.futures import Future
from dataclasses import replace

from adapters.access.log import SqlAccessLog
from adapters.clock import SystemClock
from adapters.database import open_database
from tests.support.access import refused

AT_A_TIME = 8


def run(url: str, subject: str, count: int) -> None:
    """Writes, and says what is written."""
    database = open_database(url)
    log = SqlAccessLog(database, SystemClock(), list)
    waiting: deque[tuple[int, Future[None]]] = deque()
    for number in range(1, count + 1):
        waiting.append((number, log.record([replace(refused(number), subject=subject)])))
        if len(waiting) == AT_A_TIME:
            say(*waiting.popleft())
    for each in waiting:
        say(*each)
    log.stop()
    database.dispose()


def say(number: int, kept: "Future[None]") -> None:
    """The number, in one write, so that a kill leaves no half of it."""
    kept.result(60)
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2], int(sys.argv[3]))
