"""Every refused command is written down before its caller hears of it, whatever the way in."""

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import select

from adapters.access.log import SqlAccessLog
from adapters.access.names import KnownNames
from adapters.access.refusals import RecordedRefusals
from adapters.access.tables import access_record
from adapters.access.tries import Tries
from domain.access_log import AccessEntry, AccessKind, AccessQuery
from domain.command import Authority, Command
from domain.errors import AccessLogUnavailable, AlreadyExists, UnknownLedger
from domain.ledger import OpenLedger
from domain.submission import Accepted, Answer, KeyedCommand, Submission
from tests.support.commands import disburse, open_line, ready_line, register_unit, reverse
from tests.support.ledger import CLERK, LEDGER, Ledger, opened_ledger

NO_SUCH_EVENT = "00000000-0000-8000-8000-000000000000"


@dataclass
class Kept:
    """A ledger whose refusals are kept."""

    ledger: Ledger
    access_log: SqlAccessLog
    log: RecordedRefusals

    def submit(self, *commands: Command, atomic: bool = True, dry_run: bool = False, to: str = LEDGER) -> Answer:
        return self.future(*commands, atomic=atomic, dry_run=dry_run, to=to).result(60)

    def future(
        self, *commands: Command, atomic: bool = True, dry_run: bool = False, to: str = LEDGER
    ) -> "Future[Answer]":
        items = tuple(KeyedCommand(key=f"k{next(self.ledger.keys)}", command=command) for command in commands)
        return self.log.submit(Submission(ledger_id=to, actor=CLERK, items=items, atomic=atomic, dry_run=dry_run))

    @property
    def entries(self) -> list[AccessEntry]:
        return [record.entry for record in self.access_log.page(AccessQuery(limit=1_000)).records]


@pytest.fixture
def kept(database_url: str) -> Iterator[Kept]:
    with opened_ledger(database_url) as ledger:
        ledger.submit(*ready_line(amount=100))
        access_log = SqlAccessLog(ledger.database, ledger.clock, KnownNames(ledger.database).only_known)
        yield Kept(ledger, access_log, RecordedRefusals(ledger.sequencer, access_log))
        access_log.stop()


def test_a_refused_command_is_kept_with_who_what_and_how_much(kept: Kept) -> None:
    assert kept.submit(disburse(150, "1", payee="甲公司")).refusal is not None
    assert kept.entries == [
        AccessEntry(
            kind=AccessKind.REFUSED,
            action="record-disbursement",
            code="insufficient-funds",
            ledger_id=LEDGER,
            subject="clerk",
            issuer=None,
            role="clerk",
            concerns=("line:L1",),
            figures={"available": "1.00", "requested": "1.50"},
        )
    ]


def test_what_is_accepted_or_only_tried_leaves_no_record(kept: Kept) -> None:
    kept.submit(disburse(50, "1"))
    kept.submit(disburse(500, "2"), dry_run=True)
    assert kept.entries == []


def test_what_the_caller_may_not_do_is_kept_once_when_it_is_only_tried_too_those_alike_together(kept: Kept) -> None:
    items = tuple(KeyedCommand(key=f"row/{each}", command=disburse(50, str(each))) for each in range(3))
    elsewhere = Authority(units=frozenset({"U9"}))

    def tried(*these: KeyedCommand) -> list[tuple[str, tuple[str, ...], int]]:
        trying = Submission(ledger_id=LEDGER, actor=CLERK, items=these, authority=elsewhere, atomic=False, dry_run=True)
        kept.log.submit(trying).result(60)
        return [(entry.code, entry.concerns, entry.count) for entry in kept.entries]

    first = ("outside-units", ("line:L1",), 2)
    assert tried(*items[:2]) == [first]
    assert tried(*items[:2]) == [first], "looked at again it is the same try"
    others = replace(items[0], command=disburse(60, "0")), replace(items[1], key="other")
    assert tried(items[0], others[1], items[2]) == [first, first], "of another look what is new"
    assert tried(others[0]) == [first, first, ("outside-units", ("line:L1",), 1)], "another command is another try"
    kept.log.submit(Submission(ledger_id=LEDGER, actor=CLERK, items=items[:1], authority=elsewhere)).result(60)
    assert len(kept.entries) == 4, "what was to be recorded is kept however often it was tried"


