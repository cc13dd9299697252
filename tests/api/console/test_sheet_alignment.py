"""No cell is taken for what another heading says, and none beside the headings is passed over without a word."""

from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from api.console.sheets.book import read_book
from api.console.sheets.file_rows import FileRow, Sent, rows_of
from api.console.sheets.recognised import LINES_LOOKED_AT, Recognised, recognise
from tests.api.console.test_sheet_reading import workbook

HEADINGS = ["业务日期*", "项目指标编号*", "支出金额（元）*", "凭证号*", "用途"]
GOOD = ["2026-04-07", "L1", "1000.50", "q7", "工程款"]
SHIFTED = ["2026-04-07", "L1", "1", "000.50", "q7", "工程款"]
SMALL = ["2026-04-07", "L1", "100", "001", "工程款"]
FOREIGN = ["日", "指", "数", "证", "途"]
FLAWS = (Path(__file__).parent / "files" / "flaws.xls").read_bytes()
MAPPING: dict[str, Any] = {
    "mapping_id": "m",
    "command": "record-disbursement",
    "headings": FOREIGN,
    "columns": [
        {"field": field, "heading": heading, "unit": unit}
        for field, heading, unit in (
            ("effective_date", "日", None),
            ("line_id", "指", None),
            ("amount", "数", "yuan"),
            ("voucher_no", "证", None),
            ("purpose", "途", None),
        )
    ],
    "constants": [],
}


def lines(*rows: list[str], encoding: str = "gbk") -> bytes:
    """A CSV as it comes where nobody thinks of quoting."""
    return "".join(f"{','.join(row)}\r\n" for row in rows).encode(encoding)


def sheet_of(content: bytes) -> Recognised:
    (sheet,) = recognise(read_book(content), [MAPPING])
    assert isinstance(sheet, Recognised)
    return sheet


def rows_in(content: bytes) -> list[FileRow]:
    sent = Sent(upload_id="u", name="支付", ledger_id="l")
    return rows_of([sheet_of(content)], sent, lambda text, **figures: text.format(**figures) if figures else text)


def problems(content: bytes) -> list[list[str]]:
    """What is said of each row as such, or of its cells."""
    return [[each.text for each in row.problems] for row in rows_in(content)]


@pytest.mark.parametrize("headings", [HEADINGS, FOREIGN], ids=["template", "mapping"])
@pytest.mark.parametrize("written", [lines, workbook, "utf-8-sig"], ids=["gbk", "xlsx", "utf-8"])
def test_a_row_with_more_cells_than_headings_is_wrong(headings: list[str], written: Any) -> None:
    rows = (["支付明细"], headings, GOOD, SHIFTED)
    (good, [said]) = problems(lines(*rows, encoding=written) if isinstance(written, str) else written(*rows))
    assert good == []
    assert said.startswith("该行的单元格比表头多：")
    assert "千位分隔符（如 1,000.50）" in said
    assert ("表头 5 格，该行 6 格" if written is not workbook else "F 列有内容，却没有表头") in said


@pytest.mark.parametrize(
    ("written", "is_wrong"),
    [
        (20230501, False),
        ("123456789012345678", False),
        ("2023-01-02", False),
        (999_999_999_999_999, False),
        (123456789012345678, True),
        (date(2023, 1, 2), True),
        (time(1, 2), True),
        ("1.23457E+17", True),
    ],
)
def test_a_voucher_that_a_spreadsheet_program_took_for_a_number_or_a_date_is_wrong(
    written: Any, *, is_wrong: bool
) -> None:
    (said,) = problems(workbook(HEADINGS, [date(2026, 4, 7), "L1", 1_000.5, written, "工程款"]))
    assert [each[:8] for each in said] == (["该格是日期、时间"] if is_wrong else [])


def test_an_amount_with_more_decimals_than_its_cell_shows_is_said_to_have_them() -> None:
    (said,) = problems(workbook(HEADINGS, ["2026-04-07", "L1", 100_000 / 3, "q7", ""]))
    assert ["小数可能比显示的多" in each for each in said] == [True]
    assert problems(lines(HEADINGS, ["2026-04-07", "L1", "33333.333", "q7", ""])) == [["折合后不足一分，须为整分"]]
    (said,) = problems(lines(HEADINGS, ["2026-04-07", "L1", "1", "#REF!", "#N/A"]))
    assert ["错误值" in each for each in said] == [True, True]


