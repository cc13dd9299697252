"""A project's attributes, status, score and flags as they stand at the coordinates."""

from dataclasses import replace

import pytest

from domain.command import Basis
from domain.evaluation import EvaluationKind, EvaluationOpened
from projections.rows import Flag
from tests.support.builders import (
    EVALUATED,
    FUNDED,
    STANDING,
    adjustment,
    allocation,
    amendment,
    disbursement,
    evaluation,
    finalisation,
    line,
    on,
    project,
    result,
    reversal_of,
    score,
    status,
    unit,
)
from tests.support.effort import sampled
from tests.support.views import LEDGER, TODAY, Desk


def test_amendments_lie_over_the_registration_by_their_business_dates(desk: Desk) -> None:
    desk.record(*STANDING, unit("U2"))
    desk.record(amendment({"name": "二期", "location": "柳林镇"}, at=on("2023-06-01")))
    late = desk.record(amendment({"name": "一期", "lead_unit_id": "U2"}, at=on("2023-04-01")))
    shown = {day: desk.project(at=desk.at(on(day))) for day in ("2023-03-31", "2023-04-01", "2023-06-01")}
    assert [row.name for row in shown.values()] == ["村村通公路", "一期", "二期"]
    assert [row.lead_unit_id for row in shown.values()] == ["U1", "U2", "U2"]
    assert [row.location for row in shown.values()] == [None, None, "柳林镇"]
    assert desk.project(at=desk.at(on("2023-04-01"), late.position - 1)).name == "村村通公路"


def test_a_reversed_amendment_no_longer_shows_and_null_clears(desk: Desk) -> None:
    desk.record(*STANDING, amendment({"location": "柳林镇", "implementing_unit_ids": ("U1",)}))
    cleared = desk.record(amendment({"location": None}, at=on("2023-05-01")))
    assert desk.project().location is None
    assert desk.project().implementing_unit_ids == ("U1",)
    desk.record(reversal_of(cleared.id, at=on("2023-07-01")))
    assert desk.project().location == "柳林镇"
    assert desk.project(at=desk.at(on("2023-06-30"))).location is None


def test_the_status_is_the_latest_by_business_date_not_by_recording(desk: Desk) -> None:
    desk.record(*STANDING, status("completed", at=on("2023-08-01")), status("started", at=on("2023-02-01")))
    assert (desk.project().status, desk.project().status_date) == ("completed", on("2023-08-01"))
    early = desk.project(at=desk.at(on("2023-07-31")))
    assert (early.status, early.status_date) == ("started", on("2023-02-01"))
    none = desk.project(at=desk.at(on("2023-01-31")))
    assert (none.status, none.status_date, none.milestones) == (None, None, ())


@pytest.mark.parametrize(
    ("history", "shown"),
    sampled(
        [
            ("started suspended", "suspended"),
            ("started suspended resumed suspended resumed resumed", "started"),
            ("started suspended suspended resumed", "started"),
            ("started suspended resumed", "started"),
            ("suspended resumed", "resumed"),
            ("resumed", "resumed"),
            ("started suspended resumed completed", "completed"),
            ("started suspended under_construction resumed", "resumed"),
            ("started suspended resumed completed resumed", "resumed"),
            ("started suspended resumed completed suspended resumed", "completed"),
        ],
        one_in=3,
    ),
)
def test_resumed_shows_the_status_before_the_suspension(desk: Desk, history: str, shown: str) -> None:
    days = [on(f"2023-02-{day:02d}") for day in range(1, 20)]
    desk.record(*STANDING, *(status(name, at=day) for name, day in zip(history.split(), days, strict=False)))
    row = desk.project()
    assert (row.status, row.status_date) == (shown, days[len(history.split()) - 1])
    assert [each.status.value for each in row.milestones] == history.split()


