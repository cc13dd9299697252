"""The example ledgers of `fundtrail demo`: three published reports, and an invented year of a county.

The invented year is recorded by a scripted clock, each command in a transaction of its own, so that it can be asked
what was known on any day of that year.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from adapters.clock import SystemClock
from adapters.database import Database
from adapters.event_log.feed import SqlFeed
from adapters.event_log.sequencer import Sequencer
from api.command_file import CommandFile, Row
from api.terminal import CommandFailed
from domain.access import LOCAL_ACTOR
from domain.dates import parse_instant
from domain.errors import UnknownLedger
from domain.ledger import OpenLedger
from domain.ports import Clock
from domain.submission import KeyedCommand, Submission

EXAMPLES: Final = Path(__file__).resolve().parents[1] / "examples"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A ledger and its file; `is_scripted`: a second file says when each of its commands was recorded."""

    ledger_id: str
    name: str
    is_scripted: bool = False

    @property
    def commands(self) -> Path:
        """The file of its commands."""
        return EXAMPLES / f"{self.ledger_id}.jsonl"

    @property
    def clock(self) -> Path:
        """The file of its instants: the ledger's opening, then one for each command."""
        return EXAMPLES / f"{self.ledger_id}.clock.jsonl"


EXAMPLE_LEDGERS: Final = (
    Example(ledger_id="story", name="青石县财政局演示账套", is_scripted=True),
    Example(ledger_id="jincheng-2023", name="晋城市城区财政局2023年度"),
    Example(ledger_id="tianjiaan-2023", name="淮南市田家庵区财政局2023年度"),
    Example(ledger_id="jiedao-2020", name="街道办事处（名称未印）2020年度"),
)


class ScriptedClock:
    """See ports.Clock. It stands still until it is set."""

    def __init__(self, instant: datetime) -> None:
        self._instant = instant

    def now(self) -> datetime:
        """The instant it was set to."""
        return self._instant

    def set(self, instant: datetime) -> None:
        """Moves to an instant."""
        self._instant = instant


def build_examples(database: Database, advance: Callable[[int], None] = lambda _count: None) -> None:
    """Records every example ledger that is not complete; `advance` is called with the commands recorded.

    Raises:
        CommandFailed: the files of the examples are not there, or are not what the rules accept.
    """
    feed = SqlFeed(database.log_reader)
    for example in EXAMPLE_LEDGERS:
        items = _items(example)
        done = _recorded_count(feed, example)
        # What is complete is left alone: someone may have recorded more in it, at a later instant than the script's.
        if done is None or done < len(items):
            record = _record_scripted if example.is_scripted else _record_now
            record(database, example, items[done or 0 :], advance)


def command_count() -> int:
    """How many commands all the examples have."""
    return sum(len(_items(example)) for example in EXAMPLE_LEDGERS)


def _recorded_count(feed: SqlFeed, example: Example) -> int | None:
    """How many of the example's commands are recorded; None when its ledger is not opened yet."""
    try:
        return feed.head(example.ledger_id) - 1
    except UnknownLedger:
        return None


def _record_now(
    database: Database, example: Example, items: tuple[KeyedCommand, ...], advance: Callable[[int], None]
) -> None:
    with _SequencerFor(database, SystemClock(), example) as ledger:
        ledger.open()
        ledger.record(items)
        advance(len(items))


def _record_scripted(
    database: Database, example: Example, items: tuple[KeyedCommand, ...], advance: Callable[[int], None]
) -> None:
    (_, opened_at), *ticks = _ticks(example)
    clock = ScriptedClock(opened_at)
    with _SequencerFor(database, clock, example) as ledger:
        ledger.open()
        for item, (key, instant) in zip(items, ticks[-len(items) :], strict=True):
            if key != item.key:
                message = f"{example.clock} names {key} where {example.commands} has {item.key}"
                raise CommandFailed(message)
            clock.set(instant)
            ledger.record((item,))
            advance(1)


class _SequencerFor:
    """One example's ledger, written by a sequencer of its own."""

    def __init__(self, database: Database, clock: Clock, example: Example) -> None:
        self._example = example
        self._sequencer = Sequencer(database, clock, demo=True)

    def __enter__(self) -> "_SequencerFor":
        return self

    def __exit__(self, *_: object) -> None:
        self._sequencer.stop()

    def open(self) -> None:
        """Opens the ledger, or finds it opened before."""
        request = OpenLedger(ledger_id=self._example.ledger_id, name=self._example.name)
        self._sequencer.open_ledger(request, actor=LOCAL_ACTOR, key=f"demo/{self._example.ledger_id}")

    def record(self, items: tuple[KeyedCommand, ...]) -> None:
        """Records the commands in one transaction; those recorded before are left alone."""
        submission = Submission(ledger_id=self._example.ledger_id, actor=LOCAL_ACTOR, items=items)
        refused = self._sequencer.submit(submission).result().refusal
        if refused is not None:
            index, refusal = refused
            message = f"example {self._example.ledger_id}, command {items[index].key}: {refusal}"
            raise CommandFailed(message)


def _items(example: Example) -> tuple[KeyedCommand, ...]:
    if not example.commands.is_file():
        message = f"the example {example.commands} is missing: the demo runs from a copy of the sources"
        raise CommandFailed(message)
    rows = CommandFile(example.commands, example.ledger_id, LOCAL_ACTOR.subject).rows()
    items = []
    for row in rows:
        if not isinstance(row, Row):
            message = f"line {row.line} of {example.commands} is no command"
            raise CommandFailed(message)
        items.append(row.item)
    return tuple(items)


def _ticks(example: Example) -> Iterator[tuple[str, datetime]]:
    for line in example.clock.read_text(encoding="utf-8").splitlines():
        tick = json.loads(line)
        yield tick["key"], parse_instant(tick["recorded_at"])
