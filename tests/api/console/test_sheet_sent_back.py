"""A sheet that comes back with its errors: corrected and sent again it records what is left, and nothing twice."""

import re
import zipfile
from io import BytesIO
from pathlib import Path

import openpyxl
import xlsxwriter

from api.console.sheets.row_check import check_of
from tests.api.console.test_import import (
    GOOD,
    HEADINGS,
    WRONG,
    address_of,
    csv_of,
    figures,
    marked,
    record,
    saved,
    upload,
)
from tests.support.caller import Caller
from tests.support.console import Console
from tests.support.effort import full_only
from tests.support.hostile_books import changed


def sent_back(console: Console) -> openpyxl.Workbook:
    """A sheet that came back after its good rows (2 and 4) were recorded."""
    target = BytesIO()
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet("支出")
        sheet.write_row(0, 0, HEADINGS, book.add_format({"bg_color": "#00FF00"}))
        sheet.write_row(1, 0, GOOD[0])
        sheet.write_row(2, 0, ["2023-05-01", "L9", 5, "V3", "=1+1"])
        sheet.write_row(3, 0, ["2023-05-01", "L1", 6, "V4"])
    return marked(console, record(console, upload(console, target.getvalue(), "支付.xlsx"), "partial"))


def test_the_sheet_comes_back_with_its_errors_and_is_not_recorded_twice(console: Console, founded: Caller) -> None:
    book = sent_back(console)
    sheet = book["支出"]
    assert [cell.value for cell in sheet[1]][-3:] == ["录入状态", "错误", "录入校验值"]
    assert sheet.cell(1, 1).fill.fgColor.rgb == "FF00FF00"
    assert [sheet.cell(line, 6).value for line in (2, 3, 4)] == ["已录入", "不能录入", "已录入"]
    assert "项目指标编号" in str(sheet.cell(3, 7).value)
    sheet.cell(3, 2).value = "L1"
    formula = upload(console, saved(book), "未计算.xlsx")
    assert figures(formula) == [3, 2, 0, 1]
    assert "支出 3 收款人 单元格是公式，文件里却没有它的值" in formula.text("#table-errors tbody tr")
    sheet.cell(3, 5).value = "某某公司"
    head = founded.head()
    again = upload(console, saved(book), "改正.xlsx")
    assert figures(again) == [3, 2, 1, 0]
    assert figures(record(console, again, "atomic")) == [3, 3, 0, 0]
    assert founded.head() == head + 1


@full_only
def test_each_sheet_comes_back_with_its_own_errors_also_behind_one_that_holds_a_chart(
    console: Console, founded: Caller
) -> None:
    target = BytesIO()
    with xlsxwriter.Workbook(target) as book:
        charted, chart = book.add_chartsheet("图表"), book.add_chart({"type": "column"})
        assert chart is not None
        chart.add_series({"values": "='支出'!$C$2:$C$2"})
        charted.set_chart(chart)
        for name, rows in (("支出", [GOOD[0], ["2023-05-01", "L9", 5, "V3", ""]]), ("备用金", [GOOD[1]])):
            sheet = book.add_worksheet(name)
            for line, row in enumerate([HEADINGS, *rows]):
                sheet.write_row(line, 0, row)
    book = marked(console, record(console, upload(console, target.getvalue(), "图表.xlsx"), "partial"))
    assert book.sheetnames == ["图表", "支出", "备用金"]
    states = {name: [cell.value for cell in book[name]["F"]] for name in ("支出", "备用金")}
    assert states == {"支出": ["录入状态", "已录入", "不能录入"], "备用金": ["录入状态", "已录入"]}
    head = founded.head()
    again = record(console, upload(console, saved(book), "再传.xlsx"), "partial")
    assert (figures(again), founded.head()) == ([3, 2, 0, 1], head)


@full_only
def test_hidden_rows_and_sheets_are_told_and_come_back_visible_where_they_are_wrong(console: Console) -> None:
    target = BytesIO()
    with xlsxwriter.Workbook(target) as book:
        book.add_worksheet("说明")
        for name, rows in (("支出", [GOOD[0], ["2023-05-01", "L9", 5, "V3", ""]]), ("备用金", [GOOD[1], WRONG[1][0]])):
            sheet = book.add_worksheet(name)
            for line, row in enumerate([HEADINGS, *rows]):
                sheet.write_row(line, 0, row)
            sheet.set_row(1, None, None, {"hidden": True})
            sheet.set_row(2, None, None, {"hidden": name == "支出"})
        book.worksheets()[2].hide()
        unread = book.add_worksheet("另表")
        unread.write_row(0, 0, ["日", "数"])
        unread.hide()
    flat = changed(
        target.getvalue(),
        lambda sheet: sheet.replace(b'<row r="3"', b'<row r="3" ht="0" customHeight="1"'),
        {"xl/worksheets/sheet3.xml"},
    )
    report = upload(console, flat, "隐藏.xlsx")
    told = report.texts("#table-sheets tbody tr")
    assert ["含 2 个隐藏行" in told[0], "含 2 个隐藏行" in told[1]] == [True, True]
    assert ["隐藏的工作表" in each for each in told] == [False, True, True]
    content = console.follow(address_of(report, "/marked")).response.content
    book = openpyxl.load_workbook(BytesIO(content))
    assert [book["支出"].row_dimensions[line].hidden for line in (2, 3)] == [True, False]
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert b"customHeight" not in archive.read("xl/worksheets/sheet3.xml"), "a row of no height has the usual one"
    assert [book[name].sheet_state for name in ("备用金", "另表")] == ["visible", "visible"], "what is wrong is seen"