@pytest.mark.parametrize(
    ("history", "flag"),
    [
        ("in_use:2023-03-01", Flag.USED_BEFORE_ACCEPTANCE),
        ("in_use:2023-03-01 finally_accepted:2023-04-29", Flag.USED_BEFORE_ACCEPTANCE),
        ("in_use:2023-03-01 finally_accepted:2023-03-01", None),
        ("finally_accepted:2023-03-01 in_use:2023-04-01", None),
        ("started:2023-03-01 approved:2023-03-02", Flag.STARTED_BEFORE_APPROVAL),
        ("started:2023-03-01", None),
        ("approved:2023-03-01 started:2023-03-01", None),
        ("approved:2023-05-01 approved:2023-03-01 started:2023-04-01", None),
    ],
)
def test_an_order_of_events_that_should_not_be_is_flagged(desk: Desk, history: str, flag: Flag | None) -> None:
    facts = [fact.split(":") for fact in history.split()]
    desk.record(*STANDING, *(status(name, at=on(day)) for name, day in facts))
    order_flags = {Flag.USED_BEFORE_ACCEPTANCE, Flag.STARTED_BEFORE_APPROVAL}
    assert set(desk.project().flags) & order_flags == ({flag} if flag else set())


def test_a_fact_recorded_after_31_days_is_late_and_after_31_is_not(desk: Desk) -> None:
    desk.log.now = desk.log.now.replace(year=2023, month=2, day=1)
    desk.record(*STANDING)
    assert desk.project().flags == ()
    on_time = desk.record(allocation("1.00", at=on("2023-01-01")))
    assert (on_time.recorded_at.date() - on_time.effective_date).days == 31
    assert desk.project().flags == ()
    desk.log.now = desk.log.now.replace(day=2)
    desk.record(allocation("1.00", stage="additional", at=on("2023-01-01")))
    assert desk.project().flags == desk.line().flags == (Flag.LATE_ENTRY,)


def test_lateness_is_counted_in_days_of_the_ledgers_zone(desk: Desk) -> None:
    # 17:00 in UTC is the next day in Shanghai.
    desk.log.now = desk.log.now.replace(year=2023, month=2, day=1, hour=17)
    desk.record(*STANDING)
    assert desk.project().flags == (Flag.LATE_ENTRY,)


def test_a_reversal_is_flagged_from_its_own_date_on(desk: Desk) -> None:
    desk.record(*FUNDED)
    wrong = desk.record(disbursement("1.00"))
    desk.record(reversal_of(wrong.id, at=on("2023-09-01")))
    assert Flag.REVERSED_FACTS not in desk.project(at=desk.at(on("2023-08-31"))).flags
    assert Flag.REVERSED_FACTS in desk.project(at=desk.at(on("2023-09-01"))).flags
    assert Flag.REVERSED_FACTS in desk.line().flags


def test_an_assumption_is_flagged_while_it_stands(desk: Desk) -> None:
    assumed = desk.record(*FUNDED, replace(disbursement("1.00"), basis=Basis.ASSUMED))
    assert Flag.ASSUMED_FACTS in desk.project().flags
    assert Flag.ASSUMED_FACTS in desk.line().flags
    desk.record(replace(reversal_of(assumed.id), basis=Basis.ASSUMED))
    assert Flag.ASSUMED_FACTS not in desk.project().flags
    assert Flag.ASSUMED_FACTS in desk.project(at=desk.at(on("2023-08-31"))).flags


def test_flags_of_a_project_are_its_own_and_those_of_its_lines_in_one_order(desk: Desk) -> None:
    desk.record(*FUNDED, line("L2"), allocation("50.00", line_id="L2"))
    desk.record(disbursement("60.00", line_id="L2", overrun=True), status("in_use"))
    row = desk.project()
    assert row.amounts.available == 90_00
    assert row.flags == (Flag.OVERRUN, Flag.NEGATIVE_AVAILABLE, Flag.LATE_ENTRY, Flag.USED_BEFORE_ACCEPTANCE)


