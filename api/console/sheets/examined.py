"""A file held against the ledger: which rows are recorded, which could be, which cannot be, and why.

The ledger is asked each time, by a dry run under the keys that the rows have for good. So nothing has to be remembered
between looking and recording, whichever process answers, and an import that was cut off is simply gone on with.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

import msgspec

from api.console.asked import Asked
from api.console.inside import Refused
from api.console.sheets.book import MAX_ROWS, UnreadableFileError, is_xlsx
from api.console.sheets.file_rows import CELL_PROBLEMS, FileRow, RowProblem, Sent, rows_of
from api.console.sheets.forms import FieldKind
from api.console.sheets.outside import Readers
from api.console.sheets.recognised import Recognised, Unrecognised, recognise
from api.console.texts import mark as _
from api.parameters import plain_text
from domain.access import Right

OK: Final = 200
INVALID: Final = 422
CREATED: Final = 201
BYTES: Final = "application/octet-stream"
CHOSEN: Final = plain_text("mapping", "Ids of the mappings that sheets are read by, with commas between them.")
"""A parameter of the pages of one file."""
_ROUNDS: Final = 20
_REUSED: Final = "idempotency-key-reused"
_OTHER: Final = "other_index"
"""The figure of a refusal that names another row of what was sent."""
_CHANGED: Final = _(
    "该行写着“已录入”，内容却与本账套录入的不同：录入后有改动，或录在别的账套。账上仍是录入时的内容；如要更正，请冲销后另行录入"
)
_UNCHECKED: Final = _("该行写着“已录入”，但没有录入校验值，无法核对；已录入的请删去该行，未录入的请清空其录入状态")
_READ_OTHERWISE: Final = _("该行已录入过，但当时读出的内容与现在不同；请勿重复录入")
_CLASHES: Final = {
    "duplicate-voucher": _("该项目指标本年度的这一凭证号与{row}相同"),
    "already-reversed": _("与{row}冲销的是同一笔流水"),
}
"""By the code of the refusal: what is said where it is about another row."""


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
    def is_workbook(self) -> bool:
        """Whether it can be given back as it is; any other becomes a workbook."""
        return is_xlsx(self.content)

    @property
    def reading(self) -> str:
        """A hash of all that was read out of the file: what is recorded is what had been shown, or nothing."""
        return hashlib.sha256(msgspec.json.encode([row.item for row in self.rows])).hexdigest()

    @property
    def recognised(self) -> list[Recognised]:
        """The sheets whose rows are commands."""
        return [each for each in self.sheets if isinstance(each, Recognised)]


def readers_of(asked: Asked) -> Readers:
    """What the application reads files with."""
    readers: Readers = asked.request.app.state.file_readers
    return readers


def chosen_mappings(asked: Asked) -> list[str]:
    """The ids of the mappings that the reader chose for this file."""
    text: str = asked.values.get(CHOSEN.name) or ""
    return text.split(",") if text else []


async def opened(asked: Asked, upload_id: str, chosen: Sequence[str] | None = None) -> Examined:
    """The file, its rows read and not yet held against the ledger. `chosen` are mappings, if not those of the address.

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
    readers = readers_of(asked)
    book = await readers.book(upload["upload_id"], answer.content)
    sheets = await readers.run(recognise, book, mappings["items"], chosen_mappings(asked) if chosen is None else chosen)
    known = [each for each in sheets if isinstance(each, Recognised)]
    sent = Sent(upload_id=upload["upload_id"], name=upload["name"], ledger_id=asked.view.ledger_id)
    rows: list[FileRow] = []
    for each in known:
        # A file of many sheets has many times as many rows as may be recorded: they are not all made to be counted.
        rows += await readers.run(rows_of, [each], sent, asked.say)
        if len(rows) > MAX_ROWS:
            raise UnreadableFileError("too-many-rows")
    return Examined(upload=upload, content=answer.content, sheets=sheets, rows=rows)


async def examine_first(asked: Asked, upload_id: str, chosen: Sequence[str] | None = None) -> None:
    """Looks at the file when it is sent or can be read at last, and what the caller may not record is written down.

    Its pages look at the same rows again, which is the same try, and is not written down.

    Raises:
        Refused: as `opened`.
    """
    # Of a file that cannot be read the page says so.
    with suppress(UnreadableFileError):
        await examined(asked, upload_id, chosen)


