"""How far a read goes that is given an instant: the instants of the log rise with its positions."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from adapters.event_log.tables import SAMPLE_EVERY
from tests.support.commands import disburse, ready_line
from tests.support.ledger import LEDGER, Ledger, opened_ledger

SIZES = (1, 1, 1, 2 * SAMPLE_EVERY + 3, 1, 1, 30)
"""Events of one instant each, after one that ends just before a multiple of SAMPLE_EVERY: at it, behind it, and more
than lie between two samples."""


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    with opened_ledger(database_url) as opened:
        opened.submit(*ready_line())
        before = SAMPLE_EVERY - 1 - opened.feed.head(LEDGER)
        for turn, size in enumerate((before, *SIZES)):
            opened.submit(*(disburse(1, f"{turn}-{number}") for number in range(size)))
        yield opened


def test_a_read_at_an_instant_goes_to_the_last_position_recorded_by_then(ledger: Ledger) -> None:
    recorded = {each.position: each.recorded_at for each in ledger.feed.page(LEDGER, after=0, limit=1000)}
    assert len(recorded) > 3 * SAMPLE_EVERY
    for instant in set(recorded.values()):
        for known_at in (instant - timedelta(microseconds=1), instant, instant + timedelta(microseconds=1)):
            expected = max((position for position, each in recorded.items() if each <= known_at), default=0)
            assert ledger.feed.reach(LEDGER, known_at=known_at).position == expected


def test_an_instant_is_looked_up_among_the_samples(sqlite_url: str) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    with opened_ledger(sqlite_url) as ledger:
        event.listen(ledger.database.log_reader, "before_cursor_execute", note)
        ledger.feed.reach(LEDGER, known_at=ledger.clock.instant)
        event.remove(ledger.database.log_reader, "before_cursor_execute", note)
        statement, parameters = asked[-1]
        with ledger.database.log_reader.connect() as connection:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    assert not [step for step in plan if step.startswith("SCAN")], plan
    searched = {step.partition(" (")[0] for step in plan if step.startswith("SEARCH")}
    assert searched == {
        "SEARCH main.log_entry USING INDEX sqlite_autoindex_log_entry_1",
        "SEARCH main.log_entry USING COVERING INDEX log_entry_sampled_instant",
    }
