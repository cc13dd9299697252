"""The rows of a file as commands of a batch, each under the key that follows from the file and the row."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from api.console.sheets.book import ERROR_CELL
from api.console.sheets.forms import FieldKind, FormField
from api.console.sheets.recognised import Recognised, UsedColumn
from api.console.sheets.values import (
    WrongCellError,
    day,
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

RECORDED: Final = "已录入"
"""What the column of states says of a row that need not be recorded again."""

CELL_PROBLEMS: Final = {
    "missing": _("必填"),
    "error": _("单元格的公式出错"),
    "number": _("须为数字"),
    "negative": _("不能为负数"),
    "part-of-fen": _("折合后不足一分，须为整分"),
    "points": _("分值最多两位小数"),
    "whole": _("须为整数"),
    "day": _("须为日期，如 2024-01-31"),
    "yes-or-no": _("须为“是”或“否”"),
    "word": _("不是可选的词"),
}
_REF_LENGTH: Final = 128


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with a row: a cell of it, or (None) the row as such."""

    field: FormField | None
    text: str


@dataclass(slots=True, kw_only=True)
class FileRow:
    """A row of a sheet; `line` is its number there, from 1. `is_known`: the sheet says that it was recorded before."""

    source: Recognised
    line: int
    item: dict[str, Any]
    is_known: bool = False
    problems: list[RowProblem] = field(default_factory=list)


def rows_of(sheets: Sequence[Recognised], upload_id: str, name: str, say: Callable[[str], str]) -> list[FileRow]:
    """Every row below the headings that is not empty."""
    return [row for sheet in sheets for row in _rows(sheet, upload_id, name, say)]


def _rows(sheet: Recognised, upload_id: str, name: str, say: Callable[[str], str]) -> Iterator[FileRow]:
    ref = f"{name}#{sheet.sheet.name}"[:_REF_LENGTH] if sheet.sheet.name else name[:_REF_LENGTH]
    for number, cells in enumerate(sheet.sheet.rows[sheet.heading + 1 :], start=sheet.heading + 2):
        if not any(_cell(cells, column.place) for column in sheet.columns):
            continue
        item: dict[str, Any] = {
            "command": sheet.form.command,
            "key": f"{upload_id}/{sheet.number}/{number}",
            "source": {"ref": ref, "sha256": upload_id, "row": number},
        }
        row = FileRow(source=sheet, line=number, item=item)
        row.is_known = sheet.state is not None and _cell(cells, sheet.state) == RECORDED
        _fill(row, cells, say)
        yield row


def _fill(row: FileRow, cells: Sequence[str], say: Callable[[str], str]) -> None:
    columns = {column.field.name: column for column in row.source.columns}
    for each in row.source.form.fields:
        column = columns.get(each.name)
        text = _cell(cells, column.place) if column else ""
        text = text or row.source.constants.get(each.name, "")
        if not text:
            if each.is_required:
                row.problems.append(RowProblem(each, say(CELL_PROBLEMS["missing"])))
            continue
        try:
            _put(row.item, each.path, _value(text, each, column))
        except WrongCellError as error:
            row.problems.append(RowProblem(each, say(CELL_PROBLEMS[str(error)])))


def _value(text: str, column_field: FormField, column: UsedColumn | None) -> Any:
    if text == ERROR_CELL:
        raise WrongCellError("error")
    if column_field.kind is FieldKind.AMOUNT:
        return yuan(text, wan=column is not None and column.wan)
    if column_field.words is not None:
        return word_code(column_field.words, text)
    return _READ[column_field.kind](text)


_READ: Final[dict[FieldKind, Callable[[str], Any]]] = {
    FieldKind.POINTS: points,
    FieldKind.DAY: day,
    FieldKind.WHOLE: whole,
    FieldKind.YES_NO: yes_or_no,
    FieldKind.IDENTIFIERS: identifiers,
    FieldKind.IDENTIFIER: narrow,
    FieldKind.EVENT: narrow,
    FieldKind.TEXT: plain,
}


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


def _put(item: dict[str, Any], path: tuple[str, ...], value: object) -> None:
    for name in path[:-1]:
        item = item.setdefault(name, {})
    item[path[-1]] = value
