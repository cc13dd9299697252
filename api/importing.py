"""Recording the commands of a file, some hundred at a time, in the file's order.

A row is recorded once however often its file is imported: it has a key, its own or one that follows from the file's
content and the line. So an import that was cut off is simply started again.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from api.command_file import CommandFile, Row, RowError
from api.security import LOCAL_ACTOR
from api.terminal import CommandFailed
from domain.errors import OutcomeUnknown
from domain.ports import CommandLog
from domain.submission import Accepted, Answer, Submission

UNIT: Final = 500
"""Commands of one transaction: enough to be quick, few enough not to keep others waiting."""

ATTEMPTS: Final = 3
_PAUSE_S: Final = 1.0

Advance = Callable[[int], None]


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of the rows so far. `replayed` of the accepted ones had been recorded before.

    `last_line` is that of the last row recorded. `position` is the largest of all events, None while there are none.
    """

    accepted: int = 0
    replayed: int = 0
    refused: list[RowError] = field(default_factory=list)
    last_line: int | None = None
    position: int | None = None


def record_file(log: CommandLog, ledger_id: str, file: CommandFile, *, partial: bool, advance: Advance) -> Tally:
    """Records the file unit by unit.

    A unit with a refused row is not recorded and ends the import; with `partial` every accepted row is recorded.
    """
    tally = Tally()
    for unit in _units(file):
        answer = _submit(log, _submission(ledger_id, unit, atomic=not partial))
        _count(tally, unit, answer, stands=partial or answer.refusal is None)
        advance(len(unit))
        if tally.refused and not partial:
            break
    return tally


def decide_file(log: CommandLog, ledger_id: str, file: CommandFile) -> Tally:
    """Decides every row as if the accepted ones before it had been recorded; records nothing."""
    rows = list(_rows(file))
    tally = Tally()
    if rows:
        answer = _submit(log, _submission(ledger_id, rows, atomic=False, dry_run=True))
        _count(tally, rows, answer, stands=True)
    return tally


def _count(tally: Tally, unit: list[Row], answer: Answer, *, stands: bool) -> None:
    """Adds the outcomes; where nothing `stands`, the accepted rows before the refusal were not recorded."""
    for row, outcome in zip(unit, answer.outcomes, strict=False):
        if not isinstance(outcome, Accepted):
            refusal = outcome.refusal
            if row.names_by_key and refusal.pointer == "/event_id":
                refusal.pointer = "/event_key"
            tally.refused.append(RowError(line=row.line, error=refusal))
        elif stands:
            tally.accepted += 1
            tally.replayed += outcome.replayed
            tally.last_line = row.line
    if answer.position is not None:
        tally.position = max(tally.position or 0, answer.position)


def _submission(ledger_id: str, unit: list[Row], *, atomic: bool, dry_run: bool = False) -> Submission:
    items = tuple(row.item for row in unit)
    return Submission(ledger_id=ledger_id, actor=LOCAL_ACTOR, items=items, atomic=atomic, dry_run=dry_run)


def _submit(log: CommandLog, submission: Submission) -> Answer:
    """The answer; an unknown outcome is settled by asking again under the same keys."""
    for _ in range(ATTEMPTS - 1):
        try:
            return log.submit(submission).result()
        except OutcomeUnknown:
            time.sleep(_PAUSE_S)
    return log.submit(submission).result()


def _units(file: CommandFile) -> Iterator[list[Row]]:
    rows = _rows(file)
    while unit := list(islice(rows, UNIT)):
        yield unit


def _rows(file: CommandFile) -> Iterator[Row]:
    for row in file.rows():
        if isinstance(row, RowError):
            message = f"line {row.line} of {file.path} was changed while the file was being imported; import it again"
            raise CommandFailed(message)
        yield row
