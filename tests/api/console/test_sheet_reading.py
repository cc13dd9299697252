"""Files of rows as they come: every number to the fen, every spelling of a day, and nothing that harms the service."""

import csv
import re
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from api.console.sheets.book import MAX_UNPACKED_BYTES, Sheet, UnreadableFileError, number_text, read_book
from api.console.sheets.forms import forms
from api.console.sheets.formula_cells import ERROR_CELL, VALUELESS_CELL
from api.console.sheets.older_workbook import beside_cells
from api.console.sheets.outside import Readers
from api.console.sheets.recognised import Recognised, Unrecognised, recognise
from api.console.sheets.templates import heading
from api.console.sheets.values import WrongCellError, day, event, points, whole, word_code, yes_or_no, yuan
from domain.flow import AllocationStage
from domain.money import format_hundredths
from domain.project import ProjectStatus
from tests.support.effort import sampled
from tests.support.hostile_books import changed

XLS = (Path(__file__).parent / "files" / "payments.xls").read_bytes()


def workbook(*rows: list[Any]) -> bytes:
    target = BytesIO()
    with xlsxwriter.Workbook(target, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet("表")
        for line, row in enumerate(rows):
            for place, value in enumerate(row):
                sheet.write(line, place, value)
    return target.getvalue()


@given(st.integers(min_value=0, max_value=10**15 - 1))
def test_every_amount_comes_back_from_the_float_of_a_cell(fen: int) -> None:
    written = format_hundredths(fen)
    assert yuan(number_text(float(written)), wan=False) == written


@given(st.integers(min_value=0, max_value=10**15 - 1))
def test_every_amount_comes_back_from_a_cell_in_wan(fen: int) -> None:
    in_wan = f"{fen // 1_000_000}.{fen % 1_000_000:06d}"
    assert yuan(number_text(float(in_wan)), wan=True) == format_hundredths(fen)


@given(st.text(max_size=40))
def test_whatever_stands_in_a_cell_is_a_value_or_a_problem(text: str) -> None:
    for read in (day, points, whole, yes_or_no, lambda each: yuan(each, wan=True)):
        with suppress(WrongCellError):
            read(text)


def test_a_sum_of_floats_is_what_its_author_sees() -> None:
    assert number_text(0.1 + 0.2) == "0.3"
    assert number_text(1e21) == "1000000000000000000000"


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1234.5", "1234.50"),
        ("1,234,567.89", "1234567.89"),
        ("１２３４．５０", "1234.50"),
        (" ¥100 ", "100.00"),
        ("￥100", "100.00"),
        ("007", "7.00"),
        ("1.230000", "1.23"),
    ],
)
def test_an_amount_may_be_written_as_people_write_it(text: str, amount: str) -> None:
    assert yuan(text, wan=False) == amount


@pytest.mark.parametrize("text", ["1,23", "12,34.5", "1.234", "-1", "−1", "1e3", "1..2", "", "一百", "1 2", "٣"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(WrongCellError):
        yuan(text, wan=False)


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-31",
        "2024/1/31",
        "2024年1月31日",
        "20240131",
        "2024.1.31",
        "２０２４－０１－３１",
        "2024-01-31 00:00:00",
        "2024/1/31 0:00",
        "2024年1月31日 00:00",
        "2024-01-31T00:00:00.000+08:00",
    ],
)
def test_a_day_has_many_spellings(text: str) -> None:
    assert day(text) == "2024-01-31"


