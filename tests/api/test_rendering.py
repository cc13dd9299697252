"""Money, points and times in answers, whatever holds them."""

from typing import Any

import msgspec
import pytest

from api.rendering.events import events_json, reversals_among
from api.rendering.values import render, renderer_of_class
from domain.evaluation import EvaluationFinalised
from domain.flow import Flow, OpeningBalanceRecorded
from domain.grade import Grade
from domain.project import ProjectAmended
from domain.registry import EVENT_TYPES
from projections.events import event_rows
from projections.rows import ExecutionGroup, amounts_of
from tests.support.caller import DISBURSEMENT, LATER, SPRING, Caller
from tests.support.server import RunningServer


@pytest.mark.parametrize("data_type", EVENT_TYPES.values(), ids=list(EVENT_TYPES))
def test_the_data_of_every_event_type_can_be_written(data_type: Any) -> None:
    change = renderer_of_class(data_type)
    assert change is None or callable(change)


def test_money_and_points_have_two_decimals_and_null_stays_null() -> None:
    balance = OpeningBalanceRecorded(line_id="L1", adjusted=1, disbursed=0, recovered=123_456_789)
    assert render(balance) == {
        "line_id": "L1",
        "initial": None,
        "adjusted": "0.01",
        "disbursed": "0.00",
        "recovered": "1234567.89",
    }
    final = EvaluationFinalised(evaluation_id="E1", total=-50, grade=Grade.POOR)
    assert render(final)["total"] == "-0.50"


def test_the_amounts_of_a_row_stand_among_its_own_fields_in_their_place() -> None:
    amounts = amounts_of(Flow(adjusted=300, disbursed=100))
    group = ExecutionGroup(key="P1", name=None, amounts=amounts, share="100.00", project_count=1, line_count=2)
    written = msgspec.json.decode(msgspec.json.encode(render(group)))
    assert list(written)[:4] == ["key", "name", "initial_budget", "adjusted_budget"]
    assert list(written)[-3:] == ["share", "project_count", "line_count"]
    assert (written["adjusted_budget"], written["available"], written["execution_rate"]) == ("3.00", "2.00", "33.33")


def test_amended_attributes_are_written_as_those_of_a_registration() -> None:
    fact = ProjectAmended(
        project_id="P1", changes={"total_investment": 5, "end_year": 2024, "location": None}, reason="r"
    )
    assert render(fact)["changes"] == {"total_investment": "0.05", "end_year": 2024, "location": None}


def test_an_event_from_the_log_is_written_as_the_row_of_a_history(server: RunningServer, founded: Caller) -> None:
    paid = founded.record("/disbursements", DISBURSEMENT)
    founded.record("/reversals", {"effective_date": LATER, "event_id": paid["event_id"], "reason": "误录"})
    changes = {"effective_date": SPRING, "project_id": "P1", "changes": {"planned_amount": "1"}, "reason": "调整"}
    founded.record("/project-amendments", changes)
    feed = server.services.feed
    info = feed.ledger(founded.ledger_id)
    events = feed.page(founded.ledger_id, after=0, limit=100)
    written = events_json(events, info.time_zone, reversals_among(events))
    rows = [render(row) for row in event_rows(feed, info, events, info.position)]
    assert msgspec.json.encode(written) == msgspec.json.encode(rows)
