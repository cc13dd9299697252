"""The rows of a file as commands of a batch, each under the key that follows from the file and the row."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from api.console.sheets.alignment import Misplaced, misplaced_rows
from api.console.sheets.foot import foot_lines
from api.console.sheets.forms import FieldKind, FormField
from api.console.sheets.formula_cells import ERROR_CELL, ERROR_VALUE, VALUELESS_CELL
from api.console.sheets.recognised import Recognised, UsedColumn
from api.console.sheets.row_check import check_of
from api.console.sheets.values import (
    WrongCellError,
    day,
    event,
    identifiers,
    narrow,
    plain,
    points,
    whole,
    word_code,
    yes_or_no,
    yuan,
)
from api.console.texts import mark as _
from api.console.words import WORDS

RECORDED: Final = "已录入"
"""What the column of states says of a row that need not be recorded again."""

CELL_PROBLEMS: Final = {
    "missing": _("必填"),
    "error": _("单元格的公式出错，或是 #N/A 一类的错误值；请改正公式，或填写内容"),
    "valueless": _("单元格是公式，文件里却没有它的值；请用表格软件打开您的原文件并保存一次，再上传，或直接填写该格"),
    "rewritten": _(
        "该格是日期、时间，或超过 15 位的数字，可能已不是当初填写的内容；请先把该列设为文本格式，再重新填写"
    ),
    "number": _("须为数字"),
    "negative": _("不能为负数"),
    "part-of-fen": _("折合后不足一分，须为整分"),
    "hidden-part-of-fen": _("折合后须为整分；单元格里存的小数可能比显示的多，请取整（如用 ROUND 函数）后再上传"),
    "points": _("分值最多两位小数"),
    "whole": _("须为整数"),
    "day": _("须为日期，如 2024-01-31"),
    "day-with-time": _("须为日期，不能带时刻，如 2024-01-31"),
    "yes-or-no": _("须为“是”或“否”"),
    "word": _("不是可选的词，可填："),
}
_OTHER_HEADINGS: Final = _("第 {other} 行是另一种表头，与第 {heading} 行的不同；请把该行及以下各行另放一个工作表或文件")
_AT_FOOT: Final = _("像是合计、签字或附注，不是一笔业务；请删去该行")
_REF_LENGTH: Final = 128
_NO_SHEET: Final = "CSV"


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with a row: a cell of it, or (None) the row as such, and there its cells that are too many."""

    field: FormField | None
    text: str
    places: tuple[int, ...] = ()


