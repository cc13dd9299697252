"""The projector: pages, waiting, several at once, and what it does when it cannot go on."""

import threading
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, insert, inspect, select, text, update

from domain.errors import ProjectionBehind
from projections.audit import audit_views
from projections.measures import MEASURES
from projections.projector import Projector
from projections.tables import balance_tables, fact_tables, projection_pointer, projection_position
from projections.tracking import PROJECTIONS
from tests.support.broken_feed import BrokenFeed
from tests.support.builders import FUNDED, amendment, disbursement, on, reversal_of, status
from tests.support.effort import full_only, quick_on_sqlite_only, sampled
from tests.support.views import LEDGER, Desk, opened_desk
from tests.support.waiting import eventually


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """On a database of its own: its tables are dropped and made here."""
    with opened_desk(database_url) as opened:
        yield opened


def lived(desk: Desk) -> None:
    """Twelve events, some of each kind of row."""
    desk.log.record_foreign()
    for command in (*FUNDED, status("started"), amendment({"name": "二期"})):
        desk.log.record(command)
    paid = desk.log.record(disbursement("1.00"))
    desk.log.record(reversal_of(paid.id))
    desk.log.record_foreign(tags=("x-order:2", "x-line:L1"))


def projector_of(desk: Desk, page_events: int = 2000) -> Projector:
    engines = desk.database
    return Projector(writer=engines.views_writer, reader=engines.views_reader, feed=desk.feed, page_events=page_events)


def is_sound(desk: Desk) -> bool:
    return list(audit_views(desk.database.views_reader, desk.feed, LEDGER)) == []


@pytest.mark.parametrize("page_events", sampled([1, 2, 5, 12, 13], one_in=2))
def test_pages_of_any_size_make_the_same_rows(desk: Desk, page_events: int) -> None:
    lived(desk)
    assert projector_of(desk, page_events).catch_up(LEDGER) == desk.log.head == 12
    assert is_sound(desk)
    assert desk.project().amounts.disbursed == 0


def test_a_projector_goes_on_where_another_left_off(desk: Desk) -> None:
    lived(desk)
    projector_of(desk, 5).catch_up(LEDGER)
    desk.log.record(status("completed"))
    again = projector_of(desk, 5)
    again.prepare()
    assert again.catch_up(LEDGER) == 13
    assert is_sound(desk)


def test_ledgers_do_not_mix(desk: Desk) -> None:
    lived(desk)
    other = desk.feed.open("baihe", at=desk.log.now)
    for command in FUNDED:
        other.record(command)
    assert (desk.projector.catch_up("baihe"), desk.projector.catch_up(LEDGER)) == (6, 12)
    there = desk.views.project("baihe", desk.at(position=6), "P1")
    assert there is not None
    assert (there.name, desk.project().name) == ("村村通公路", "二期")
    assert is_sound(desk)


def test_a_projector_that_has_caught_up_reads_no_balance_again(desk: Desk) -> None:
    lived(desk)
    desk.projector.catch_up(LEDGER)
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(desk.database.views_writer, "before_cursor_execute", note)
    desk.log.record(disbursement("0.01", voucher="V77"))
    assert desk.projector.catch_up(LEDGER) == 13
    event.remove(desk.database.views_writer, "before_cursor_execute", note)
    assert any("balance_lane" in statement for statement in asked), "what it adds"
    assert not [statement for statement in asked if "balance_lane" in statement and "SELECT" in statement]
    assert is_sound(desk)


def test_several_projectors_at_once_leave_nothing_out_and_nothing_twice(desk: Desk) -> None:
    lived(desk)
    for number in range(60):
        desk.log.record(disbursement("0.01", voucher=f"W{number}"))
    projectors = [projector_of(desk, 3) for _ in range(3)]
    stop = threading.Event()
    threads = [threading.Thread(target=each.run, args=(stop, threading.Event())) for each in projectors]
    for thread in threads:
        thread.start()
    reached = [each.wait_until(LEDGER, desk.log.head, 60) for each in projectors]
    stop.set()
    for thread in threads:
        thread.join()
    assert reached == [True, True, True]
    assert is_sound(desk)


def test_a_reader_waits_for_a_position_and_not_longer_than_it_said(desk: Desk) -> None:
    lived(desk)
    assert not desk.projector.wait_until(LEDGER, 12, 0.02)
    assert desk.projector.wait_until(LEDGER, 0, 0)
    stop, wake = threading.Event(), threading.Event()
    thread = threading.Thread(target=desk.projector.run, args=(stop, wake))
    thread.start()
    elsewhere = projector_of(desk)
    assert desk.projector.wait_until(LEDGER, 12, 60)
    assert elsewhere.wait_until(LEDGER, 12, 60)
    assert not elsewhere.wait_until(LEDGER, 13, 0.02)
    desk.log.record(status("completed"))
    assert desk.projector.wait_until(LEDGER, 13, 60)
    stop.set()
    wake.set()
    thread.join()


