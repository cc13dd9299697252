"""Making a projection anew beside the one being read."""

from collections.abc import Iterator

import pytest
from sqlalchemy import inspect, update

from projections import tracking
from projections.audit import audit_views
from projections.balances import BALANCES
from projections.rebuild import RebuildStalledError
from projections.tables import balance_tables
from tests.support.broken_feed import BrokenFeed
from tests.support.builders import FUNDED, disbursement, status
from tests.support.effort import quick_on_sqlite_only
from tests.support.views import LEDGER, Desk, opened_desk


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """On a database of its own: its tables are dropped and made here."""
    with opened_desk(database_url) as opened:
        yield opened


def tables(desk: Desk) -> set[str]:
    schema = None if desk.database.is_sqlite else "views"
    with desk.database.views_reader.connect() as connection:
        names = inspect(connection).get_table_names(schema=schema)
    return {name for name in names if "_g" in name}


def corrupt(desk: Desk) -> None:
    """Adds one fen to one stored sum."""
    entries = balance_tables(1).lane
    with desk.database.views_writer.begin() as connection:
        statement = update(entries).where(entries.c.account == "line:L1", entries.c.position == 6)
        connection.execute(statement.values(adjusted=100_01))


@quick_on_sqlite_only
def test_a_rebuild_gives_the_same_rows_and_the_same_answers(desk: Desk) -> None:
    desk.record(*FUNDED, disbursement("1.00"), status("started"))
    before = (desk.project(), desk.line())
    reports = desk.projector.rebuild()
    assert [(each.name, each.generation, each.different_rows) for each in reports] == [
        ("balances", 2, 0),
        ("facts", 2, 0),
    ]
    assert reports[0].rows == 7
    assert (desk.project(), desk.line()) == before
    assert list(audit_views(desk.database.views_reader, desk.feed, LEDGER)) == []


def test_one_projection_can_be_rebuilt_alone(desk: Desk) -> None:
    desk.record(*FUNDED)
    [report] = desk.projector.rebuild("facts")
    assert (report.name, report.generation) == ("facts", 2)
    assert [each.generation for each in desk.projector.status()] == [1, 2]
    with pytest.raises(ValueError, match="balances, facts"):
        desk.projector.rebuild("no-such-view")


def test_a_rebuild_counts_what_was_wrong_and_puts_it_right(desk: Desk) -> None:
    desk.record(*FUNDED)
    corrupt(desk)
    assert desk.line().amounts.adjusted_budget == 100_01
    assert [each.different_rows for each in desk.projector.rebuild()] == [2, 0]
    assert desk.line().amounts.adjusted_budget == 100_00


def test_readers_and_writers_go_on_during_a_rebuild(desk: Desk) -> None:
    desk.record(*FUNDED)
    seen: list[int] = []

    def meanwhile(_name: str, _ledger_id: str, _position: int, _head: int) -> None:
        seen.append(desk.line().amounts.disbursed)
        # The fifth time nothing was left to do but the switch: now the old generation is ahead again.
        if len(seen) in (1, 2, 3, 5):
            desk.record(disbursement("1.00", voucher=f"V{len(seen)}"))

    reports = desk.projector.rebuild("balances", meanwhile)
    assert seen == [0, 1_00, 2_00, 3_00, 3_00, 4_00, 4_00]
    assert reports[0].different_rows == 0
    assert desk.line().amounts.disbursed == 4_00
    assert desk.record(disbursement("1.00", voucher="V9")).position == 11
    assert desk.line().amounts.disbursed == 5_00


@quick_on_sqlite_only
def test_the_old_generation_is_dropped_later(desk: Desk) -> None:
    desk.record(*FUNDED)
    desk.projector.rebuild("balances")
    assert {"balance_lane_g1", "balance_lane_g2"} <= tables(desk)
    desk.projector.prepare()
    assert tables(desk) == {
        "balance_lane_g2",
        "balance_node_g2",
        "fact_g1",
        "status_g1",
        "reversal_g1",
        "assumption_g1",
    }
    desk.projector.rebuild("balances")
    desk.projector.rebuild("balances")
    assert {name for name in tables(desk) if name.startswith("balance_lane")} == {"balance_lane_g3", "balance_lane_g4"}


@quick_on_sqlite_only
def test_a_rebuild_that_cannot_go_on_leaves_the_old_generation_in_place(database_url: str) -> None:
    feed = BrokenFeed()
    with opened_desk(database_url, feed) as desk:
        desk.record(*FUNDED)
        feed.strange_position = 4
        with pytest.raises(RebuildStalledError, match="position 4"):
            desk.projector.rebuild("facts")
        assert desk.project().amounts.adjusted_budget == 100_00
        feed.strange_position = None
        assert [each.generation for each in desk.projector.rebuild("facts")] == [2]
        desk.projector.prepare()
        assert {name for name in tables(desk) if name.startswith("fact")} == {"fact_g2"}


def test_what_a_killed_rebuild_left_is_dropped_by_the_next_one(desk: Desk) -> None:
    desk.record(*FUNDED)
    with desk.database.views_writer.begin() as connection:
        left = tracking.create_generation(connection, BALANCES)
        tracking.begin(connection, LEDGER, {BALANCES.name: left})
    assert {name for name in tables(desk) if name.startswith("balance_lane")} == {"balance_lane_g1", "balance_lane_g2"}
    [report] = desk.projector.rebuild("balances")
    assert {name for name in tables(desk) if name.startswith("balance_lane")} == {
        "balance_lane_g1",
        f"balance_lane_g{report.generation}",
    }
