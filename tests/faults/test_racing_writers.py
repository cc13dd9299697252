"""Many write to one ledger at once, also from two processes: money is spent once, and the log has one order."""

import json
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from adapters.event_log.audit import audit_log
from domain.errors import InsufficientFunds
from domain.flow import FundsDisbursed
from domain.submission import Accepted, KeyedCommand, Refused
from tests.support.commands import disburse, ready_line
from tests.support.effort import effort
from tests.support.http_writes import (
    CALLER,
    CREATED,
    DAY,
    LEDGER,
    Answer,
    Write,
    batch,
    caller,
    open_lines,
    payment,
    positions_told,
    single,
)
from tests.support.ledger import opened_ledger
from tests.support.processes import MODULE, serving, started
from tests.support.whole_log import assert_dense, by_key, opened, stored_events

CALLERS = 8
TRIES = effort(quick=30, full=60)
"""Payments from the line L0 that each caller tries: together twice as many as there is money for."""
SPENDABLE = CALLERS * TRIES // 2
BATCHES = effort(quick=5, full=10)
SAME_KEYS = 10
CONFLICT = 409

Answers = list[tuple[Write, Answer]]


def test_two_processes_spend_a_line_once_and_a_reader_misses_nothing(postgresql_url: str, tmp_path: Path) -> None:
    with (
        serving(tmp_path, postgresql_url, "--no-projector") as one,
        serving(tmp_path, postgresql_url, "--no-projector") as other,
    ):
        open_lines(one.url, {"L0": f"{SPENDABLE}.00", "L1": "9000.00"})
        urls = [one.url, other.url]
        reading = (*MODULE, "tests.support.tail_reader", postgresql_url, LEDGER, "unit:LAST")
        with started(reading, tmp_path, postgresql_url) as reader:
            answers = race(urls)
            send_one_key_to_all(urls)
            with caller(other.url) as clerk:
                clerk.record(unit("LAST"))
            seen = json.loads(reader.wait())

    events = stored_events(postgresql_url, LEDGER)
    assert_dense(events)
    assert [(event.position, event.id) for event in events] == [tuple(each) for each in seen]
    assert_spent_once(answers)
    for write in [write for write, _ in answers if write.answer is not None]:
        found = by_key(events, LEDGER, CALLER, write.item_keys)
        assert [position for each in found for position in each] == positions_told(write.answer or b"")
    spent = [event.data for event in events if isinstance(event.data, FundsDisbursed) and event.data.line_id == "L0"]
    assert sum(fact.amount for fact in spent) == SPENDABLE * 100
    with opened(postgresql_url) as database:
        assert list(audit_log(database, LEDGER)) == []


def test_threads_spend_a_line_once(database_url: str) -> None:
    with opened_ledger(database_url) as ledger:
        ledger.submit(*ready_line(amount=SPENDABLE))

        def spend(caller: int) -> list[Accepted | Refused]:
            items = [KeyedCommand(key=f"{caller}-{n}", command=disburse(1, f"{caller}-{n}")) for n in range(TRIES)]
            return [outcome for item in items for outcome in ledger.submit_keyed(item).outcomes]

        with ThreadPoolExecutor(CALLERS) as pool:
            outcomes = [outcome for each in pool.map(spend, range(CALLERS)) for outcome in each]
        refusals = [outcome.refusal for outcome in outcomes if isinstance(outcome, Refused)]
        positions = [outcome.events[0].position for outcome in outcomes if isinstance(outcome, Accepted)]
        assert len(positions) == SPENDABLE
        assert len(refusals) == SPENDABLE
        assert {type(refusal) for refusal in refusals} == {InsufficientFunds}
        events = ledger.feed.page(LEDGER, after=0, limit=10_000)
        assert_dense(events)
        assert sorted(positions) == [event.position for event in events if isinstance(event.data, FundsDisbursed)]
        assert list(audit_log(ledger.database, LEDGER)) == []


def race(urls: Sequence[str]) -> Answers:
    """What all callers were answered, each over a connection of its own to one of the servers."""
    barrier = threading.Barrier(CALLERS)

    def spend(number: int) -> Answers:
        with caller(urls[number % len(urls)]) as clerk:
            # A server that has not answered yet is slow at its first command: the race would be over by then.
            clerk.record(unit(f"OF{number}"))
            barrier.wait(60)
            return [(write, clerk.post(write)) for write in tries(number)]

    with ThreadPoolExecutor(CALLERS) as pool:
        shares = list(pool.map(spend, range(CALLERS)))
    accepted = [sum(answer.status == CREATED for _, answer in share) for share in shares]
    print(f"accepted by caller: {accepted}")  # noqa: T201 (the counts are part of what the test shows)
    assert all(accepted), "somebody never had a chance: that was no race"
    return [pair for share in shares for pair in share]


def unit(unit_id: str) -> Write:
    """The registration of a unit: it spends nothing."""
    return single(unit_id, "/units", DAY | {"unit_id": unit_id, "name": "青石县水利局", "kind": "department"})


def tries(caller_number: int) -> Iterator[Write]:
    """Batches with two payments from L0 between single ones; the last money can only go to a single one."""
    for number in range(BATCHES):
        name = f"{caller_number}-{number}"
        yield batch(
            name,
            {"command": "record-disbursement", **payment("L0", "1.00", f"{name}-a")},
            {"command": "record-disbursement", **payment("L1", "0.50", f"{name}-b")},
            {"command": "record-disbursement", **payment("L0", "1.00", f"{name}-c")},
        )
        for step in range(TRIES // BATCHES - 2):
            yield single(f"{name}-{step}", "/disbursements", payment("L0", "1.00", f"{name}-{step}"))


def assert_spent_once(answers: Answers) -> None:
    """Exactly the money there was, and everybody else was told that there is no more."""
    spent = 0
    for write, answer in answers:
        if answer.status == CREATED:
            spent += max(1, len(write.item_keys) - 1)
        else:
            assert (answer.status, answer.json["code"]) == (CONFLICT, "insufficient-funds"), answer.content
    assert spent == SPENDABLE


def send_one_key_to_all(urls: Sequence[str]) -> None:
    """The same command under the same key, at once: one is the first, all others get what it got."""
    barrier = threading.Barrier(CALLERS)

    def send(number: int) -> list[Answer]:
        with caller(urls[number % len(urls)]) as clerk:
            answers = []
            for each in range(SAME_KEYS):
                barrier.wait(60)
                answers.append(
                    clerk.record(single(f"same-{each}", "/disbursements", payment("L1", "1.00", f"S{each}")))
                )
            return answers

    with ThreadPoolExecutor(CALLERS) as pool:
        shares = list(pool.map(send, range(CALLERS)))
    for answers in zip(*shares, strict=True):
        assert len({answer.content for answer in answers}) == 1
        assert sum(not answer.is_replay for answer in answers) == 1
