"""At any business date and position the views answer what a replay of the log gives, however they were filled."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.money import percent
from domain.ports import Coordinates
from projections.audit import audit_views
from projections.balances import as_of, as_of_some
from projections.listing import ListQuery
from projections.measures import NOTHING
from projections.projector import Projector
from projections.rows import AmountBlock, Flag
from projections.views import Views
from tests.support.effort import effort, quick_on_sqlite_only
from tests.support.histories import FIRST_DAY, History
from tests.support.memory_feed import MemoryLog
from tests.support.replay import Replay, Sums
from tests.support.views import Desk, opened_desk

EVERYTHING = ListQuery(limit=1000)
NUMBERS = count(1)

pytestmark = quick_on_sqlite_only

histories = settings(
    max_examples=effort(quick=4, full=100),
    deadline=None,
    # Each example has a ledger of its own in the one database.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with opened_desk(database_url) as opened:
        yield opened


def coordinates(log: MemoryLog) -> st.SearchStrategy[Coordinates]:
    """From before the first day to after the last, from before the first event to the last; often of one day."""
    days = st.integers(-1, 45).map(lambda days: FIRST_DAY + timedelta(days=days))
    dates = days | st.just(date(9999, 12, 31)) | st.just(FIRST_DAY + timedelta(days=20))
    return st.builds(Coordinates, as_of=dates, position=st.integers(0, log.head))


def lived(desk: Desk, chance: random.Random, step_count: int) -> MemoryLog:
    """A new ledger with a random history."""
    log = desk.feed.open(f"ledger-{next(NUMBERS)}")
    History(chance, log).live(step_count)
    return log


def fill(desk: Desk, log: MemoryLog, page_sizes: list[int]) -> None:
    """Brings the views up page by page, by two projectors that both keep what they can, the desk's own to the end."""
    engines = desk.database
    projectors = [Projector(writer=engines.views_writer, reader=engines.views_reader, feed=desk.feed) for _ in range(2)]
    for turn, page_events in enumerate(page_sizes):
        # Two pages each: one that goes on from its own last one, and one after pages of the other.
        projector = projectors[turn // 2 % 2]
        projector._page_events = page_events
        projector._step(log.info)
    desk.projector.catch_up(log.info.ledger_id)


@histories
@given(data=st.data(), chance=st.randoms(use_true_random=False), page_sizes=st.lists(st.integers(1, 30), max_size=8))
def test_views_equal_a_replay_at_any_coordinates(
    desk: Desk, data: st.DataObject, chance: random.Random, page_sizes: list[int]
) -> None:
    log = lived(desk, chance, data.draw(st.integers(0, 120), "commands"))
    fill(desk, log, page_sizes)
    for at in data.draw(st.lists(coordinates(log), min_size=1, max_size=8), "coordinates"):
        replay = Replay(log.events, at)
        ledger_id = log.info.ledger_id
        check_lines(desk, ledger_id, at, replay)
        check_appropriations(desk, ledger_id, at, replay)
        check_evaluations(desk, ledger_id, at, replay)
        check_projects(desk, ledger_id, at, replay)
        check_flags(desk, ledger_id, at, replay)
        check_accounts(desk, ledger_id, at, replay)
        check_against_views_that_keep_nothing(desk, ledger_id, at)
    assert list(audit_views(desk.database.views_reader, desk.feed, log.info.ledger_id)) == []


@settings(histories, max_examples=5)
@given(chance=st.randoms(use_true_random=False), page_sizes=st.lists(st.integers(1, 30), max_size=8))
def test_a_rebuild_makes_the_same_rows(desk: Desk, chance: random.Random, page_sizes: list[int]) -> None:
    fill(desk, lived(desk, chance, 100), page_sizes)
    assert [report.different_rows for report in desk.projector.rebuild()] == [0, 0]


def check_against_views_that_keep_nothing(desk: Desk, ledger_id: str, at: Coordinates) -> None:
    fresh = Views(desk.database.views_reader, desk.feed)
    assert desk.views.snapshot(ledger_id, at) == fresh.snapshot(ledger_id, at)


def check_lines(desk: Desk, ledger_id: str, at: Coordinates, replay: Replay) -> None:
    listed = {row.line_id: row for row in desk.views.lines(ledger_id, at, EVERYTHING).items}
    assert list(listed) == sorted(replay.lines())
    for line_id in ("L1", "L2", "L3"):
        row = desk.views.line(ledger_id, at, line_id)
        assert row == listed.get(line_id)
        if row is not None:
            assert figures(row.amounts) == expected(replay.sums(f"line:{line_id}"))
            assert list(row.flags) == replay.line_flags(line_id)
            assert row.project_id == replay.lines()[line_id].project_id


def check_appropriations(desk: Desk, ledger_id: str, at: Coordinates, replay: Replay) -> None:
    for row in desk.views.appropriations(ledger_id, at, EVERYTHING).items:
        sums = replay.sums(f"appropriation:{row.appropriation_id}")
        allocated = sums.adjusted - sums.returned_to_source
        assert (row.received, row.allocated, row.unallocated) == (sums.received, allocated, sums.received - allocated)
        assert (row.disbursed, row.recovered) == (sums.disbursed, sums.recovered)
        assert desk.views.appropriation(ledger_id, at, row.appropriation_id) == row


def check_evaluations(desk: Desk, ledger_id: str, at: Coordinates, replay: Replay) -> None:
    rows = desk.views.evaluations(ledger_id, at, EVERYTHING).items
    opened = replay.evaluations()
    assert [row.evaluation_id for row in rows] == sorted(opened)
    for row in rows:
        assert (row.total, row.grade, row.finalised) == replay.result(opened[row.evaluation_id][0])


def check_projects(desk: Desk, ledger_id: str, at: Coordinates, replay: Replay) -> None:
    rows = desk.views.projects(ledger_id, at, EVERYTHING).items
    attributes = replay.projects()
    assert [row.project_id for row in rows] == sorted(attributes)
    for row in rows:
        shown = {name: getattr(row, name) for name in attributes[row.project_id]}
        assert shown == attributes[row.project_id]
        assert figures(row.amounts) == expected(replay.sums(f"project:{row.project_id}"))
        assert (row.status, row.status_date) == replay.status(row.project_id)
        assert (row.score, row.grade) == replay.score(row.project_id)
        assert list(row.flags) == replay.project_flags(row.project_id)
        detail = desk.views.project(ledger_id, at, row.project_id)
        assert detail is not None
        assert all(getattr(detail, name) == getattr(row, name) for name in row.__dataclass_fields__)
        assert [each.status for each in detail.milestones] == [name for name, _ in replay.statuses(row.project_id)]


def check_flags(desk: Desk, ledger_id: str, at: Coordinates, replay: Replay) -> None:
    for flag in Flag:
        having = ListQuery(filters={"flag": flag}, limit=1000)
        lines = [line for line in sorted(replay.lines()) if flag.value in replay.line_flags(line)]
        projects = [project for project in sorted(replay.projects()) if flag.value in replay.project_flags(project)]
        found_lines = desk.views.lines(ledger_id, at, having)
        found_projects = desk.views.projects(ledger_id, at, having)
        assert [row.line_id for row in found_lines.items] == lines
        assert [row.project_id for row in found_projects.items] == projects
        assert found_lines.totals.disbursed == sum(replay.sums(f"line:{each}").disbursed for each in lines)
        assert found_projects.totals.disbursed == sum(replay.sums(f"project:{each}").disbursed for each in projects)


def check_accounts(desk: Desk, ledger_id: str, at: Coordinates, replay: Replay) -> None:
    accounts = [f"line:L{number}" for number in range(1, 4)]
    with desk.views._open(ledger_id, at) as scope:
        found = as_of_some(scope, accounts)
        for account in accounts:
            flow, sums = as_of(scope, account).flow, replay.sums(account)
            assert (flow.adjusted, flow.disbursed, flow.available) == (sums.adjusted, sums.disbursed, sums.available)
            assert found.get(account, NOTHING).flow == flow


def figures(amounts: AmountBlock) -> tuple[object, ...]:
    assert amounts.carried_out == 0
    return (
        amounts.initial_budget,
        amounts.adjusted_budget,
        amounts.disbursed,
        amounts.transferred,
        amounts.recovered,
        amounts.available,
        amounts.execution_rate,
        amounts.execution_rate_initial,
    )


def expected(sums: Sums) -> tuple[object, ...]:
    return (*sums.figures(), percent(sums.disbursed, sums.adjusted), percent(sums.disbursed, sums.initial))