@dataclass(slots=True, kw_only=True)
class FileRow:
    """A row of a sheet; `line` is its number there, from 1. `is_known`: it was recorded before, as the sheet says.

    `check` is the check value of what it says now, `noted_check` that which the sheet has of it. `lacks_values`: what
    it says cannot be told before a spreadsheet program works out its formulas. `line_of_event` is the budget line of
    the event that it names, where that is known.
    """

    source: Recognised
    line: int
    item: dict[str, Any]
    is_known: bool = False
    check: str = ""
    noted_check: str = ""
    lacks_values: bool = False
    line_of_event: str | None = None
    problems: list[RowProblem] = field(default_factory=list)

    @property
    def sheet_name(self) -> str:
        """What people call the sheet; CSV is one without a name."""
        return self.source.sheet.name or _NO_SHEET


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Where the rows come from, and where they go."""

    upload_id: str
    name: str
    ledger_id: str


def rows_of(sheets: Sequence[Recognised], sent: Sent, say: Callable[..., str]) -> list[FileRow]:
    """Every row below the headings that is not empty and does not repeat them."""
    return [row for sheet in sheets for row in _rows(sheet, sent, say)]


def _rows(sheet: Recognised, sent: Sent, say: Callable[..., str]) -> Iterator[FileRow]:
    rows = {line: cells for line, cells in enumerate(sheet.sheet.rows) if _is_row(sheet, line, cells)}
    end = len(sheet.sheet.rows) if sheet.other_heading is None else sheet.other_heading
    at_foot = foot_lines(sheet, rows)
    misplaced = misplaced_rows(sheet, {line: cells for line, cells in rows.items() if line < end}, say)
    for line, cells in rows.items():
        row = _row(sheet, sent, line + 1)
        if line >= end:
            text = say(_OTHER_HEADINGS, other=end + 1, heading=sheet.heading + 1)
            row.problems.append(RowProblem(None, text))
        else:
            row.is_known = _noted(cells, sheet.state) == RECORDED
            row.noted_check = _noted(cells, sheet.check)
            if line in at_foot and not row.is_known:
                row.problems.append(RowProblem(None, say(_AT_FOOT)))
            else:
                _read(row, cells, misplaced.get(line), say)
        row.check = check_of(sent.ledger_id, row.item)
        yield row


def _read(row: FileRow, cells: Sequence[str], misplaced: Misplaced | None, say: Callable[..., str]) -> None:
    """Takes what the cells say into the row; what is recorded already is held against its check value alone."""
    if misplaced is not None and not row.is_known:
        row.problems.append(RowProblem(None, misplaced.text, misplaced.places))
    _fill(row, cells, say)


def _is_row(sheet: Recognised, line: int, cells: Sequence[str]) -> bool:
    is_below = line > sheet.heading and line not in sheet.repeated
    return is_below and any(_cell(cells, column.place) for column in sheet.columns)


def _row(sheet: Recognised, sent: Sent, number: int) -> FileRow:
    """The row with that number, with nothing of its cells yet."""
    ref = f"{sent.name}#{sheet.sheet.name}" if sheet.sheet.name else sent.name
    item: dict[str, Any] = {
        "command": sheet.form.command,
        "key": f"{sent.upload_id}/{sheet.number}/{number}",
        "source": {"ref": ref[:_REF_LENGTH], "sha256": sent.upload_id, "row": number},
    }
    return FileRow(source=sheet, line=number, item=item)


def _fill(row: FileRow, cells: Sequence[str], say: Callable[[str], str]) -> None:
    columns = {column.field.name: column for column in row.source.columns}
    rewritten = row.source.sheet.rewritten.get(row.line - 1, ())
    for each in row.source.form.fields:
        column = columns.get(each.name)
        text = _cell(cells, column.place) if column else row.source.constants.get(each.name, "")
        if not text:
            if each.is_required:
                row.problems.append(RowProblem(each, say(CELL_PROBLEMS["missing"])))
            continue
        try:
            is_rewritten = column is not None and column.place in rewritten
            _put(row.item, each.path, _value(text, each, column, is_rewritten=is_rewritten))
        except WrongCellError as error:
            code = _OF_WORKBOOK.get(str(error), str(error)) if row.source.sheet.name else str(error)
            row.problems.append(RowProblem(each, say(CELL_PROBLEMS[code]) + _choices(each, error, say)))
            row.lacks_values = row.lacks_values or text == VALUELESS_CELL


def _choices(each: FormField, error: WrongCellError, say: Callable[[str], str]) -> str:
    """The words that a cell with another one could have held."""
    if each.words is None or str(error) != "word":
        return ""
    return say("、").join(map(say, WORDS[each.words].values()))


def _value(text: str, column_field: FormField, column: UsedColumn | None, *, is_rewritten: bool) -> Any:
    if text == ERROR_CELL or text in _ERRORS:
        raise WrongCellError("error")
    if text == VALUELESS_CELL:
        raise WrongCellError("valueless")
    if column_field.kind in _AS_TYPED and (is_rewritten or _SCIENTIFIC.match(text)):
        raise WrongCellError("rewritten")
    if column_field.kind is FieldKind.AMOUNT:
        return yuan(text, wan=column is not None and column.wan)
    if column_field.words is not None:
        return word_code(column_field.words, text)
    return _READ[column_field.kind](text)


_OF_WORKBOOK: Final = {"part-of-fen": "hidden-part-of-fen"}
"""What is said otherwise of a cell that may hold more than it shows."""
_ERRORS: Final = frozenset({ERROR_VALUE, "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})
"""What stands in a CSV where a formula failed."""
_AS_TYPED: Final = frozenset({FieldKind.TEXT, FieldKind.IDENTIFIER, FieldKind.IDENTIFIERS, FieldKind.EVENT})
"""What is no number and no date, and is one only where a spreadsheet program took it for one."""
_SCIENTIFIC: Final = re.compile(r"\d(\.\d+)?E\+\d{2,3}\Z", re.ASCII)
"""What such a program writes into a CSV instead of a long number."""

_READ: Final[dict[FieldKind, Callable[[str], Any]]] = {
    FieldKind.POINTS: points,
    FieldKind.DAY: day,
    FieldKind.WHOLE: whole,
    FieldKind.YES_NO: yes_or_no,
    FieldKind.IDENTIFIERS: identifiers,
    FieldKind.IDENTIFIER: narrow,
    FieldKind.EVENT: event,
    FieldKind.TEXT: plain,
}


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


def _noted(cells: Sequence[str], place: int | None) -> str:
    """What stands in a column of ours; nothing where the sheet has none."""
    return "" if place is None else _cell(cells, place)


def _put(item: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    for name in path[:-1]:
        item = item.setdefault(name, {})
    item[path[-1]] = value
