"""Projects: registration, amendments, and statuses that are dated facts."""

import pytest

from domain.errors import AlreadyExists, DateBeforeRegistration, StatusNotAllowed, UnknownProject, UnknownUnit
from domain.project import (
    END_STATUSES,
    Attribute,
    ProjectAmended,
    ProjectRegistered,
    ProjectStatus,
    ProjectStatusChanged,
    Recurrence,
)
from tests.support.builders import LATER, amendment, on, project, reversal, status, unit
from tests.support.scenario import given

REGISTERED = (unit(), project())
EVERY_STATUS = [each.value for each in ProjectStatus]
ENDS = [each.value for each in END_STATUSES]


def test_a_project_is_registered_with_its_defaults_filled_in() -> None:
    given(unit()).when(project()).then(
        ProjectRegistered(
            project_id="P1",
            name="村村通公路",
            programme=None,
            parent_project_id=None,
            category="road",
            recurrence=Recurrence.ONE_OFF,
            lead_unit_id="U1",
            implementing_unit_ids=(),
            start_year=2023,
            end_year=None,
            planned_amount=None,
            total_investment=None,
            location=None,
            represents=1,
        )
    )


def test_a_project_bears_the_tags_of_its_parent_and_of_each_unit_once() -> None:
    ledger = given(unit("U1"), unit("U2"), project("P1")).ledger
    ledger.run(project("P2", parent="P1", lead="U1", implementing=("U2", "U1", "U2")))
    assert ledger.events[-1].tags == {"project:P2": 1, "project:P1": 2, "unit:U1": 3, "unit:U2": 2}


def test_a_project_id_is_used_once_even_when_its_registration_was_reversed() -> None:
    given(*REGISTERED).when(project()).then_refused(AlreadyExists, at="/project_id")
    given(*REGISTERED, reversal(ProjectRegistered)).when(project(at=LATER)).then_refused(AlreadyExists)


def test_every_unit_a_project_names_must_be_registered() -> None:
    given().when(project()).then_refused(UnknownUnit, at="/lead_unit_id")
    given(unit()).when(project(implementing=("U1", "U2"))).then_refused(UnknownUnit, at="/implementing_unit_ids/1")


def test_a_parent_project_must_be_registered_and_is_not_the_project_itself() -> None:
    given(unit()).when(project("P2", parent="P1")).then_refused(UnknownProject, at="/parent_project_id")
    given(unit()).when(project("P1", parent="P1")).then_refused(UnknownProject, at="/parent_project_id")


@pytest.mark.parametrize("named", ["lead", "implementing", "parent"])
def test_a_project_is_not_dated_before_anything_it_names(named: str) -> None:
    things = (unit("U1"), unit("U2", at=on("2023-05-01")), project("P0", at=on("2023-04-01"), lead="U1"))
    command, registered_on = {
        "lead": (project(lead="U2"), "2023-05-01"),
        "implementing": (project(implementing=("U2",)), "2023-05-01"),
        "parent": (project(parent="P0"), "2023-04-01"),
    }[named]
    given(*things).when(command).then_refused(DateBeforeRegistration, registered_on=registered_on)


def test_the_latest_of_several_registrations_is_the_one_that_is_named() -> None:
    things = (unit("U1", at=on("2023-02-01")), unit("U2", at=on("2023-05-01")))
    given(*things).when(project(implementing=("U2",))).then_refused(DateBeforeRegistration, registered_on="2023-05-01")


def test_an_amendment_records_only_what_changes() -> None:
    changes: dict[str, Attribute] = {"name": "通村公路（二期）", "end_year": None, "planned_amount": 5_000_00}
    given(*REGISTERED).when(amendment(changes)).then(ProjectAmended(project_id="P1", changes=changes, reason="调整"))


def test_an_amendment_bears_the_tags_of_the_units_and_the_parent_it_newly_names() -> None:
    ledger = given(*REGISTERED, unit("U2"), unit("U3"), project("P0")).ledger
    changes: dict[str, Attribute] = {
        "lead_unit_id": "U2",
        "implementing_unit_ids": ("U3", "U2"),
        "parent_project_id": "P0",
    }
    ledger.run(amendment(changes))
    assert ledger.events[-1].tags == {"project:P1": 2, "project:P0": 2, "unit:U2": 2, "unit:U3": 2}


def test_clearing_a_parent_names_nothing() -> None:
    ledger = given(*REGISTERED, amendment({"parent_project_id": None, "implementing_unit_ids": ()})).ledger
    assert ledger.events[-1].tags == {"project:P1": 2}


def test_an_amendment_of_an_unknown_project_is_refused() -> None:
    given(unit()).when(amendment({"name": "通村公路"})).then_refused(UnknownProject, at="/project_id")


