"""A file of rows on its way into the ledger: looked at, given back with its errors, recorded once."""

import csv
import re
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from api.console.sheets.forms import BY_FORM_ONLY, COMMAND_TITLES
from api.console.sheets.row_check import check_of
from domain.access import Role
from domain.registry import COMMANDS
from tests.support.caller import DISBURSEMENT, Caller
from tests.support.console import Console, Shown
from tests.support.effort import full_only, sampled
from tests.support.identified import client_with, identifying_server, made_key, open_founded

HEADINGS = ["业务日期*", "项目指标编号*", "支出金额（元）*", "凭证号*", "收款人"]
GOOD = [["2023-05-01", "L1", "100.00", "V1", "某某公司"], ["2023/5/2", "L1", "1,200.50".replace("1,", ""), "V2", ""]]


PAID_BY_XLS = {
    "command": "record-disbursement",
    "effective_date": "2023-05-01",
    "line_id": "L1",
    "amount": "123.00",
    "voucher_no": "20230501",
    "payee": "某某公司",
}


def csv_of(*rows: list[str], encoding: str = "utf-8-sig") -> bytes:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(encoding)


def upload(console: Console, content: bytes, name: str = "支付.csv") -> Shown:
    address = str(console.open("import").url)
    return console.send(address, {}, files={"file": (name, content)})


def record(console: Console, report: Shown, mode: str) -> Shown:
    reading = [each["value"] for each in report.all("[name=reading]")]
    return console.send(str(report.url), {"mode": mode, "reading": "".join(reading)})


def figures(report: Shown) -> list[int]:
    """Rows; recorded; possible; wrong."""
    return [int(text.replace(",", "")) for text in report.texts(".fig")]


def test_a_file_is_looked_at_and_nothing_is_recorded(console: Console, founded: Caller) -> None:
    before = founded.head()
    report = upload(console, csv_of(HEADINGS, *GOOD))
    assert report.response.status_code == 200, report.response.text
    assert figures(report) == [2, 0, 2, 0]
    assert founded.head() == before


@pytest.mark.parametrize("mode", ["atomic", "partial"])
def test_what_was_looked_at_is_recorded_with_its_file_and_row(console: Console, founded: Caller, mode: str) -> None:
    content = csv_of(["二〇二三年支付"], HEADINGS, *GOOD)
    report = record(console, upload(console, content), mode)
    assert figures(report) == [2, 2, 0, 0]
    event = founded.read(f"/events/{founded.head()}")
    assert event["data"]["voucher_no"] == "V2"
    assert event["data"]["amount"] == "200.50"
    source = event["source"]
    assert (source["ref"], source["row"], len(source["sha256"])) == ("支付.csv", 4, 64)


def test_the_same_file_again_records_nothing_twice(console: Console, founded: Caller) -> None:
    content = csv_of(HEADINGS, *GOOD)
    record(console, upload(console, content), "partial")
    head = founded.head()
    again = upload(console, content, "副本.csv")
    assert figures(again) == [2, 2, 0, 0]
    record(console, again, "partial")
    assert founded.head() == head


WRONG = [
    (["2023-05-01", "L1", "601", "V9", ""], "支出金额", "500.00"),
    (["2023-05-01", "L1", "1", "V1", ""], "凭证号", "与第 2 行相同"),
    (["31日", "L1", "1", "V1", ""], "业务日期", "须为日期"),
    (["2023-05-01", "L9", "1", "V1", ""], "项目指标编号", "没有这个项目指标"),
    (["2023-05-01", "L1", "0.001", "V1", ""], "支出金额", "整分"),
    (["2023-05-01", "L1", "-5", "V1", ""], "支出金额", "负数"),
    (["2023-05-01", "L1", "0", "V1", ""], "支出金额", "大于零"),
    (["2023-05-01", "L1", "", "V1", ""], "支出金额", "必填"),
]


@pytest.mark.parametrize(("row", "column", "said"), sampled(WRONG, one_in=2), ids=[said for _, _, said in WRONG])
def test_a_wrong_row_is_named_as_it_stands_in_the_sheet(
    console: Console, row: list[str], column: str, said: str
) -> None:
    report = upload(console, csv_of(HEADINGS, GOOD[0], row))
    assert figures(report)[3] == 1
    (error,) = report.texts("#table-errors tbody tr")
    assert re.match(rf"CSV 3 {column}", error), error
    assert said in error


