"""Loading the states of boundaries from the rows stored now and then, and from the events since."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import event, text

from adapters.event_log.overlay import Overlay
from adapters.event_log.sequencer import Sequencer
from adapters.event_log.store import EVENTS_PER_STATE, load_rows
from adapters.event_log.writer import LedgerWriter
from domain.budget_line import LineState, line_key
from domain.errors import LogDamaged
from domain.submission import Answer, KeyedCommand, Submission
from tests.support.commands import allocate, disburse, open_line, ready_line
from tests.support.ledger import CLERK, LEDGER, Ledger, opened_ledger
from tests.support.tampering import take_triggers_away

LINE = line_key("L1")


@pytest.fixture
def ledger(sqlite_url: str) -> Iterator[Ledger]:
    with opened_ledger(sqlite_url) as opened:
        opened.submit(*ready_line())
        for number in range(3 * EVENTS_PER_STATE):
            opened.submit(disburse(1, f"v{number}"))
        yield opened


def plans_of_loading(ledger: Ledger) -> list[str]:
    """How SQLite runs each statement of loading the line's state."""
    statements: list[tuple[str, Any]] = []
    with ledger.database.log_reader.connect() as connection:

        def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            statements.append((statement, parameters))

        event.listen(connection, "before_cursor_execute", note)
        load_rows(connection, LEDGER, [LINE, line_key("nobody's")], Overlay())
        event.remove(connection, "before_cursor_execute", note)
        return [
            str(row[-1])
            for statement, parameters in statements
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]


def test_a_state_is_stored_once_in_sixteen_events_and_brought_up_to_the_last_one(ledger: Ledger) -> None:
    into = Overlay()
    with ledger.database.log_reader.connect() as connection:
        [stored] = connection.exec_driver_sql(f"SELECT event_count FROM boundary_state WHERE key = '{LINE}'").scalars()
        assert load_rows(connection, LEDGER, [LINE], into) == []
    row = into.rows[LINE]
    assert (stored % EVENTS_PER_STATE, row.n, row.position) == (0, 3 * EVENTS_PER_STATE + 2, ledger.feed.head(LEDGER))
    assert isinstance(row.state, LineState)
    assert row.state.flow.disbursed == 3 * EVENTS_PER_STATE


def test_loading_a_state_reads_no_event_before_the_stored_one(ledger: Ledger) -> None:
    plans = plans_of_loading(ledger)
    assert any("SEARCH t USING PRIMARY KEY (ledger_id=? AND tag=? AND position>?)" in plan for plan in plans), plans
    # What is scanned are the keys that were asked for.
    assert [plan for plan in plans if plan.startswith("SCAN")] == ["SCAN 8 CONSTANT ROWS", "SCAN k"], plans


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM log_tag WHERE tag = 'line:L1' AND n = 50",
        "DELETE FROM log_entry WHERE position = (SELECT position FROM log_tag WHERE tag = 'line:L1' AND n = 50)",
        "UPDATE log_entry SET entry = 'nonsense' WHERE position IN (SELECT position FROM log_tag WHERE n = 50)",
    ],
)
def test_a_hole_among_the_events_since_a_stored_state_lets_nothing_be_decided(ledger: Ledger, damage: str) -> None:
    ledger.submit(disburse(1, "one more"))
    take_triggers_away(ledger.database)
    with ledger.database.log_writer.begin() as connection:
        connection.execute(text(damage))
    started = Sequencer(ledger.database, ledger.clock)
    item = KeyedCommand(key="after", command=disburse(1, "after"))
    submission = Submission(ledger_id=LEDGER, actor=CLERK, items=(item,))
    try:
        for _ in range(2):
            with pytest.raises(LogDamaged):
                started.submit(submission).result(timeout=60)
    finally:
        started.stop()


def test_damage_concerns_only_those_who_need_what_is_damaged(ledger: Ledger) -> None:
    ledger.submit(open_line("L2"), allocate(100, "L2"), disburse(1, "one more"))
    take_triggers_away(ledger.database)
    with ledger.database.log_writer.begin() as connection:
        connection.execute(text("DELETE FROM log_tag WHERE tag = 'line:L1' AND n = 50"))
    payments = {"harmed": disburse(1, "harmed"), "whole": disburse(1, "whole", "L2")}
    with ThreadPoolExecutor() as inserters:
        writer = LedgerWriter(ledger.database.log_writer, ledger.clock, inserters, LEDGER)
        harmed, whole = writer.write(
            [
                Submission(ledger_id=LEDGER, actor=CLERK, items=(KeyedCommand(key=key, command=command),))
                for key, command in payments.items()
            ]
        )
    assert isinstance(harmed, LogDamaged)
    assert isinstance(whole, Answer)
    assert whole.refusal is None
