"""列对应: which column of another system's export holds what, kept under a name for the next time."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from starlette.responses import RedirectResponse, Response

from api.console.asked import Asked, Content
from api.console.inside import Refused
from api.console.page import Page
from api.console.posted import TEXT, Control, Controls, fields_sent
from api.console.sheets.book import MAX_SHEETS, Sheet, UnreadableFileError
from api.console.sheets.examined import CHOSEN, INVALID, chosen_mappings, examine_first, opened
from api.console.sheets.forms import COMMAND_TITLES, FieldKind, Form, FormField, form_of
from api.console.sheets.proposals import proposed
from api.console.sheets.recognised import LINES_LOOKED_AT, headings_of
from api.console.sheets.turns import in_turn
from api.console.signing_in import SEE_OTHER
from api.console.view import AmountUnit
from api.console.worded_choice import worded_choice
from api.invalid import InvalidParameter, NotFound
from api.parameters import number
from api.schemas.column_mapping import UNIT_TEXTS, is_contradicted, is_of_overrun
from api.schemas.heading_unit import unit_of_heading

COLUMNS_SHOWN: Final = 8
ROWS_SHOWN: Final = 4
_CREATED: Final = 201
_TOLD_ON_PAGE: Final = frozenset({"of-another-author", "caller-quota-reached", "ledger-quota-reached"})
"""Codes of refusals that leave what was chosen as it is: it can be saved under another name, or later."""
_UNITS: Final = tuple(unit.value for unit in AmountUnit)
_UNIT: Final = Control(choices=("", *_UNITS))
_UNITS_BY_TEXT: Final = {text: unit.value for unit, text in UNIT_TEXTS.items()}


async def make_columns(asked: Asked) -> Content:
    """The page: first the command, then its fields and the columns of the sheet."""
    return await _content(asked, {}, None)


async def _content(asked: Asked, chosen: Mapping[str, str], problem: str | None) -> Content:
    sheet, line = await _sheet(asked)
    command = asked.values["command"]
    form = form_of(command) if command is not None else None
    headings = list(headings_of(sheet.rows[line])) if line < len(sheet.rows) else []
    return Content(
        title=asked.say("列对应：{name}", name=sheet.name or asked.say("CSV 文件")),
        values={
            "upload_id": asked.path("upload"),
            "commands": [(name, asked.say(title)) for name, title in COMMAND_TITLES.items()],
            "form": form,
            "line": line + 1,
            "headings": headings,
            "sample": [row[:COLUMNS_SHOWN] for row in sheet.rows[line : line + ROWS_SHOWN]],
            "proposed": {} if form is None else _proposed(form, headings, chosen),
            "chosen": chosen,
            "problem": problem,
            "FieldKind": FieldKind,
            "is_of_overrun": is_of_overrun,
        },
        status=200 if problem is None else INVALID,
    )


async def _sheet(asked: Asked) -> tuple[Sheet, int]:
    """The sheet that the address names, and the line (from 0) of its headings."""
    try:
        found = await opened(asked, asked.path("upload"))
    except UnreadableFileError:
        raise NotFound from None
    sheet = next((each for each in found.sheets if each.number == asked.values["sheet"]), None)
    if sheet is None:
        raise NotFound
    wanted = asked.values["line"]
    line: int = sheet.heading if wanted is None else wanted - 1
    return sheet.sheet, line


def _proposed(form: Form, headings: Sequence[str], chosen: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """By field: the heading that was chosen, or else is likely to be its own, and the unit."""
    likely = proposed(form, headings)
    shown = {}
    for each in form.fields:
        heading = chosen.get(f"column_{each.name}", likely.get(each.name, ""))
        named = _UNITS_BY_TEXT.get(unit_of_heading(heading) or "", "")
        shown[each.name] = (heading, chosen.get(f"unit_{each.name}", named))
    return shown


async def save_columns(asked: Asked) -> Content | Response:
    """Keeps the mapping, and leads back to the file, which is now read by it."""
    command = asked.values["command"]
    if command is None:
        raise InvalidParameter.of("command", "missing")
    form = form_of(command)
    sheet, line = await _sheet(asked)
    headings = headings_of(sheet.rows[line]) if line < len(sheet.rows) else {}
    chosen = await fields_sent(asked.request, asked.view.language, _controls_of(form, headings))
    problem = _problem(asked, form, chosen)
    if problem is not None:
        return await _content(asked, chosen, problem)
    mapping = {
        "name": chosen["name"].strip(),
        "command": command,
        "headings": list(headings),
        "columns": [_column(each, chosen) for each in form.fields if chosen.get(f"column_{each.name}")],
        "constants": [
            {"field": each.name, "value": value}
            for each in form.fields
            if (value := chosen.get(f"constant_{each.name}", "").strip())
        ],
    }
    answer = await asked.inside.post(asked.address("column-mappings"), mapping)
    if answer.status != _CREATED:
        told = answer.json()
        if told["code"] in _TOLD_ON_PAGE:
            return await _content(asked, chosen, told["detail"])
        raise Refused(answer.status, told)
    chosen_ids = [*chosen_mappings(asked), answer.json()["mapping_id"]]
    await examine_first(asked, asked.path("upload"), chosen_ids)
    return RedirectResponse(asked.view.url(f"import/{asked.path('upload')}", mapping=",".join(chosen_ids)), SEE_OTHER)


def _controls_of(form: Form, headings: Iterable[str]) -> Controls:
    """Those of the table of fields, and the name."""
    column = Control(choices=("", *headings))
    controls = {"name": TEXT}
    for each in form.fields:
        controls[f"column_{each.name}"] = column
        if not is_of_overrun(each.name):
            controls[f"constant_{each.name}"] = TEXT
        if each.kind is FieldKind.AMOUNT:
            controls[f"unit_{each.name}"] = _UNIT
    return controls.get


def _column(each: FormField, chosen: Mapping[str, str]) -> dict[str, str | None]:
    unit = chosen.get(f"unit_{each.name}") if each.kind is FieldKind.AMOUNT else None
    return {"field": each.name, "heading": chosen[f"column_{each.name}"], "unit": unit or None}


def _problem(asked: Asked, form: Form, chosen: Mapping[str, str]) -> str | None:
    """What is still missing; None when nothing is."""
    if not chosen.get("name", "").strip():
        return asked.say("请为这套列对应起一个名称。")
    for each in form.fields:
        has_column = bool(chosen.get(f"column_{each.name}"))
        has_constant = bool(chosen.get(f"constant_{each.name}", "").strip())
        if has_column and has_constant:
            return asked.say("“{field}”请只选择一列或只填写固定值，不能两样都有。", field=asked.say(each.title))
        if each.is_required and not has_column and not has_constant:
            return asked.say("“{field}”必填：请选择一列，或填写固定值。", field=asked.say(each.title))
        if has_column and each.kind is FieldKind.AMOUNT and chosen.get(f"unit_{each.name}") not in _UNITS:
            return asked.say("请选择“{field}”的金额单位。", field=asked.say(each.title))
        if has_column and each.kind is FieldKind.AMOUNT:
            contradiction = _contradiction(asked, chosen[f"column_{each.name}"], chosen[f"unit_{each.name}"])
            if contradiction is not None:
                return contradiction
    return None


def _contradiction(asked: Asked, heading: str, unit: str) -> str | None:
    """What is said of a unit that is not the one that the heading names."""
    if not is_contradicted(heading, unit):
        return None
    named = unit_of_heading(heading) or ""
    if named in UNIT_TEXTS.values():
        return asked.say("“{heading}”写明的单位是{unit}，请选择{unit}。", heading=heading, unit=named)
    return asked.say(
        "“{heading}”的单位是{unit}，只能读取元或万元：请在文件中换算，并改写表头。", heading=heading, unit=named
    )


IMPORT_COLUMNS: Final = Page(
    name="import-columns",
    path="import/{upload}/columns",
    make=in_turn(make_columns),
    template="import_columns.html",
    section="import",
    parameters=(
        number("sheet", "The sheet, from 0.", lowest=0, highest=MAX_SHEETS, default=0),
        number("line", "The line of the headings, from 1.", lowest=1, highest=LINES_LOOKED_AT),
        worded_choice("command", "What its rows are.", COMMAND_TITLES),
        CHOSEN,
    ),
    take=in_turn(save_columns),
)
