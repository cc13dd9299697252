"""The audit derives every digest again, and finds what should have been erased."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text

from adapters.event_log.audit import Difference, audit_log
from adapters.event_log.digests import digest_at, digest_at_head
from domain.command import Command
from domain.custody import LedgerDigest, PersonalDataErased
from domain.event import RecordedEvent
from domain.submission import Accepted
from tests.support.commands import DAY, disburse, ready_line, register_unit
from tests.support.ledger import LEDGER, Ledger, opened_ledger
from tests.support.tampering import tamper

PAYMENT = 7
ROOT = "0" * 64


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """A ledger with a payment to a person at position 7."""
    with opened_ledger(database_url) as opened:
        opened.submit(*ready_line())
        opened.submit(disburse(100, "1", payee="甲公司"))
        yield opened


def found(ledger: Ledger) -> list[Difference]:
    return list(audit_log(ledger.database, LEDGER))


def named(ledger: Ledger) -> list[tuple[int | None, str]]:
    return [(each.position, each.part) for each in found(ledger)]


def state(ledger: Ledger, digest: LedgerDigest) -> int:
    """Records a digest, true or not; its position."""
    position = ledger.submit(Command(body=digest, effective_date=DAY)).position
    assert position is not None
    return position


def head_digest(ledger: Ledger) -> LedgerDigest:
    return digest_at_head(ledger.database.log_reader, LEDGER)


def payment(ledger: Ledger) -> RecordedEvent:
    event = ledger.feed.event(LEDGER, PAYMENT)
    assert event is not None
    return event


def erase(ledger: Ledger) -> int:
    body = PersonalDataErased(event_ids=(payment(ledger).id,), legal_basis="retention_ended")
    (outcome,) = ledger.submit(Command(body=body, effective_date=DAY)).outcomes
    assert isinstance(outcome, Accepted)
    return outcome.events[0].position


def test_true_digests_are_no_difference_however_many(ledger: Ledger) -> None:
    for number in range(3):
        state(ledger, head_digest(ledger))
        state(ledger, head_digest(ledger))
        ledger.submit(register_unit(f"U-{number}"))
    assert found(ledger) == []


def test_a_digest_may_cover_less_than_what_stands_before_it(ledger: Ledger) -> None:
    digest = head_digest(ledger)
    ledger.submit(register_unit("U2"), register_unit("U3"))
    state(ledger, digest)
    with ledger.database.log_reader.connect() as connection:
        early = digest_at(connection, LEDGER, 3)
    state(ledger, early)
    assert found(ledger) == []


@pytest.mark.parametrize("wrong", [{"root": ROOT}, {"tag_count": 8}, {"position": 6}])
def test_a_false_digest_is_named_with_its_position(ledger: Ledger, wrong: dict[str, str | int]) -> None:
    state(ledger, head_digest(ledger))
    digest = head_digest(ledger)
    false = state(ledger, replace(digest, **wrong))  # type: ignore[arg-type]  # wrong on purpose
    state(ledger, head_digest(ledger))
    (difference,) = found(ledger)
    assert (difference.ledger_id, difference.position, difference.part) == (LEDGER, false, "digest")
    assert "the tags of the entries give" in difference.detail


@pytest.mark.parametrize("covered", [0, 8, 9, 2**53 - 1])
def test_a_digest_of_what_does_not_stand_before_it_is_named(ledger: Ledger, covered: int) -> None:
    position = state(ledger, LedgerDigest(position=covered, root=ROOT, tag_count=1))
    assert (position, named(ledger)) == (8, [(8, "digest")])


def test_an_erasure_that_was_carried_out_is_no_difference(ledger: Ledger) -> None:
    erase(ledger)
    assert found(ledger) == []


def test_an_opening_that_survived_its_erasure_is_named_with_the_position_of_its_event(ledger: Ledger) -> None:
    table = "private_value" if ledger.database.is_sqlite else "log.private_value"
    with ledger.database.log_reader.connect() as connection:
        row = connection.execute(text(f"SELECT * FROM {table}")).mappings().one()
    erased_at = erase(ledger)
    assert found(ledger) == []
    with ledger.database.log_writer.begin() as connection:
        columns = ", ".join(f":{name}" for name in row)
        connection.execute(text(f"INSERT INTO {table} VALUES ({columns})"), dict(row))
    (difference,) = found(ledger)
    assert (difference.ledger_id, difference.position, difference.part) == (LEDGER, PAYMENT, "private")
    assert difference.detail == f"payee is still stored, though position {erased_at} erased it"


def test_an_opening_that_opens_nothing_is_named(ledger: Ledger) -> None:
    tamper(ledger.database, "UPDATE {log}private_value SET value = '乙公司'")
    assert named(ledger) == [(PAYMENT, "private")]
    erase(ledger)
    assert found(ledger) == []