@full_only
def test_in_another_language_a_wrong_cell_is_named_with_the_heading_of_the_sheet(console: Console) -> None:
    report = upload(console, csv_of(HEADINGS, GOOD[0], WRONG[4][0]))
    english = console.open(f"import/{report.url.path.rpartition('/')[2]}", lang="en")
    assert english.texts("#table-errors td")[1:] == [
        "Disbursed (heading: 支出金额（元）*)",
        "must not be negative",
    ]
    error = marked(console, english).worksheets[0].cell(3, 7).value
    assert str(error).startswith("Disbursed (heading: 支出金额（元）*)")


def test_with_a_wrong_row_all_or_none_records_none_and_the_rest_can_be_recorded(
    console: Console, founded: Caller
) -> None:
    before = founded.head()
    report = upload(console, csv_of(HEADINGS, GOOD[0], WRONG[1][0], GOOD[1]))
    refused = record(console, report, "atomic")
    assert (refused.response.status_code, figures(refused)) == (409, [3, 0, 2, 1])
    assert "有 1 行不能录入" in refused.text("#nothing-recorded")
    assert founded.head() == before
    assert figures(record(console, report, "partial")) == [3, 2, 0, 1]


def test_rows_before_a_row_are_seen_by_it(console: Console) -> None:
    rows = [["2023-05-01", "L1", "400", "V1", ""], ["2023-05-01", "L1", "201", "V2", ""]]
    assert figures(upload(console, csv_of(HEADINGS, *rows))) == [2, 0, 1, 1]


def marked(console: Console, report: Shown) -> openpyxl.Workbook:
    return openpyxl.load_workbook(BytesIO(console.follow(address_of(report, "/marked")).response.content))


def address_of(report: Shown, file: str) -> str:
    return next(each["href"] for each in report.all("a[download]") if file in each["href"])


def saved(book: openpyxl.Workbook) -> bytes:
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def test_two_rows_that_reverse_the_same_entry_name_each_other(console: Console, founded: Caller) -> None:
    position = str(founded.record("/disbursements", DISBURSEMENT)["position"])
    rows = [["2023-06-01", position, "误录"], ["2023-06-01", position, "误录"]]
    report = upload(console, csv_of(["业务日期", "原事件流水号", "冲销原因"], *rows))
    assert report.texts("#table-errors tbody tr") == ["CSV 3 原事件流水号 与第 2 行冲销的是同一笔流水"]


def test_every_command_has_a_template_or_a_reason_to_have_none(console: Console) -> None:
    assert sorted([*COMMAND_TITLES, *BY_FORM_ONLY]) == sorted(each.name for each in COMMANDS)
    page = console.open("import")
    assert len(page.texts("#by-form-only li")) == len(BY_FORM_ONLY)
    assert "record/open-evaluation" in page.link("开立绩效评价")


def test_the_templates_are_read_as_what_they_are(console: Console) -> None:
    page = console.open("import", unit="wan")
    answer = console.follow(page.link("Excel 模板")).response
    book = openpyxl.load_workbook(BytesIO(answer.content))
    sheet = book["指标下达"]
    headings = [str(cell.value) for cell in sheet[1]]
    assert "下达金额（万元）*" in headings
    # As the forms call them.
    assert {"预算口径*", "资金品种", "成文日期"} <= {cell.value for cell in book["来源指标收到"][1]}
    assert {"项目性质", "起始年度*", "终止年度", "专项/大类"} <= {cell.value for cell in book["项目登记"][1]}
    values: dict[str, Any] = {
        "业务日期*": "2023年5月1日",
        "项目指标编号*": "Ｌ１",
        "下达金额（万元）*": 0.01,
        "下达类型*": "追加",
        "文号*": "青财〔2023〕6号",
    }
    for place, heading in enumerate(headings, start=1):
        sheet.cell(2, place).value = values.get(heading)
    report = upload(console, saved(book), "模板.xlsx")
    assert figures(report) == [1, 0, 1, 0], report.texts("#table-errors td")
    assert report.texts("#table-sheets tbody th") == ["指标下达"]
    assert f"另有 {len(book.sheetnames) - 2} 个工作表只有表头" in " ".join(report.texts("main"))
    sheet.cell(2, headings.index("下达类型*") + 1).value = "又一次"
    other = upload(console, saved(book), "模板.xlsx")
    assert "不是可选的词，可填：年初、追加" in other.text("#table-errors tbody"), other.texts("#table-errors td")
    assert "文件里没有数据行" in " ".join(upload(console, b"", "空.csv").texts("main"))


