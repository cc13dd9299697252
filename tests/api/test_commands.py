"""Reading a command: what is accepted, and what is named when it is not."""

from dataclasses import fields
from datetime import date
from typing import Any

import pytest

from api.schemas.commands import reader_of, to_command
from api.schemas.opening import time_zones, to_opening
from api.schemas.problem import FieldProblem
from domain.command import Basis, Command, Source
from domain.dates import DatePrecision
from domain.evaluation import EvaluationOpened
from domain.flow import FundsAllocated, FundsDisbursed, Overrun
from domain.identifiers import command_id, event_id
from domain.ledger import OpenLedger
from domain.project import ProjectAmended
from domain.registry import COMMANDS, CommandType
from domain.reversal import ReverseEvent
from domain.unit import UnitKind, UnitRegistered
from tests.support.caller import ALLOCATION, DISBURSEMENT, EVALUATION, LATER, PROJECT, SPRING, UNIT

ENVELOPE = {"effective_date", "date_precision", "basis", "source", "correlation_id"}


def read(name: str, mapping: dict[str, Any], *, wan: bool = False) -> Command:
    command = to_command(name, mapping, "L", "local", wan=wan)
    assert isinstance(command, Command), command
    return command


def refused(name: str, mapping: dict[str, Any]) -> list[tuple[str, str]]:
    problems = to_command(name, mapping, "L", "local")
    assert isinstance(problems, list)
    return [(problem.pointer, problem.code) for problem in problems]


@pytest.mark.parametrize("command_type", COMMANDS, ids=[each.name for each in COMMANDS])
def test_a_command_takes_the_fields_of_its_body_the_common_ones_and_no_others(command_type: CommandType) -> None:
    body = {field.name for field in fields(command_type.body)}
    by_key = {"event_key"} if "event_id" in body else set()
    assert set(reader_of(command_type.name).model.model_fields) == body | by_key | ENVELOPE | set(command_type.private)


def test_amounts_are_read_into_fen() -> None:
    body = read("allocate-funds", ALLOCATION | {"amount": "1234.5"}).body
    assert isinstance(body, FundsAllocated)
    assert body.amount == 123_450


def test_amounts_in_wan_are_read_into_fen() -> None:
    body = read("allocate-funds", ALLOCATION | {"amount": "0.000001"}, wan=True).body
    assert isinstance(body, FundsAllocated)
    assert body.amount == 1


def test_an_initial_allocation_may_be_zero_and_an_additional_one_not() -> None:
    body = read("allocate-funds", ALLOCATION | {"amount": "0.00"}).body
    assert isinstance(body, FundsAllocated)
    assert body.amount == 0
    assert refused("allocate-funds", ALLOCATION | {"amount": "0.00", "stage": "additional"}) == [("/amount", "zero")]


def test_what_is_left_out_has_its_default() -> None:
    assert read("register-unit", UNIT) == Command(
        body=UnitRegistered(unit_id="U1", name="青石县财政局", kind=UnitKind.FINANCE, parent_unit_id=None),
        effective_date=date(2023, 1, 1),
        date_precision=DatePrecision.DAY,
        basis=Basis.RECORDED,
    )


def test_common_fields_are_read_into_the_envelope() -> None:
    source = {"ref": "2023 年决算", "sha256": "0" * 64, "row": 7}
    command = read(
        "register-unit",
        UNIT | {"date_precision": "month", "basis": "reported", "source": source, "correlation_id": "导入-1"},
    )
    assert (command.date_precision, command.basis) == (DatePrecision.MONTH, Basis.REPORTED)
    assert (command.source, command.correlation_id) == (Source(ref="2023 年决算", sha256="0" * 64, row=7), "导入-1")


def test_a_private_field_is_kept_apart_from_the_fact() -> None:
    command = read("record-disbursement", DISBURSEMENT | {"payee": "王某某"})
    assert command.private == {"payee": "王某某"}
    assert "王某某" not in repr(command.body)
    assert read("record-disbursement", DISBURSEMENT | {"payee": None}).private == {}


def test_objects_inside_are_read_into_their_own_types() -> None:
    body = read("record-disbursement", DISBURSEMENT | {"overrun": {"authority": "县政府", "reason": "抢险"}}).body
    assert isinstance(body, FundsDisbursed)
    assert body.overrun == Overrun(authority="县政府", reason="抢险")
    opened = read("open-evaluation", EVALUATION).body
    assert isinstance(opened, EvaluationOpened)
    assert [(each.code, each.max_points) for each in opened.indicators] == [("a", 60_00), ("b", 40_00)]


