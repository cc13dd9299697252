"""A table as a file: CSV that a spreadsheet opens as it is, XLSX, and JSON.

A cell of text can never be a formula there: what a spreadsheet could take for one, whatever stands before it, gets an
apostrophe in front in CSV, and is written as text in XLSX. Amounts are exact, in the unit of the view; in JSON they are
in yuan, as the HTTP interface has them. An XLSX tells on a second sheet what it shows: that leaves the building.

`sides` are the coordinates that the figures were read at: of a table that compares two, the earlier one first; none of
a table that is of no ledger.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any, Final

import msgspec
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from api.console.figures import exact_amount
from api.console.table import IN_AMOUNT_UNIT, NUMERIC, Column, Kind, Row, Table
from api.console.texts import translations_of
from api.console.view import AmountUnit, View

CSV_TYPE: Final = "text/csv; charset=utf-8"
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
JSON_TYPE: Final = "application/json"
BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it a spreadsheet takes UTF-8 for something else."""

_FORMULA: Final = re.compile(r"[\s\u200b\ufeff]*[=+\-@|%＝＋－＠｜％\u2212]|[\t\r\n]")
"""Also full-width, which spreadsheets in East Asia take for the plain signs, and behind spaces, which many drop."""
_NUMBER_FORMATS: Final[Mapping[Kind, str]] = {
    Kind.AMOUNT: "#,##0.00",
    Kind.EXACT_AMOUNT: "#,##0.00####",
    Kind.DIFFERENCE: "+#,##0.00;-#,##0.00;0.00",
    Kind.RATE: "0.00",
    Kind.POINTS: "0.00",
    Kind.POINTS_CHANGE: "+0.00;-0.00;0.00",
    Kind.COUNT: "#,##0",
}
_WIDTH: Final = {Kind.TEXT: 26, Kind.INSTANT: 20}
_NUMBER_WIDTH: Final = 16
_EXACT_DIGITS: Final = 15
"""Spreadsheets hold numbers as floats and show no more digits: a longer one is written as text."""
_CELL_LENGTH: Final = 32_767
_SHEET_NAME_LENGTH: Final = 31
_FORBIDDEN_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_RESERVED: Final = "history"

Cell = str | int | None
Coordinates = Mapping[str, Any]
"""As the interface echoes them."""


def as_csv(table: Table, view: View, unit_name: str) -> bytes:
    """The table as CSV (RFC 4180) in UTF-8 with a mark at its beginning."""
    text = StringIO()
    text.write(BYTE_ORDER_MARK)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_harmless(column.heading(unit_name)) for column in table.columns])
    for row in _rows(table):
        writer.writerow([_csv_cell(column, cell_of(column, row, view.unit)) for column in table.columns])
    return text.getvalue().encode(errors="replace")


def as_xlsx(table: Table, view: View, unit_name: str, sides: Sequence[Coordinates]) -> bytes:
    """The table as the first sheet of a workbook, headings fixed, amounts as numbers; the evidence as the second."""
    content = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    say = translations_of(view.language).gettext
    with xlsxwriter.Workbook(content, options) as book:
        sheet = book.add_worksheet(sheet_name(table.title))
        heading = book.add_format({"bold": True, "bg_color": "#E3EAEE", "border": 1, "text_wrap": True})
        formats = {kind: book.add_format({"num_format": form}) for kind, form in _NUMBER_FORMATS.items()}
        for place, column in enumerate(table.columns):
            sheet.write_string(0, place, column.heading(unit_name), heading)
            sheet.set_column(place, place, _WIDTH.get(column.kind, _NUMBER_WIDTH))
        for line, row in enumerate(_rows(table), start=1):
            for place, column in enumerate(table.columns):
                _write(sheet, (line, place), column, cell_of(column, row, view.unit), formats)
        sheet.freeze_panes(1, 1)
        if sides:
            name = sheet_name(say("取证信息"))
            beside = book.add_worksheet(name if name.lower() != sheet.name.lower() else f"{name[:-2]} 2")
            _write_evidence(beside, _evidence(table, view, unit_name, sides, say), heading)
    return content.getvalue()


