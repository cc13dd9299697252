"""Our projector with small pages, so that a backlog is several transactions.

python -m tests.support.paged_projector DATABASE_URL; runs until SIGTERM.
"""

import signal
import sys
import threading

from adapters.database import open_database
from adapters.event_log.feed import SqlFeed
from projections.projector import Projector

PAGE_EVENTS = 400


def run(url: str) -> None:
    """Follows every ledger until SIGTERM."""
    stop, wake = threading.Event(), threading.Event()
    signal.signal(signal.SIGTERM, lambda _signal, _frame: stop.set())
    database = open_database(url)
    projector = Projector(
        writer=database.views_writer,
        reader=database.views_reader,
        feed=SqlFeed(database.log_reader),
        page_events=PAGE_EVENTS,
    )
    projector.prepare()
    projector.run(stop, wake)


if __name__ == "__main__":
    run(sys.argv[1])
