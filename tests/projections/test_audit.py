"""Comparing the stored rows with what the log says they must be."""

import pytest
from sqlalchemy import delete, insert, update

from projections.audit import audit_views
from projections.tables import balance_tables, fact_tables
from tests.support.builders import FUNDED, disbursement, reversal_of, status
from tests.support.views import LEDGER, Desk

LANES = balance_tables(1).lane
FACTS = fact_tables(1)


@pytest.fixture
def lived(desk: Desk) -> Desk:
    paid = desk.record(*FUNDED, status("started"), disbursement("1.00"))
    desk.log.record_foreign()
    desk.record(reversal_of(paid.id))
    return desk


def differences(desk: Desk) -> list[tuple[int, str, str]]:
    found = audit_views(desk.database.views_reader, desk.feed, LEDGER)
    return [(each.position, each.part, each.detail.partition(":")[0]) for each in found]


def test_views_that_follow_from_the_log_are_whole(lived: Desk) -> None:
    assert differences(lived) == []
    lived.log.record(status("completed"))
    assert differences(lived) == []


def test_a_row_that_was_taken_out_is_missing(lived: Desk) -> None:
    with lived.database.views_writer.begin() as connection:
        connection.execute(delete(FACTS.status))
        connection.execute(delete(LANES).where(LANES.c.account == "line:L1", LANES.c.position == 6))
    assert differences(lived) == [(6, "balance_lane_g1", "missing"), (7, "status_g1", "missing")]


def test_a_row_that_was_changed_is_both_missing_and_surplus(lived: Desk) -> None:
    with lived.database.views_writer.begin() as connection:
        connection.execute(update(LANES).where(LANES.c.account == "line:L1").values(recovered=1))
        connection.execute(update(FACTS.reversal).values(effective_day=1))
    found = differences(lived)
    assert {(position, part) for position, part, _ in found} == {
        (5, "balance_lane_g1"),
        (6, "balance_lane_g1"),
        (8, "balance_lane_g1"),
        (10, "balance_lane_g1"),
        (10, "reversal_g1"),
    }
    assert [what for *_, what in found] == ["missing", "surplus"] * 5


def test_a_row_that_was_put_in_is_surplus_wherever_it_is(lived: Desk) -> None:
    with lived.database.views_writer.begin() as connection:
        for position in (0, 9, 10, 99):
            row = {"ledger_id": LEDGER, "subject": "line:L1", "effective_day": 1}
            connection.execute(insert(FACTS.assumption).values(**row, position=position))
    assert differences(lived) == [(position, "assumption_g1", "surplus") for position in (0, 9, 10, 99)]
