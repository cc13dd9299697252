"""How the engines look balances up: by key, and never by walking an account or a table."""

import json
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text

from projections.balance_statements import statements
from projections.lanes import stored
from projections.loading import insert_rows
from projections.measures import Measures
from projections.tables import balance_tables
from tests.support.views import LEDGER, Desk

ROWS_PER_LANE = 2_000
BY_DAY = "balance_lane_g1_day"
ACCOUNTS = ["line:L1", "line:L2"]
QUESTION = {"ledger": LEDGER, "day": 1_500, "position": 1_200}


@pytest.fixture
def filled(desk: Desk) -> Iterator[Connection]:
    """A reader of balances that are large enough for a planner to mind."""
    tables = balance_tables(1)
    totals = stored(Measures(adjusted=1))
    with desk.database.views_writer.begin() as connection:
        for account in ACCOUNTS:
            numbers = range(ROWS_PER_LANE)
            insert_rows(connection, tables.lane, [(LEDGER, account, n % 4, n, n, *totals) for n in numbers])
            insert_rows(connection, tables.node, [(LEDGER, account, 1 + n % 9, n, *totals) for n in numbers])
        connection.execute(text("ANALYZE"))
    with desk.database.views_reader.connect() as connection:
        yield connection


def sqlite_plan(connection: Connection, statement: str, **lists: object) -> list[str]:
    values = QUESTION | {name: json.dumps(value) for name, value in lists.items()}
    return [row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {statement}"), values)]


def postgresql_plan(connection: Connection, statement: str, **lists: object) -> list[str]:
    return [row[0] for row in connection.execute(text(f"EXPLAIN {statement}"), QUESTION | lists)]


def test_each_part_of_a_sum_is_one_look_up(filled: Connection) -> None:
    statement = str(statements(filled, 1).sums)
    lists = {"keys": ACCOUNTS, "nodes": [8, 12]}
    if filled.dialect.name == "sqlite":
        plan = sqlite_plan(filled, statement, **lists)
        assert {step for step in plan if step.startswith("SEARCH")} == {
            "SEARCH e USING PRIMARY KEY (ledger_id=? AND account=? AND lane=? AND position=?)",
            "SEARCH n USING PRIMARY KEY (ledger_id=? AND account=? AND node=? AND position=?)",
            f"SEARCH x USING COVERING INDEX {BY_DAY} (ledger_id=? AND account=? AND lane=? AND effective_day<?)",
            "SEARCH x USING PRIMARY KEY (ledger_id=? AND account=? AND lane=? AND position<?)",
            "SEARCH x USING PRIMARY KEY (ledger_id=? AND account=? AND node=? AND position<?)",
            "SEARCH y USING PRIMARY KEY (ledger_id=? AND account=?)",
        }
        assert {step for step in plan if step.startswith("SCAN")} <= {
            "SCAN k VIRTUAL TABLE INDEX 1:",
            "SCAN d VIRTUAL TABLE INDEX 1:",
            "SCAN l",
            "SCAN u",
            "SCAN 4 CONSTANT ROWS",
        }
    else:
        check_postgresql(postgresql_plan(filled, statement, **lists))


def test_the_ends_of_lanes_and_nodes_are_looked_up(filled: Connection) -> None:
    reading = statements(filled, 1)
    pairs = [["line:L1", 8], ["line:L2", 3]]
    if filled.dialect.name == "sqlite":
        plan = sqlite_plan(filled, str(reading.lanes), keys=ACCOUNTS) + sqlite_plan(
            filled, str(reading.nodes), pairs=pairs
        )
        assert [step for step in plan if re.match(r"SCAN [a-z]*balance|SCAN [exnz]\b", step)] == []
        assert [step for step in plan if "AUTOMATIC" in step] == []
    else:
        check_postgresql(postgresql_plan(filled, str(reading.lanes), keys=ACCOUNTS))
        check_postgresql(postgresql_plan(filled, str(reading.nodes), accounts=ACCOUNTS, nodes=[8, 3]))


def check_postgresql(plan: list[str]) -> None:
    assert [line for line in plan if "Seq Scan" in line] == []
    conditions = [line.strip() for line in plan if "Index Cond" in line]
    assert len(conditions) >= 2
    for condition in conditions:
        assert "account" in condition, condition
    # What has no more than the account is asked for any row at all, under a limit of one.
    whole = [condition for condition in conditions if not re.search("position|effective_day", condition)]
    assert len(whole) <= 2, whole
    assert not [line for line in plan if re.search("Semi Join|Hash|Bitmap", line)], plan
