"""Grants and principals: what a role may do, where, and for whose lines."""

import pytest

from domain.access import LOCAL, LOCAL_ACTOR, RIGHTS, Grant, Principal, Right, Role, SenselessGrantError
from domain.command import UNLIMITED, Authority

U1 = frozenset({"U1"})
QINGSHI = frozenset({"qingshi"})


def holding(*grants: Grant) -> Principal:
    return Principal(subject="key:a", issuer=None, grants=grants)


def test_an_administrator_sees_no_funds_and_nobody_who_records_them_manages_keys() -> None:
    assert RIGHTS[Role.ADMIN] == {Right.MANAGE_KEYS}
    assert all(Right.MANAGE_KEYS not in rights for role, rights in RIGHTS.items() if role is not Role.ADMIN)


def test_a_grant_for_some_ledgers_gives_nothing_in_others() -> None:
    viewer = holding(Grant(role=Role.VIEWER, ledgers=QINGSHI))
    assert viewer.may(Right.READ, "qingshi")
    assert not viewer.may(Right.READ, "liulin")
    assert not viewer.may(Right.READ)
    assert viewer.may_somewhere(Right.READ)


def test_of_a_grant_for_some_units_reading_and_recording_of_lines_is_left() -> None:
    clerk = holding(Grant(role=Role.CLERK, ledgers=QINGSHI, units=U1))
    assert {right for right in Right if clerk.may(right, "qingshi")} == {Right.READ_LINES, Right.RECORD}
    assert clerk.units(Right.RECORD, "qingshi") == U1
    assert clerk.units(Right.READ, "qingshi") == frozenset()
    assert clerk.authority("qingshi") == Authority(units=U1, may_approve=False)


def test_several_grants_give_what_any_of_them_does() -> None:
    both = holding(Grant(role=Role.VIEWER), Grant(role=Role.CLERK, ledgers=QINGSHI, units=U1))
    assert both.units(Right.READ_LINES, "qingshi") is None
    assert both.units(Right.RECORD, "qingshi") == U1
    assert both.units(Right.RECORD, "liulin") == frozenset()
    assert both.actor(Right.RECORD, "qingshi").role == "clerk"
    assert both.actor(Right.READ, "qingshi").role == "viewer"


def test_who_may_approve_in_a_ledger_is_recorded_there_as_who_approves_and_elsewhere_not() -> None:
    clerk, approver = Grant(role=Role.CLERK), Grant(role=Role.APPROVER, ledgers=QINGSHI)
    of_a_unit = Grant(role=Role.CLERK, ledgers=QINGSHI, units=U1)
    for both in (holding(clerk, approver), holding(approver, clerk), holding(of_a_unit, approver)):
        assert both.actor(Right.RECORD, "qingshi").role == "approver"
        assert both.authority("qingshi") == UNLIMITED
    assert holding(clerk, approver).actor(Right.RECORD, "liulin").role == "clerk"


def test_everyone_on_a_machine_without_authentication_is_one_actor() -> None:
    assert LOCAL.actor(Right.RECORD, "qingshi") == LOCAL_ACTOR
    assert (LOCAL.subject, LOCAL.issuer) == (LOCAL_ACTOR.subject, LOCAL_ACTOR.issuer)


def test_an_approver_is_limited_by_nothing() -> None:
    assert holding(Grant(role=Role.APPROVER)).authority("qingshi") == UNLIMITED


def test_nobody_is_recorded_in_a_role_that_gives_no_right() -> None:
    with pytest.raises(LookupError):
        holding(Grant(role=Role.VIEWER)).actor(Right.RECORD, "qingshi")


@pytest.mark.parametrize(
    ("role", "ledgers", "units"),
    [
        (Role.ADMIN, QINGSHI, None),
        (Role.VIEWER, frozenset[str](), None),
        (Role.APPROVER, QINGSHI, U1),
        (Role.AUDITOR, QINGSHI, U1),
        (Role.CLERK, None, U1),
        (Role.CLERK, frozenset({"qingshi", "liulin"}), U1),
        (Role.CLERK, QINGSHI, frozenset[str]()),
    ],
)
def test_a_grant_that_can_mean_nothing_is_none(
    role: Role, ledgers: frozenset[str] | None, units: frozenset[str] | None
) -> None:
    with pytest.raises(SenselessGrantError):
        Grant(role=role, ledgers=ledgers, units=units)