def test_a_file_of_another_system_is_read_by_a_mapping_from_then_on(console: Console, founded: Caller) -> None:
    headings = ["入账日", "凭证编号", "付款额", "摘要"]
    content = csv_of(["国库支付系统导出"], headings, ["20230501", "V1", "0.02", "道路"], encoding="gb18030")
    report = upload(console, content)
    address = f"{report.link('指定每一列')}&command=record-disbursement"
    page = console.follow(address)
    assert page.texts("thead tr")[0] == "入账日 凭证编号 付款额 摘要"
    proposed = {each["name"]: each.all("option[selected]") for each in page.all("select[name^=column_]")}
    assert {name: each[0].exact for name, each in proposed.items() if each} == {
        "column_effective_date": "入账日",
        "column_amount": "付款额",
        "column_voucher_no": "凭证编号",
        "column_purpose": "摘要",
    }
    fields: dict[str, Any] = {
        "column_effective_date": "入账日",
        "column_voucher_no": "凭证编号",
        "column_amount": "付款额",
        "unit_amount": "wan",
        "column_purpose": "摘要",
        "constant_line_id": "L1",
        "name": "国库支付",
    }
    assert "金额单位" in console.send(str(page.url), fields | {"unit_amount": ""}).text("[role=alert]")
    assert "不能两样都有" in console.send(str(page.url), fields | {"constant_purpose": "道路"}).text("[role=alert]")
    for wrong in ({"unit_amount": "canary"}, {"column_payee": "canary"}, {"canary": "1"}, {"name": ["a", "b"]}):
        refused = console.send(str(page.url), fields | wrong)
        assert (refused.response.status_code, "canary" in refused.response.text) == (422, False), wrong
    assert console.send(str(page.url).replace("command=", "lang="), fields).response.status_code == 422
    report = console.send(str(page.url), fields)
    assert figures(report) == [1, 0, 1, 0]
    assert "支出金额取自“付款额”列，单位：万元" in report.text(".mapping")
    assert "交还的是 .xlsx" in report.text("main")
    record(console, report, "atomic")
    assert founded.read(f"/events/{founded.head()}")["data"]["amount"] == "200.00"
    following = csv_of(headings, ["20230502", "V2", "0.01", "桥"])
    assert figures(upload(console, following, "五月.csv")) == [1, 0, 1, 0]


