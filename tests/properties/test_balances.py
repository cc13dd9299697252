"""The sums of accounts at any date and position are what plain addition gives, on every engine and in any pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from adapters.database import Database, open_database
from domain.ports import Coordinates
from projections import tracking
from projections.balances import as_of, as_of_some, place
from projections.lanes import Lanes
from projections.loading import insert_rows
from projections.measures import MEASURES, NOTHING, Change, Measures
from projections.projection import Start
from projections.scope import Place, Scope
from projections.tables import balance_tables
from tests.support.effort import effort, quick_on_sqlite_only
from tests.support.scanned import CHANGES, keep, scanned

FIRST_DAY = date(2024, 1, 1).toordinal()
ACCOUNTS = ("line:L1", "line:L2", "project:P1")
WHOLE, AGAIN = 1, 2
"""Generations: one is filled in pages, the other in one go."""
NUMBERS = count(1)

amounts = st.integers(-(10**6), 10**6)
wide_amounts = amounts | st.sampled_from([2**53 - 1, 2**60, -(2**60), 2**62])
page_sizes = st.lists(st.integers(1, 9), min_size=1, max_size=5)

Arrived = list[tuple[str, int, Measures]]
"""Account, day and what is added, in the order of recording."""


def arrivals(amounts: st.SearchStrategy[int]) -> st.SearchStrategy[Arrived]:
    measures = st.tuples(*(amounts for _ in MEASURES)).map(Measures._make)
    return st.lists(st.tuples(st.sampled_from(ACCOUNTS), st.integers(0, 12), measures), max_size=60)


properties = settings(
    max_examples=effort(quick=12, full=200),
    deadline=None,
    # Each example has a ledger of its own in the one database.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = open_database(database_url)
    with opened.views_writer.begin() as connection:
        tracking.prepare(connection)
        for generation in (WHOLE, AGAIN):
            for table in balance_tables(generation):
                table.create(connection, checkfirst=True)
    yield opened
    opened.dispose()


@contextmanager
def scope_of(database: Database, ledger_id: str, day: int, position: int) -> Iterator[Scope]:
    at = Coordinates(as_of=date.fromordinal(day), position=position)
    with database.views_reader.connect() as connection:
        yield Scope(connection=connection, place=Place(ledger_id, at, WHOLE, 1))


def fill(connection: Connection, start: Start, lanes: Lanes, changes: list[Change]) -> None:
    made = place(connection, start, lanes, changes)
    for table, rows in zip(balance_tables(start.generation), made, strict=True):
        insert_rows(connection, table, rows)


def added(changes: list[Change], account: str, day: int, position: int) -> Measures:
    total = NOTHING
    for change in changes:
        if change.account == account and change.effective_day <= day and change.position <= position:
            total = total.plus(change.measures)
    return total


def changes_of(arrived: Arrived) -> list[Change]:
    return [
        Change(account, FIRST_DAY + day, position, moved)
        for position, (account, day, moved) in enumerate(arrived, start=1)
    ]


def fill_in_pages(
    database: Database, ledger_id: str, changes: list[Change], sizes: list[int], *, restarts: bool
) -> None:
    """Fills the first generation in pages; after a restart nothing is kept from the page before."""
    lanes: Lanes = {}
    done = turn = 0
    while done < len(changes):
        page = changes[done : done + sizes[turn % len(sizes)]]
        with database.views_writer.begin() as connection:
            fill(connection, Start(ledger_id, "UTC", WHOLE, done), {} if restarts else lanes, page)
        done, turn = done + len(page), turn + 1


@quick_on_sqlite_only
@properties
@given(arrived=arrivals(wide_amounts), sizes=page_sizes, restarts=st.booleans())
def test_balances_are_plain_addition_and_the_same_rows_whatever_the_pages(
    database: Database, *, arrived: Arrived, sizes: list[int], restarts: bool
) -> None:
    ledger_id, changes = f"ledger-{next(NUMBERS)}", changes_of(arrived)
    fill_in_pages(database, ledger_id, changes, sizes, restarts=restarts)
    with database.views_writer.begin() as connection:
        fill(connection, Start(ledger_id, "UTC", AGAIN, 0), {}, changes)
        assert rows_of(connection, ledger_id, WHOLE) == rows_of(connection, ledger_id, AGAIN)
    for day in range(FIRST_DAY - 1, FIRST_DAY + 13, 3):
        for position in range(0, len(changes) + 1, 7):
            with scope_of(database, ledger_id, day, position) as scope:
                found = as_of_some(scope, ACCOUNTS)
                for account in ACCOUNTS:
                    assert found.get(account, NOTHING) == added(changes, account, day, position)
                assert as_of(scope, ACCOUNTS[0]) == found.get(ACCOUNTS[0], NOTHING)


@quick_on_sqlite_only
@properties
@given(data=st.data(), arrived=arrivals(amounts), sizes=page_sizes)
def test_balances_are_those_of_a_scan(
    database: Database, data: st.DataObject, arrived: Arrived, sizes: list[int]
) -> None:
    ledger_id, changes = f"ledger-{next(NUMBERS)}", changes_of(arrived)
    fill_in_pages(database, ledger_id, changes, sizes, restarts=False)
    with database.views_writer.begin() as connection:
        CHANGES.create(connection, checkfirst=True)
        keep(connection, ledger_id, changes)
    days, positions = st.integers(FIRST_DAY - 1, FIRST_DAY + 13), st.integers(0, len(changes))
    for day, position in data.draw(st.lists(st.tuples(days, positions), min_size=1, max_size=8), "coordinates"):
        with scope_of(database, ledger_id, day, position) as scope:
            for account in ACCOUNTS:
                assert as_of(scope, account) == scanned(scope.connection, ledger_id, account, day, position)


def rows_of(connection: Connection, ledger_id: str, generation: int) -> list[list[tuple[object, ...]]]:
    return [
        sorted(tuple(row) for row in connection.execute(select(table).where(table.c.ledger_id == ledger_id)))
        for table in balance_tables(generation)
    ]
