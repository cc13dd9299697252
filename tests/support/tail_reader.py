"""A reader that follows a ledger from position to position, in a process of its own, to the event with the last tag.

python -m tests.support.tail_reader DATABASE_URL LEDGER LAST_TAG; writes what it saw, [[position, event id], ...].
"""

import json
import sys

from adapters.event_log.feed import SqlFeed
from tests.support.whole_log import opened

PAGE = 50


def follow(url: str, ledger_id: str, last_tag: str) -> list[tuple[int, str]]:
    """What it saw, in the order in which it saw it. It only ever asks for what is after the last it has seen."""
    seen: list[tuple[int, str]] = []
    with opened(url) as database:
        feed = SqlFeed(database.log_reader)
        while True:
            for event in feed.page(ledger_id, after=seen[-1][0] if seen else 0, limit=PAGE):
                seen.append((event.position, event.id))
                if last_tag in event.tags:
                    return seen


if __name__ == "__main__":
    json.dump(follow(*sys.argv[1:]), sys.stdout)
