"""A projector with the fault that ours must not have: it notes its position in one transaction, its rows in another.

python -m tests.support.careless_projector DATABASE_URL; runs until SIGTERM.
"""

import signal
import sys
import threading

from adapters.database import Database, open_database
from adapters.event_log.feed import SqlFeed
from domain.ports import LedgerInfo
from projections import tracking
from projections.page import Folding
from tests.support.paged_projector import PAGE_EVENTS

LOOK_AGAIN_S = 0.005


def run(url: str) -> None:
    """Follows every ledger, carelessly."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _signal, _frame: stop.set())
    database = open_database(url)
    feed = SqlFeed(database.log_reader)
    while not stop.is_set():
        if not any(move(database, feed, ledger) for ledger in feed.ledgers()):
            stop.wait(LOOK_AGAIN_S)


def move(database: Database, feed: SqlFeed, ledger: LedgerInfo) -> bool:
    """Takes in a page; a kill between the two transactions loses it."""
    with database.views_writer.begin() as connection:
        trackers = tracking.lock(connection, ledger.ledger_id, tracking.active(connection))
        position = min(tracker.position for tracker in trackers)
        events = feed.page(ledger.ledger_id, after=position, limit=PAGE_EVENTS)
        for tracker in trackers:
            tracking.advance(connection, ledger.ledger_id, tracker._replace(position=position + len(events)))
    with database.views_writer.begin() as connection:
        for tracker in trackers:
            folding = Folding(tracker, ledger)
            folding.take(events)
            folding.store(connection)
    return bool(events)


if __name__ == "__main__":
    run(sys.argv[1])
