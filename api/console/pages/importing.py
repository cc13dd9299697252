"""导入: templates to fill in, a file sent, looked at against the ledger, given back with its errors, and recorded."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Message

from api.console.asked import Asked, Content
from api.console.caller import caller_of_page
from api.console.forms.wording import TITLES
from api.console.inside import Refused
from api.console.page import Page
from api.console.pages.import_columns import IMPORT_COLUMNS
from api.console.posted import Control, checked, fields_sent, text_controls
from api.console.reach import may_give
from api.console.sheets.book import UnreadableFileError
from api.console.sheets.examined import BYTES, INVALID, Examined, RowState, examined
from api.console.sheets.file_rows import RECORDED, FileRow
from api.console.sheets.forms import BY_FORM_ONLY, COMMAND_TITLES, FieldKind, form_of
from api.console.sheets.marked import Notes
from api.console.sheets.outside import marked_outside
from api.console.sheets.recognised import Recognised
from api.console.sheets.templates import template_book, template_csv
from api.console.signing_in import SEE_OTHER
from api.console.table import Column, Kind, Row, Table
from api.console.table_files import CSV_TYPE, XLSX_TYPE
from api.console.texts import mark as _
from api.console.view import AmountUnit
from api.invalid import InvalidParameter
from api.json_input import BodyTooLarge, read_body
from api.parameters import choice
from api.problems import problem_of
from api.uploads import MAX_UPLOAD_BYTES
from domain.access import Principal
from domain.money import format_hundredths, parse_yuan
from domain.registry import COMMANDS

CHUNK: Final = 500
"""Rows recorded at once: few enough not to keep others waiting."""
AT_A_TIME_S: Final = 3.0
"""How long one answer records before it shows how far it has come."""
ERRORS_SHOWN: Final = 200
CREATED: Final = 201
MODES: Final = ("atomic", "partial")
"""How a file is recorded: all of it or nothing, or what can be."""
BAD: Final = 400
CONFLICT: Final = 409

UNREADABLE: Final[Mapping[str, str]] = {
    "broken": _("文件已损坏，或不是 .xlsx、.xls、.csv 文件。"),
    "password": _("文件设有密码，请去掉密码后再上传。"),
    "encoding": _("无法识别文字编码；CSV 请存为 UTF-8 或 GBK。"),
    "too-large": _("文件展开后过大，无法读取；请只保留要录入的工作表。"),
    "too-many-rows": _("一个文件最多 10,000 行，请分成几个文件；后一个文件在前一个录入之后再检查。"),
    "too-many-columns": _("一个工作表最多 200 列。"),
}
_FORM_BYTES: Final = 64 * 1024
_UNSAFE_IN_NAMES: Final = re.compile(r"[\x00-\x1f\x7f/\\]")
_NAME_LENGTH: Final = 100
_FILES_READ: Final = 2
"""One more than is taken, so that it can be said."""


async def make_import(asked: Asked) -> Content:
    """The page with the templates and the form."""
    mappings = await asked.inside.get(asked.address("column-mappings"))
    titles = {name: asked.say(title) for name, title in COMMAND_TITLES.items()}
    values = {
        "command_titles": titles,
        "by_form_only": _by_form_only(asked, await caller_of_page(asked.inside)),
        "mappings": mappings["items"],
        "problem": None,
    }
    return Content(title=asked.say("导入"), values=values)


def _by_form_only(asked: Asked, caller: Principal) -> list[dict[str, Any]]:
    """What no template is for, why, and whether the caller has the form."""
    return [
        {
            "name": each.name,
            "title": asked.say(TITLES[each.name]),
            "reason": asked.say(BY_FORM_ONLY[each.name]),
            "may_give": may_give(caller, asked.view.ledger_id, each),
        }
        for each in COMMANDS
        if each.name in BY_FORM_ONLY
    ]


async def take_file(asked: Asked) -> Content | Response:
    """Keeps the file that was sent, and leads to what was found in it."""
    start = await make_import(asked)
    try:
        sent = await _sent_file(asked)
    except BodyTooLarge as error:
        problem = problem_of(error, asked.view.language)
        raise Refused(problem["status"], problem) from None
    if sent is None:
        return replace(start, values={**start.values, "problem": asked.say("请选择一个文件。")}, status=INVALID)
    name, content = sent
    answer = await asked.inside.send("POST", asked.address("uploads"), {"name": name}, {"content-type": BYTES}, content)
    if answer.status != CREATED:
        raise Refused(answer.status, answer.json())
    return RedirectResponse(asked.view.url(f"import/{answer.json()['upload_id']}"), SEE_OTHER)


async def _sent_file(asked: Asked) -> tuple[str, bytes] | None:
    """Name and bytes of the file of the form; None where none was chosen.

    Raises:
        BodyTooLarge: it is counted while it comes in.
        Refused: it is another form.
    """
    request = asked.request
    body = await read_body(request, MAX_UPLOAD_BYTES + _FORM_BYTES)
    sent = [body]

    async def receive() -> Message:
        return {"type": "http.request", "body": sent.pop() if sent else b"", "more_body": False}

    async with Request(request.scope, receive).form(max_files=_FILES_READ, max_fields=10) as form:
        checked([(field, "") for field, _value in form.multi_items()], asked.view.language, text_controls("file"))
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            return None
        name = _UNSAFE_IN_NAMES.sub("_", file.filename)[-_NAME_LENGTH:]
        return name, await file.read()


async def make_report(asked: Asked) -> Content:
    """What was found in the file."""
    return await _report(asked)


async def _report(asked: Asked, *, is_refused: bool = False) -> Content:
    """The same; `is_refused`: all of it was to be recorded, and none was."""
    try:
        found = await examined(asked, asked.path("upload"))
    except UnreadableFileError as error:
        return await _unreadable(asked, error)
    counts = found.counts
    wrong = found.those(RowState.WRONG)
    return Content(
        title=asked.say("导入：{name}", name=found.upload["name"]),
        values={
            "upload": found.upload,
            "counts": {state.name: counts[state] for state in RowState},
            "row_count": len(found.rows),
            "sheets": [_summary(asked, found, each) for each in found.sheets],
            "errors": _error_rows(asked, wrong)[:ERRORS_SHOWN],
            "error_count": sum(len(row.problems) for row in wrong),
            "goes_on": asked.values["continue"] == "yes" and counts[RowState.POSSIBLE] > 0,
            "unreadable": None,
            "is_refused": is_refused,
            "is_workbook": found.is_workbook,
        },
        tables=(_error_table(asked, wrong),) if wrong else (),
        status=CONFLICT if is_refused else 200,
    )


async def _unreadable(asked: Asked, error: UnreadableFileError) -> Content:
    upload = await asked.inside.get(asked.address(f"uploads/{asked.path('upload')}"))
    values = {"upload": upload, "unreadable": asked.say(UNREADABLE[str(error)])}
    return Content(title=asked.say("导入：{name}", name=upload["name"]), values=values, status=INVALID)


def _summary(asked: Asked, found: Examined, sheet: Any) -> dict[str, Any]:
    """A line of the table of sheets."""
    if not isinstance(sheet, Recognised):
        return {"number": sheet.number, "name": sheet.sheet.name, "command": None}
    pairs = [(row, state) for row, state in zip(found.rows, found.states, strict=True) if row.source is sheet]
    possible = [row for row, state in pairs if state is RowState.POSSIBLE]
    return {
        "number": sheet.number,
        "name": sheet.sheet.name,
        "command": asked.say(sheet.form.title),
        "mapping": sheet.mapping,
        "unused": sheet.unused,
        "rows": len(pairs),
        **{state.name: sum(1 for _row, each in pairs if each is state) for state in RowState},
        "sum": _sum(possible, sheet),
    }


def _sum(rows: Sequence[FileRow], sheet: Recognised) -> str | None:
    """The amounts of rows together; None where their command moves no money."""
    if not any(each.name == "amount" and each.kind is FieldKind.AMOUNT for each in sheet.form.fields):
        return None
    return format_hundredths(sum(parse_yuan(row.item["amount"]) for row in rows))


def _error_rows(asked: Asked, wrong: Sequence[FileRow]) -> list[dict[str, Any]]:
    return [
        {
            "sheet": row.source.sheet.name,
            "line": row.line,
            "column": "" if problem.field is None else asked.say(problem.field.title),
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
    """Records what can be recorded, for some seconds, and leads to how far that has come; or says that nothing was."""
    fields = await fields_sent(asked.request, asked.view.language, {"mode": Control(choices=MODES)}.get)
    if "mode" not in fields:
        raise InvalidParameter.of("mode", "choice", choices=", ".join(MODES))
    try:
        found = await examined(asked, asked.path("upload"))
    except UnreadableFileError as error:
        return await _unreadable(asked, error)
    rows = [row.item for row in found.those(RowState.POSSIBLE)]
    goes_on = False
    if fields["mode"] == MODES[1]:
        goes_on = await _record_for_a_while(asked, rows)
    elif found.counts[RowState.WRONG] or not await _record(asked, rows, MODES[0]):
        return await _report(asked, is_refused=True)
    place = {"as_of": None, "known_at": None, "at_position": None, "continue": "yes" if goes_on else None}
    return RedirectResponse(asked.view.url(f"import/{asked.path('upload')}", **place), SEE_OTHER)


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


async def make_marked(asked: Asked) -> Content | Response:
    """The sheet that was sent, with the columns that say what became of each row."""
    found = await examined(asked, asked.path("upload"))
    notes: Notes = [
        {
            "sheet": sheet.number,
            "heading": sheet.heading + 1,
            "rows": [
                _note(asked, row, state)
                for row, state in zip(found.rows, found.states, strict=True)
                if row.source is sheet
            ],
        }
        for sheet in found.recognised
    ]
    content = await run_in_threadpool(marked_outside, found.content, notes)
    name = f"{str(found.upload['name']).rpartition('.')[0] or 'import'}-错误.xlsx"
    return _download(content, name, XLSX_TYPE)


def _note(asked: Asked, row: FileRow, state: RowState) -> list[Any]:
    places = {column.field.name: column.place for column in row.source.columns}
    wrong = [places[each.field.name] for each in row.problems if each.field is not None and each.field.name in places]
    texts = [
        f"{asked.say(each.field.title)}：{each.text}" if each.field is not None else each.text
        for each in row.problems
        if state is RowState.WRONG
    ]
    # The state is read again when the sheet comes back, so it is said in one language; a row that is recorded stays so.
    said = RECORDED if row.is_known else state.value
    return [row.line, said, "；".join(texts), row.noted_check, wrong]


async def make_template(asked: Asked) -> Content | Response:
    """The workbook, or the CSV of one command."""
    unit_name = "万元" if asked.view.unit is AmountUnit.WAN else "元"
    command = asked.values["command"]
    if command is None:
        return _download(await run_in_threadpool(template_book, unit_name), f"导入模板（{unit_name}）.xlsx", XLSX_TYPE)
    form = form_of(command)
    return _download(template_csv(form, unit_name), f"{form.title.replace('/', '或')}.csv", CSV_TYPE)


async def make_fiscal_package(asked: Asked) -> Content | Response:
    """The Open Fiscal Data Package of the place."""
    address = asked.address("fiscal-data-package")
    answer = await asked.inside.send("GET", address, asked.view.coordinates())
    if answer.status >= BAD:
        raise Refused(answer.status, answer.json())
    headers = {"Content-Disposition": answer.headers["content-disposition"], "Cache-Control": "no-store"}
    return Response(answer.content, answer.status, headers, answer.headers["content-type"])


def _download(content: bytes, name: str, media_type: str) -> Response:
    headers = {
        "Content-Disposition": f"attachment; filename=\"import\"; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, 200, headers, media_type)


IMPORT_PAGES: Final = (
    Page(
        name="fiscal-data-package",
        path="fiscal-data-package",
        make=make_fiscal_package,
        template="import.html",
        section="import",
    ),
    Page(
        name="import-template",
        path="import/template",
        make=make_template,
        template="import.html",
        section="import",
        parameters=(choice("command", "The command; without it every one in a workbook.", list(COMMAND_TITLES)),),
    ),
    IMPORT_COLUMNS,
    Page(
        name="import-marked",
        path="import/{upload}/marked",
        make=make_marked,
        template="import.html",
        section="import",
    ),
    Page(
        name="import-report",
        path="import/{upload}",
        make=make_report,
        template="import_report.html",
        section="import",
        parameters=(choice("continue", "Whether recording goes on.", ["yes"]),),
        take=record_rows,
    ),
    Page(name="import", path="import", make=make_import, template="import.html", section="import", take=take_file),
)
"""What is under `import` comes before it."""