def test_a_project_sums_its_own_lines_and_not_those_of_its_parts(desk: Desk) -> None:
    desk.record(*FUNDED, project("P2", parent="P1"), line("L2", project_id="P2"), line("L3"))
    desk.record(allocation("7.00", line_id="L2"), allocation("20.00", line_id="L3"))
    assert desk.project("P1").amounts.adjusted_budget == 120_00
    assert desk.project("P2").amounts.adjusted_budget == 7_00
    assert [row.line_id for row in desk.project("P1").lines] == ["L1", "L3"]


def test_a_project_exists_from_its_registration_until_the_reversal_of_it(desk: Desk) -> None:
    registered = desk.record(unit(), project())
    desk.record(reversal_of(registered.id, at=on("2023-09-01")))
    assert desk.views.project(LEDGER, desk.at(on("2022-12-31")), "P1") is None
    assert desk.projects(desk.at(on("2022-12-31"))) == {}
    assert list(desk.projects(desk.at(on("2023-08-31")))) == ["P1"]
    assert desk.projects(desk.at(on("2023-09-01"))) == {}
    assert not desk.views.exists(LEDGER, desk.at(), "project:P1")
    assert desk.views.exists(LEDGER, desk.at(on("2023-08-31")), "project:P1")


def test_one_project_and_the_list_show_the_same_row(desk: Desk) -> None:
    desk.record(*EVALUATED, score("a", "40"), status("started"))
    detail = desk.project()
    row = desk.projects()["P1"]
    assert {name: getattr(detail, name) for name in row.__dataclass_fields__} == {
        name: getattr(row, name) for name in row.__dataclass_fields__
    }


def opened(desk: Desk, kind: str, evaluation_id: str, total: str | None, day: str = "2023-01-01") -> None:
    command = evaluation(evaluation_id, indicators=(), at=on(day))
    assert isinstance(command.body, EvaluationOpened)
    desk.record(replace(command, body=replace(command.body, kind=EvaluationKind(kind))))
    if total is not None:
        desk.record(result(total, evaluation_id=evaluation_id))


def test_a_project_shows_the_evaluation_that_ranks_first_among_those_with_a_total(desk: Desk) -> None:
    desk.record(unit(), project())
    assert (desk.project().score, desk.project().grade) == (None, None)
    opened(desk, "self", "E1", "95")
    assert (desk.project().score, desk.project().grade) == (95_00, "excellent")
    opened(desk, "department", "E2", "85")
    opened(desk, "third_party", "E3", "75")
    assert desk.project().score == 75_00
    opened(desk, "finance", "E4", None)
    assert desk.project().score == 75_00
    opened(desk, "finance", "E5", "50")
    opened(desk, "finance", "E6", "51", day="2023-01-02")
    opened(desk, "finance", "E7", "52")
    assert desk.project().score == 51_00
    desk.record(finalisation(evaluation_id="E1"))
    assert desk.project().score == 95_00
    assert [row.evaluation_id for row in desk.project().evaluations] == ["E1", "E2", "E3", "E4", "E5", "E6", "E7"]


def test_a_project_shows_a_total_that_is_not_complete_without_a_grade(desk: Desk) -> None:
    desk.record(*EVALUATED, score("a", "40"))
    assert (desk.project().score, desk.project().grade) == (40_00, None)
    desk.record(score("b", "49.93"), adjustment("a", "30"))
    assert (desk.project().score, desk.project().grade) == (79_93, "fair")


def test_nothing_exists_at_position_zero(desk: Desk) -> None:
    desk.record(*FUNDED)
    nowhere = desk.at(TODAY, 0)
    assert desk.projects(nowhere) == {}
    assert desk.views.project(LEDGER, nowhere, "P1") is None
    assert desk.views.snapshot(LEDGER, nowhere).totals.lines.adjusted_budget == 0