def as_json(table: Table, sides: Sequence[Coordinates]) -> bytes:
    """The rows as the HTTP interface answers them, with the coordinates they were read at, and in what amounts are.

    Rows of some units alone come with the ids of those.
    """
    document: dict[str, Any] = {"items": list(table.rows), "amount_unit": AmountUnit.YUAN.value}
    if table.scope is not None:
        document["limited_to_units"] = list(table.scope.names)
    if sides:
        document["coordinates"] = {"from": sides[0], "to": sides[-1]} if len(sides) > 1 else sides[0]
    return msgspec.json.encode(document if table.total is None else {**document, "total": table.total})


def cell_of(column: Column, row: Row, unit: AmountUnit) -> Cell:
    """What a file has in the cell: exact, amounts in the unit."""
    value = column.value(row)
    return exact_amount(value, unit) if column.kind in IN_AMOUNT_UNIT and isinstance(value, str) else value


def sheet_name(title: str) -> str:
    """The title as a sheet may be named: without some signs, at most 31 UTF-16 units, none of the reserved names."""
    name = _shortened(_FORBIDDEN_IN_NAMES.sub(" ", title).strip()).strip("' ")
    return name if name and name.lower() != _RESERVED else "Sheet1"


def _shortened(name: str) -> str:
    """As much of the name as a sheet may have: whole words, where it has more than one."""
    cut = name
    while len(cut.encode("utf-16-le")) > 2 * _SHEET_NAME_LENGTH:
        cut = cut[:-1]
    is_within_word = name[len(cut) :].strip() != "" and not name[len(cut)].isspace()
    return cut.rpartition(" ")[0] or cut if is_within_word else cut


def _evidence(
    table: Table, view: View, unit_name: str, sides: Sequence[Coordinates], say: Callable[[str], str]
) -> list[tuple[str, str]]:
    """What must be known to find the same figures again, and to prove them."""
    ends = [f"{say('期初')} ", f"{say('期末')} "] if len(sides) > 1 else [""]
    return [
        (say("名称"), table.title),
        (say("账套"), view.ledger_id),
        *([] if table.scope is None else [(say("范围"), table.scope.said(say))]),
        *(pair for number, side in enumerate(sides) for pair in _of_side(side, ends[number], say)),
        (say("金额单位"), unit_name),
    ]


def _of_side(side: Coordinates, end: str, say: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    yield end + say("业务日期"), str(side["as_of"])
    yield end + say("录入截止"), str(side["known_at"] or "")
    yield end + say("流水号"), str(side["position"])
    yield end + say("校验值"), str(side["root"])


def _write_evidence(sheet: Worksheet, pairs: list[tuple[str, str]], heading: Format) -> None:
    sheet.set_column(0, 0, _NUMBER_WIDTH)
    sheet.set_column(1, 1, 70)
    for line, (name, value) in enumerate(pairs):
        sheet.write_string(line, 0, name, heading)
        sheet.write_string(line, 1, value)


def _rows(table: Table) -> list[Row]:
    return [*table.rows, *([] if table.total is None else [table.total])]


def _csv_cell(column: Column, value: Cell) -> Cell:
    """Numbers stay numbers, whatever their sign; what stands in their column and is none is text."""
    if not isinstance(value, str) or (column.kind in NUMERIC and _is_number(value)):
        return value
    return _harmless(value)


def _harmless(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _is_number(text: str) -> bool:
    digits = text.removeprefix("-").replace(".", "", 1)
    return digits.isascii() and digits.isdecimal()


def _write(
    sheet: Worksheet, place: tuple[int, int], column: Column, value: Cell, formats: Mapping[Kind, Format]
) -> None:
    if value is None:
        return
    text = str(value)
    if column.kind in NUMERIC and _is_number(text) and len(text.strip("-").replace(".", "")) <= _EXACT_DIGITS:
        sheet.write_number(*place, Decimal(text), formats[column.kind])
        return
    sheet.write_string(*place, text[:_CELL_LENGTH])


FILES: Final[Mapping[str, tuple[str, Callable[[Table, View, str, Sequence[Coordinates]], bytes]]]] = {
    "csv": (CSV_TYPE, lambda table, view, unit_name, _sides: as_csv(table, view, unit_name)),
    "xlsx": (XLSX_TYPE, as_xlsx),
    "json": (JSON_TYPE, lambda table, _view, _name, sides: as_json(table, sides)),
}
"""By the end of the address: the media type, and how the content is made."""