@quick_on_sqlite_only
def test_views_that_stood_still_so_long_are_not_waited_for_until_they_move(desk: Desk) -> None:
    lived(desk)
    reader, patience_s = projector_of(desk), 1.0
    assert not reader.wait_until(LEDGER, 12, patience_s)
    before_s = time.monotonic()
    assert not reader.wait_until(LEDGER, 12, patience_s)
    assert time.monotonic() - before_s < patience_s / 2
    desk.projector.catch_up(LEDGER)
    assert reader.wait_until(LEDGER, 12, patience_s)


@quick_on_sqlite_only
def test_a_ledger_that_cannot_be_read_is_told_of_and_does_not_hold_up_the_others(database_url: str) -> None:
    feed = BrokenFeed(error=OSError("gone"), error_ledger_id=LEDGER)
    with opened_desk(database_url, feed) as desk:
        desk.feed.open("zhuhe")
        told: list[tuple[str, str | None]] = []
        stop, wake = threading.Event(), threading.Event()
        engines = desk.database
        projector = Projector(
            writer=engines.views_writer,
            reader=engines.views_reader,
            feed=feed,
            on_error=lambda error, ledger_id: told.append((str(error), ledger_id)),
        )
        thread = threading.Thread(target=projector.run, args=(stop, wake))
        thread.start()
        assert projector.wait_until("zhuhe", 1, 60)
        eventually("it was told", lambda: told or None)
        assert not projector.wait_until(LEDGER, 1, 1.5)
        assert told == [("gone", LEDGER)], "once, though it was tried again"
        feed.error = None
        assert projector.wait_until(LEDGER, 1, 60)
        stop.set()
        thread.join()


@full_only
def test_a_log_that_is_gone_for_a_while_does_not_end_the_projector(sqlite_url: str) -> None:
    feed = BrokenFeed(error=OSError("gone"))
    with opened_desk(sqlite_url, feed) as desk:
        stop, told = threading.Event(), threading.Event()
        engines = desk.database
        projector = Projector(
            writer=engines.views_writer,
            reader=engines.views_reader,
            feed=feed,
            on_error=lambda _error, _ledger_id: told.set(),
        )
        thread = threading.Thread(target=projector.run, args=(stop, threading.Event()))
        thread.start()
        assert told.wait(60)
        assert thread.is_alive()
        feed.error = None
        assert projector.wait_until(LEDGER, 1, 60)
        stop.set()
        thread.join()


def test_a_projection_that_fails_on_an_event_halts_alone_and_says_why(database_url: str) -> None:
    feed = BrokenFeed(strange_position=8)
    with opened_desk(database_url, feed) as desk:
        lived(desk)
        assert desk.projector.catch_up(LEDGER) == 7
        assert desk.projector.catch_up(LEDGER) == 7
        balances, facts = desk.projector.status()
        assert (balances.name, balances.position, balances.lag, balances.stalled_reason) == ("balances", 12, 0, None)
        assert (facts.name, facts.position, facts.lag) == ("facts", 7, 5)
        assert facts.stalled_reason is not None
        assert facts.stalled_reason.startswith("position 8 (project-status-changed.v1): AssertionError")
        assert not desk.projector.wait_until(LEDGER, 8, 0.02)
        feed.strange_position = None
        desk.projector.prepare()
        assert desk.projector.catch_up(LEDGER) == 12
        assert [(each.position, each.stalled_reason) for each in desk.projector.status()] == [(12, None), (12, None)]
        assert is_sound(desk)


def test_nothing_is_skipped_when_a_position_is_missing(database_url: str) -> None:
    with opened_desk(database_url, BrokenFeed(missing_position=4)) as desk:
        lived(desk)
        assert desk.projector.catch_up(LEDGER) == 3
        assert {status.stalled_reason for status in desk.projector.status()} == {"position 5 follows 3"}


def test_a_projection_whose_rows_cannot_be_stored_halts_alone(desk: Desk) -> None:
    desk.record(*FUNDED)
    with desk.database.views_writer.begin() as connection:
        row = {"ledger_id": LEDGER, "subject": "project:P1", "effective_day": date(2023, 3, 1).toordinal()}
        connection.execute(insert(fact_tables(1).status).values(**row, position=7, status="started"))
    desk.record(status("started"), disbursement("1.00"))
    balances, facts = desk.projector.status()
    assert (balances.position, balances.stalled_reason) == (8, None)
    assert facts.position == 6
    assert facts.stalled_reason is not None
    assert facts.stalled_reason.startswith("after position 6: IntegrityError")


def test_a_projection_whose_many_rows_cannot_be_stored_halts_alone(desk: Desk) -> None:
    desk.record(*FUNDED)
    table = balance_tables(1).lane
    nothing = dict.fromkeys(MEASURES, 0)
    with desk.database.views_writer.begin() as connection:
        row = {"ledger_id": LEDGER, "account": "line:L1", "lane": 0, "position": 7, "effective_day": 1}
        connection.execute(insert(table).values(**row, **nothing))
    desk.record(*(disbursement("0.01", voucher=f"V{number}", at=on("2023-03-01")) for number in range(30)))
    balances, facts = desk.projector.status()
    assert balances.position == 6
    assert balances.stalled_reason is not None
    assert (facts.position, facts.stalled_reason) == (36, None)