@pytest.mark.parametrize(
    ("attribute", "value", "pointer"),
    [
        ("lead_unit_id", "U9", "/changes/lead_unit_id"),
        ("implementing_unit_ids", ("U1", "U9"), "/changes/implementing_unit_ids/1"),
    ],
)
def test_an_amendment_names_only_registered_units(attribute: str, value: str | tuple[str, ...], pointer: str) -> None:
    given(*REGISTERED).when(amendment({attribute: value})).then_refused(UnknownUnit, at=pointer)


def test_an_amendment_names_only_a_registered_parent() -> None:
    before = given(*REGISTERED)
    before.when(amendment({"parent_project_id": "P9"})).then_refused(UnknownProject, at="/changes/parent_project_id")


def test_an_amendment_is_not_dated_before_the_project_or_what_it_newly_names() -> None:
    before = given(*REGISTERED, unit("U2", at=on("2023-05-01")))
    before.when(amendment({"name": "通村公路"}, at=on("2022-12-31"))).then_refused(
        DateBeforeRegistration, registered_on="2023-01-01"
    )
    before.when(amendment({"lead_unit_id": "U2"}, at=on("2023-04-30"))).then_refused(
        DateBeforeRegistration, registered_on="2023-05-01"
    )


def test_the_published_list_of_statuses_is_complete() -> None:
    published = (
        "proposed reviewed in_library initiated feasibility_approved approved funded procured started "
        "under_construction completed preliminarily_accepted finally_accepted settled asset_registered in_use upkeep "
        "suspended resumed not_carried_out cancelled out_of_use demolition_planned demolished"
    )
    assert " ".join(EVERY_STATUS) == published
    assert sorted(ENDS) == ["cancelled", "demolished"]


@pytest.mark.parametrize("name", EVERY_STATUS)
def test_any_status_may_be_the_first_and_follow_any_other(name: str) -> None:
    given(*REGISTERED).when(status(name)).then(ProjectStatusChanged(project_id="P1", status=ProjectStatus(name)))
    others = [status(other) for other in EVERY_STATUS if other not in ENDS]
    given(*REGISTERED, *others).when(status(name)).then_accepted()


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("name", EVERY_STATUS)
def test_no_status_follows_an_end_on_its_day_or_later(end: str, name: str) -> None:
    ended = given(*REGISTERED, status(end, at=on("2023-06-01")))
    for day in ("2023-06-01", "2024-06-30"):
        ended.when(status(name, at=on(day))).then_refused(StatusNotAllowed, at="/status", ended_on="2023-06-01")


@pytest.mark.parametrize("end", ENDS)
def test_what_happened_before_an_end_may_be_recorded_late(end: str) -> None:
    given(*REGISTERED, status(end, at=on("2023-06-01"))).when(status("started", at=on("2023-05-31"))).then_accepted()


def test_an_end_may_be_recorded_before_an_earlier_end_which_then_counts() -> None:
    ended_twice = (status("demolished", at=on("2023-06-01")), status("cancelled", at=on("2023-04-01")))
    given(*REGISTERED, *ended_twice).when(status("started", at=on("2023-05-01"))).then_refused(
        StatusNotAllowed, ended_on="2023-04-01"
    )


def test_a_reversed_end_refuses_nothing() -> None:
    ended = (status("demolished", at=on("2023-06-01")), status("cancelled", at=on("2023-04-01")))
    undone = reversal(ProjectStatusChanged, status=ProjectStatus.CANCELLED)
    before = given(*REGISTERED, *ended, undone)
    before.when(status("started", at=on("2023-06-01"))).then_refused(StatusNotAllowed, ended_on="2023-06-01")
    before.when(status("started", at=on("2023-05-01"))).then_accepted()


def test_an_end_of_one_project_is_not_the_end_of_its_parent_or_child() -> None:
    family = (*REGISTERED, project("P2", parent="P1"), project("P3", parent="P2"), status("cancelled", project_id="P2"))
    given(*family).when(status("started", project_id="P1")).then_accepted()
    given(*family).when(status("started", project_id="P3")).then_accepted()


def test_a_status_of_an_unknown_project_is_refused() -> None:
    given().when(status("started")).then_refused(UnknownProject, at="/project_id")


def test_a_status_is_not_dated_before_its_project() -> None:
    given(*REGISTERED).when(status("proposed", at=on("2022-12-31"))).then_refused(
        DateBeforeRegistration, registered_on="2023-01-01"
    )


def test_a_project_survives_the_reversal_of_another_that_names_the_same_unit() -> None:
    before = given(*REGISTERED, project("P2"), reversal(ProjectRegistered, project_id="P2"))
    before.when(status("started")).then_accepted()
    before.when(status("started", project_id="P2", at=LATER)).then_refused(UnknownProject)
