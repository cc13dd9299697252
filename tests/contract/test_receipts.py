"""What is told of commands that may have been recorded before, on each database."""

from adapters.event_log.receipts import SqlReceipts
from domain.submission import KeyedCommand
from tests.support.commands import disburse, ready_line, register_unit
from tests.support.ledger import CLERK, LEDGER, Ledger


def test_a_recorded_command_is_told_with_its_position_and_others_are_not(ledger: Ledger) -> None:
    first, second = (
        KeyedCommand(key="1", command=register_unit("U1")),
        KeyedCommand(key="2", command=register_unit("U2")),
    )
    ledger.submit_keyed(first)
    ledger.submit_keyed(second)
    unknown = KeyedCommand(key="3", command=register_unit("U3"))
    assert recorded(ledger, second, unknown, first) == [3, None, 2]


def test_keys_are_those_of_one_subject_and_one_ledger(ledger: Ledger) -> None:
    item = KeyedCommand(key="1", command=register_unit("U1"))
    ledger.submit_keyed(item)
    receipts = SqlReceipts(ledger.database.log_reader)
    assert receipts.recorded(LEDGER, "another", [item]) == [None]
    assert receipts.recorded("another", CLERK.subject, [item]) == [None]


def test_another_command_under_the_key_is_left_to_the_log(ledger: Ledger) -> None:
    ledger.submit_keyed(KeyedCommand(key="1", command=register_unit("U1")))
    assert recorded(ledger, KeyedCommand(key="1", command=register_unit("U2"))) == [None]


def test_private_values_given_or_recorded_are_left_to_the_log(ledger: Ledger) -> None:
    ledger.submit(*ready_line())
    with_payee = KeyedCommand(key="1", command=disburse(100, "1", payee="甲公司"))
    ledger.submit_keyed(with_payee)
    ledger.submit_keyed(KeyedCommand(key="2", command=disburse(100, "2")))
    without = KeyedCommand(key="1", command=disburse(100, "1"))
    unasked = KeyedCommand(key="2", command=disburse(100, "2", payee="甲公司"))
    assert recorded(ledger, with_payee, without, unasked) == [None, None, None]


def recorded(ledger: Ledger, *items: KeyedCommand) -> list[int | None]:
    return SqlReceipts(ledger.database.log_reader).recorded(LEDGER, CLERK.subject, items)
