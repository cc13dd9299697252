"""全部账套: where the console begins; and the form that opens a new one."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from api.console.attachment import attachment
from api.console.caller import caller_of_page
from api.console.forms.controls import ACT, KEEP, controls_of
from api.console.forms.fields import Field, fields_of_class
from api.console.forms.form import KEY_REUSED, Complaint, Form, complaints_of, in_page_words, key_of, new_key, of_form
from api.console.forms.sent import Sent, read_form
from api.console.inside import Refused
from api.console.menu import menu_for
from api.console.plain import PlainAsked
from api.console.signing_in import SEE_OTHER, query_of_language
from api.console.table import Kind, Table, field_column
from api.console.table_files import FILES
from api.console.view import ROOT, AmountUnit, View
from api.invalid import NotFound
from api.languages import Language
from domain.access import Right
from domain.ledger import OpenLedger

_NOWHERE: Final = {
    language: View(
        ledger_id="",
        path="",
        as_of=None,
        known_at=None,
        at_position=None,
        unit=AmountUnit.YUAN,
        language=language,
    )
    for language in Language
}
"""The place of a table that is of no ledger: only the language is read."""

OPENING: Final = "open-ledger"
CREATED: Final = 201
_AT_THE_FORM: Final = frozenset({409, 422})
_DEFAULTS: Final = {"currency": "CNY", "time_zone": "Asia/Shanghai"}


async def show_ledgers(asked: PlainAsked) -> Response:
    """The ledgers that the caller may see, each led to the first page that it may use there."""
    caller = await caller_of_page(asked.inside)
    may_read = caller.may_somewhere(Right.READ_LINES)
    ledgers = (await asked.inside.get("/v1/ledgers"))["items"] if may_read else []
    first = {each["ledger_id"]: menu_for(caller, each["ledger_id"])[0].path for each in ledgers}
    return asked.page(
        "ledgers.html",
        ledgers=ledgers,
        first=first,
        caller=caller,
        may_open=caller.may_somewhere(Right.APPROVE),
        may_manage_keys=caller.may_somewhere(Right.MANAGE_KEYS),
        may_read=may_read,
    )


async def give_ledgers(asked: PlainAsked) -> Response:
    """The same as a file, in the form that the address says."""
    ending = asked.request.path_params["format"]
    if ending not in FILES:
        raise NotFound
    rows = (await asked.inside.get("/v1/ledgers"))["items"]
    titles = {
        "ledger_id": asked.say("账套编号"),
        "name": asked.say("名称"),
        "currency": asked.say("币种"),
        "time_zone": asked.say("时区"),
        "position": asked.say("流水号"),
    }
    kinds = {"position": Kind.COUNT}
    columns = [field_column(name, title, kinds.get(name, Kind.TEXT)) for name, title in titles.items()]
    table = Table(name="ledgers", title=asked.say("全部账套"), columns=columns, rows=rows)
    media_type, write = FILES[ending]
    content = write(table, _NOWHERE[asked.language], "", ())
    headers = attachment(f"{table.title}.{ending}", f"{table.name}.{ending}")
    return Response(content, 200, headers, media_type)


async def show_opening(asked: PlainAsked) -> Response:
    """The form for a new ledger.

    Raises:
        Refused: the caller may not open one; the interface says so itself, and writes down who was refused.
    """
    if not (await caller_of_page(asked.inside)).may_somewhere(Right.APPROVE):
        answer = await asked.inside.post("/v1/ledgers", {})
        raise Refused(answer.status, answer.json())
    sent = Sent(values=_DEFAULTS, body={}, problems=(), row_counts={})
    return await _form(asked, sent, new_key())


async def open_ledger(asked: PlainAsked) -> Response:
    """Opens the ledger and leads to it, or shows the form again."""
    given = await asked.fields(controls_of(_fields(), KEEP))
    sent, key = read_form(_fields(), given), key_of(given)
    if given.get(ACT) == KEEP:
        return await _form(asked, sent, key)
    answer = await asked.inside.post("/v1/ledgers", sent.body, key or None)
    if answer.status == CREATED:
        return RedirectResponse(
            f"{ROOT}/ledgers/{sent.body['ledger_id']}?{query_of_language(asked.language)}", SEE_OTHER
        )
    problem = answer.json()
    if answer.status not in _AT_THE_FORM:
        raise Refused(answer.status, problem)
    kept = key if problem["code"] != KEY_REUSED else new_key()
    return await _form(asked, sent, kept, of_form(problem, asked.language), answer.status)


def _fields() -> tuple[Field, ...]:
    return fields_of_class(OpenLedger, OPENING)


async def _form(
    asked: PlainAsked, sent: Sent, key: str, problem: Mapping[str, Any] | None = None, status: int = 200
) -> Response:
    caller = await caller_of_page(asked.inside)
    told = complaints_of(problem, asked.language) if problem else []
    complaints = in_page_words(told, _fields(), sent.values, asked.language)
    form = Form(fields=_fields(), values=sent.values, key=key, complaints=complaints)
    labels = {each.name: asked.say(each.label) for each in _fields()}
    return asked.page(
        "open_ledger.html",
        status,
        form=form,
        problem=problem,
        where=[(each, _label(labels, each)) for each in complaints],
        caller=caller,
    )


def _label(labels: Mapping[str, str], complaint: Complaint) -> str:
    return labels.get(complaint.name or "", "")
