"""A report as a workbook that can be printed and filed as it is: head, levels, notes, signatures, evidence.

Amounts are numbers, exact in the unit of the view and shown with two decimals. No cell is a formula.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from io import BytesIO
from typing import Any, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from api.console.asked import Asked
from api.console.evidence import Held, Standing
from api.console.figures import exact_amount, local_time
from api.console.report import NOT_COMPUTABLE, Report, ReportColumn, Role, Row
from api.console.report_form import FormCell, FormRow, Look, placed
from api.console.self_evaluation import COLUMNS
from api.console.table import IN_AMOUNT_UNIT, NUMERIC, Kind
from api.console.table_files import sheet_name
from api.console.texts import mark as _

_A4: Final = 9
_FORM_WIDTH: Final = 13
_OPEN_HEIGHT: Final = 60
_NUMBER_FORMATS: Final = {
    Kind.AMOUNT: "#,##0.00",
    Kind.DIFFERENCE: "+#,##0.00;-#,##0.00;0.00",
    Kind.RATE: "0.00",
    Kind.POINTS: "0.00",
    Kind.COUNT: "#,##0",
}
_HELD: Final = {
    Held.SIGNED: _("已校验，与签名检查点 #{size} 一致"),
    Held.NOT_YET_SIGNED: _("此流水号尚未签名"),
    Held.BROKEN: _("校验失败：与签名检查点 #{size} 不一致"),
}
_SIGNED: Final = "+#,##0.00;-#,##0.00;0.00"
_FILLS: Final = {Role.HEADING: "#F4F5F2", Role.OPENING: "#FFFFFF", Role.SUBTOTAL: "#F0F4F6", Role.TOTAL: "#E3EAEE"}
_WITHOUT_FORMULAS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


@dataclass(slots=True)
class _Formats:
    """The formats of a workbook, each made once."""

    book: Workbook
    made: dict[tuple[tuple[str, Any], ...], Format] = field(default_factory=dict)

    def of(self, **properties: Any) -> Format:
        """The format that has these properties."""
        key = tuple(sorted(properties.items()))
        if key not in self.made:
            self.made[key] = self.book.add_format({"valign": "vcenter", "font_size": 10, **properties})
        return self.made[key]


def as_report_xlsx(
    asked: Asked, report: Report, form: Sequence[FormRow] | None, evidence: Sequence[tuple[str, str]]
) -> bytes:
    """The report as the only sheet of a workbook, with its evidence below; as a form where its layout is given."""
    content = BytesIO()
    with xlsxwriter.Workbook(content, _WITHOUT_FORMULAS) as book:
        sheet = book.add_worksheet(sheet_name(report.title))
        formats = _Formats(book)
        last = (len(report.columns) if form is None else COLUMNS) - 1
        _write_head(asked, sheet, formats, (report, last))
        header = 1 + (len(report.head) + 1) // 2
        if form is None:
            _write_table(asked, sheet, formats, report, header)
            sheet.repeat_rows(header)
        else:
            _write_form(asked, sheet, formats, (header, form))
        below = header + (1 + len(report.rows) if form is None else len(form))
        _write_foot(asked, sheet, formats, (report, below, last), evidence)
        _set_up_print(asked, sheet, report)
    return content.getvalue()


def evidence_of(asked: Asked, ledger: Row, standing: Standing) -> tuple[tuple[str, str], ...]:
    """Where the figures come from: the ledger, the coordinates, the root of the log, and how well that is held.

    The address shows them again.
    """
    here = asked.here
    url = asked.request.url
    known_at = local_time(here["known_at"], ledger["time_zone"]) if here["known_at"] else ""
    held = _HELD.get(standing.held)
    return (
        (asked.say("账套"), f"{ledger['name']} ({asked.view.ledger_id})"),
        *([] if asked.scope_said is None else [(asked.say("范围"), asked.scope_said)]),
        (asked.say("业务日期"), here["as_of"]),
        (asked.say("录入截止"), known_at),
        (asked.say("流水号"), f"#{here['position']}"),
        (asked.say("校验值"), here["root"]),
        *([] if held is None else [(asked.say("校验"), asked.say(held, size=standing.size or 0))]),
        (asked.say("网址"), f"{url.scheme}://{url.netloc}{asked.view.here()}"),
    )


def _write_head(asked: Asked, sheet: Worksheet, formats: _Formats, place: tuple[Report, int]) -> None:
    report, last = place
    middle = last // 2
    sheet.set_row(0, 30)
    _across(sheet, 0, (0, last), report.title, formats.of(bold=True, font_size=16, align="center"))
    for number, (label, text) in enumerate(report.head):
        line, is_right = 1 + number // 2, number % 2 == 1
        columns = (middle + 1, last) if is_right else (0, middle)
        form = formats.of(align="right" if is_right else "left")
        _across(sheet, line, columns, asked.say("{label}：{value}", label=label, value=text), form)


def _write_table(asked: Asked, sheet: Worksheet, formats: _Formats, report: Report, header: int) -> None:
    heading = formats.of(bold=True, bg_color="#E3EAEE", border=1, text_wrap=True, align="center")
    sheet.set_row(header, 30)
    for place, column in enumerate(report.columns):
        sheet.set_column(place, place, column.width)
        sheet.write_string(header, place, column.title, heading)
    for line, cells in enumerate(report.rows, start=header + 1):
        for place, column in enumerate(report.columns):
            _write_cell(asked, sheet, (line, place), (column, cells), formats)
    sheet.freeze_panes(header + 1, 1)


def _write_form(asked: Asked, sheet: Worksheet, formats: _Formats, place: tuple[int, Sequence[FormRow]]) -> None:
    header, form = place
    sheet.set_column(0, COLUMNS - 1, _FORM_WIDTH)
    for line, column, cell in placed(form):
        first, last = header + line, header + line + cell.rows - 1
        right = column + cell.columns - 1
        if cell.look is Look.OPEN:
            sheet.set_row(first, _OPEN_HEIGHT)
        style = _form_format(cell, formats)
        if (first, column) != (last, right):
            sheet.merge_range(first, column, last, right, "", style)
        if cell.value is None:
            sheet.write_blank(first, column, None, style)
        elif cell.value == NOT_COMPUTABLE or cell.kind not in NUMERIC:
            sheet.write_string(first, column, cell.value, style)
        else:
            exact = exact_amount(cell.value, asked.view.unit) if cell.kind in IN_AMOUNT_UNIT else cell.value
            sheet.write_number(first, column, Decimal(exact or "0"), style)


def _form_format(cell: FormCell, formats: _Formats) -> Format:
    align = "left" if cell.look is Look.LONG else "center"
    fill = {"bg_color": "#F0F4F6"} if cell.look is Look.LABEL else {}
    number = {"num_format": _NUMBER_FORMATS[cell.kind]} if cell.kind in NUMERIC else {}
    return formats.of(border=1, align=align, text_wrap=True, **fill, **number)


def _write_cell(
    asked: Asked, sheet: Worksheet, place: tuple[int, int], cell: tuple[ReportColumn, Row], formats: _Formats
) -> None:
    column, cells = cell
    value = cells.get(column.name)
    form = _format_of(column, cells, formats, is_first=place[1] == 0)
    if value is None or value == "":
        sheet.write_blank(*place, None, form)
    elif value == NOT_COMPUTABLE or not column.is_numeric:
        sheet.write_string(*place, str(value), form)
    else:
        exact = exact_amount(str(value), asked.view.unit) if column.kind in IN_AMOUNT_UNIT else str(value)
        sheet.write_number(*place, Decimal(exact or "0"), form)


def _format_of(column: ReportColumn, cells: Row, formats: _Formats, *, is_first: bool) -> Format:
    properties: dict[str, Any] = {"border": 1, "align": "right" if column.is_numeric else "left"}
    if column.is_numeric:
        properties["num_format"] = _SIGNED if column.is_signed else _NUMBER_FORMATS[column.kind]
    else:
        properties["text_wrap"] = True
    if is_first and cells["depth"]:
        properties["indent"] = cells["depth"]
    if cells["role"] in _FILLS:
        properties |= {"bold": cells["role"] is not Role.OPENING, "bg_color": _FILLS[cells["role"]]}
    return formats.of(**properties)


def _write_foot(
    asked: Asked,
    sheet: Worksheet,
    formats: _Formats,
    place: tuple[Report, int, int],
    evidence: Sequence[tuple[str, str]],
) -> None:
    report, line, last = place
    for note in report.notes:
        _across(sheet, line, (0, last), note, formats.of(text_wrap=True, font_color="#56626F"))
        line += 1
    if report.signatures:
        signed = "          ".join(asked.say("{label}：", label=name) + " " * 16 for name in report.signatures)
        sheet.set_row(line, 30)
        _across(sheet, line, (0, last), signed, formats.of())
        line += 1
    small = formats.of(font_color="#56626F", text_wrap=True)
    for label, text in evidence:
        _across(sheet, line, (0, last), asked.say("{label}：{value}", label=label, value=text), small)
        line += 1


def _across(sheet: Worksheet, line: int, columns: Sequence[int], text: str, form: Format) -> None:
    """A text over several columns of a line; one cell cannot be merged."""
    first, last = columns
    if first == last:
        sheet.write_string(line, first, text, form)
    else:
        sheet.merge_range(line, first, line, last, "", form)
        sheet.write_string(line, first, text, form)


def _set_up_print(asked: Asked, sheet: Worksheet, report: Report) -> None:
    sheet.set_paper(_A4)
    if report.is_wide:
        sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.center_horizontally()
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    sheet.set_footer(f"&C{asked.say('第 {page} 页 共 {pages} 页', page='&P', pages='&N')}")