@full_only
def test_a_recorded_row_that_was_changed_in_the_sheet_is_told_and_stays_recorded(
    console: Console, founded: Caller
) -> None:
    book = sent_back(console)
    head = founded.head()
    book["支出"].cell(4, 3).value = 7
    changed = record(console, upload(console, saved(book), "改动.xlsx"), "partial")
    assert figures(changed) == [3, 1, 0, 2]
    assert re.match("支出 4 该行写着“已录入”，内容却与本账套录入的不同", changed.texts("#table-errors tbody tr")[1])
    book = marked(console, changed)
    assert [book["支出"].cell(line, 6).value for line in (2, 3, 4)] == ["已录入", "不能录入", "已录入"]
    book["支出"].cell(4, 3).value = 6
    assert figures(upload(console, saved(book), "复原.xlsx")) == [3, 2, 0, 1]
    book["支出"].cell(4, 8).value = None
    unverified = upload(console, saved(book), "无校验值.xlsx")
    assert "无法核对" in unverified.texts("#table-errors tbody tr")[-1]
    assert founded.head() == head


@full_only
def test_cells_too_many_are_told_on_the_page_and_in_files_and_are_wrong_still_in_the_sheet_that_comes_back(
    console: Console,
) -> None:
    shifted = ["2023-05-03,L1,1,000.50,V3,某某公司", "2023-05-04,L1,1,000.50,V4,"]
    content = csv_of(HEADINGS, GOOD[0], HEADINGS, encoding="gbk") + "\r\n".join(shifted).encode("gbk")
    report = upload(console, content)
    assert figures(report) == [3, 0, 1, 2]
    assert "下方有 1 行重复表头" in report.text("#table-sheets")
    assert [each[:18] for each in report.texts("#table-errors tbody tr")] == [
        "CSV 4 该行的单元格比表头多：表",
        "CSV 5 该行的单元格比表头多：表",
    ]
    listed = {each: console.follow(address_of(report, each)).response for each in ("errors.csv", "errors.json")}
    in_csv = listed["errors.csv"].content.decode("utf-8-sig").splitlines()
    assert [line[:6] for line in in_csv[1:]] == ["CSV,4,", "CSV,5,"]
    assert {each["sheet"] for each in listed["errors.json"].json()["items"]} == {"CSV"}
    book = marked(console, record(console, report, "partial"))
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[4]][4:7] == ["V3", "某某公司", "不能录入"]
    assert [cell.value for cell in sheet[5]][4:7] == ["V4", "（多出的格）", "不能录入"]
    assert sheet.cell(4, 6).fill.fgColor.rgb == sheet.cell(5, 6).fill.fgColor.rgb == "FFFBE0DA"
    assert figures(upload(console, saved(book), "未改.xlsx")) == [3, 1, 0, 2]
    for line in (4, 5):
        for place, value in enumerate(("2023-05-03", "L1", "10.50", f"V{line}", "", ""), start=1):
            sheet.cell(line, place).value = value or None
    assert figures(upload(console, saved(book), "改正.xlsx")) == [3, 1, 2, 0]


@full_only
def test_a_formula_that_a_copy_does_not_have_is_an_error_there_and_no_text(console: Console) -> None:
    flaws = (Path(__file__).parent / "files" / "flaws.xls").read_bytes()
    book = marked(console, upload(console, flaws, "支付.xls"))
    cell = book.worksheets[0].cell(3, 3)
    assert (cell.value, cell.data_type) == ("#N/A", "e")
    again = upload(console, saved(book), "未改.xlsx")
    assert any("支出 3 支出金额 单元格的公式出错" in each for each in again.texts("#table-errors tbody tr"))


@full_only
def test_a_file_that_can_be_read_and_not_written_back_is_not_called_damaged(console: Console) -> None:
    target = BytesIO()
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate([HEADINGS, *GOOD]):
            sheet.write_row(line, 0, row)
    odd = changed(target.getvalue(), lambda sheet: sheet.replace(b'defaultRowHeight="15"', b'defaultRowHeight="x"'))
    report = upload(console, odd, "支付.xlsx")
    assert figures(report) == [2, 0, 2, 0]
    refused = console.follow(address_of(report, "/marked"))
    assert refused.response.status_code == 422
    assert "文件可以读取" in refused.text("[role=alert]")
    assert figures(console.follow(refused.link("返回文件"))) == [2, 0, 2, 0]


def test_a_row_that_was_recorded_in_one_ledger_is_not_taken_for_recorded_in_another() -> None:
    item = {"command": "record-disbursement", "line_id": "L1", "amount": "1.00", "key": "a", "source": {"row": 1}}
    assert check_of("a", item) == check_of("a", item | {"key": "b", "source": {"row": 2}})
    assert len({check_of("a", item), check_of("b", item), check_of("a", item | {"amount": "2.00"})}) == 3