@pytest.mark.parametrize(
    "text", ["2024-02-30", "31/1/2024", "45322", "2024", "2024-02-30 08:30", "2024-1/31", "昨天", "08:30"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(WrongCellError, match=r"day\Z"):
        day(text)


@pytest.mark.parametrize("text", ["2024-01-31 08:30:00", "2024/1/31 8:30", "2024-01-31T00:00:01", "20240131 23:59"])
def test_a_day_with_another_time_than_midnight_is_said_to_have_one(text: str) -> None:
    with pytest.raises(WrongCellError, match=r"day-with-time\Z"):
        day(text)


@pytest.mark.parametrize("text", ["86", "#86", "＃８６", " # 86 "])
def test_an_entry_may_be_named_as_it_is_shown(text: str) -> None:
    assert event(text) == "86"


def test_a_word_of_a_closed_list_may_be_its_code_or_what_it_is_called() -> None:
    assert {word_code(AllocationStage, each) for each in ("initial", "年初", " INITIAL ", "Initial")} == {"initial"}
    assert word_code(ProjectStatus, "竣工验收") == "finally_accepted"
    with pytest.raises(WrongCellError):
        word_code(AllocationStage, "年中")


def test_cells_of_a_workbook_are_texts() -> None:
    (sheet,) = read_book(
        workbook(
            ["标题"],
            [],
            [0.1, 20230501, True, date(2024, 1, 31), datetime.fromisoformat("2024-01-31T08:30:00"), " 文 ", 1e15],
            [datetime.fromisoformat(each) for each in ("2024-01-31T00:00:00", "2024-01-31T00:00:00.004")],
        )
    )
    assert sheet.rows[2] == [
        "0.1",
        "20230501",
        "TRUE",
        "2024-01-31",
        "2024-01-31 08:30:00",
        "文",
        "1000000000000000",
    ]
    assert sheet.rows[3][:2] == ["2024-01-31", "2024-01-31"]


def test_a_formula_is_its_value_and_a_failed_one_an_error() -> None:
    target = BytesIO()
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet()
        sheet.write_formula(0, 0, "=1+1", None, 2)
        sheet.write_formula(0, 1, "=1/0", None, "#DIV/0!")
        sheet.write(0, 2, "end")
    assert read_book(target.getvalue())[0].rows == [["2", ERROR_CELL, "end"]]


def test_a_formula_without_its_value_is_told_from_an_empty_cell(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["end", None, "=1+1"])
    book.worksheets[0].append(["=A1", "end"])
    book.save(tmp_path / "written.xlsx")
    (sheet,) = read_book((tmp_path / "written.xlsx").read_bytes())
    assert sheet.rows == [["end", "", VALUELESS_CELL], [VALUELESS_CELL, "end", *sheet.rows[1][2:]]]
    assert sheet.rows[1][2:] in ([], [""])


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ('<c r="A1"><f>B1</f></c>', VALUELESS_CELL),
        ('<c r="A1" s="2"><f t="shared" si="0"/><v/></c>', VALUELESS_CELL),
        ('<c r="A1"><f t="shared" si="0"/><v>3</v></c>', "3"),
        ('<c r="A1" t="str"><f>IF(B1="","",1)</f><v></v></c>', ""),
        ('<c r="A1" t="e"><f>1/0</f><v>#DIV/0!</v></c>', ERROR_CELL),
        ('<c r="A1" s="2"/>', ""),
    ],
)
def test_what_a_formula_says_is_read_as_the_file_has_it(cell: str, read: str) -> None:
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(workbook(["x", "end"]))) as archive, zipfile.ZipFile(target, "w") as changed:
        for name in archive.namelist():
            content = archive.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = re.sub(rb'<c r="A1".*?</c>', cell.encode(), content)
            changed.writestr(name, content)
    assert read_book(target.getvalue())[0].rows == [[read, "end"]]


def test_the_older_form_of_workbooks_is_read() -> None:
    (sheet,) = read_book(XLS)
    assert sheet.name == "支出"
    assert sheet.rows[3] == ["2023-05-01", "L1", "0.0123", "20230501", "某某公司"]
    (found,) = recognise([sheet], [])
    assert isinstance(found, Recognised)
    assert (found.form.command, found.heading) == ("record-disbursement", 2)


def test_formulas_of_an_older_workbook_that_nobody_worked_out_are_told_from_empty_cells() -> None:
    content = (Path(__file__).parent / "files" / "flaws.xls").read_bytes()
    rows = read_book(content)[0].rows
    assert [rows[line][place] for line, place in ((1, 4), (2, 2), (3, 4))] == ["", VALUELESS_CELL, VALUELESS_CELL]
    blank = b"\x03\0\0\0\0\0\xff\xff"
    failed = read_book(content.replace(blank, b"\x02\0\x07\0\0\0\xff\xff", 1))[0].rows
    assert (failed[2][2], failed[3][4]) == (ERROR_CELL, ""), "who worked out one has worked out the other: to nothing"


