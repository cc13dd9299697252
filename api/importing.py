"""Recording the commands of a file, some hundred at a time, in the file's order.

A row is recorded once however often its file is imported: it has a key, its own or one that follows from the file's
content and the line. So an import that was cut off is simply started again.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from api.command_file import CommandFile, OnRowError, Row, RowError
from api.terminal import CommandFailed
from domain.access import LOCAL_ACTOR
from domain.errors import DatabaseUnavailable, OutcomeUnknown, Refusal
from domain.ports import CommandLog, Receipts
from domain.submission import Answer, Refused, Submission

UNIT: Final = 500
"""Commands of one transaction: enough to be quick, few enough not to keep others waiting, who wait for one at most.

108,096 rows on SQLite: 16.4 s; 10 % more with 250, 7 % less with 1,000. A server also folds what others recorded since
its last transaction, or forgets its states where that is more than 1,000 events.
"""

ATTEMPTS: Final = 3
_PAUSE_S: Final = 1.0
_NOTHING: Final = Answer(outcomes=(), position=None)

Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The ledger that rows are recorded in."""

    log: CommandLog
    receipts: Receipts
    ledger_id: str


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of the rows so far. `replayed` of the accepted ones had been recorded before.

    `last_line` is that of the last row recorded. `position` is the largest of all events, None while there are none.
    `lines`, where they are wanted, are those of the rows that were recorded now, by position.
    """

    accepted: int = 0
    replayed: int = 0
    refused: int = 0
    last_line: int | None = None
    position: int | None = None
    lines: dict[int, int] | None = None

    def count(self, row: Row, position: int, *, replayed: bool) -> None:
        """Adds a row that is recorded up to a position."""
        self.accepted += 1
        self.replayed += replayed
        self.last_line = row.line
        self.position = max(self.position or 0, position)
        if self.lines is not None and not replayed:
            self.lines[position] = row.line


def record_rows(
    target: Target,
    rows: Iterator[Row],
    refused: OnRowError,
    advance: Advance,
    *,
    partial: bool,
    tally: Tally | None = None,
) -> Tally:
    """Records rows unit by unit; the next unit is read while one is being recorded.

    A unit with a refused row is not recorded and ends the import; with `partial` every accepted row is recorded.
    `tally` is what they are added to; without one they are counted from nothing.
    """
    tally = tally or Tally()
    units = _units(rows)
    unit = next(units, None)
    looks_first = True
    while unit is not None and (partial or not tally.refused):
        known = _recorded_before(target, unit) if looks_first else [None] * len(unit)
        waiting = [row for row, position in zip(unit, known, strict=True) if position is None]
        answer_of = _sent(target, waiting, atomic=not partial)
        following = next(units, None)
        replayed = tally.replayed
        _count(tally, unit, known, answer_of(), refused, stands_alone=partial)
        # What is not found by looking, the log finds; so this need not hold, it is only quicker.
        looks_first = tally.replayed > replayed
        advance(len(unit))
        unit = following
    return tally


def decide_rows(target: Target, rows: Iterator[Row], refused: OnRowError, advance: Advance) -> Tally:
    """Decides rows as if the accepted ones before each had been recorded, all in one submission; records nothing."""
    tally = Tally()
    every = list(rows)
    if every:
        answer = _sent(target, every, atomic=False, dry_run=True)()
        _count(tally, every, [None] * len(every), answer, refused, stands_alone=True)
        advance(len(every))
    tally.position = None
    return tally


def rehearse_rows(target: Target, rows: Iterator[Row], refused: OnRowError, advance: Advance) -> Tally:
    """Records rows in a ledger that is thrown away; of private values only that they are given.

    So none gets into a file that is deleted without being overwritten. A refusal names rows of the file by their line.
    """
    lines: dict[int, int] = {}
    tally = Tally(lines=lines)

    def named(row: RowError) -> None:
        figures = row.error.figures if isinstance(row.error, Refusal) else {}
        position = figures.get("position")
        if isinstance(position, int) and position in lines:
            del figures["position"]
            figures["other_line"] = lines[position]
        refused(row)

    record_rows(target, map(_without_values, rows), named, advance, partial=True, tally=tally)
    tally.position = None
    return tally


def rows_of(file: CommandFile) -> Iterator[Row]:
    """The rows of a file that was checked.

    Raises:
        CommandFailed: it is not what it was.
    """
    for row in file.rows():
        if isinstance(row, RowError):
            message = f"line {row.line} of {file.path} was changed while the file was being imported; import it again"
            raise CommandFailed(message)
        yield row


def _recorded_before(target: Target, unit: Sequence[Row]) -> list[int | None]:
    """By row, the position up to which it was recorded before: told without the lock that others may wait for."""
    return target.receipts.recorded(target.ledger_id, LOCAL_ACTOR.subject, [row.item for row in unit])


def _sent(target: Target, rows: Sequence[Row], *, atomic: bool, dry_run: bool = False) -> Callable[[], Answer]:
    """Submits the rows; what is returned waits for the answer."""
    if not rows:
        return lambda: _NOTHING
    items = tuple(row.item for row in rows)
    submission = Submission(ledger_id=target.ledger_id, actor=LOCAL_ACTOR, items=items, atomic=atomic, dry_run=dry_run)
    first = target.log.submit(submission)
    return lambda: _answer(target.log, submission, first)


def _answer(log: CommandLog, submission: Submission, future: "Future[Answer]") -> Answer:
    """The answer; an unknown outcome, or a restart of the database, is settled by asking again under the same keys."""
    for _ in range(ATTEMPTS - 1):
        try:
            return future.result()
        except (OutcomeUnknown, DatabaseUnavailable):
            time.sleep(_PAUSE_S)
            future = log.submit(submission)
    return future.result()


def _count(
    tally: Tally,
    unit: Sequence[Row],
    known: Sequence[int | None],
    answer: Answer,
    refused: OnRowError,
    *,
    stands_alone: bool,
) -> None:
    """Adds the outcomes; of a refused unit only the refusal, unless each row stands alone."""
    stands = stands_alone or answer.refusal is None
    outcomes = iter(answer.outcomes)
    sent = [row for row, position in zip(unit, known, strict=True) if position is None]
    for row, position in zip(unit, known, strict=True):
        outcome = next(outcomes, None) if position is None else None
        if isinstance(outcome, Refused):
            tally.refused += 1
            refused(RowError(line=row.line, error=_as_in_file(row, outcome.refusal, sent)))
        elif stands and outcome is not None:
            tally.count(row, outcome.events[-1].position, replayed=outcome.replayed)
        elif stands and position is not None:
            tally.count(row, position, replayed=True)


def _as_in_file(row: Row, refusal: Refusal, sent: Sequence[Row]) -> Refusal:
    """The refusal, pointing to the field that the row has, and naming another row by its line."""
    other = refusal.figures.pop("other_index", None)
    if isinstance(other, int):
        refusal.figures["other_line"] = sent[other].line
    if row.names_by_key and refusal.pointer == "/event_id":
        refusal.pointer = "/event_key"
    return refusal


def _without_values(row: Row) -> Row:
    command = row.item.command
    if not command.private:
        return row
    unnamed = replace(command, private=dict.fromkeys(command.private, ""))
    return replace(row, item=replace(row.item, command=unnamed))


def _units(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while unit := list(islice(rows, UNIT)):
        yield unit