def test_views_left_behind_by_a_log_that_was_set_back_are_said_to_be_ahead(desk: Desk) -> None:
    lived(desk)
    desk.projector.catch_up(LEDGER)
    assert [each.is_ahead for each in desk.projector.status()] == [False, False]
    with desk.database.views_writer.begin() as connection:
        connection.execute(update(projection_position).values(position=13))
    assert [(each.is_ahead, each.lag) for each in desk.projector.status()] == [(True, 0), (True, 0)]


def test_views_of_a_log_that_was_another_are_made_anew(desk: Desk) -> None:
    lived(desk)
    desk.projector.catch_up(LEDGER)
    with desk.database.views_writer.begin() as connection:
        connection.execute(update(balance_tables(1).lane).values(disbursed=7))
        connection.execute(update(projection_position).values(leaf_hash=bytes(32)))
    assert not is_sound(desk)
    desk.projector.prepare()
    assert [each.position for each in desk.projector.status()] == [0, 0]
    assert desk.projector.catch_up(LEDGER) == 12
    assert is_sound(desk)


@pytest.mark.parametrize("position", [11, 13])
def test_views_that_do_not_end_where_they_say_are_made_anew(desk: Desk, position: int) -> None:
    lived(desk)
    desk.projector.catch_up(LEDGER)
    with desk.database.views_writer.begin() as connection:
        connection.execute(update(projection_position).values(position=position))
    desk.projector.prepare()
    assert desk.projector.catch_up(LEDGER) == 12
    assert is_sound(desk)


def test_views_from_before_each_version_had_its_own_are_made_anew(desk: Desk) -> None:
    lived(desk)
    desk.projector.catch_up(LEDGER)
    prefix = "views." if desk.database.views_writer.dialect.name == "postgresql" else ""
    with desk.database.views_writer.begin() as connection:
        connection.execute(text(f"ALTER TABLE {prefix}projection_pointer RENAME TO projection"))
    desk.projector.prepare()
    assert [each.position for each in desk.projector.status()] == [0, 0]
    assert desk.projector.catch_up(LEDGER) == 12
    assert is_sound(desk)


def test_views_of_the_log_that_is_there_are_kept(desk: Desk) -> None:
    lived(desk)
    desk.projector.catch_up(LEDGER)
    desk.projector.prepare()
    assert [each.position for each in desk.projector.status()] == [12, 12]


def test_status_counts_the_lag_in_events_also_of_what_was_not_begun(desk: Desk) -> None:
    desk.log.record(FUNDED[0])
    assert [(each.name, each.position, each.lag) for each in desk.projector.status()] == [
        ("balances", 0, 2),
        ("facts", 0, 2),
    ]


def test_views_of_older_code_are_read_until_the_new_ones_have_come_as_far(desk: Desk) -> None:
    lived(desk)
    desk.projector.catch_up(LEDGER)
    make_older(desk, "facts")
    renewed = projector_of(desk)
    renewed.prepare()
    assert pointers(desk, "facts") == {1: 1, 2: 2}
    assert not renewed.wait_until(LEDGER, 12, 0)
    with pytest.raises(ProjectionBehind):
        desk.project()
    assert renewed.catch_up(LEDGER) == 12
    assert [each.generation for each in renewed.status()] == [1, 2]
    assert is_sound(desk)
    assert desk.project().name == "二期"
    assert table_names(desk, "fact_g") == {"fact_g1", "fact_g2"}
    renewed.prepare()
    assert pointers(desk, "facts") == {2: 2}
    assert table_names(desk, "fact_g") == {"fact_g2"}


def test_a_rebuild_makes_the_views_of_new_code_beside_those_of_the_old(desk: Desk) -> None:
    lived(desk)
    desk.projector.catch_up(LEDGER)
    make_older(desk, "balances")
    renewed = projector_of(desk)
    renewed.prepare()
    [report] = renewed.rebuild("balances")
    assert (report.generation, report.different_rows) == (3, 0)
    assert pointers(desk, "balances") == {1: 1, 2: 3}
    assert desk.project().name == "二期"


def make_older(desk: Desk, name: str) -> None:
    """Makes the views those of a release before this one."""
    with desk.database.views_writer.begin() as connection:
        pointer = projection_pointer.c
        connection.execute(update(projection_pointer).where(pointer.name == name).values(version=1))


def pointers(desk: Desk, name: str) -> dict[int, int]:
    """The generation that each version of a projection's code reads."""
    with desk.database.views_reader.connect() as connection:
        rows = connection.execute(select(projection_pointer).where(projection_pointer.c.name == name))
        return {row.version: row.generation for row in rows}


def table_names(desk: Desk, beginning: str) -> set[str]:
    schema = None if desk.database.is_sqlite else "views"
    with desk.database.views_reader.connect() as connection:
        return {name for name in inspect(connection).get_table_names(schema=schema) if name.startswith(beginning)}


def test_preparing_again_changes_nothing(desk: Desk) -> None:
    lived(desk)
    desk.projector.catch_up(LEDGER)
    desk.projector.prepare()
    assert [(each.generation, each.position) for each in desk.projector.status()] == [(1, 12)] * len(PROJECTIONS)