def test_hidden_rows_and_sheets_are_told_also_of_an_older_workbook() -> None:
    target = BytesIO()
    with xlsxwriter.Workbook(target) as book:
        for name in ("见", "不见"):
            sheet = book.add_worksheet(name)
            sheet.write_column(0, 0, ["a", "b", "c"])
        book.worksheets()[0].set_row(1, 20, None, {"hidden": True, "level": 1})
        book.worksheets()[0].set_row(500_000, None, None, {"hidden": True})
        book.worksheets()[1].hide()
    read = read_book(target.getvalue())
    assert [(sheet.name, sheet.is_hidden, sheet.hidden) for sheet in read] == [("见", False, [1]), ("不见", True, [])]
    low = changed(
        workbook(["a"], ["b"], ["c"]), lambda sheet: sheet.replace(b'r="2"', b'r="2" ht="0" customHeight="1"')
    )
    assert read_book(low)[0].hidden == [1], "a row of no height is not seen, either"
    (found,) = re.finditer(rb"\x08\x02\x10\0\x03\0.{14}", XLS, re.DOTALL)
    at = found.end() - 4
    hidden = XLS[:at] + bytes([XLS[at] | 0x20]) + XLS[at + 1 :]
    assert [read_book(each)[0].hidden for each in (XLS, hidden)] == [[], [3]]


@given(st.binary(max_size=64), st.integers(min_value=0, max_value=len(XLS)), st.integers(min_value=0))
def test_no_damage_to_an_older_workbook_harms(damage: bytes, at: int, left: int) -> None:
    damaged = XLS[:at] + damage + XLS[at + len(damage) :]
    beside_cells(damaged[: left % (len(damaged) + 1)])
    beside_cells(damaged)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_csv_is_read_in_every_usual_encoding(encoding: str) -> None:
    assert read_book('业务日期,金额\r\n2024年1月31日,"1,000.00"\r\n'.encode(encoding))[0].rows == [
        ["业务日期", "金额"],
        ["2024年1月31日", "1,000.00"],
    ]


def test_csv_may_stand_between_tabs_or_semicolons_and_an_apostrophe_before_a_formula_is_none_of_it() -> None:
    assert read_book(b"a\tb\n1\t'=1\n")[0].rows == [["a", "b"], ["1", "=1"]]
    assert read_book(b"a;b\n1;2,5\n")[0].rows == [["a", "b"], ["1", "2,5"]]


@pytest.mark.parametrize(
    ("title", "delimiter"),
    [
        ("二〇二三年支付，单位：元", ";"),
        ("财政局,国库科,支付中心,二〇二三年,五月,明细", "\t"),
        ("财政局,国库科,支付中心,二〇二三年,五月,明细", ";"),
        ("", ";"),
        ("单位：财政局; 金额：元; 2023", ","),
    ],
)
@pytest.mark.parametrize("first", ["业务日期*", "入账日"])
def test_a_csv_is_read_with_what_its_headings_stand_between_whatever_stands_above(
    title: str, delimiter: str, first: str
) -> None:
    table = [[first, "凭证号", "付款额", "摘要"], ["2023-05-01", "V1", "2.5", "路"], ["2023-05-02", "V2", "3", "桥"]]
    text = "\r\n".join([title, *map(delimiter.join, table)])
    assert read_book(text.encode())[0].rows[1:] == table


def test_the_headings_of_every_template_are_recognised_as_its_own() -> None:
    for form in forms():
        for unit in ("元", "万元"):
            sheet = Sheet("", [["说明"], [heading(each, unit) for each in form.fields], ["x"]])
            (found,) = recognise([sheet], [])
            assert isinstance(found, Recognised)
            assert (found.form, found.heading, found.unused) == (form, 1, ())
            assert len(found.columns) == len(form.fields)


