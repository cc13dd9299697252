"""What differs between two coordinates, and why."""

from tests.support.builders import FUNDED, disbursement, line, on, project, reversal_of, unit
from tests.support.views import LEDGER, Desk


def test_a_late_payment_shows_as_the_difference_between_two_times_of_knowing(desk: Desk) -> None:
    known = desk.record(*FUNDED).position
    paid = desk.record(disbursement("30.00", at=on("2023-04-01")))
    [item] = desk.views.diff(LEDGER, desk.at(position=known), desk.at())
    assert (item.project_id, item.events) == ("P1", (paid.position,))
    assert item.before
    assert item.after
    assert (item.before.amounts.disbursed, item.after.amounts.disbursed) == (0, 30_00)


def test_two_business_dates_differ_by_what_happened_between_them(desk: Desk) -> None:
    desk.record(*FUNDED, project("P2"), line("L2", project_id="P2"))
    first = desk.record(disbursement("1.00", at=on("2023-04-01")))
    second = desk.record(disbursement("2.00", voucher="V2", at=on("2023-05-01")))
    items = desk.views.diff(LEDGER, desk.at(on("2023-03-31")), desk.at(on("2023-05-01")))
    assert [(item.project_id, item.events) for item in items] == [("P1", (first.position, second.position))]


def test_a_project_that_exists_on_one_side_only_has_no_row_on_the_other(desk: Desk) -> None:
    registered = desk.record(unit(), project())
    [item] = desk.views.diff(LEDGER, desk.at(position=registered.position - 1), desk.at())
    assert (item.before, item.after and item.after.project_id) == (None, "P1")
    [mirrored] = desk.views.diff(LEDGER, desk.at(), desk.at(position=registered.position - 1))
    assert (mirrored.before and mirrored.before.project_id, mirrored.after) == ("P1", None)


def test_a_project_with_such_an_event_is_listed_even_when_its_row_is_the_same(desk: Desk) -> None:
    paid = desk.record(*FUNDED, disbursement("1.00"))
    before = desk.record(reversal_of(paid.id, at=on("2023-09-01"))).position
    again = desk.record(disbursement("5.00", voucher="V2"))
    undone = desk.record(reversal_of(again.id, at=on("2023-09-01")))
    [item] = desk.views.diff(LEDGER, desk.at(position=before), desk.at())
    assert item.before == item.after
    assert item.events == (again.position, undone.position)


def test_equal_coordinates_do_not_differ(desk: Desk) -> None:
    desk.record(*FUNDED)
    assert desk.views.diff(LEDGER, desk.at(), desk.at()) == []
