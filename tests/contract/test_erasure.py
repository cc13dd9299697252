"""Erasing private values, on each database: one transaction with its event, and for ever."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from adapters.event_log.audit import audit_log
from adapters.event_log.insertion import MIN_COMMANDS
from adapters.event_log.store import read_openings
from adapters.event_log.tables import private_value
from adapters.event_log.writer import LedgerWriter
from adapters.guards import event_triggers
from domain.command import Command
from domain.custody import PersonalDataErased
from domain.errors import IdempotencyKeyReused, LogDamaged, NoPrivateValues, Refusal, UnknownEvent
from domain.event import RecordedEvent
from domain.identifiers import command_id, commitment, event_id
from domain.submission import Accepted, Answer, KeyedCommand, Outcome, Refused, Submission
from tests.support.commands import DAY, disburse, ready_line
from tests.support.effort import full_only
from tests.support.ledger import CLERK, LEDGER, Ledger, opened_ledger

NO_SUCH_EVENT = "00000000-0000-8000-8000-000000000000"
PAYEE = "柳林镇王某某，开户行账号六二二八"


def erase(*event_ids: str) -> Command:
    return Command(body=PersonalDataErased(event_ids=event_ids, legal_basis="retention_ended"), effective_date=DAY)


def paid(key: str, payee: str = PAYEE) -> KeyedCommand:
    return KeyedCommand(key=key, command=disburse(1, key, payee=payee))


def id_of(key: str) -> str:
    """Id of the event of the command under that key: it is known before the command is given."""
    return event_id(command_id(LEDGER, CLERK.subject, key), 0)


def opening_count(ledger: Ledger) -> int:
    with ledger.database.log_reader.connect() as connection:
        return connection.execute(select(func.count()).select_from(private_value)).scalar_one()


def openings_of(ledger: Ledger, event: RecordedEvent) -> list[tuple[str, str]]:
    with ledger.database.log_reader.connect() as connection:
        return [(each.field, each.value) for each in read_openings(connection, event)]


def event_of(outcome: Outcome) -> RecordedEvent:
    assert isinstance(outcome, Accepted)
    return outcome.events[0]


def refusal_of(outcome: Outcome) -> Refusal:
    assert isinstance(outcome, Refused)
    return outcome.refusal


@pytest.fixture
def payments(ledger: Ledger) -> tuple[RecordedEvent, RecordedEvent]:
    """Two payments with a payee each, at positions 7 and 8."""
    ledger.submit(*ready_line())
    one, other = ledger.submit_keyed(paid("one"), paid("other", payee="乙公司")).outcomes
    return event_of(one), event_of(other)


def test_the_openings_go_with_the_event_and_no_others(
    ledger: Ledger, payments: tuple[RecordedEvent, RecordedEvent]
) -> None:
    one, other = payments
    assert openings_of(ledger, one) == [("payee", PAYEE)]
    erased = event_of(ledger.submit(erase(one.id)).outcomes[0])
    assert erased.data == PersonalDataErased(event_ids=(one.id,), legal_basis="retention_ended")
    assert openings_of(ledger, one) == []
    assert openings_of(ledger, other) == [("payee", "乙公司")]


def test_the_stored_entry_and_its_commitment_stay(
    ledger: Ledger, payments: tuple[RecordedEvent, RecordedEvent]
) -> None:
    one, _ = payments
    before = ledger.feed.entry(LEDGER, one.position)
    ledger.submit(erase(one.id))
    assert ledger.feed.entry(LEDGER, one.position) == before
    assert ledger.feed.event(LEDGER, one.position) == one
    assert list(audit_log(ledger.database, LEDGER)) == []


def test_a_replay_of_the_payment_still_answers_whatever_payee_it_names(
    ledger: Ledger, payments: tuple[RecordedEvent, RecordedEvent]
) -> None:
    one, _ = payments
    ledger.submit(erase(one.id))
    again = ledger.submit_keyed(paid("one")).outcomes[0]
    assert again == Accepted(events=(one,), replayed=True)
    guessed = ledger.submit_keyed(paid("one", payee="另一人")).outcomes[0]
    assert guessed == again, "what was erased can be compared with nothing, and tells nothing"
    assert opening_count(ledger) == 1, "a replay stores nothing anew"


def test_a_replay_after_the_erasure_in_one_submission_is_decided_as_after_its_commit(
    ledger: Ledger, payments: tuple[RecordedEvent, RecordedEvent]
) -> None:
    one, other = payments
    answer = ledger.submit_keyed(
        KeyedCommand(key="erase", command=erase(one.id)),
        paid("one", payee="另一人"),
        paid("other", payee="另一人"),
        atomic=False,
    )
    assert answer.outcomes[1] == Accepted(events=(one,), replayed=True)
    assert isinstance(refusal_of(answer.outcomes[2]), IdempotencyKeyReused), other.id


def test_the_erasure_itself_is_replayed(ledger: Ledger, payments: tuple[RecordedEvent, RecordedEvent]) -> None:
    item = KeyedCommand(key="erase", command=erase(payments[0].id))
    first = event_of(ledger.submit_keyed(item).outcomes[0])
    assert ledger.submit_keyed(item).outcomes[0] == Accepted(events=(first,), replayed=True)


@pytest.mark.parametrize("atomic", [True, False])
def test_a_payment_and_its_erasure_can_stand_in_one_submission(ledger: Ledger, *, atomic: bool) -> None:
    ledger.submit(*ready_line())
    erasure = KeyedCommand(key="erase", command=erase(id_of("paid")))
    answer = ledger.submit_keyed(paid("paid"), erasure, atomic=atomic)
    assert answer.refusal is None
    payment = event_of(answer.outcomes[0])
    assert (payment.id, set(payment.private)) == (id_of("paid"), {"payee"})
    assert opening_count(ledger) == 0
    assert list(audit_log(ledger.database, LEDGER)) == []


def test_an_erasure_before_its_payment_is_refused(ledger: Ledger) -> None:
    ledger.submit(*ready_line())
    erasure = KeyedCommand(key="erase", command=erase(id_of("paid")))
    answer = ledger.submit_keyed(erasure, paid("paid"), atomic=False)
    assert isinstance(refusal_of(answer.outcomes[0]), UnknownEvent)
    assert opening_count(ledger) == 1


def test_what_a_large_batch_inserts_in_parts_is_erased_all_the_same(ledger: Ledger) -> None:
    ledger.submit(*ready_line())
    keys = [f"paid-{number}" for number in range(2 * MIN_COMMANDS)]
    erasures = [
        KeyedCommand(key=f"erase-{start}", command=erase(*map(id_of, keys[start : start + 100])))
        for start in range(0, len(keys), 100)
    ]
    items = [tuple(map(paid, keys)), tuple(erasures), tuple(paid(f"more-{key}") for key in keys)]
    with ThreadPoolExecutor() as inserters:
        writer = LedgerWriter(ledger.database.log_writer, ledger.clock, inserters, LEDGER)
        answers = writer.write([Submission(ledger_id=LEDGER, actor=CLERK, items=each) for each in items])
    assert [isinstance(answer, Answer) and answer.refusal for answer in answers] == [None] * 3
    assert opening_count(ledger) == len(keys), "those of the payments after the erasures"
    assert list(audit_log(ledger.database, LEDGER)) == []


@pytest.mark.parametrize("refused", [NO_SUCH_EVENT, "the allocation"])
def test_a_refused_erasure_deletes_nothing(
    ledger: Ledger, payments: tuple[RecordedEvent, RecordedEvent], refused: str
) -> None:
    one, _ = payments
    allocation = ledger.feed.event(LEDGER, 6)
    assert allocation is not None
    wrong = allocation.id if refused == "the allocation" else refused
    refusal = refusal_of(ledger.submit(erase(one.id, wrong)).outcomes[0])
    assert type(refusal) is (NoPrivateValues if wrong == allocation.id else UnknownEvent)
    assert (refusal.pointer, opening_count(ledger)) == ("/event_ids/1", 2)


def test_an_erasure_in_an_atomic_submission_that_is_refused_deletes_nothing(
    ledger: Ledger, payments: tuple[RecordedEvent, RecordedEvent]
) -> None:
    one, other = payments
    answer = ledger.submit(erase(one.id), erase(NO_SUCH_EVENT))
    assert answer.position is None
    assert opening_count(ledger) == 2
    guessed = ledger.submit_keyed(paid("one", payee="另一人"))
    assert isinstance(refusal_of(guessed.outcomes[0]), IdempotencyKeyReused), other.id


def test_a_dry_run_erases_nothing(ledger: Ledger, payments: tuple[RecordedEvent, RecordedEvent]) -> None:
    answer = ledger.submit(erase(payments[0].id), dry_run=True)
    assert isinstance(answer.outcomes[0], Accepted)
    assert (opening_count(ledger), ledger.feed.head(LEDGER)) == (2, 8)


def test_when_the_event_cannot_be_committed_the_openings_stay(
    ledger: Ledger, payments: tuple[RecordedEvent, RecordedEvent]
) -> None:
    one, _ = payments
    with failing_heads(ledger), pytest.raises((DBAPIError, LogDamaged)):
        ledger.submit(erase(one.id))
    assert (opening_count(ledger), ledger.feed.head(LEDGER)) == (2, 8)
    assert ledger.submit(erase(one.id)).refusal is None
    assert opening_count(ledger) == 1


def test_an_erased_value_and_its_salt_leave_no_trace_in_the_file(sqlite_url: str) -> None:
    with opened_ledger(sqlite_url) as ledger:
        ledger.submit(*ready_line())
        event = event_of(ledger.submit_keyed(paid("one")).outcomes[0])
        with ledger.database.log_reader.connect() as connection:
            (opening,) = read_openings(connection, event)
        assert commitment(opening.salt, "payee", PAYEE) == event.private["payee"]
        private = (opening.salt, PAYEE.encode())
        assert [each in stored_bytes(ledger) for each in private] == [True, True]
        ledger.submit(erase(event.id))
        assert [each in stored_bytes(ledger) for each in private] == [False, False]


def stored_bytes(ledger: Ledger) -> bytes:
    """What the files of the log hold."""
    path = Path(ledger.database.url.database or "")
    return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))


@contextmanager
def failing_heads(ledger: Ledger) -> Iterator[None]:
    """While it lasts, no head can be moved: the last statement of every transaction that appends fails."""
    if not ledger.database.is_sqlite:
        with ledger.database.log_writer.begin() as connection:
            event_triggers.take_down(connection)
    run(ledger, *(FAIL_ON_SQLITE if ledger.database.is_sqlite else FAIL_ON_POSTGRESQL))
    yield
    run(ledger, *(MEND_ON_SQLITE if ledger.database.is_sqlite else MEND_ON_POSTGRESQL))


FAIL_ON_SQLITE = ["CREATE TRIGGER failing BEFORE UPDATE ON ledger_head BEGIN SELECT RAISE(ABORT, 'failing'); END"]
MEND_ON_SQLITE = ["DROP TRIGGER failing"]
FAIL_ON_POSTGRESQL = [
    "CREATE FUNCTION log.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'failing'; END $$",
    "CREATE TRIGGER failing BEFORE UPDATE ON log.ledger_head FOR EACH ROW EXECUTE FUNCTION log.fail()",
]
MEND_ON_POSTGRESQL = ["DROP TRIGGER failing ON log.ledger_head", "DROP FUNCTION log.fail"]


def run(ledger: Ledger, *statements: str) -> None:
    with ledger.database.log_writer.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


@full_only
def test_an_erasure_beside_a_long_read_is_recorded_all_the_same(sqlite_url: str) -> None:
    with opened_ledger(sqlite_url) as ledger:
        ledger.submit(*ready_line())
        event = event_of(ledger.submit_keyed(paid("one")).outcomes[0])
        with ledger.database.log_reader.connect() as reader:
            reader.execute(select(func.count()).select_from(private_value)).scalar_one()
            assert ledger.submit(erase(event.id)).refusal is None
        assert opening_count(ledger) == 0
        assert ledger.submit(disburse(1, "next")).refusal is None
