"""A copy of a ledger of each database decides and appends as the ledger itself would, and holds no private value."""

from pathlib import Path

from sqlalchemy import func, select

from adapters.database import open_database
from adapters.event_log.audit import audit_log
from adapters.event_log.feed import SqlFeed
from adapters.event_log.ledger_copy import copy_ledger, row_count
from adapters.event_log.sequencer import Sequencer
from adapters.event_log.tables import private_value
from adapters.migrations.schema import migrate
from domain.errors import InsufficientFunds
from domain.ledger import OpenLedger
from domain.submission import Accepted, KeyedCommand, Refused, Submission
from tests.support.commands import disburse, ready_line, register_unit, reverse
from tests.support.ledger import CLERK, LEDGER, Ledger


def test_a_copy_goes_on_where_the_ledger_is(ledger: Ledger, tmp_path: Path) -> None:
    ledger.submit(*ready_line(amount=1_000))
    paid = ledger.submit(*(disburse(10, f"{number}") for number in range(40)))
    replayed = KeyedCommand(key="kept", command=disburse(500, "kept"))
    ledger.submit_keyed(replayed)
    assert isinstance(paid.outcomes[0], Accepted)
    tried = (
        replayed,
        KeyedCommand(key="new", command=disburse(101, "new")),
        KeyedCommand(key="back", command=reverse(paid.outcomes[0].events[0].id)),
        KeyedCommand(key="again", command=disburse(110, "again")),
    )
    copy = open_database(f"sqlite:///{tmp_path}/copy.db")
    migrate(copy)
    copied: list[int] = []
    copy_ledger(ledger.database.log_reader, copy.log_writer, LEDGER, copied.append)
    assert sum(copied) == row_count(ledger.database.log_reader, LEDGER)

    sequencer = Sequencer(copy, ledger.clock)
    submission = Submission(ledger_id=LEDGER, actor=CLERK, items=tried, atomic=False)
    first, second, third, fourth = sequencer.submit(submission).result(60).outcomes
    sequencer.stop()
    assert isinstance(first, Accepted)
    assert first.replayed
    assert isinstance(second, Refused)
    assert isinstance(second.refusal, InsufficientFunds)
    assert isinstance(third, Accepted)
    assert isinstance(fourth, Accepted)
    assert list(audit_log(copy, LEDGER)) == []
    assert SqlFeed(copy.log_reader).head(LEDGER) == ledger.feed.head(LEDGER) + 2
    copy.dispose()


def test_a_copy_has_nothing_of_other_ledgers_and_no_opening_of_a_private_value(ledger: Ledger, tmp_path: Path) -> None:
    ledger.sequencer.open_ledger(OpenLedger(ledger_id="other", name="另一本"), actor=CLERK, key="other")
    ledger.submit(*ready_line())
    ledger.submit(disburse(100, "1", payee="甲公司"), register_unit("U9"))
    copy = open_database(f"sqlite:///{tmp_path}/copy.db")
    migrate(copy)
    copy_ledger(ledger.database.log_reader, copy.log_writer, LEDGER, lambda _count: None)
    assert [each.ledger_id for each in SqlFeed(copy.log_reader).ledgers()] == [LEDGER]
    with copy.log_reader.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(private_value)) == 0
    copy.dispose()