def test_changes_hold_just_what_was_given_in_the_types_of_the_registration() -> None:
    changes = {"planned_amount": "5", "end_year": None, "implementing_unit_ids": ["U1"], "recurrence": "recurrent"}
    amendment = {"effective_date": SPRING, "project_id": "P1", "changes": changes, "reason": "调整"}
    body = read("amend-project", amendment).body
    assert isinstance(body, ProjectAmended)
    assert body.changes == {
        "planned_amount": 500,
        "end_year": None,
        "implementing_unit_ids": ("U1",),
        "recurrence": "recurrent",
    }
    assert type(body.changes["recurrence"]) is str


@pytest.mark.parametrize("attribute", ["name", "category", "recurrence", "represents", "implementing_unit_ids"])
def test_an_attribute_that_must_be_there_cannot_be_cleared(attribute: str) -> None:
    amendment = {"effective_date": SPRING, "project_id": "P1", "changes": {attribute: None}, "reason": "调整"}
    assert [pointer for pointer, _ in refused("amend-project", amendment)] == [f"/changes/{attribute}"]


def test_an_event_is_named_by_its_id_or_by_the_key_of_its_command() -> None:
    named = event_id(command_id("L", "local", "paid/3"), 0)
    by_key = read("reverse-event", {"effective_date": LATER, "event_key": "paid/3", "reason": "误录"})
    by_id = read("reverse-event", {"effective_date": LATER, "event_id": named, "event_key": None, "reason": "误录"})
    assert by_key == by_id
    assert isinstance(by_key.body, ReverseEvent)
    assert by_key.body.event_id == named


def test_every_wrong_field_is_named() -> None:
    wrong = DISBURSEMENT | {"amount": 1, "voucher_no": "", "purpose": "x" * 1_001, "source": {"row": 0}, "colour": 1}
    assert refused("record-disbursement", wrong) == [
        ("/amount", "text-expected"),
        ("/voucher_no", "length"),
        ("/purpose", "length"),
        ("/source/ref", "missing"),
        ("/source/row", "range"),
        ("/colour", "unknown-field"),
    ]


@pytest.mark.parametrize("name", ["<script>", "Colour", "a" * 41, "金额", "\ud800", "a b", ""])
def test_an_unknown_field_is_named_only_when_it_looks_like_one(name: str) -> None:
    assert refused("register-unit", UNIT | {name: 1}) == [("", "unknown-field")]


def test_limits_say_what_would_be_right() -> None:
    problems = to_command("register-project", PROJECT | {"start_year": 1900, "recurrence": "x"}, "L", "local")
    assert problems == [
        FieldProblem(pointer="/recurrence", code="choice", limits={"choices": "one_off, recurrent"}),
        FieldProblem(pointer="/start_year", code="range", limits={"minimum": 1949}),
    ]


def test_a_ledger_is_opened_in_yuan_and_in_china_unless_it_says_otherwise() -> None:
    opening = to_opening({"ledger_id": "qingshi", "name": "青石县"})
    assert opening == OpenLedger(ledger_id="qingshi", name="青石县", currency="CNY", time_zone="Asia/Shanghai")


@pytest.mark.parametrize(
    "zone", ["Mars/Olympus", "../etc/passwd", "asia/shanghai", "/etc/localtime", "", 8, "localtime", "Factory"]
)
def test_a_time_zone_must_exist(zone: object) -> None:
    problems = to_opening({"ledger_id": "l", "name": "n", "time_zone": zone})
    assert isinstance(problems, list)
    assert [problem.pointer for problem in problems] == ["/time_zone"]


def test_a_time_zone_is_that_of_a_place_whatever_the_host_offers(monkeypatch: pytest.MonkeyPatch) -> None:
    offered = {"Asia/Shanghai", "posixrules", "posix/Asia/Shanghai", "right/Asia/Shanghai", "localtime", "Factory"}
    monkeypatch.setattr("api.schemas.opening.available_timezones", lambda: offered)
    assert time_zones.__wrapped__() == {"Asia/Shanghai"}


def test_the_currency_is_that_of_china() -> None:
    problems = to_opening({"ledger_id": "l", "name": "n", "currency": "USD"})
    assert problems == [FieldProblem(pointer="/currency", code="choice", limits={"choices": "CNY"})]