def test_what_was_forgotten_of_tries_is_kept_once_more(kept: Kept) -> None:
    kept.log.tries = Tries(most=1)
    elsewhere = Authority(units=frozenset({"U9"}))
    for key in ("a", "b", "b", "a"):
        items = (KeyedCommand(key=key, command=disburse(50, "1")),)
        kept.log.submit(
            Submission(ledger_id=LEDGER, actor=CLERK, items=items, authority=elsewhere, dry_run=True)
        ).result(60)
    assert len(kept.entries) == 3


def test_each_attempt_is_kept(kept: Kept) -> None:
    item = KeyedCommand(key="k", command=disburse(150, "1"))
    for _ in range(3):
        kept.log.submit(Submission(ledger_id=LEDGER, actor=CLERK, items=(item,))).result(60)
    assert [entry.code for entry in kept.entries] == ["insufficient-funds"] * 3


def test_of_an_atomic_batch_the_refused_command_is_kept(kept: Kept) -> None:
    kept.submit(disburse(50, "1"), register_unit("U9"), disburse(500, "3"), disburse(600, "4"))
    assert [entry.figures["requested"] for entry in kept.entries] == ["5.00"]


def test_of_a_partial_batch_every_refused_command_is_kept_in_order(kept: Kept) -> None:
    answer = kept.submit(
        disburse(150, "1"), disburse(50, "2"), register_unit("U1"), reverse(NO_SUCH_EVENT), atomic=False
    )
    assert isinstance(answer.outcomes[1], Accepted)
    assert [(entry.action, entry.code, entry.concerns) for entry in kept.entries] == [
        ("record-disbursement", "insufficient-funds", ("line:L1",)),
        ("register-unit", "already-exists", ("unit:U1",)),
        ("reverse-event", "unknown-event", ("event",)),
    ]
    assert kept.submit(reverse(answer.outcomes[1].events[0].id)).refusal is None
    assert kept.submit(reverse(answer.outcomes[1].events[0].id)).refusal is not None
    assert kept.entries[3].concerns == (f"event:{answer.outcomes[1].events[0].id}",)


def test_of_an_id_that_names_nothing_its_kind_alone_is_kept(kept: Kept) -> None:
    """Whoever writes into such a field may write down a person, and nothing is ever taken out again."""
    person = "wang-330102199001011234"
    kept.submit(disburse(50, "1", line_id=person))
    kept.submit(register_unit("U2"), open_line(person, project_id="P9"))
    kept.submit(reverse(f"{'0' * 14}{person[5:]}"))
    with pytest.raises(UnknownLedger):
        kept.submit(disburse(50, "1"), to=person)
    assert [(entry.code, entry.ledger_id, entry.concerns) for entry in kept.entries] == [
        ("unknown-line", LEDGER, ("line",)),
        ("unknown-project", LEDGER, ("line", "project", "appropriation:A1", "unit:U1")),
        ("unknown-event", LEDGER, ("event",)),
        ("unknown-ledger", None, ("ledger", "line")),
    ]
    with kept.ledger.database.access_reader.begin() as connection:
        stored = connection.scalars(select(access_record.c.entry)).all()
    assert not any(b"330102199001011234" in each for each in stored)


def test_a_ledger_that_is_not_opened_or_not_there_is_kept(kept: Kept) -> None:
    with pytest.raises(AlreadyExists):
        kept.log.open_ledger(OpenLedger(ledger_id=LEDGER, name="又一个"), actor=CLERK, key="other")
    with pytest.raises(UnknownLedger):
        kept.submit(register_unit("U1"), to="nowhere")
    assert [(entry.action, entry.code, entry.ledger_id) for entry in kept.entries] == [
        ("open-ledger", "already-exists", LEDGER),
        ("register-unit", "unknown-ledger", None),
    ]


def test_without_a_record_there_is_no_answer(kept: Kept) -> None:
    kept.access_log.stop()
    with pytest.raises(AccessLogUnavailable):
        kept.submit(disburse(150, "1"))
    with pytest.raises(AccessLogUnavailable):
        kept.log.open_ledger(OpenLedger(ledger_id=LEDGER, name="又一个"), actor=CLERK, key="other")
    assert kept.submit(disburse(50, "1")).refusal is None
    assert kept.entries == []


def test_who_gives_up_waiting_is_kept_all_the_same(kept: Kept) -> None:
    waiting = kept.future(disburse(150, "1"))
    waiting.cancel()
    kept.ledger.sequencer.stop()
    kept.access_log.stop()
    assert len(kept.entries) == 1
