"""A table as a file: nothing in it runs, nothing in it is rounded, and a workbook tells where it comes from."""

import csv
from datetime import date
from io import BytesIO, StringIO
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from api.console.table import Kind, Table, field_column
from api.console.table_files import as_csv, as_xlsx, sheet_name
from api.console.view import AmountUnit, View
from api.languages import Language

VIEW = View(
    ledger_id="qingshi",
    path="lines",
    as_of=date(2024, 1, 2),
    known_at=None,
    at_position=7,
    unit=AmountUnit.YUAN,
    language=Language.CHINESE,
)
PLACE = {"as_of": "2024-01-02", "known_at": "2024-01-02T01:00:00.000000Z", "position": 7, "root": "ab" * 32}
DANGEROUS = [
    "=1+1",
    "+1",
    "-1+cmd",
    "@SUM(A1)",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    " =1+1",
    "\t=1+1",
    "\r=1",
    "\n=1",
    "\u3000=1",
    "\u200b=1",
    "=cmd|'/C calc'!A0",
    "|cmd",
    "−1",
]


def table(*values: str, kind: Kind = Kind.TEXT, title: str = "项目") -> Table:
    rows = [{"a": value} for value in values]
    return Table(name="t", title=title, columns=[field_column("a", "列", kind)], rows=rows)


def book(of: Table, view: View = VIEW) -> Any:
    return openpyxl.load_workbook(BytesIO(as_xlsx(of, view, "元", [PLACE])))


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_text_is_a_formula(text: str) -> None:
    (_, [cell]) = csv.reader(StringIO(as_csv(table(text), VIEW, "元").decode("utf-8-sig"), newline=""))
    assert cell == f"'{text}"
    sheet = book(table(text)).worksheets[0]
    assert sheet["A2"].data_type == "s"
    assert str(sheet["A2"].value).replace("_x000D_", "").strip() == text.strip()


@pytest.mark.parametrize("text", ["道路", "A=1", "2-1", "", "𠮷野家", 'a, "b"\nc'])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    rows = list(csv.reader(StringIO(as_csv(table(text, "end"), VIEW, "元").decode("utf-8-sig"), newline="")))
    assert rows[1] in ([text], [])


@pytest.mark.parametrize("text", ["0.00", "-0.01", "1234567890123.45", "-9999999999999.99", "90071992547409.91"])
def test_an_amount_is_exact_in_every_file(text: str) -> None:
    of = table(text, kind=Kind.AMOUNT)
    assert as_csv(of, VIEW, "元").decode("utf-8-sig").splitlines() == ["列（元）", text]
    content = as_xlsx(of, VIEW, "元", [PLACE])
    (_, [cell]) = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
    assert cell == text if isinstance(cell, str) else f"{cell:.2f}" == text


def test_an_amount_of_more_digits_than_a_spreadsheet_shows_is_text() -> None:
    sheet = book(table("90071992547409.91", "90071992547.91", kind=Kind.AMOUNT)).worksheets[0]
    assert sheet["A2"].value == "90071992547409.91"
    assert sheet["A3"].value == 90071992547.91


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("支出/退回: [a]*?\\", "支出 退回   a"),
        ("'项目'", "项目"),
        ("History", "Sheet1"),
        ("///", "Sheet1"),
        ("长" * 40, "长" * 31),
        ("𠮷" * 20, "𠮷" * 15),
        ("Project performance self-evaluation", "Project performance"),
        ("Expenditure ledger of the whole year", "Expenditure ledger of the whole"),
    ],
)
def test_a_title_becomes_a_name_that_a_sheet_may_have(title: str, name: str) -> None:
    assert sheet_name(title) == name
    assert book(table("a", title=title)).sheetnames[0] == name


def test_a_workbook_tells_where_its_figures_come_from() -> None:
    sheet = book(table("a"))["取证信息"]
    told = {row[0].value: row[1].value for row in sheet.iter_rows()}
    assert told == {
        "名称": "项目",
        "账套": "qingshi",
        "业务日期": "2024-01-02",
        "录入截止": "2024-01-02T01:00:00.000000Z",
        "流水号": "7",
        "校验值": "ab" * 32,
        "金额单位": "元",
    }


def test_a_table_with_the_name_of_the_evidence_has_a_sheet_of_its_own() -> None:
    assert len(set(book(table("a", title="取证信息")).sheetnames)) == 2