async def examined(asked: Asked, upload_id: str, chosen: Sequence[str] | None = None) -> Examined:
    """The file with the state of each row.

    Raises:
        As `opened`.
    """
    found = await opened(asked, upload_id, chosen)
    new = [row for row in found.rows if not row.is_known]
    for row in found.rows:
        if row.is_known:
            _compare(asked, row)
    await _name_events(asked, new)
    await _decided(asked, new)
    found.states = [_state_of(row) for row in found.rows]
    return found


def _state_of(row: FileRow) -> RowState:
    if row.problems:
        return RowState.WRONG
    return RowState.RECORDED if row.is_known else RowState.POSSIBLE


def _compare(asked: Asked, row: FileRow) -> None:
    """Holds a row that the sheet says is recorded against what the sheet noted of it then."""
    if not row.noted_check:
        row.problems.append(RowProblem(None, asked.say(_UNCHECKED)))
    elif row.noted_check != row.check and not row.lacks_values:
        row.problems.append(RowProblem(None, asked.say(_CHANGED)))


async def _name_events(asked: Asked, rows: Iterable[FileRow]) -> None:
    """Events may be named by position, which people see: the interface takes their ids."""
    sees_all = asked.caller.may(Right.READ, asked.view.ledger_id)
    unknown = asked.say("没有这个流水号") if sees_all else asked.say("没有这个流水号，或无权查看")
    found: dict[str, tuple[str, str | None] | None] = {}
    for row in rows:
        position = row.item.get("event_id", "")
        if not position.isdecimal():
            continue
        if position not in found:
            answer = await asked.inside.send("GET", asked.address(f"events/{position}"), {})
            found[position] = _id_and_line(answer.json()) if answer.status == OK else None
        named = found[position]
        if named is None:
            of_event = next(each for each in row.source.form.fields if each.kind is FieldKind.EVENT)
            row.problems.append(RowProblem(of_event, unknown))
        else:
            row.item["event_id"], row.line_of_event = named


def _id_and_line(event: Mapping[str, Any]) -> tuple[str, str | None]:
    return event["event_id"], event["data"].get("line_id")


async def _decided(asked: Asked, rows: Sequence[FileRow]) -> None:
    """Adds to each row what the interface says against it; those that are recorded already are known from then on."""
    for _round in range(_ROUNDS):
        sent = [row for row in rows if not row.problems]
        if not sent:
            return
        body = {"commands": [row.item for row in sent]}
        answer = await asked.inside.post(asked.address("batch"), body, None, {"mode": "partial", "dry_run": "true"})
        document = answer.json()
        if answer.status == OK:
            _take_results(asked, sent, document["results"])
            return
        if answer.status != INVALID or not any("index" in each for each in document["errors"]):
            raise Refused(answer.status, document)
        # What is no command at all is named first, all of it; the others are decided without them.
        for error in document["errors"]:
            _add(asked, sent[error["index"]], error)


def _take_results(asked: Asked, sent: Sequence[FileRow], results: Sequence[Mapping[str, Any]]) -> None:
    for row, result in zip(sent, results, strict=True):
        if result["status"] == CREATED:
            if result.get("replayed"):
                row.is_known, row.noted_check = True, row.check
            continue
        problem = result["problem"]
        if problem["code"] == _REUSED:
            # What was recorded is not known here, so its check value is not either: no later sheet records it again.
            row.is_known, row.noted_check = True, ""
            row.problems.append(RowProblem(None, asked.say(_READ_OTHERWISE)))
            continue
        detail = problem["detail"] if _OTHER not in problem else _clash(asked, problem, row, sent[problem[_OTHER]])
        _add(asked, row, (problem["errors"] or [{"pointer": ""}])[0] | {"detail": detail})


def _clash(asked: Asked, problem: Mapping[str, Any], row: FileRow, other: FileRow) -> str:
    """What is said where another row of the file stands in the way; that is not recorded, and has no position yet."""
    place = place_of(asked, other, row)
    said = _CLASHES.get(problem["code"])
    return f"{problem['title']}：{place}" if said is None else asked.say(said, row=place)


def place_of(asked: Asked, other: FileRow, row: FileRow) -> str:
    """What a row of the same file is called beside this one."""
    if other.source is row.source:
        return asked.say("第 {line} 行", line=other.line)
    return asked.say("工作表“{sheet}”第 {line} 行", sheet=other.source.sheet.name, line=other.line)


def _add(asked: Asked, row: FileRow, error: Mapping[str, Any]) -> None:
    at = row.source.form.at(error["pointer"]) if error["pointer"] else None
    # The interface speaks of a field that a program left out, and here it is a cell that was left blank.
    said = asked.say(CELL_PROBLEMS["missing"]) if error.get("code") == "missing" and at is not None else error["detail"]
    row.problems.append(RowProblem(at, said))
