"""What clerks fill in: a workbook with a sheet for each command, or CSV of one command."""

import csv
from collections.abc import Sequence
from io import BytesIO, StringIO
from typing import Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from api.console.sheets.book import MAX_ROWS
from api.console.sheets.forms import FieldKind, Form, FormField
from api.console.sheets.recognised import INSTRUCTIONS
from api.console.words import WORDS

GENERAL: Final = (
    "每个工作表对应一种业务；不用的工作表留空或删除即可。带 * 的列必填。",
    "金额列的单位写在表头的括号内，可改为（元）或（万元）；折合后须为整分。",
    "金额可带千位分隔符；在 .csv 中须给这样的金额加英文双引号，否则一格会变成两格。",
    "日期可为日期格式，或写作 2024-01-31、2024/1/31、2024年1月31日、20240131；不带时刻。",
    "有固定选项的列可从下拉列表选择，也可填写代码。",
    "表头以上可以另加标题行；一个文件最多 10,000 行业务。",
    "变更项目信息、开立绩效评价、清除私密内容没有工作表，请在“录入”中用表单办理。",
    "同一文件重复上传不会重复录入；修改过的文件是另一个文件，请只保留尚未录入的行。",
    "交还的表可以改正后再传：“录入状态”为“已录入”的行不会再录，其内容若有改动会被指出。",
)
KINDS: Final = {
    FieldKind.TEXT: "文字",
    FieldKind.IDENTIFIER: "编号或代码：字母、数字、. _ -",
    FieldKind.AMOUNT: "金额",
    FieldKind.POINTS: "分值，最多两位小数",
    FieldKind.DAY: "日期",
    FieldKind.WHOLE: "整数",
    FieldKind.WORD: "选项",
    FieldKind.YES_NO: "是 或 否",
    FieldKind.IDENTIFIERS: "一个或多个编号，以逗号分隔",
    FieldKind.EVENT: "原事件的流水号",
}
FORBIDDEN_IN_NAMES: Final = str.maketrans(dict.fromkeys("/\\?*[]:", "或"))

_WIDTH: Final = 18
_WORDS_LENGTH: Final = 255
"""Longest list of choices that stands in a cell's own rule."""


def template_book(unit_name: str, offered: Sequence[Form]) -> bytes:
    """The workbook of the forms, amounts in the unit. It is in Chinese: it is for the clerks of a bureau."""
    target = BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        needed = book.add_format({"bold": True, "bg_color": "#F6D9D3", "border": 1, "text_wrap": True})
        optional = book.add_format({"bold": True, "bg_color": "#E3EAEE", "border": 1, "text_wrap": True})
        dated = book.add_format({"num_format": "yyyy-mm-dd"})
        as_text = book.add_format({"num_format": "@"})
        _instruct(book.add_worksheet(INSTRUCTIONS), optional, offered)
        for form in offered:
            sheet = book.add_worksheet(form.title.translate(FORBIDDEN_IN_NAMES))
            sheet.freeze_panes(1, 0)
            for place, each in enumerate(form.fields):
                sheet.write_string(0, place, heading(each, unit_name), needed if each.is_required else optional)
                sheet.set_column(place, place, _WIDTH, _column_format(each, dated, as_text))
                _offer_words(sheet, place, each)
    return target.getvalue()


def template_csv(form: Form, unit_name: str) -> bytes:
    """The headings of one command, in UTF-8 with a mark, as spreadsheets want it."""
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([heading(each, unit_name) for each in form.fields])
    return text.getvalue().encode("utf-8-sig")


def heading(each: FormField, unit_name: str) -> str:
    """The heading of a column: its unit with it, a star where it is required."""
    unit = f"（{unit_name}）" if each.kind is FieldKind.AMOUNT else ""
    return f"{each.title}{unit}{'*' if each.is_required else ''}"


def words_of(each: FormField) -> list[str]:
    """What may stand in a column of a closed list."""
    if each.kind is FieldKind.YES_NO:
        return ["是", "否"]
    return list(WORDS[each.words].values()) if each.words else []


def _column_format(each: FormField, dated: Format, as_text: Format) -> Format | None:
    if each.kind is FieldKind.DAY:
        return dated
    # A number of sixteen digits, or with a zero in front, would not stay what it is.
    return as_text if each.kind in {FieldKind.IDENTIFIER, FieldKind.IDENTIFIERS, FieldKind.TEXT} else None


def _offer_words(sheet: Worksheet, place: int, each: FormField) -> None:
    words = words_of(each)
    if words and len(",".join(words)) <= _WORDS_LENGTH:
        # A code may stand there as well: the list helps, and refuses nothing.
        sheet.data_validation(1, place, MAX_ROWS, place, {"validate": "list", "source": words, "error_type": "warning"})


def _instruct(sheet: Worksheet, bold: Format, offered: Sequence[Form]) -> None:
    sheet.set_column(0, 1, _WIDTH)
    sheet.set_column(2, 2, 8)
    sheet.set_column(3, 3, 80)
    for line, text in enumerate(GENERAL):
        sheet.write_string(line, 0, text)
    line = len(GENERAL) + 1
    sheet.write_row(line, 0, ["工作表", "列", "必填", "内容"], bold)
    for form in offered:
        for each in form.fields:
            line += 1
            said = "、".join(words_of(each)) or KINDS[each.kind]
            sheet.write_row(line, 0, [form.title, each.title, "是" if each.is_required else "", said])