@pytest.mark.parametrize(
    ("row", "is_at_foot"),
    [
        (["合　计", "", "1000.50", "", ""], True),
        (["", "本页小计：", "1000.50", "", ""], True),
        (["制表人：张三", "审核：李四", "", "2026.4.30", ""], True),
        (["制表人", "张三", "", "", "", "", "2026.4.30"], True),
        (["2026-04-07", "L1", "1000.50", "", "合计三笔"], False),
        (["合计", "L1", "1000.50", "q9", ""], True),
        (["2026-04-07", "L1", "1", "会计费", ""], False),
        (["以上合计", "", "1000.50", "", ""], True),
        (["（合计）", "", "1000.50", "", ""], True),
        (["—合计—", "", "1000.50", "", ""], True),
        (["Total", "", "1000.50", "", ""], True),
        (["大写：壹元整", "", "", "", ""], True),
        (["注：本表由系统导出", "", "", "", ""], True),
        (["打印日期：2026-04-30", "", "", "", ""], True),
        (["", "", "1000.50", "", ""], True),
        (["", "", "1000.50", "", "工程款"], False),
        (["2026-04-07", "L1", "1", "", "合计"], False),
    ],
)
def test_a_total_or_a_signature_below_the_rows_is_one_error(row: list[str], *, is_at_foot: bool) -> None:
    (good, said) = problems(workbook(HEADINGS, GOOD, row))
    assert good == []
    assert [each[:7] for each in said] == ["像是合计、签字"] if is_at_foot else "像是合计" not in "".join(said)


def test_an_amount_alone_is_a_total_only_below_the_last_row() -> None:
    alone = ["", "", "5", "", ""]
    said = problems(workbook([*HEADINGS, "错误"], GOOD, alone, GOOD, [*alone, "必填"], ["制表人：张三"]))
    assert [len(each) for each in said] == [0, 3, 0, 1, 1]


def test_in_an_older_workbook_too() -> None:
    said = problems(FLAWS)
    assert [len(each) for each in said] == [0, 1, 1, 1]
    assert "F 列有内容，却没有表头" in said[3][0]


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        pytest.param([GOOD, [*SHIFTED[:5], ""]], [False, True], id="an empty cell too many in one row"),
        pytest.param([[*SHIFTED[:5], ""]] * 2, [True, True], id="in every row, each with an amount in two cells"),
        pytest.param([[*GOOD, ""], [*GOOD, ""]], [False, False], id="in every row, as some programs end their lines"),
        pytest.param([[*GOOD, ""], [*SMALL, ""]], [False, False], id="so whatever stands in one of them"),
        pytest.param([[*GOOD, ""], [*SHIFTED, ""]], [False, True], id="one more than all rows have"),
        pytest.param([GOOD[:4], SHIFTED[:5]], [False, True], id="no cell too many, and an amount in two cells"),
        pytest.param([GOOD[:4], SMALL[:4]], [False, False], id="a voucher of three digits"),
        pytest.param([["2026-04-07", "L1", "1.00", "101.01"]], [False], id="an amount that cannot go on"),
        pytest.param([["2026-04-07", "L1", "1", "234", "567.00"]], [True], id="an amount in three cells"),
    ],
)
def test_a_line_of_a_csv_may_be_too_long_without_having_anything_in_its_last_cell(
    rows: list[list[str]], wrong: list[bool]
) -> None:
    assert [bool(each) for each in problems(lines(HEADINGS, *rows))] == wrong


def test_a_column_without_heading_that_is_empty_everywhere_is_fine() -> None:
    assert problems(lines([*HEADINGS, ""], [*GOOD, ""], GOOD)) == [[], []]
    (unnamed, _good) = problems(workbook([*HEADINGS[:4], None, HEADINGS[4]], [*GOOD[:4], "x", "y"], [*GOOD[:4], None]))
    assert "E 列有内容，却没有表头" in unnamed[0]


