"""The audit names what was changed behind the service's back, with its ledger and position."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text

from adapters.event_log.audit import Difference, audit_log
from adapters.event_log.store import EVENTS_PER_STATE
from tests.support.commands import disburse, ready_line, reverse
from tests.support.ledger import LEDGER, Ledger, opened_ledger

PAYMENT = 7
"""Position of the payment that the tests tamper with."""
FROM_THIRD = "FROM log_entry WHERE position = 3"
COPIED_FAR = "ledger_id, 3000000, zeroblob(16), type, effective_date, recorded_at_us, corrects, leaf_hash, entry"


@pytest.fixture
def ledger(sqlite_url: str) -> Iterator[Ledger]:
    with opened_ledger(sqlite_url) as opened:
        opened.submit(*ready_line())
        opened.submit(disburse(100, "1", payee="甲公司"), disburse(200, "2"))
        yield opened


def tamper(ledger: Ledger, *statements: str) -> None:
    """Changes the database as its administrator could: the triggers are dropped first."""
    with ledger.database.log_writer.begin() as connection:
        for name in _trigger_names(connection):
            connection.execute(text(f"DROP TRIGGER {name}"))
        for statement in statements:
            connection.execute(text(statement))


def found(ledger: Ledger) -> list[Difference]:
    return list(audit_log(ledger.database, LEDGER))


def test_a_log_nobody_touched_has_no_differences(ledger: Ledger) -> None:
    assert found(ledger) == []


def test_progress_is_told_up_to_the_last_position(ledger: Ledger) -> None:
    seen: list[tuple[int, int]] = []
    list(audit_log(ledger.database, LEDGER, lambda reached, last: seen.append((reached, last))))
    assert seen[-1] == (8, 8)


@pytest.mark.parametrize(
    ("part", "position", "statement"),
    [
        ("entry", PAYMENT, f"UPDATE log_entry SET entry = {{amount_changed}} WHERE position = {PAYMENT}"),
        ("entry", PAYMENT, f"UPDATE log_entry SET entry = 'nonsense' WHERE position = {PAYMENT}"),
        ("entry", PAYMENT, f"UPDATE log_entry SET leaf_hash = zeroblob(32) WHERE position = {PAYMENT}"),
        ("columns", PAYMENT, f"UPDATE log_entry SET effective_date = '2022-01-01' WHERE position = {PAYMENT}"),
        ("columns", PAYMENT, f"UPDATE log_entry SET recorded_at_us = 1 WHERE position = {PAYMENT}"),
        ("columns", PAYMENT, f"UPDATE log_entry SET type = 'funds-recovered.v1' WHERE position = {PAYMENT}"),
        ("columns", PAYMENT, f"UPDATE log_entry SET corrects = zeroblob(16) WHERE position = {PAYMENT}"),
        ("columns", PAYMENT, f"UPDATE log_entry SET event_id = zeroblob(16) WHERE position = {PAYMENT}"),
        ("positions", 8, f"DELETE FROM log_entry WHERE position = {PAYMENT}"),
        ("head", None, "DELETE FROM log_entry WHERE position = 8"),
        ("head", None, "UPDATE ledger_head SET position = 9"),
        ("tags", PAYMENT, f"DELETE FROM log_tag WHERE tag = 'line:L1' AND position = {PAYMENT}"),
        ("tags", PAYMENT, f"UPDATE log_tag SET n = 9 WHERE tag = 'line:L1' AND position = {PAYMENT}"),
        ("tags", 3, f"INSERT INTO log_tag VALUES ('{LEDGER}', 'line:L9', 3, 1)"),
        ("tags", 0, f"INSERT INTO log_tag VALUES ('{LEDGER}', 'line:L9', 0, 1)"),
        ("tags", 70, f"INSERT INTO log_tag VALUES ('{LEDGER}', 'voucher:L1/2023/7', 70, 1)"),
        ("states", 1, f"INSERT INTO boundary_state VALUES ('{LEDGER}', 'line:L9', 1, 1, NULL)"),
        ("states", 7, f"INSERT INTO boundary_state VALUES ('{LEDGER}', 'voucher:L1/2023/1', 1, 7, '[7]')"),
        ("receipts", 1, "DELETE FROM ledger_receipt"),
        (
            "private",
            3,
            f"INSERT INTO private_value SELECT '{LEDGER}', event_id, 'payee', zeroblob(32), 'x' {FROM_THIRD}",
        ),
        (
            "private",
            None,
            f"INSERT INTO private_value VALUES ('{LEDGER}', zeroblob(16), 'payee', zeroblob(32), 'x')",
        ),
        ("private", PAYMENT, "UPDATE private_value SET value = '乙公司'"),
    ],
)
def test_a_change_is_named_with_its_part_and_position(
    ledger: Ledger, part: str, position: int | None, statement: str
) -> None:
    entry = (ledger.feed.entry(LEDGER, PAYMENT) or b"").replace(b'"amount":100', b'"amount":999')
    tamper(ledger, statement.format(amount_changed=f"x'{entry.hex()}'"))
    assert (part, position) in [(each.part, each.position) for each in found(ledger)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE boundary_state SET event_count = 9 WHERE key = 'line:L1'",
        "UPDATE boundary_state SET state = '[]' WHERE key = 'line:L1'",
        "UPDATE boundary_state SET position = position - 1 WHERE key = 'line:L1'",
        "DELETE FROM boundary_state WHERE key = 'line:L1'",
    ],
)
def test_a_changed_or_missing_state_is_named(ledger: Ledger, statement: str) -> None:
    ledger.submit(*(disburse(1, f"more-{number}") for number in range(EVENTS_PER_STATE)))
    assert found(ledger) == []
    tamper(ledger, statement)
    assert {("states", LEDGER)} == {(each.part, each.ledger_id) for each in found(ledger)}


def test_a_state_put_back_to_one_of_long_ago_is_named(ledger: Ledger) -> None:
    ledger.submit(*(disburse(1, f"once-{number}") for number in range(EVENTS_PER_STATE)))
    before = state_of_the_line(ledger)
    ledger.submit(*(disburse(1, f"again-{number}") for number in range(EVENTS_PER_STATE)))
    latest = state_of_the_line(ledger)
    values = f"event_count = {before.event_count}, position = {before.position}, state = x'{before.state.hex()}'"
    tamper(ledger, f"UPDATE boundary_state SET {values} WHERE key = 'line:L1'")
    assert [("states", latest.position)] == [(each.part, each.position) for each in found(ledger)]


def state_of_the_line(ledger: Ledger) -> Any:
    with ledger.database.log_reader.connect() as connection:
        return connection.execute(text("SELECT * FROM boundary_state WHERE key = 'line:L1'")).one()


def test_an_erased_private_value_is_no_difference(ledger: Ledger) -> None:
    tamper(ledger, "DELETE FROM private_value")
    assert found(ledger) == []


def test_an_entry_that_says_another_position_is_all_that_is_named(ledger: Ledger) -> None:
    tamper(ledger, f"INSERT INTO log_entry SELECT {COPIED_FAR} FROM log_entry WHERE position = 4")
    named = {(each.part, each.position) for each in found(ledger)}
    assert ("positions", 3_000_000) in named
    assert {position for _, position in named} == {3_000_000, None}, "and the head, which is not there"


def test_entries_swapped_between_positions_are_found(ledger: Ledger) -> None:
    tamper(
        ledger,
        "UPDATE log_entry SET position = 70 WHERE position = 7",
        "UPDATE log_entry SET position = 7 WHERE position = 8",
        "UPDATE log_entry SET position = 8 WHERE position = 70",
    )
    assert {7, 8} <= {each.position for each in found(ledger)}


def test_a_voucher_that_was_paid_on_twice_is_found(ledger: Ledger) -> None:
    entry = ledger.feed.entry(LEDGER, 8) or b""
    twice = entry.replace(b'"voucher:L1/2023/2":1', b'"voucher:L1/2023/1":2')
    tamper(ledger, f"UPDATE log_entry SET entry = x'{twice.hex()}' WHERE position = 8")
    assert ("states", 8) in [(each.part, each.position) for each in found(ledger)]


def test_reversals_and_returns_audit_clean(ledger: Ledger) -> None:
    payment = ledger.feed.event(LEDGER, PAYMENT)
    assert payment is not None
    ledger.submit(reverse(payment.id))
    assert found(ledger) == []


def _trigger_names(connection: Connection) -> list[str]:
    return list(connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars())
