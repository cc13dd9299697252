"""The sheet that was sent, back with columns that say what became of each row, and why it is not recorded."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from api.console.sheets.book import Sheet, is_xlsx, read_book, repacked
from api.console.sheets.formula_cells import ERROR_CELL, ERROR_VALUE, VALUELESS_CELL
from api.console.sheets.notes import CHECK_HEADING, ERROR_HEADING, STATE_HEADING, Notes

TOO_MANY: Final = "（多出的格）"
"""Stands in an empty cell too many of a CSV: in a workbook nothing else tells that the line had it."""

_RED: Final = PatternFill("solid", fgColor="FFFBE0DA")
_RED_TEXT: Final = Font(color="FF9C1C0B")
_BOLD: Final = Font(bold=True)
_WRAPPED: Final = Alignment(wrap_text=True, vertical="top")
_COLUMNS: Final = ((STATE_HEADING, 12), (ERROR_HEADING, 60), (CHECK_HEADING, 20))
"""With their widths."""


def marked_book(content: bytes, notes: Notes) -> bytes:
    """The file as .xlsx. Of an .xlsx the formats, formulas and other sheets stay; of another the rows as text."""
    is_own = is_xlsx(content)
    book = openpyxl.load_workbook(BytesIO(repacked(content))) if is_own else _copied(content)
    named = {sheet.title: sheet for sheet in book.worksheets}
    for note in notes:
        # The reader counts sheets that hold a chart alone, and they are none of the worksheets; of a copy all are.
        marked = named[note["name"]] if is_own else book.worksheets[note["sheet"]]
        if "rows" in note:
            _mark(marked, note)
        else:
            marked.sheet_state = "visible"
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def _copied(content: bytes) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for number, sheet in enumerate(read_book(content), start=1):
        _copy(book.create_sheet(sheet.name or f"Sheet{number}"), sheet)
    return book


def _copy(target: Worksheet, sheet: Sheet) -> None:
    for line, row in enumerate(sheet.rows, start=1):
        for place, text in enumerate(row, start=1):
            _write(target, line, place, text)
            if text in {ERROR_CELL, VALUELESS_CELL}:
                # Its formula is not in the copy: the cell is wrong until somebody fills it in.
                target.cell(line, place).value = ERROR_VALUE


def _mark(sheet: Worksheet, note: Mapping[str, Any]) -> None:
    """Adds the columns after the last one, or fills those of an earlier time anew."""
    heading: int = note["heading"]
    known = {str(cell.value).strip(): cell.column for cell in sheet[heading] if cell.value is not None}
    titled = set(known.values())
    following: int = note["width"] + 1
    places = []
    for title, width in _COLUMNS:
        place = known.get(title)
        if place is None:
            place, following = following, following + 1
        _write(sheet, heading, place, title)
        sheet.cell(heading, place).font = _BOLD
        sheet.column_dimensions[get_column_letter(place)].width = width
        places.append(place)
    for line, state, text, check, columns in note["rows"]:
        for place, said in zip(places, (state, text, check), strict=True):
            _write(sheet, line, place, said)
        if text:
            _show(sheet, line)
            sheet.cell(line, places[1]).font = _RED_TEXT
            sheet.cell(line, places[1]).alignment = _WRAPPED
        for place in columns:
            if place + 1 not in titled and sheet.cell(line, place + 1).value is None:
                _write(sheet, line, place + 1, TOO_MANY)
            sheet.cell(line, place + 1).fill = _RED


def _show(sheet: Worksheet, line: int) -> None:
    """Shows a row that is hidden: an error that nobody sees is not corrected."""
    sheet.sheet_state = "visible"
    if line in sheet.row_dimensions:
        sheet.row_dimensions[line].hidden = False
        sheet.row_dimensions[line].height = sheet.row_dimensions[line].height or None


def _write(sheet: Worksheet, line: int, place: int, text: str) -> None:
    """As text, whatever it begins with: no cell that is written here is a formula."""
    cell = sheet.cell(line, place)
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text) or None
    if text:
        cell.data_type = "s"
