"""What was found in a file that was sent, held against the ledger, and recording it once that was seen."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum, auto
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from api.console.asked import Asked, Content
from api.console.figures import unrounded_amount
from api.console.inside import Refused
from api.console.page import Page
from api.console.pages.import_mapping import facts_of
from api.console.posted import TEXT, Control, fields_sent
from api.console.sheets.book import UnreadableFileError
from api.console.sheets.column_name import column_name
from api.console.sheets.destinations import overruns_table, repeats_table, rows_table, totals_table
from api.console.sheets.examined import CHOSEN, INVALID, Examined, RowState, chosen_mappings, examined
from api.console.sheets.file_rows import FileRow
from api.console.sheets.forms import FieldKind
from api.console.sheets.recognised import Recognised, Unrecognised
from api.console.sheets.repeats import repeats_of
from api.console.sheets.turns import in_turn
from api.console.signing_in import SEE_OTHER
from api.console.table import Column, Kind, Row, Table
from api.console.texts import mark as _
from api.invalid import InvalidParameter
from domain.money import format_hundredths, parse_yuan

CHUNK: Final = 500
"""Rows recorded at once: few enough not to keep others waiting."""
AT_A_TIME_S: Final = 3.0
"""How long one answer records before it shows how far it has come."""
ERRORS_SHOWN: Final = 200
ROWS_SHOWN: Final = 200
MODES: Final = ("atomic", "partial")
"""How a file is recorded: all of it or nothing, or what can be."""
BAD: Final = 400
CONFLICT: Final = 409

UNREADABLE: Final[Mapping[str, str]] = {
    "broken": _("文件已损坏，或不是 .xlsx、.xls、.csv 文件。"),
    "unmarkable": _(
        "文件可以读取，但其中有无法原样写回的内容，或过大，因此不能加上错误列。请按“不能录入的行”的导出文件在原表中改正。"
    ),
    "password": _("文件设有密码，请去掉密码后再上传。"),
    "encoding": _("无法识别文字编码；CSV 请存为 UTF-8 或 GBK。"),
    "too-large": _("文件展开后过大，无法读取；请只保留要录入的工作表。"),
    "too-many-rows": _("一个文件最多 10,000 行，请分成几个文件；后一个文件在前一个录入之后再检查。"),
    "too-many-columns": _("一个工作表最多 200 列。"),
    "too-many-cells": _("所有工作表合计最多 500,000 个单元格（含空格）；请只保留要录入的工作表和列，或分成几个文件。"),
    "too-many-sheets": _("一个文件最多 40 个工作表；请只保留要录入的工作表。"),
    "too-much-text": _("所有单元格的文字合计最多 8,000,000 字；请只保留要录入的工作表和列，或分成几个文件。"),
}
_CONTROLS: Final = {"mode": Control(choices=MODES), "reading": TEXT}


class Outcome(Enum):
    """What became of the form that a report answers."""

    UNDER_WAY = auto()
    """Some rows are recorded, and others left."""
    REFUSED = auto()
    """All of it was to be recorded, and none was."""
    CHANGED = auto()
    """None was: the file does not say any more what was shown with the form."""


async def make_report(asked: Asked) -> Content:
    """What was found in the file."""
    return await _report(asked)


async def _report(asked: Asked, outcome: Outcome | None = None) -> Content:
    """The same; `outcome` is None where no form was sent."""
    try:
        found = await examined(asked, asked.path("upload"))
    except UnreadableFileError as error:
        return await unreadable(asked, error)
    counts = found.counts
    filled = _filled(found)
    wrong = found.those(RowState.WRONG)
    repeats = await repeats_of(asked, found)
    tables = [totals_table(asked, found), overruns_table(asked, found), rows_table(asked, found)]
    tables.append(repeats_table(asked, repeats))
    tables += [_error_table(asked, wrong)] if wrong else []
    return Content(
        title=asked.say("导入：{name}", name=found.upload["name"]),
        values={
            "upload": found.upload,
            "counts": {state.name: counts[state] for state in RowState},
            "row_count": len(found.rows),
            "sheets": [_summary(asked, found, each) for each in filled],
            "empty_count": len(found.sheets) - len(filled),
            "errors": _error_rows(asked, wrong)[:ERRORS_SHOWN],
            "error_count": sum(len(row.problems) for row in wrong),
            "goes_on": outcome is Outcome.UNDER_WAY and counts[RowState.POSSIBLE] > 0,
            "is_refused": outcome is Outcome.REFUSED,
            "is_changed": outcome is Outcome.CHANGED,
            "reading": found.reading,
            "unreadable": None,
            "is_workbook": found.is_workbook,
            "are_repeats_cut": repeats.is_cut,
            **_destinations(tables),
        },
        tables=tuple(tables),
        status=CONFLICT if outcome in {Outcome.REFUSED, Outcome.CHANGED} else 200,
    )


def _destinations(tables: Sequence[Table]) -> dict[str, Any]:
    """What the page shows of the tables beside that of all rows; of long ones the rest is in the files."""
    named = {table.name: table for table in tables}
    shown = {
        name: replace(named[name], rows=named[name].rows[:ROWS_SHOWN]) for name in ("lines", "overruns", "repeats")
    }
    return {
        "line_totals": shown["lines"],
        "overruns": shown["overruns"],
        "overrun_count": len(named["overruns"].rows),
        "repeats": shown["repeats"],
        "repeat_count": len(named["repeats"].rows),
    }


async def unreadable(asked: Asked, error: UnreadableFileError) -> Content:
    """The page of a file that cannot be read, with the reason."""
    upload = await asked.inside.get(asked.address(f"uploads/{asked.path('upload')}"))
    is_read = str(error) == "unmarkable"
    values = {"upload": upload, "unreadable": asked.say(UNREADABLE[str(error)]), "is_read": is_read}
    return Content(title=asked.say("导入：{name}", name=upload["name"]), values=values, status=INVALID)


def _filled(found: Examined) -> list[Recognised | Unrecognised]:
    """The sheets that say something; of a template few are filled in."""
    numbers = {row.source.number for row in found.rows}
    return [each for each in found.sheets if isinstance(each, Unrecognised) or each.number in numbers]


def _summary(asked: Asked, found: Examined, sheet: Recognised | Unrecognised) -> dict[str, Any]:
    """A line of the table of sheets."""
    if not isinstance(sheet, Recognised):
        candidates = [(facts_of(asked, each), _with_choice(asked, each["mapping_id"])) for each in sheet.candidates]
        return {
            "number": sheet.number,
            "name": sheet.sheet.name,
            "is_hidden": sheet.sheet.is_hidden,
            "command": None,
            "candidates": candidates,
            "flaw": _flaw(asked, sheet),
        }
    pairs = [(row, state) for row, state in zip(found.rows, found.states, strict=True) if row.source is sheet]
    possible = [row for row, state in pairs if state is RowState.POSSIBLE]
    return {
        "number": sheet.number,
        "name": sheet.sheet.name,
        "is_hidden": sheet.sheet.is_hidden,
        "hidden": len({row.line - 1 for row, _state in pairs}.intersection(sheet.sheet.hidden)),
        "command": asked.say(sheet.form.title),
        "mapping": None if sheet.mapping is None else facts_of(asked, sheet.mapping),
        "unused": sheet.unused,
        "rows": len(pairs),
        "repeated": len(sheet.repeated),
        **{state.name: sum(1 for _row, each in pairs if each is state) for state in RowState},
        "sum": unrounded_amount(_sum(possible, sheet), asked.view.unit),
    }


def _flaw(asked: Asked, sheet: Unrecognised) -> str | None:
    """What keeps the sheet from being that of a template."""
    if sheet.flaw is None:
        return None
    form, title = asked.say(sheet.flaw.form.title), sheet.flaw.field.title
    if sheet.flaw.is_twice:
        return asked.say("像是“{form}”的模板，但“{column}”有不止一列。", form=form, column=title)
    if sheet.flaw.other_unit is not None:
        return asked.say(
            "像是“{form}”的模板，但“{column}”的单位是{unit}：请在文件中换算成元或万元，并改写表头。",
            form=form,
            column=title,
            unit=sheet.flaw.other_unit,
        )
    return asked.say("像是“{form}”的模板，但“{column}”的表头没有写明（元）或（万元）。", form=form, column=title)


def _with_choice(asked: Asked, mapping_id: str) -> str:
    """The address at which a sheet is read by the mapping, and others as chosen before."""
    return asked.view.here(**{CHOSEN.name: ",".join([*chosen_mappings(asked), mapping_id])})


def _sum(rows: Sequence[FileRow], sheet: Recognised) -> str | None:
    """The amounts of rows together; None where their command moves no money."""
    if not any(each.name == "amount" and each.kind is FieldKind.AMOUNT for each in sheet.form.fields):
        return None
    return format_hundredths(sum(parse_yuan(row.item["amount"]) for row in rows))


def _error_rows(asked: Asked, wrong: Sequence[FileRow]) -> list[dict[str, Any]]:
    return [
        {
            "sheet": row.sheet_name,
            "line": row.line,
            "column": "" if problem.field is None else column_name(row.source, problem.field, asked.say),
            "error": problem.text,
        }
        for row in wrong
        for problem in row.problems
    ]


def _error_table(asked: Asked, wrong: Sequence[FileRow]) -> Table:
    titles = (("sheet", "工作表"), ("line", "行"), ("column", "列"), ("error", "错误"))
    columns = [Column(title=asked.say(title), value=_getter(name), kind=Kind.TEXT) for name, title in titles]
    return Table(name="errors", title=asked.say("不能录入的行"), columns=columns, rows=_error_rows(asked, wrong))


def _getter(name: str) -> Any:
    def value(row: Row) -> str:
        return str(row[name])

    return value


async def record_rows(asked: Asked) -> Content | Response:
    """Records what can be recorded, for some seconds, and shows how far that has come; or says that nothing was.

    While rows are left it is the answer to the form that leads on: no address does that.
    """
    fields = await fields_sent(asked.request, asked.view.language, _CONTROLS.get)
    if "mode" not in fields:
        raise InvalidParameter.of("mode", "choice", choices=", ".join(MODES))
    try:
        found = await examined(asked, asked.path("upload"))
    except UnreadableFileError as error:
        return await unreadable(asked, error)
    if fields.get("reading") != found.reading:
        return await _report(asked, Outcome.CHANGED)
    rows = [row.item for row in found.those(RowState.POSSIBLE)]
    if fields["mode"] == MODES[1]:
        if await _record_for_a_while(asked, rows):
            return await _report(asked, Outcome.UNDER_WAY)
    elif found.counts[RowState.WRONG] or not await _record(asked, rows, MODES[0]):
        return await _report(asked, Outcome.REFUSED)
    return RedirectResponse(asked.view.latest(), SEE_OTHER)


async def _record_for_a_while(asked: Asked, rows: Sequence[dict[str, Any]]) -> bool:
    """Whether rows are left."""
    begun_s = time.monotonic()
    for first in range(0, len(rows), CHUNK):
        if time.monotonic() - begun_s > AT_A_TIME_S:
            return True
        await _record(asked, rows[first : first + CHUNK], MODES[1])
    return False


async def _record(asked: Asked, rows: Sequence[dict[str, Any]], mode: str) -> bool:
    """Whether the rows were taken. Each has a key of its own, so that of the request only has to be there."""
    if not rows:
        return True
    answer = await asked.inside.post(asked.address("batch"), {"commands": rows}, asked.path("upload"), {"mode": mode})
    # A row that an earlier one stands against meanwhile is told by the report; what concerns all of them is not.
    if answer.status >= BAD and answer.status not in {CONFLICT, INVALID}:
        raise Refused(answer.status, answer.json())
    return answer.status < BAD


IMPORT_REPORT: Final = Page(
    name="import-report",
    path="import/{upload}",
    make=in_turn(make_report),
    template="import_report.html",
    section="import",
    parameters=(CHOSEN,),
    take=in_turn(record_rows),
)