@pytest.mark.parametrize(
    "content",
    sampled([b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0" + bytes(600), b"\xff\xfe\x00", bytes(100), b"\x81"], one_in=3),
)
def test_a_broken_file_is_said_to_be_one(console: Console, content: bytes) -> None:
    report = upload(console, content, "坏.xlsx")
    assert report.response.status_code == 422
    assert report.text("[role=alert]")


def test_a_form_without_a_file_is_said(console: Console) -> None:
    address = str(console.open("import").url)
    assert console.send(address, {}).response.status_code == 422
    file = ("file", ("支付.csv", csv_of(HEADINGS, *GOOD)))
    for fields, files in (({"canary": "1"}, [file]), ({}, [file, file])):
        refused = console.send(address, fields, files=files)
        assert (refused.response.status_code, "canary" in refused.response.text) == (422, False)


@pytest.mark.parametrize(
    "fields", sampled([{}, {"mode": "zzz"}, {"mode": ["partial", "atomic"]}, {"mode": "partial", "a": "1"}], one_in=2)
)
def test_a_form_that_does_not_say_how_records_nothing(
    console: Console, founded: Caller, fields: dict[str, Any]
) -> None:
    head = founded.head()
    address = upload(console, csv_of(HEADINGS, *GOOD)).url
    answer = console.send(str(address), fields).response
    assert (answer.status_code, founded.head()) == (422, head)


def test_a_form_of_another_site_is_refused(console: Console) -> None:
    address = str(console.open("import").url)
    answer = console.client.post(address, files={"file": ("a.csv", b"a")}, headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403


def test_a_file_that_is_not_kept_is_said(console: Console) -> None:
    assert console.open(f"import/{'0' * 64}").response.status_code == 404


def test_the_fiscal_data_package_is_given_at_the_place_of_the_page(console: Console) -> None:
    page = console.open("overview")
    assert "请勿直接用表格软件打开" in page.text(".export")
    answer = console.follow(page.link("开放财政数据包")).response
    assert answer.headers["content-type"] == "application/zip"
    assert answer.content.startswith(b"PK")


def test_an_older_workbook_and_one_of_several_sheets_are_recorded_in_their_order(
    console: Console, founded: Caller
) -> None:
    old = (Path(__file__).parent / "files" / "payments.xls").read_bytes()
    report = upload(console, old, "支付.xls")
    assert figures(record(console, report, "atomic")) == [2, 2, 0, 0]
    assert founded.read("/lines/L1")["disbursed"] == "423.00"
    assert [cell.value for cell in marked(console, report)["支出"][4]] == [
        "2023-05-01",
        "L1",
        "0.0123",
        "20230501",
        "某某公司",
        "已录入",
        None,
        check_of(founded.ledger_id, PAID_BY_XLS),
    ]
    target = BytesIO()
    with xlsxwriter.Workbook(target) as book:
        book.add_worksheet("单位登记").write_row(0, 0, ["业务日期", "单位编号", "单位名称", "单位类别"])
        book.worksheets()[0].write_row(1, 0, ["2023-01-01", "U7", "柳林镇", "乡镇（街道）"])
        book.add_worksheet("单位登记2").write_row(
            0, 0, ["业务日期", "单位编号", "单位名称", "单位类别", "上级单位编号"]
        )
        book.worksheets()[1].write_row(1, 0, ["2023-01-01", "U8", "柳林村", "village", "U7"])
    both = record(console, upload(console, target.getvalue(), "单位.xlsx"), "atomic")
    assert figures(both) == [2, 2, 0, 0]
    event = founded.read(f"/events/{founded.head()}")
    assert event["source"]["ref"] == "单位.xlsx#单位登记2"


def test_a_return_may_name_the_payment_by_its_position(console: Console, founded: Caller) -> None:
    paid = founded.record("/disbursements", DISBURSEMENT)
    headings = ["业务日期", "原事件流水号", "退回金额（元）", "事由"]
    rows = [["2023-06-01", f"#{paid['position']}", "1.5", "退回"], ["2023-06-01", "#999", "1", "退回"]]
    report = upload(console, csv_of(headings, *rows))
    assert figures(report) == [2, 0, 1, 1]
    assert report.texts("#table-errors tbody tr") == ["CSV 3 原事件流水号 没有这个流水号"], "this caller may see all"
    assert figures(record(console, report, "partial")) == [2, 1, 0, 1]
    assert founded.read("/lines/L1")["disbursed"] == "98.50"


@full_only
def test_who_may_not_record_sees_no_import(sqlite_url: str) -> None:
    with identifying_server(sqlite_url) as server:
        approver = made_key(server, Role.APPROVER, "qingshi").text
        viewer = made_key(server, Role.VIEWER, "qingshi").text
        clerk = made_key(server, Role.CLERK, "qingshi", units=("U1",)).text
        with client_with(server, approver) as client:
            open_founded(client, "qingshi")
        with client_with(server, viewer) as client:
            refused = Console(client, "qingshi")
            assert refused.open("import").response.status_code == 403
            assert upload_without_page(refused, b"a").response.status_code == 403
        with client_with(server, clerk) as client:
            offered = Console(client, "qingshi").open("import").texts("details li a")
            assert "支出.csv" in offered
            assert "项目登记.csv" not in offered, "a clerk of a unit registers no project"
            report = upload(Console(client, "qingshi"), csv_of(HEADINGS, *GOOD))
            assert figures(report) == [2, 0, 2, 0]
            assert not report.all("[role=alert]")
            assert figures(record(Console(client, "qingshi"), report, "partial")) == [2, 2, 0, 0]
        with client_with(server, approver) as client:
            warned = upload(Console(client, "qingshi"), csv_of(HEADINGS, *GOOD))
            assert "最早由" in warned.text("[role=alert]")
            assert figures(warned) == [2, 0, 0, 2], "vouchers are taken once, whoever records them"


def upload_without_page(console: Console, content: bytes) -> Shown:
    address = f"/console/ledgers/{console.ledger_id}/import?as_of=2024-01-02&at_position=1"
    return console.send(address, {}, files={"file": ("a.csv", content)})
