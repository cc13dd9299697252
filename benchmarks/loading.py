"""Recording the workload in this process, without HTTP: commands are read as a batch reads them and really decided."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from adapters.event_log.sequencer import Sequencer
from api.schemas.batch import read_batch
from benchmarks.commands import SETUP_DATE, Item, items_of, setup_items
from benchmarks.workload import FlowEvent
from domain.access import LOCAL_ACTOR
from domain.ledger import OpenLedger
from domain.submission import Submission

LEDGER: Final = "bench"
ZONE: Final = "UTC"
"""A day of the workload is a day in UTC; so it is one of the ledger."""

_CALL_COMMANDS: Final = 1000


class RefusedError(Exception):
    """A command of the workload was refused: what would be measured is not the workload."""


class ScriptedClock:
    """Tells what it was last set to."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        """See ports.Clock."""
        return self.instant


def setup_clock() -> ScriptedClock:
    """A clock on the day of the set-up."""
    return ScriptedClock(datetime.fromisoformat(f"{SETUP_DATE}T12:00:00+00:00"))


def open_with_setup(sequencer: Sequencer) -> None:
    """Opens the ledger and registers everything that the stream names."""
    sequencer.open_ledger(OpenLedger(ledger_id=LEDGER, name="青石县", time_zone=ZONE), actor=LOCAL_ACTOR, key="open")
    record(sequencer, setup_items(), "setup")


def record(sequencer: Sequencer, items: Iterable[Item], name: str) -> int:
    """Records commands, 1,000 in one transaction; the last position.

    Raises:
        RefusedError: naming the command and the refusal.
    """
    waiting = list(items)
    position = 0
    for start in range(0, len(waiting), _CALL_COMMANDS):
        commands = waiting[start : start + _CALL_COMMANDS]
        read = read_batch({"commands": commands}, f"{name}-{start}", LEDGER, LOCAL_ACTOR.subject)
        if isinstance(read, list):
            raise RefusedError(read[0])
        answer = sequencer.submit(Submission(ledger_id=LEDGER, actor=LOCAL_ACTOR, items=read)).result()
        if answer.refusal is not None:
            index, refusal = answer.refusal
            raise RefusedError(commands[index], refusal)
        position = answer.position or position
    return position


def record_by_day(sequencer: Sequencer, clock: ScriptedClock, stream: Iterable[FlowEvent]) -> dict[str, int]:
    """Records a stream, a transaction for each day at its last instant; the last position by day.

    So the days of delay, and every cut at a midnight, are exactly those of the workload.
    """
    positions: dict[str, int] = {}
    position = 0
    for day, group in groupby(stream, lambda event: event.rec[:10]):
        happened = list(group)
        # Strictly increasing over the days: the log would otherwise add to it.
        clock.instant = max(datetime.fromisoformat(happened[-1].rec), clock.instant + timedelta(microseconds=1))
        position = record(sequencer, items_of(happened), day) or position
        positions[day] = position
    return positions
