"""Boundary keys, and what is common to the things registered under them."""

import pytest

from domain.boundary import Kind, event_key, key_of, kind_of, known, refuse_before_registration, refuse_existing
from domain.errors import AlreadyExists, DateBeforeRegistration, UnknownUnit
from domain.unit import UnitState
from tests.support.builders import on


@pytest.mark.parametrize("kind", list(Kind))
def test_a_key_says_its_kind(kind: Kind) -> None:
    assert kind_of(key_of(kind, "X-1")) is kind


def test_only_the_first_colon_ends_the_kind() -> None:
    assert kind_of("programme:衔接资金:其他") is Kind.PROGRAMME
    assert kind_of(event_key("00000000-0000-8000-8000-000000000000")) is Kind.EVENT


def test_what_was_never_registered_is_unknown() -> None:
    with pytest.raises(UnknownUnit) as refused:
        known({}, "unit:U1", UnitState, UnknownUnit, "/unit_id")
    assert refused.value.pointer == "/unit_id"


def test_what_was_registered_and_reversed_is_unknown_and_its_id_stays_used() -> None:
    states = {"unit:U1": UnitState(registered_on=None)}
    with pytest.raises(UnknownUnit):
        known(states, "unit:U1", UnitState, UnknownUnit, "/unit_id")
    with pytest.raises(AlreadyExists):
        refuse_existing(states, "unit:U1", "/unit_id")


def test_what_is_registered_is_known() -> None:
    state = UnitState(registered_on=on("2023-01-01"), live_count=1)
    assert known({"unit:U1": state}, "unit:U1", UnitState, UnknownUnit, "/unit_id") == state


def test_a_date_is_measured_against_the_latest_registration() -> None:
    early, late = (UnitState(registered_on=on(day)) for day in ("2023-01-01", "2023-05-01"))
    refuse_before_registration(on("2023-05-01"), early, late)
    with pytest.raises(DateBeforeRegistration) as refused:
        refuse_before_registration(on("2023-04-30"), early, late)
    assert refused.value.figures == {"registered_on": "2023-05-01"}


def test_a_fact_that_names_nothing_may_have_any_date() -> None:
    refuse_before_registration(on("1980-01-01"))