def test_an_amount_whose_unit_is_not_said_is_not_guessed() -> None:
    headings = ["业务日期", "项目指标编号", "支出金额", "凭证号"]
    (found,) = recognise([Sheet("", [headings, ["x"]])], [])
    assert isinstance(found, Unrecognised)
    assert found.flaw is not None
    assert (found.flaw.field.title, found.flaw.is_twice) == ("支出金额", False)
    (found,) = recognise([Sheet("", [[*headings, "支出金额（元）", "支出金额（万元）"], ["x"]])], [])
    assert isinstance(found, Unrecognised)
    assert found.flaw is not None
    assert (found.flaw.field.title, found.flaw.is_twice) == ("支出金额", True)


def test_a_template_in_another_unit_is_named_with_the_unit_and_one_that_says_the_word_unit_is_read() -> None:
    headings = ["业务日期", "项目指标编号", "凭证号"]
    (found,) = recognise([Sheet("", [[*headings, "支出金额（千元）"], ["x"]])], [])
    assert isinstance(found, Unrecognised)
    assert found.flaw is not None
    assert (found.flaw.field.title, found.flaw.other_unit) == ("支出金额", "千元")
    for amount in ("支出金额（单位：万元）", "支出金额（ 万 元 ）", "支出金额﹙CNY 10k﹚"):
        (found,) = recognise([Sheet("", [[*headings, amount], ["x"]])], [])
        assert isinstance(found, Recognised)
        assert [column.wan for column in found.columns] == [False, False, False, True]


def test_a_mapping_that_was_saved_against_its_own_heading_reads_nothing() -> None:
    column = {"field": "amount", "heading": "数（万元）", "unit": "yuan"}
    mapping = {"mapping_id": "m", "command": "record-disbursement", "headings": ["数（万元）"], "constants": []}
    sheet = Sheet("", [["数（万元）"], ["1"]])
    (found,) = recognise([sheet], [mapping | {"columns": [column | {"unit": "wan"}]}])
    assert isinstance(found, Recognised)
    (found,) = recognise([sheet], [mapping | {"columns": [column]}])
    assert isinstance(found, Unrecognised)


def bomb() -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(MAX_UNPACKED_BYTES + 1))
    return target.getvalue()


def far_corners() -> bytes:
    """Two cells, between them as many empty ones as a sheet has."""
    target = BytesIO()
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "a")
        sheet.write(1_048_575, 16_383, "b")
    return target.getvalue()


@pytest.mark.parametrize("make", sampled([bomb, far_corners], one_in=2))
async def test_a_file_that_would_take_all_memory_is_refused(make: Callable[[], bytes]) -> None:
    with pytest.raises(UnreadableFileError):
        await Readers().book("", make())


def test_a_file_with_a_password_is_said_to_have_one() -> None:
    content = b"\xd0\xcf\x11\xe0" + bytes(512) + "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(UnreadableFileError, match="password"):
        read_book(content)


@pytest.mark.parametrize(
    ("text", "code"),
    [(",".join(["a"] * 300), "too-many-columns"), ("a\n" * 20_000, "too-many-rows"), ("a\0b", "broken")],
)
def test_a_table_has_bounds(text: str, code: str) -> None:
    with pytest.raises(UnreadableFileError, match=code):
        read_book(text.encode())


def test_text_that_is_no_encoding_is_said() -> None:
    with pytest.raises(UnreadableFileError, match="encoding"):
        read_book(b"\xff\xff\x80\x81")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_unreadable(content: bytes) -> None:
    with suppress(UnreadableFileError):
        read_book(content)


def test_the_template_of_a_command_is_read_from_csv() -> None:
    text = StringIO()
    csv.writer(text).writerow(["业务日期", "项目编号", "项目状态"])
    (found,) = recognise(read_book((text.getvalue() + "x,y,z\n").encode()), [])
    assert isinstance(found, Recognised)
    assert found.form.command == "change-project-status"
