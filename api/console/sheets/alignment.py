"""Rows whose cells do not stand below their headings, as where a separator in an amount of a CSV made it two cells."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from xlsxwriter.utility import xl_col_to_name

from api.console.sheets.column_name import column_name
from api.console.sheets.forms import FieldKind, FormField
from api.console.sheets.recognised import Recognised
from api.console.sheets.values import narrow
from api.console.texts import mark as _

_UNTITLED: Final = _("该行的单元格比表头多：{columns} 列有内容，却没有表头。{hint}；否则请补上表头，或清空多出的格")
_LONGER: Final = _("该行的单元格比表头多：表头 {headings} 格，该行 {cells} 格。{hint}；否则请去掉多出的格")
_SPLIT: Final = _(
    "“{column}”右边的一格像是同一金额的后一段。{hint}；如确为两项内容，请把金额写作带两位小数的文字，如 1.00"
)
_HINT: Final = _("如因金额带千位分隔符（如 1,000.50）而错开，请去掉分隔符，或在 .csv 中给该金额加英文双引号")

_FIRST_PART: Final = re.compile(r"[-¥￥]?\d{1,3}\Z", re.ASCII)
_NEXT_PART: Final = re.compile(r"\d{3}(\.\d+)?\Z", re.ASCII)
_WORDS: Final = frozenset({FieldKind.TEXT, FieldKind.IDENTIFIER, FieldKind.IDENTIFIERS, FieldKind.EVENT})
"""What stands in such columns is seldom a number with decimals."""


@dataclass(frozen=True, slots=True)
class Misplaced:
    """What is said of the row, and the columns (from 0) of the cells that are too many."""

    text: str
    places: tuple[int, ...] = ()


def misplaced_rows(
    sheet: Recognised, rows: Mapping[int, Sequence[str]], say: Callable[..., str]
) -> dict[int, Misplaced]:
    """Those of the rows, by their line, in which a cell stands below no heading or below that of another cell.

    An empty cell too many is one as well: a line of a CSV has as many as its author wrote, and what was shifted may
    have been followed by an empty one. Only where each row ends so does it say nothing.
    """
    headings = sheet.sheet.rows[sheet.heading]
    width = _usual_width(sheet, list(rows.values()))
    found = {line: _misplaced(sheet, headings, width, cells, say) for line, cells in rows.items()}
    return {line: each for line, each in found.items() if each is not None}


def _misplaced(
    sheet: Recognised, headings: Sequence[str], width: int, cells: Sequence[str], say: Callable[..., str]
) -> Misplaced | None:
    hint = say(_HINT)
    if len(cells) > width:
        text = say(_LONGER, headings=len(headings), cells=len(cells), hint=hint)
        return Misplaced(text, tuple(range(len(headings), len(cells))))
    untitled = [place for place, text in enumerate(cells) if text and not (place < len(headings) and headings[place])]
    if untitled:
        columns = say("、").join(map(xl_col_to_name, untitled))
        return Misplaced(say(_UNTITLED, columns=columns, hint=hint), tuple(untitled))
    split = _split_amount(sheet, cells)
    return None if split is None else Misplaced(say(_SPLIT, column=column_name(sheet, split, say), hint=hint))


def _usual_width(sheet: Recognised, rows: Sequence[Sequence[str]]) -> int:
    """How many cells a row may have: as many as the headings, or as all of them have, where that is more."""
    heading_width = len(sheet.sheet.rows[sheet.heading])
    width = min(map(len, rows), default=0)
    if width <= heading_width or all(_may_be_shifted(sheet, cells) for cells in rows if len(cells) == width):
        return heading_width
    return width


def _may_be_shifted(sheet: Recognised, cells: Sequence[str]) -> bool:
    """Whether an amount and the cell after it could have been one amount."""
    return any(len(_parts(cells, place)) > 1 for place, _field in _amounts(sheet))


def _split_amount(sheet: Recognised, cells: Sequence[str]) -> FormField | None:
    """The field of an amount that goes on, with decimals, in a column of words; None where there is none."""
    kinds = {column.place: column.field.kind for column in sheet.columns}
    for place, each in _amounts(sheet):
        parts = _parts(cells, place)
        if kinds.get(place + 1) in _WORDS and len(parts) > 1 and "." in parts[-1]:
            return each
    return None


def _parts(cells: Sequence[str], place: int) -> list[str]:
    """The cell and those after it that could be the following groups of three digits of a number."""
    first = narrow(cells[place]) if place < len(cells) else ""
    if not _FIRST_PART.match(first):
        return []
    parts = [first]
    for text in cells[place + 1 :]:
        if not _NEXT_PART.match(narrow(text)):
            break
        parts.append(narrow(text))
        if "." in parts[-1]:
            break
    return parts


def _amounts(sheet: Recognised) -> list[tuple[int, FormField]]:
    return [(each.place, each.field) for each in sheet.columns if each.field.kind is FieldKind.AMOUNT]
