"""A table as a file: CSV that a spreadsheet opens as it is, XLSX, and JSON.

A cell of text can never be a formula there: what begins as one gets an apostrophe in front in CSV, and is written as
text in XLSX. Amounts are exact, in the unit of the view; in JSON they are in yuan, as the HTTP interface has them.
"""

import csv
from collections.abc import Callable, Mapping
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any, Final

import msgspec
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from api.console.figures import exact_amount
from api.console.table import IN_AMOUNT_UNIT, NUMERIC, Column, Kind, Row, Table
from api.console.view import AmountUnit, View

CSV_TYPE: Final = "text/csv; charset=utf-8"
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
JSON_TYPE: Final = "application/json"
BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it a spreadsheet takes UTF-8 for something else."""
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")

_NUMBER_FORMATS: Final[Mapping[Kind, str]] = {
    Kind.AMOUNT: "#,##0.00",
    Kind.DIFFERENCE: "+#,##0.00;-#,##0.00;0.00",
    Kind.RATE: "0.00",
    Kind.POINTS: "0.00",
    Kind.COUNT: "#,##0",
}
_WIDTH: Final = {Kind.TEXT: 26, Kind.INSTANT: 20}
_NUMBER_WIDTH: Final = 16

Cell = str | int | None


def as_csv(table: Table, view: View, unit_name: str) -> bytes:
    """The table as CSV (RFC 4180) in UTF-8 with a mark at its beginning."""
    text = StringIO()
    text.write(BYTE_ORDER_MARK)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_harmless(column.heading(unit_name)) for column in table.columns])
    for row in _rows(table):
        writer.writerow([_csv_cell(column, cell_of(column, row, view.unit)) for column in table.columns])
    return text.getvalue().encode()


def as_xlsx(table: Table, view: View, unit_name: str) -> bytes:
    """The table as the only sheet of a workbook: headings fixed, amounts as numbers."""
    content = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        sheet = book.add_worksheet(table.title[:31])
        heading = book.add_format({"bold": True, "bg_color": "#E3EAEE", "border": 1, "text_wrap": True})
        formats = {kind: book.add_format({"num_format": form}) for kind, form in _NUMBER_FORMATS.items()}
        for place, column in enumerate(table.columns):
            sheet.write_string(0, place, column.heading(unit_name), heading)
            sheet.set_column(place, place, _WIDTH.get(column.kind, _NUMBER_WIDTH))
        for line, row in enumerate(_rows(table), start=1):
            for place, column in enumerate(table.columns):
                _write(sheet, (line, place), column, cell_of(column, row, view.unit), formats)
        sheet.freeze_panes(1, 1)
    return content.getvalue()


def as_json(table: Table, coordinates: Mapping[str, Any]) -> bytes:
    """The rows as the HTTP interface answers them, with the coordinates they were read at."""
    document = {"items": list(table.rows), "coordinates": coordinates}
    return msgspec.json.encode(document if table.total is None else {**document, "total": table.total})


def cell_of(column: Column, row: Row, unit: AmountUnit) -> Cell:
    """What a file has in the cell: exact, amounts in the unit."""
    value = column.value(row)
    return exact_amount(value, unit) if column.kind in IN_AMOUNT_UNIT and isinstance(value, str) else value


def _rows(table: Table) -> list[Row]:
    return [*table.rows, *([] if table.total is None else [table.total])]


def _csv_cell(column: Column, value: Cell) -> Cell:
    return _harmless(value) if isinstance(value, str) and column.kind not in NUMERIC else value


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _write(
    sheet: Worksheet, place: tuple[int, int], column: Column, value: Cell, formats: Mapping[Kind, Format]
) -> None:
    if value is None:
        return
    if column.kind in NUMERIC:
        sheet.write_number(*place, Decimal(value), formats[column.kind])
        return
    sheet.write_string(*place, str(value))


FILES: Final[Mapping[str, tuple[str, Callable[[Table, View, str, Mapping[str, Any]], bytes]]]] = {
    "csv": (CSV_TYPE, lambda table, view, unit_name, _: as_csv(table, view, unit_name)),
    "xlsx": (XLSX_TYPE, lambda table, view, unit_name, _: as_xlsx(table, view, unit_name)),
    "json": (JSON_TYPE, lambda table, _view, _name, coordinates: as_json(table, coordinates)),
}
"""By the end of the address: the media type, and how the content is made."""
