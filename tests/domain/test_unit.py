"""Units: registered once, under a parent that exists."""

from domain.errors import AlreadyExists, DateBeforeRegistration, UnknownUnit
from domain.unit import UnitKind, UnitRegistered
from tests.support.builders import LATER, on, project, reversal, unit
from tests.support.scenario import given


def test_a_unit_is_registered_as_it_was_stated() -> None:
    given().when(unit("U1")).then(
        UnitRegistered(unit_id="U1", name="青石县财政局", kind=UnitKind.FINANCE, parent_unit_id=None)
    )


def test_a_unit_bears_its_own_tag_and_that_of_its_parent() -> None:
    ledger = given(unit("U1")).when(unit("U2", parent="U1")).then_accepted()
    assert ledger.events[-1].tags == {"unit:U2": 1, "unit:U1": 2}


def test_a_unit_id_is_used_once() -> None:
    given(unit("U1")).when(unit("U1")).then_refused(AlreadyExists, at="/unit_id")


def test_the_id_of_a_reversed_unit_stays_used() -> None:
    given(unit("U1"), reversal(UnitRegistered)).when(unit("U1", at=LATER)).then_refused(AlreadyExists)


def test_a_parent_must_be_registered() -> None:
    given().when(unit("U2", parent="U1")).then_refused(UnknownUnit, at="/parent_unit_id")


def test_a_parent_whose_registration_was_reversed_is_unknown() -> None:
    given(unit("U1"), reversal(UnitRegistered)).when(unit("U2", parent="U1", at=LATER)).then_refused(UnknownUnit)


def test_a_unit_is_not_its_own_parent() -> None:
    given().when(unit("U1", parent="U1")).then_refused(UnknownUnit, at="/parent_unit_id")


def test_a_unit_is_not_registered_before_its_parent() -> None:
    given(unit("U1", at=on("2023-02-01"))).when(unit("U2", parent="U1", at=on("2023-01-31"))).then_refused(
        DateBeforeRegistration, registered_on="2023-02-01"
    )


def test_a_unit_may_be_registered_on_the_day_of_its_parent() -> None:
    day = on("2023-02-01")
    given(unit("U1", at=day)).when(unit("U2", parent="U1", at=day)).then_accepted()


def test_ids_tell_upper_from_lower_case() -> None:
    given(unit("U1")).when(unit("u1")).then_accepted()


def test_a_unit_and_a_project_may_bear_the_same_id() -> None:
    given(unit("X1")).when(project("X1", lead="X1")).then_accepted()
