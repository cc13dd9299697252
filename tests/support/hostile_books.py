"""Workbooks that are small as they come and large when they are read."""

import re
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Final

import xlsxwriter

SHEET: Final = "xl/worksheets/sheet{}.xml"
_ROWS: Final = re.compile(rb"<sheetData>.*</sheetData>", re.DOTALL)
_CELL: Final = b'<c t="s"><v>0</v></c>'
_SPACES: Final = b" " * 2_000


def one_text(text: str, rows: int, columns: int, sheets: int = 1) -> bytes:
    """A workbook in whose cells, all of them, stands the same text, which the file has once."""
    filled = b"<sheetData>" + (b"<row>" + _CELL * columns + b"</row>") * rows + b"</sheetData>"
    return changed(plain(text, sheets), lambda sheet: _ROWS.sub(filled, sheet))


def plain(text: str, sheets: int = 1) -> bytes:
    """A workbook with one cell in each sheet."""
    target = BytesIO()
    with xlsxwriter.Workbook(target) as book:
        for _ in range(sheets):
            book.add_worksheet().write(0, 0, text)
    return target.getvalue()


def cell_without_end(size: int) -> bytes:
    """A cell with attributes, and no end of them."""
    return changed(plain("x"), lambda sheet: _ROWS.sub(b"<sheetData><c" + b' r="A1"' * (size // 7), sheet))


def formulas_among_spaces(count: int) -> bytes:
    """Formulas without a value, far from where their cells begin and end."""
    cell = b'<c r="A1">' + _SPACES + b"<f>1</f>" + _SPACES
    return changed(plain("x"), lambda sheet: _ROWS.sub(b"<sheetData>" + cell * count, sheet))


def sheets_of_one_part(size: int, sheets: int) -> bytes:
    """A workbook whose sheets, all of them, are the first, which is large."""
    empty = b"<sheetData>" + b"<row></row>" * (size // 11) + b"</sheetData>"
    book = changed(plain("x", sheets), lambda sheet: _ROWS.sub(empty, sheet), {SHEET.format(1)})
    links = "xl/_rels/workbook.xml.rels"
    return changed(book, lambda part: re.sub(rb"worksheets/sheet\d+", b"worksheets/sheet1", part), {links})


def headings_everywhere(sheets: int, lines: int, columns: int) -> bytes:
    """A workbook whose every line could be that of the headings."""
    target = BytesIO()
    with xlsxwriter.Workbook(target) as book:
        for _ in range(sheets):
            sheet = book.add_worksheet()
            for line in range(lines):
                sheet.write_row(line, 0, [f"业务日期{line}-{place}" for place in range(columns)])
    return target.getvalue()


def changed(book: bytes, change: Callable[[bytes], bytes], parts: set[str] | None = None) -> bytes:
    """The workbook with the named parts, or every sheet, changed."""
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(book)) as archive, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written:
        for name in archive.namelist():
            is_meant = name in parts if parts is not None else name.startswith("xl/worksheets/")
            written.writestr(name, change(archive.read(name)) if is_meant else archive.read(name))
    return target.getvalue()