def test_what_stands_beside_a_row_that_is_recorded_changes_nothing_of_it() -> None:
    content = workbook([*HEADINGS, "录入状态"], [*GOOD, "已录入", "核过"], [*GOOD, "可录入", "核过"])
    assert [len(each) for each in problems(content)] == [0, 1]


@pytest.mark.parametrize("headings", [HEADINGS, FOREIGN], ids=["template", "mapping"])
@pytest.mark.parametrize("written", [lines, workbook])
def test_headings_on_each_page_are_no_rows(headings: list[str], written: Any) -> None:
    content = written(["支付明细"], headings, GOOD, headings, GOOD, headings)
    sheet = sheet_of(content)
    assert (sheet.heading, sheet.repeated, sheet.other_heading) == (1, frozenset({3, 5}), None)
    assert [(row.line, row.problems) for row in rows_in(content)] == [(3, []), (5, [])]


@pytest.mark.parametrize(
    "other",
    [
        ["业务日期*", "项目指标编号*", "支出金额（万元）*", "凭证号*", "用途"],
        ["项目指标编号*", "业务日期*", "支出金额（元）*", "凭证号*", "用途"],
        ["业务日期*", "项目指标编号*", "下达金额（元）*", "下达类型*", "文号*"],
        ["业务日期", "项目指标编号", "收回金额（元）", "文号", "去向"],
        ["支付日期", "指标", "数额", "单据", "说明"],
        ["序号", "金额", "凭证号", "", "用　途"],
    ],
    ids=["another unit", "another order", "another command", "no template", "a date", "other places"],
)
def test_nothing_below_other_headings_is_read_by_the_first_ones(other: list[str]) -> None:
    said = problems(lines(HEADINGS, GOOD, other, GOOD))
    assert said[0] == []
    assert said[1] == said[2] == ["第 3 行是另一种表头，与第 1 行的不同；请把该行及以下各行另放一个工作表或文件"]
    for below in (
        [*FOREIGN[1:], FOREIGN[0]],
        ["日", "文号", "去向", "数额", ""],
        ["记账日期", "指标号", "额"],
    ):
        foreign = problems(lines(FOREIGN, GOOD, below, GOOD))
        assert [len(each) for each in foreign] == [0, 1, 1], below
        assert "另一种表头" in foreign[1][0]
    template = ["项目指标编号*", "业务日期*", "支出金额（元）*", "凭证号*"]
    foreign = problems(lines(FOREIGN, *[GOOD] * LINES_LOOKED_AT, template, GOOD))
    assert [len(each) for each in foreign] == [*[0] * LINES_LOOKED_AT, 1, 1]


def test_other_headings_are_found_in_full_width_letters_too() -> None:
    names = {"日": "Day", "指": "Line", "数": "Sum", "证": "No", "途": "Use"}
    columns = [{**each, "heading": names[each["heading"]]} for each in MAPPING["columns"]]
    mapping = MAPPING | {"headings": [*names.values()], "columns": columns}
    content = lines([*names.values()], GOOD, ["Ｎｏ", "Ｓｕｍ", "x"])
    (sheet,) = recognise(read_book(content), [mapping])
    assert isinstance(sheet, Recognised)
    assert sheet.other_heading == 2


def test_a_row_that_has_the_text_of_one_heading_is_a_row() -> None:
    assert problems(lines(HEADINGS, [*GOOD[:4], "用途"], GOOD)) == [[], []]


def test_of_a_field_with_a_column_no_constant_is_read_instead_of_an_empty_cell() -> None:
    both = MAPPING | {"constants": [{"field": "line_id", "value": "L9"}, {"field": "payee", "value": "某某公司"}]}
    (sheet,) = recognise(read_book(lines(FOREIGN, GOOD, ["2026-04-07", "", "1", "q8", ""])), [both])
    assert isinstance(sheet, Recognised)
    full, blank = rows_of([sheet], Sent(upload_id="u", name="支付", ledger_id="l"), str)
    assert (full.item["line_id"], full.item["payee"], full.problems) == ("L1", "某某公司", [])
    assert [(each.field and each.field.name, each.text) for each in blank.problems] == [("line_id", "必填")]
