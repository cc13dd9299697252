"""A file held against the ledger: which rows are recorded, which could be, which cannot be, and why.

The ledger is asked each time, by a dry run under the keys that the rows have for good. So nothing has to be remembered
between looking and recording, whichever process answers, and an import that was cut off is simply gone on with.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from starlette.concurrency import run_in_threadpool

from api.console.asked import Asked
from api.console.inside import Refused
from api.console.sheets.book import MAX_ROWS, UnreadableFileError
from api.console.sheets.file_rows import FileRow, RowProblem, rows_of
from api.console.sheets.forms import FieldKind
from api.console.sheets.outside import book_of
from api.console.sheets.recognised import Recognised, Unrecognised, recognise
from api.console.texts import mark as _

OK: Final = 200
INVALID: Final = 422
CREATED: Final = 201
BYTES: Final = "application/octet-stream"
_ROUNDS: Final = 20
_REUSED: Final = "idempotency-key-reused"


class RowState(Enum):
    """Where a row stands."""

    RECORDED = _("已录入")
    POSSIBLE = _("可录入")
    WRONG = _("不能录入")


@dataclass(slots=True, kw_only=True)
class Examined:
    """A file: what is known of it, its bytes, its sheets, and the state of each row."""

    upload: Mapping[str, Any]
    content: bytes
    sheets: Sequence[Recognised | Unrecognised]
    rows: list[FileRow]
    states: list[RowState] = field(default_factory=list)

    @property
    def counts(self) -> Counter[RowState]:
        """Rows by state."""
        return Counter(self.states)

    def those(self, state: RowState) -> list[FileRow]:
        """The rows in a state, in the order of the file."""
        return [row for row, each in zip(self.rows, self.states, strict=True) if each is state]

    @property
    def recognised(self) -> list[Recognised]:
        """The sheets whose rows are commands."""
        return [each for each in self.sheets if isinstance(each, Recognised)]


async def opened(asked: Asked, upload_id: str) -> Examined:
    """The file, its rows read and not yet held against the ledger.

    Raises:
        Refused: it is not there, or not for this caller.
        UnreadableFileError: it cannot be read, or has too many rows.
    """
    address = asked.address(f"uploads/{upload_id}")
    upload = await asked.inside.get(address)
    answer = await asked.inside.send("GET", address, {}, {"accept": BYTES})
    if answer.status != OK:
        raise Refused(answer.status, answer.json())
    mappings = await asked.inside.get(asked.address("column-mappings"))
    book = await run_in_threadpool(book_of, upload["upload_id"], answer.content)
    sheets = recognise(book, mappings["items"])
    known = [each for each in sheets if isinstance(each, Recognised)]
    rows = await run_in_threadpool(rows_of, known, upload["upload_id"], upload["name"], asked.say)
    if len(rows) > MAX_ROWS:
        raise UnreadableFileError("too-many-rows")
    return Examined(upload=upload, content=answer.content, sheets=sheets, rows=rows)


async def examined(asked: Asked, upload_id: str) -> Examined:
    """The file with the state of each row.

    Raises:
        As `opened`.
    """
    found = await opened(asked, upload_id)
    await _name_events(asked, found.rows)
    recorded = await _decided(asked, [row for row in found.rows if not row.is_known])
    found.states = [_state_of(row, recorded) for row in found.rows]
    return found


def _state_of(row: FileRow, recorded: set[int]) -> RowState:
    if row.is_known or id(row) in recorded:
        return RowState.RECORDED
    return RowState.WRONG if row.problems else RowState.POSSIBLE


async def _name_events(asked: Asked, rows: Iterable[FileRow]) -> None:
    """Events may be named by position, which people see: the interface takes their ids."""
    found: dict[str, str | None] = {}
    for row in rows:
        position = row.item.get("event_id", "")
        if not position.isdecimal():
            continue
        if position not in found:
            answer = await asked.inside.send("GET", asked.address(f"events/{position}"), {})
            found[position] = answer.json()["event_id"] if answer.status == OK else None
        if found[position] is None:
            of_event = next(each for each in row.source.form.fields if each.kind is FieldKind.EVENT)
            row.problems.append(RowProblem(of_event, asked.say("没有这个流水号，或无权查看")))
        else:
            row.item["event_id"] = found[position]


async def _decided(asked: Asked, rows: Sequence[FileRow]) -> set[int]:
    """Adds to each row what the interface says against it; the ids of the rows that are recorded already."""
    for _round in range(_ROUNDS):
        sent = [row for row in rows if not row.problems]
        if not sent:
            return set()
        body = {"commands": [row.item for row in sent]}
        answer = await asked.inside.post(asked.address("batch"), body, None, {"mode": "partial", "dry_run": "true"})
        document = answer.json()
        if answer.status == OK:
            return _results(asked, sent, document["results"])
        if answer.status != INVALID or not any("index" in each for each in document["errors"]):
            raise Refused(answer.status, document)
        # What is no command at all is named first, all of it; the others are decided without them.
        for error in document["errors"]:
            _add(sent[error["index"]], error)
    return set()


def _results(asked: Asked, sent: Sequence[FileRow], results: Sequence[Mapping[str, Any]]) -> set[int]:
    recorded = set()
    for row, result in zip(sent, results, strict=True):
        if result["status"] == CREATED:
            recorded |= {id(row)} if result.get("replayed") else set()
            continue
        problem = result["problem"]
        if problem["code"] == _REUSED:
            row.problems.append(RowProblem(None, asked.say("该行已录入过，但当时读出的内容与现在不同；请勿重复录入")))
            continue
        _add(row, (problem["errors"] or [{"pointer": ""}])[0] | {"detail": problem["detail"]})
    return recorded


def _add(row: FileRow, error: Mapping[str, Any]) -> None:
    at = row.source.form.at(error["pointer"]) if error["pointer"] else None
    row.problems.append(RowProblem(at, error["detail"]))
