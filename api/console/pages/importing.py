"""导入: templates to fill in, a file sent, and given back with its errors."""

import re
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Message

from api.console.asked import Asked, Content
from api.console.forms.wording import TITLES
from api.console.inside import Refused
from api.console.page import Page
from api.console.pages.import_columns import IMPORT_COLUMNS
from api.console.pages.import_mapping import IMPORT_MAPPING, known_mappings
from api.console.pages.import_report import IMPORT_REPORT, unreadable
from api.console.posted import checked, text_controls
from api.console.reach import may_give
from api.console.sheets.book import UnreadableFileError
from api.console.sheets.column_name import column_name
from api.console.sheets.examined import BYTES, CHOSEN, INVALID, Examined, RowState, examine_first, examined, readers_of
from api.console.sheets.file_rows import RECORDED, FileRow
from api.console.sheets.forms import BY_FORM_ONLY, COMMAND_TITLES, form_of
from api.console.sheets.notes import Notes
from api.console.sheets.recognised import Recognised, Unrecognised
from api.console.sheets.templates import template_book, template_csv
from api.console.sheets.turns import in_turn
from api.console.signing_in import SEE_OTHER
from api.console.table_files import CSV_TYPE, XLSX_TYPE
from api.console.view import AmountUnit
from api.console.worded_choice import worded_choice
from api.invalid import ImportsBusy, NotFound
from api.json_input import BodyTooLarge, read_body
from api.problems import problem_of
from api.uploads import MAX_UPLOAD_BYTES
from domain.registry import COMMANDS

CREATED: Final = 201
BAD: Final = 400
MAX_FILE_FORM_BYTES: Final = MAX_UPLOAD_BYTES + 64 * 1024
"""A file, and the form around it."""
_UNSAFE_IN_NAMES: Final = re.compile(r"[\x00-\x1f\x7f/\\]")
_NAME_LENGTH: Final = 100
_FILES_READ: Final = 2
"""One more than is taken, so that it can be said."""


async def make_import(asked: Asked) -> Content:
    """The page with the templates and the form."""
    values = {
        "templates": {name: asked.say(COMMAND_TITLES[name]) for name in _with_templates(asked)},
        "by_form_only": _by_form_only(asked),
        "mappings": await known_mappings(asked),
        "problem": None,
    }
    return Content(title=asked.say("导入"), values=values)


def _with_templates(asked: Asked) -> list[str]:
    """The commands that files may hold, as far as the caller may give them."""
    given = {each.name for each in COMMANDS if may_give(asked.caller, asked.view.ledger_id, each)}
    return [name for name in COMMAND_TITLES if name in given]


def _by_form_only(asked: Asked) -> list[dict[str, Any]]:
    """What no template is for, why, and whether the caller has the form."""
    return [
        {
            "name": each.name,
            "title": asked.say(TITLES[each.name]),
            "reason": asked.say(BY_FORM_ONLY[each.name]),
            "may_give": may_give(asked.caller, asked.view.ledger_id, each),
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
    upload_id = answer.json()["upload_id"]
    leads_to_report = RedirectResponse(asked.view.url(f"import/{upload_id}"), SEE_OTHER)

    async def looked_at(asked: Asked) -> Response:
        await examine_first(asked, upload_id, ())
        return leads_to_report

    try:
        return await in_turn(looked_at)(asked)
    except ImportsBusy:
        # It is kept, and need not be sent again: the page waits for its turn.
        return leads_to_report


async def _sent_file(asked: Asked) -> tuple[str, bytes] | None:
    """Name and bytes of the file of the form; None where none was chosen.

    Raises:
        BodyTooLarge: it is counted while it comes in.
        Refused: it is another form.
    """
    request = asked.request
    body = await read_body(request, MAX_FILE_FORM_BYTES)
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


async def make_marked(asked: Asked) -> Content | Response:
    """The sheet that was sent, with the columns that say what became of each row."""
    try:
        found = await examined(asked, asked.path("upload"))
        if not found.recognised:
            raise NotFound
        notes: Notes = [_notes_of(asked, found, sheet) for sheet in found.sheets]
        content = await readers_of(asked).marked(found.content, notes)
    except UnreadableFileError as error:
        return await unreadable(asked, error)
    name = f"{str(found.upload['name']).rpartition('.')[0] or 'import'}-错误.xlsx"
    return _download(content, name, XLSX_TYPE)


def _notes_of(asked: Asked, found: Examined, sheet: Recognised | Unrecognised) -> dict[str, Any]:
    named = {"sheet": sheet.number, "name": sheet.sheet.name}
    if isinstance(sheet, Unrecognised):
        return named
    rows = [(row, state) for row, state in zip(found.rows, found.states, strict=True) if row.source is sheet]
    lines = [sheet.sheet.rows[line] for line in (sheet.heading, *(row.line - 1 for row, _state in rows))]
    filled = {place for cells in lines for place, text in enumerate(cells) if text}
    too_many = {place for row, _state in rows for each in row.problems for place in each.places}
    return named | {
        "heading": sheet.heading + 1,
        "width": max(filled | too_many) + 1,
        "rows": [_note(asked, row, state) for row, state in rows],
    }


def _note(asked: Asked, row: FileRow, state: RowState) -> list[Any]:
    places = {column.field.name: column.place for column in row.source.columns}
    wrong = [places[each.field.name] for each in row.problems if each.field is not None and each.field.name in places]
    wrong += [place for each in row.problems for place in each.places]
    texts = [
        f"{column_name(row.source, each.field, asked.say)}{asked.say('：')}{each.text}"
        if each.field is not None
        else each.text
        for each in row.problems
        if state is RowState.WRONG
    ]
    # The state is read again when the sheet comes back, so it is said in one language; a row that is recorded stays so.
    said = RECORDED if row.is_known else state.value
    return [row.line, said, asked.say("；").join(texts), row.noted_check, wrong]


async def make_template(asked: Asked) -> Content | Response:
    """The workbook, or the CSV of one command."""
    unit_name = "万元" if asked.view.unit is AmountUnit.WAN else "元"
    command = asked.values["command"]
    if command is None:
        book = await run_in_threadpool(template_book, unit_name, list(map(form_of, _with_templates(asked))))
        return _download(book, f"导入模板（{unit_name}）.xlsx", XLSX_TYPE)
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
        parameters=(worded_choice("command", "The command; without it every one in a workbook.", COMMAND_TITLES),),
    ),
    IMPORT_MAPPING,
    IMPORT_COLUMNS,
    Page(
        name="import-marked",
        path="import/{upload}/marked",
        make=in_turn(make_marked),
        template="import_report.html",
        section="import",
        parameters=(CHOSEN,),
    ),
    IMPORT_REPORT,
    Page(name="import", path="import", make=make_import, template="import.html", section="import", take=take_file),
)
"""What is under `import` comes before it."""
