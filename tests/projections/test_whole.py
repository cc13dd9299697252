"""Kept rows: what is kept, what is made anew from it, and that nothing is answered too early."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from domain.errors import ProjectionBehind
from domain.ports import Coordinates
from projections.listing import ListQuery
from projections.scope import Place
from projections.views import Views
from projections.whole import KeptWholes
from tests.support.builders import FUNDED, disbursement, line, on, project, reversal_of, status
from tests.support.memory_feed import MemoryFeed
from tests.support.views import LEDGER, TODAY, Desk


def place(position: int, ledger_id: str = LEDGER, generation: int = 1, as_of: str = "2024-01-10") -> Place:
    return Place(ledger_id, Coordinates(as_of=on(as_of), position=position), generation, 1)


def test_a_read_after_a_write_makes_only_the_changed_rows_anew(desk: Desk) -> None:
    desk.record(*FUNDED, project("P2"), line("L2", project_id="P2"))
    before = desk.projects()
    desk.record(disbursement("1.00"))
    after = desk.projects()
    assert after["P1"].amounts.disbursed == 1_00
    assert after["P2"] is before["P2"]
    assert desk.projects(desk.at(TODAY, desk.log.head - 1)) == before


def test_rows_that_come_and_go_between_two_reads_are_seen(desk: Desk) -> None:
    desk.record(*FUNDED)
    assert list(desk.projects()) == ["P1"]
    added = desk.record(project("P0"))
    assert list(desk.projects()) == ["P0", "P1"]
    desk.record(reversal_of(added.id))
    assert list(desk.projects()) == ["P1"]
    assert list(desk.projects(desk.at(position=added.position))) == ["P0", "P1"]


def test_other_pages_and_orders_need_no_new_rows(desk: Desk) -> None:
    desk.record(*FUNDED, project("P2"))
    [first] = desk.views.projects(LEDGER, desk.at(), ListQuery(limit=1)).items
    [last] = desk.views.projects(LEDGER, desk.at(), ListQuery(limit=1, sort="-project_id", after_id="P2")).items
    assert first is last


def test_who_asks_for_the_same_rows_at_once_is_given_those_made_once(desk: Desk) -> None:
    desk.record(*FUNDED, *(project(f"P{number}") for number in range(2, 40)))
    askers = 6
    start = Barrier(askers)

    def ask(number: int) -> list[object]:
        start.wait(timeout=30)
        read = desk.views.projects if number % 2 else desk.views.lines
        return list(read(LEDGER, desk.at(), ListQuery(limit=100)).items)

    with ThreadPoolExecutor(askers) as pool:
        found = list(pool.map(ask, range(askers)))
    for first, others in ((found[0], found[2::2]), (found[1], found[3::2])):
        assert first
        assert all(one is same for other in others for one, same in zip(first, other, strict=True))


def test_rows_of_a_generation_that_was_replaced_are_not_used(desk: Desk) -> None:
    desk.record(*FUNDED)
    before = desk.projects()["P1"]
    desk.projector.rebuild("facts")
    assert desk.projects()["P1"] is not before


def test_only_a_whole_nearby_is_built_upon() -> None:
    kept = KeptWholes(MemoryFeed())
    whole = kept.at(place(1000))
    assert kept.at(place(1000)) is whole
    assert whole.distance_to(place(700)) == 300
    assert whole.distance_to(place(1001)) == 1
    for other in (place(1000, ledger_id="other"), place(1000, generation=2), place(1000, as_of="2024-01-09")):
        assert whole.distance_to(other) is None


def test_no_more_is_kept_than_was_allowed(desk: Desk) -> None:
    desk.record(*FUNDED)
    kept = KeptWholes(desk.feed, max_rows=3)
    for position in (4, 5, 6):
        at = desk.at(position=position)
        with desk.views._open(LEDGER, at) as scope:
            whole = kept.at(scope.place)
            assert len(whole.projects(scope)) + len(whole.units(scope)) == 2
    assert [each.at.position for each in kept._wholes] == [5, 6]
    for position in range(100):
        kept.at(place(position, ledger_id="empty"))
    assert len(kept._wholes) <= 64


def test_nothing_is_answered_from_views_that_are_behind(desk: Desk) -> None:
    desk.record(*FUNDED)
    desk.log.record(status("started"))
    with pytest.raises(ProjectionBehind):
        desk.projects()
    with pytest.raises(ProjectionBehind):
        desk.views.diff(LEDGER, desk.at(), desk.at(position=1))
    with pytest.raises(ProjectionBehind):
        Views(desk.database.views_reader, desk.feed).projects("no-such-ledger", desk.at(position=1), ListQuery())
    assert list(desk.projects(desk.at(position=desk.log.head - 1))) == ["P1"]
