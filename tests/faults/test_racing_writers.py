"""Many write to one ledger at once, also from two processes: money is spent once, and the log has one order."""

import json
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from adapters.event_log.audit import audit_log
from domain.budget_line import LineState
from domain.errors import InsufficientFunds
from domain.flow import FundsDisbursed
from domain.submission import Accepted, KeyedCommand, Refused
from tests.support.commands import disburse, ready_line
from tests.support.http_writes import (
    CALLER,
    CREATED,
    DAY,
    LEDGER,
    REPLAYED,
    Write,
    batch,
    client_of,
    open_lines,
    payment,
    post,
    single,
)
from tests.support.ledger import Ledger, opened_ledger
from tests.support.processes import serving, started
from tests.support.whole_log import assert_dense, assert_sound, by_key, stored_events

CALLERS = 4
"""Per server."""
TRIES = 60
"""Payments that each caller tries, twice as many as there is money for."""
SPENDABLE = CALLERS * 2 * TRIES // 2
CONFLICT = 409


def test_two_processes_spend_a_line_once_and_a_reader_misses_nothing(postgresql_url: str, tmp_path: Path) -> None:
    with (
        serving(tmp_path, postgresql_url, "--no-projector") as one,
        serving(tmp_path, postgresql_url, "--no-projector") as other,
    ):
        open_lines(one.url, {"L0": f"{SPENDABLE}.00", "L1": "9000.00"})
        reading = (sys.executable, "-m", "tests.support.tail_reader", postgresql_url, LEDGER, "unit:LAST")
        with started(reading, tmp_path, postgresql_url) as reader:
            answers = race([one.url, other.url], same_key_for_all())
            last = single("last", "/units", DAY | {"unit_id": "LAST", "name": "青石县水利局", "kind": "department"})
            with client_of(other.url) as client:
                assert post(client, last).status_code == CREATED
            seen = json.loads(reader.wait())

    events = stored_events(postgresql_url, LEDGER)
    assert_dense(events)
    assert [(event.position, event.id) for event in events] == [tuple(each) for each in seen]
    assert_spent_once(answers)
    accepted = [write for write, answer in answers if answer.status_code == CREATED]
    for write in accepted:
        found = by_key(events, LEDGER, CALLER, write.item_keys)
        told = [event["position"] for event in json.loads(write.answer or b"")["events"]]
        assert [position for each in found for position in each] == told
    spent = [event.data for event in events if isinstance(event.data, FundsDisbursed) and event.data.line_id == "L0"]
    assert sum(fact.amount for fact in spent) == SPENDABLE * 100
    assert_sound(postgresql_url, LEDGER, tmp_path)


def test_threads_spend_a_line_once(database_url: str) -> None:
    with opened_ledger(database_url) as ledger:
        ledger.submit(*ready_line(amount=SPENDABLE))

        def spend(caller: int) -> list[Accepted | Refused]:
            items = [KeyedCommand(key=f"{caller}-{n}", command=disburse(1, f"{caller}-{n}")) for n in range(TRIES)]
            return [outcome for item in items for outcome in ledger.submit_keyed(item).outcomes]

        with ThreadPoolExecutor(2 * CALLERS) as pool:
            outcomes = [outcome for each in pool.map(spend, range(2 * CALLERS)) for outcome in each]
        refusals = [outcome.refusal for outcome in outcomes if isinstance(outcome, Refused)]
        positions = [outcome.events[0].position for outcome in outcomes if isinstance(outcome, Accepted)]
        assert len(positions) == SPENDABLE
        assert len(refusals) == SPENDABLE
        assert {type(refusal) for refusal in refusals} == {InsufficientFunds}
        events = ledger.feed.page(LEDGER, after=0, limit=10_000)
        assert_dense(events)
        assert sorted(positions) == [event.position for event in events if isinstance(event.data, FundsDisbursed)]
        assert list(audit_log(ledger.database, LEDGER)) == []
