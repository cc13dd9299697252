"""What every command log keeps, on each database: order, idempotency, atomicity, and one time per transaction."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import insert, literal, select

from adapters.event_log.audit import audit_log
from adapters.event_log.encoding import microseconds
from adapters.event_log.receipts import SqlReceipts
from adapters.event_log.sequencer import Sequencer
from adapters.event_log.tables import log_entry
from domain.errors import (
    AlreadyExists,
    ClockBehind,
    DateOutOfRange,
    IdempotencyKeyReused,
    InsufficientFunds,
    LogDamaged,
    QueueFull,
    Refusal,
    TooLarge,
    UnknownEvent,
    UnknownLedger,
)
from domain.evaluation import EvaluationKind, EvaluationOpened, Indicator, Subject, SubjectKind
from domain.event import RecordedEvent
from domain.identifiers import command_id, commitment, event_id
from domain.ledger import OpenLedger
from domain.ports import Reach
from domain.submission import Accepted, KeyedCommand, Outcome, Refused, Submission
from tests.support.commands import allocate, disburse, ready_line, receive_appropriation, register_unit, reverse
from tests.support.effort import full_but
from tests.support.ledger import CLERK, LEDGER, Ledger
from tests.support.tampering import tamper


def test_positions_are_gapless_and_recording_times_rise(ledger: Ledger) -> None:
    ledger.submit(*ready_line())
    ledger.submit(disburse(100, "1"), disburse(100, "2"))
    events = ledger.feed.page(LEDGER, after=0, limit=100)
    assert [event.position for event in events] == list(range(1, 9))
    times = [event.recorded_at for event in events]
    assert times == sorted(times)
    assert len(set(times)) == 3, "one value for each transaction: the opening, the line, the payments"


def test_the_heads_are_those_of_the_ledgers_by_id(ledger: Ledger) -> None:
    ledger.sequencer.open_ledger(OpenLedger(ledger_id="anxi", name="安溪县财政局"), actor=CLERK, key="another")
    ledger.submit(*ready_line())
    assert list(ledger.feed.heads().items()) == [(each.ledger_id, each.position) for each in ledger.feed.ledgers()]
    assert ledger.feed.heads() == {"anxi": 1, LEDGER: ledger.feed.head(LEDGER)}


def test_tags_are_numbered_densely(ledger: Ledger) -> None:
    ledger.submit(*ready_line())
    answer = ledger.submit(disburse(100, "1"), disburse(200, "2"))
    numbers = [event.tags["line:L1"] for outcome in answer.outcomes for event in _events(outcome)]
    assert numbers == [3, 4], "after the opening and the allocation of the line"


def test_the_same_key_and_command_gives_the_first_success_again(ledger: Ledger) -> None:
    item = KeyedCommand(key="k", command=register_unit())
    first = ledger.submit_keyed(item)
    again = ledger.submit_keyed(item)
    assert again.position == first.position
    assert isinstance(again.outcomes[0], Accepted)
    assert again.outcomes[0].replayed
    assert again.outcomes[0].events == _events(first.outcomes[0])
    assert ledger.feed.head(LEDGER) == 2


def test_the_same_key_with_another_command_is_refused(ledger: Ledger) -> None:
    ledger.submit_keyed(KeyedCommand(key="k", command=register_unit("U1")))
    answer = ledger.submit_keyed(KeyedCommand(key="k", command=register_unit("U2")))
    assert isinstance(_refusal(answer.outcomes[0]), IdempotencyKeyReused)


def test_a_refused_command_is_decided_anew_under_its_key(ledger: Ledger) -> None:
    ledger.submit(*ready_line(amount=100))
    payment = KeyedCommand(key="k", command=disburse(150, "1"))
    assert isinstance(_refusal(ledger.submit_keyed(payment).outcomes[0]), InsufficientFunds)
    ledger.submit(allocate(50))
    assert ledger.submit_keyed(payment).refusal is None


def test_a_replay_with_another_payee_is_another_command(ledger: Ledger) -> None:
    ledger.submit(*ready_line())
    ledger.submit_keyed(KeyedCommand(key="k", command=disburse(100, "1", payee="甲公司")))
    same = ledger.submit_keyed(KeyedCommand(key="k", command=disburse(100, "1", payee="甲公司")))
    other = ledger.submit_keyed(KeyedCommand(key="k", command=disburse(100, "1", payee="乙公司")))
    none = ledger.submit_keyed(KeyedCommand(key="k", command=disburse(100, "1")))
    assert same.refusal is None
    assert isinstance(_refusal(other.outcomes[0]), IdempotencyKeyReused)
    assert isinstance(_refusal(none.outcomes[0]), IdempotencyKeyReused)


def test_a_payee_stands_in_the_log_as_a_commitment_only(ledger: Ledger) -> None:
    ledger.submit(*ready_line())
    position = ledger.submit(disburse(100, "1", payee="甲公司")).position or 0
    entry = ledger.feed.entry(LEDGER, position) or b""
    assert "甲公司".encode() not in entry
    event = ledger.feed.event(LEDGER, position)
    assert event is not None
    assert event.private["payee"] != commitment(b"", "payee", "甲公司")
    assert len(event.private["payee"]) == 64


def test_an_atomic_submission_is_written_whole_or_not_at_all(ledger: Ledger) -> None:
    ledger.submit(*ready_line(amount=100))
    answer = ledger.submit(disburse(60, "1"), disburse(60, "2"), disburse(1, "3"))
    assert answer.refusal is not None
    index, refusal = answer.refusal
    assert (index, refusal.figures) == (1, {"available": "0.40", "requested": "0.60"})
    assert answer.position is None
    assert ledger.feed.head(LEDGER) == 6


def test_a_partial_submission_writes_what_is_accepted(ledger: Ledger) -> None:
    ledger.submit(*ready_line(amount=100))
    answer = ledger.submit(disburse(60, "1"), disburse(60, "2"), disburse(40, "3"), atomic=False)
    assert [isinstance(outcome, Accepted) for outcome in answer.outcomes] == [True, False, True]
    assert answer.position == ledger.feed.head(LEDGER) == 8


def test_a_dry_run_decides_in_order_and_writes_nothing(ledger: Ledger) -> None:
    ledger.submit(*ready_line(amount=100))
    answer = ledger.submit(disburse(60, "1"), disburse(60, "2"), atomic=False, dry_run=True)
    assert isinstance(answer.outcomes[0], Accepted)
    assert isinstance(_refusal(answer.outcomes[1]), InsufficientFunds)
    assert answer.position is None
    assert ledger.feed.head(LEDGER) == 6
    assert ledger.submit(disburse(100, "1")).refusal is None, "nothing of the dry run is remembered"


def test_an_event_can_be_reversed_in_the_submission_that_made_it(ledger: Ledger) -> None:
    ledger.submit(*ready_line())
    made = event_id(command_id(LEDGER, CLERK.subject, "wrong"), 0)
    answer = ledger.submit_keyed(
        KeyedCommand(key="wrong", command=disburse(100, "1")),
        KeyedCommand(key="undo", command=reverse(made)),
        KeyedCommand(key="right", command=disburse(200, "1")),
    )
    assert answer.refusal is None
    assert _events(answer.outcomes[1])[0].corrects == made


def test_an_event_is_reversed_across_submissions_but_once(ledger: Ledger) -> None:
    ledger.submit(*ready_line())
    payment = _events(ledger.submit(disburse(100, "1")).outcomes[0])[0]
    assert ledger.submit(reverse(payment.id)).refusal is None
    refusal = _refusal(ledger.submit(reverse(payment.id)).outcomes[0])
    assert (refusal.code, refusal.figures) == ("already-reversed", {"position": 8})
    assert ledger.feed.reversed_by(LEDGER, [payment], until=8) == {payment.id: 8}
    assert ledger.feed.reversed_by(LEDGER, [payment], until=7) == {}


def test_a_voucher_number_is_in_use_from_its_payment_to_the_reversal(ledger: Ledger) -> None:
    ledger.submit(*ready_line())
    paid = _events(ledger.submit(disburse(100, "1")).outcomes[0])[0]
    assert _refusal(ledger.submit(disburse(200, "1")).outcomes[0]).figures == {"position": paid.position}
    ledger.submit(reverse(paid.id))
    paid_again = _events(ledger.submit(disburse(200, "1")).outcomes[0])[0]
    assert _refusal(ledger.submit(disburse(300, "1")).outcomes[0]).figures == {"position": paid_again.position}
    assert list(audit_log(ledger.database, LEDGER)) == []


def test_reversing_what_was_never_recorded_is_refused(ledger: Ledger) -> None:
    refusal = _refusal(ledger.submit(reverse("00000000-0000-8000-8000-000000000000")).outcomes[0])
    assert isinstance(refusal, UnknownEvent)


def test_data_over_the_limit_is_refused(ledger: Ledger) -> None:
    indicator = Indicator(code="1", name="指" * 200, level1="标" * 200, target="目" * 1000)
    opened = EvaluationOpened(
        evaluation_id="E1",
        subject=Subject(kind=SubjectKind.PROGRAMME, id="衔接资金"),
        fiscal_year=2023,
        kind=EvaluationKind.SELF,
        indicators=tuple(replace(indicator, code=str(number)) for number in range(10)),
    )
    refusal = _refusal(ledger.submit(replace(register_unit(), body=opened)).outcomes[0])
    assert isinstance(refusal, TooLarge)
    assert refusal.figures["limit_bytes"] == 24 * 1024


def test_today_is_the_day_of_recording_in_the_ledgers_zone(ledger: Ledger) -> None:
    today = date(2024, 1, 10)
    assert ledger.submit(register_unit("U1", day=today)).refusal is None
    refusal = _refusal(ledger.submit(register_unit("U2", day=today + timedelta(days=1))).outcomes[0])
    assert isinstance(refusal, DateOutOfRange)
    assert refusal.figures == {"earliest": "1980-01-01", "latest": "2024-01-10"}


def test_a_clock_that_steps_back_a_little_never_turns_recording_times_back(ledger: Ledger) -> None:
    ledger.submit(register_unit("U1"))
    ledger.clock.instant -= timedelta(seconds=4)
    ledger.submit(register_unit("U2"))
    first, second = ledger.feed.page(LEDGER, after=1, limit=2)
    assert second.recorded_at - first.recorded_at == timedelta(microseconds=1)


def test_a_clock_far_behind_the_log_is_refused_for_now(ledger: Ledger) -> None:
    ledger.submit(register_unit("U1"))
    ledger.clock.instant -= timedelta(seconds=30)
    with pytest.raises(ClockBehind):
        ledger.submit(register_unit("U2"))
    ledger.clock.instant += timedelta(seconds=60)
    assert ledger.submit(register_unit("U2")).refusal is None


def test_commands_to_an_unknown_ledger_are_refused(ledger: Ledger) -> None:
    items = (KeyedCommand(key="k", command=register_unit()),)
    with pytest.raises(UnknownLedger):
        ledger.sequencer.submit(Submission(ledger_id="nowhere", actor=CLERK, items=items)).result(timeout=60)


def test_a_queue_takes_no_more_than_its_limit(ledger: Ledger) -> None:
    small = Sequencer(ledger.database, ledger.clock, queue_limit=2)
    items = tuple(KeyedCommand(key=f"{n}", command=register_unit(f"U{n}")) for n in range(3))
    with pytest.raises(QueueFull):
        small.submit(Submission(ledger_id=LEDGER, actor=CLERK, items=items)).result(timeout=60)
    small.stop()


def test_opening_a_ledger_again_replays_or_refuses(ledger: Ledger) -> None:
    request = OpenLedger(ledger_id=LEDGER, name="青石县财政局")
    again = ledger.sequencer.open_ledger(request, actor=CLERK, key="open")
    assert isinstance(again.outcomes[0], Accepted)
    assert again.outcomes[0].replayed
    with pytest.raises(IdempotencyKeyReused):
        ledger.sequencer.open_ledger(replace(request, name="另一个"), actor=CLERK, key="open")
    with pytest.raises(AlreadyExists):
        ledger.sequencer.open_ledger(request, actor=CLERK, key="another")


def test_known_at_is_the_last_position_recorded_by_then(ledger: Ledger) -> None:
    ledger.submit(register_unit("U1"))
    ledger.submit(register_unit("U2"))
    times = [event.recorded_at for event in ledger.feed.page(LEDGER, after=0, limit=9)]
    moment = timedelta(microseconds=1)
    reached = [ledger.feed.reach(LEDGER, known_at=time) for time in times]
    assert reached == [Reach(position, time, 3) for position, time in enumerate(times, start=1)]
    assert ledger.feed.reach(LEDGER, known_at=times[0] - moment) == Reach(0, None, 3)
    assert ledger.feed.reach(LEDGER, known_at=times[2] - moment) == Reach(2, times[1], 3)
    assert ledger.feed.reach(LEDGER) == reached[2]
    assert [ledger.feed.reach(LEDGER, position=position) for position in (1, 3)] == [reached[0], reached[2]]
    assert [ledger.feed.reach(LEDGER, position=position) for position in (0, 4)] == [
        Reach(0, None, 3),
        Reach(4, None, 3),
    ]


def test_racing_writers_never_overdraw_a_line(ledger: Ledger) -> None:
    ledger.submit(*ready_line(amount=1000))
    others = [Sequencer(ledger.database, ledger.clock) for _ in range(2)]
    with ThreadPoolExecutor(max_workers=8) as pool:
        futures = [pool.submit(_pay, others[number % 2], number) for number in range(80)]
    paid = sum(future.result() for future in futures)
    for each in others:
        each.stop()
    assert paid == 33, "33 payments of 30 fit into 1000, not one more"
    assert list(audit_log(ledger.database, LEDGER)) == []


def test_a_writer_sees_what_another_one_committed(ledger: Ledger) -> None:
    other = Sequencer(ledger.database, ledger.clock)
    ledger.submit(register_unit("U1"))
    item = KeyedCommand(key="from-other", command=receive_appropriation("A9"))
    other.submit(Submission(ledger_id=LEDGER, actor=CLERK, items=(item,))).result(timeout=60)
    other.stop()
    refusal = _refusal(ledger.submit(receive_appropriation("A9")).outcomes[0])
    assert isinstance(refusal, AlreadyExists)


@pytest.mark.parametrize("count", full_but([1, 13, 14, 15, 29, 30, 31, 47], quick={13, 14, 15, 30}))
def test_a_writer_that_starts_knows_every_sum_whenever_states_were_stored(ledger: Ledger, count: int) -> None:
    ledger.submit(*ready_line(amount=10 * count + 5))
    for number in range(count):
        assert ledger.submit(disburse(10, f"v{number}")).refusal is None
    started = Sequencer(ledger.database, ledger.clock)
    try:
        over, exact = (
            started.submit(Submission(ledger_id=LEDGER, actor=CLERK, items=(KeyedCommand(key=key, command=command),)))
            for key, command in (("over", disburse(6, "over")), ("exact", disburse(5, "exact")))
        )
        refusal = _refusal(over.result(timeout=60).outcomes[0])
        assert isinstance(refusal, InsufficientFunds)
        assert refusal.figures["available"] == "0.05"
        assert exact.result(timeout=60).refusal is None
    finally:
        started.stop()
    assert list(audit_log(ledger.database, LEDGER)) == []


def _pay(sequencer: Sequencer, number: int) -> bool:
    item = KeyedCommand(key=f"race-{number}", command=disburse(30, f"v{number}"))
    answer = sequencer.submit(Submission(ledger_id=LEDGER, actor=CLERK, items=(item,))).result(timeout=60)
    return answer.refusal is None


def _events(outcome: Outcome) -> tuple[RecordedEvent, ...]:
    assert isinstance(outcome, Accepted)
    return outcome.events


def _refusal(outcome: Outcome) -> Refusal:
    assert isinstance(outcome, Refused)
    return outcome.refusal


def test_an_entry_where_the_next_one_belongs_is_said_to_be_damage(ledger: Ledger) -> None:
    ledger.submit(*ready_line())
    row = log_entry.c
    copied = {
        row.position: row.position + 1,
        row.event_id: literal(bytes(16)),
        row.recorded_at_us: row.recorded_at_us + 1,
    }
    last = select(*(copied.get(column, column) for column in row)).where(row.ledger_id == LEDGER, row.position == 6)
    with ledger.database.log_writer.begin() as connection:
        connection.execute(insert(log_entry).from_select(list(row), last))
    with pytest.raises(LogDamaged):
        ledger.submit(disburse(100, "1"))
    assert next(audit_log(ledger.database, LEDGER)).position == 7


@pytest.mark.parametrize("position", [0, -7, 7], ids=["below the first", "far below it", "behind the head"])
def test_a_row_that_is_no_entry_of_the_log_tells_nobody_that_his_payment_is_recorded(
    ledger: Ledger, position: int
) -> None:
    ledger.submit(*ready_line())
    item = KeyedCommand(key="k", command=disburse(100, "1"))
    before = ledger.feed.reach(LEDGER).recorded_at
    assert before is not None
    ledger.submit_keyed(item)
    tamper(ledger.database, "UPDATE {log}log_entry SET position = :to WHERE position = 7", to=position)
    tamper(ledger.database, "DELETE FROM {log}log_tag WHERE position = 7")
    tamper(ledger.database, "UPDATE {log}ledger_head SET position = 6, recorded_at_us = :us", us=microseconds(before))
    assert SqlReceipts(ledger.database.log_reader).recorded(LEDGER, CLERK.subject, [item]) == [None]
    with pytest.raises(LogDamaged):
        ledger.submit_keyed(item)
    assert (position, "head" if position == 7 else "positions") in {
        (each.position or position, each.part) for each in audit_log(ledger.database, LEDGER)
    }
