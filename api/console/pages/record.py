"""录入: a form for every command. What it does is asked of the HTTP interface, as a program would ask it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from api.console.asked import Asked, Content
from api.console.figures import grouped
from api.console.forms.choices import choices_of, one_now
from api.console.forms.controls import ACT, KEEP, controls_of
from api.console.forms.doubts import doubts_of
from api.console.forms.effect import Moved, figures_moved
from api.console.forms.fields import Field, Input, fields_of_command, walk
from api.console.forms.form import (
    EVENT_ID,
    KEY_REUSED,
    Complaint,
    Form,
    complaints_of,
    complaints_of_problems,
    in_page_words,
    key_of,
    label_at,
    named_at,
    new_key,
    of_form,
    rows_shown,
)
from api.console.forms.named_event import Meant, in_words, meant_by
from api.console.forms.sent import Sent, read_form
from api.console.forms.wording import PURPOSES, SECTIONS, TITLES
from api.console.inside import FORBIDDEN, Refused
from api.console.page import Page
from api.console.posted import fields_sent, refused
from api.console.reach import may_give
from api.console.signing_in import SEE_OTHER
from api.console.texts import mark as _
from api.console.view import RECORDED, REPLAYED
from api.invalid import NotFound
from api.languages import Language
from api.parameters import plain_text
from api.schemas.problem import FieldProblem
from domain.access import Right
from domain.errors import OutsideUnits
from domain.registry import COMMANDS, CommandType

TRY: Final = "try"
SEND: Final = "record"
SHOW: Final = "show"
"""What the buttons say beside those that add rows, and KEEP."""

OK: Final = 200
CREATED: Final = 201
UNPROCESSABLE: Final = 422
FORM_STATUSES: Final = frozenset({403, 409, UNPROCESSABLE, 503})
"""What is said at the form, which keeps its key: sent again, what had been recorded is not recorded twice."""
OVERRUN: Final = "overrun"
INSUFFICIENT: Final = "insufficient-funds"

PREFILLED: Final = (
    "line_id",
    "project_id",
    "appropriation_id",
    "unit_id",
    "lead_unit_id",
    "parent_unit_id",
    "parent_project_id",
    "evaluation_id",
    "indicator",
    "event_id",
)
"""What an address may fill in."""

_BY_NAME: Final = {each.name: each for each in COMMANDS}
_NEEDS_APPROVER: Final = _("超出可用余额的支出须由审批人办理，并写明批准依据。")
_STATE_AUTHORITY: Final = _("确有批准的，在下面“超指标支付”一节写明批准依据和超支原因后再录入。")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a dry run found: nothing was written. `problem` is why it would be refused; None: it would be recorded.

    `doubts` are what is to be looked at again before that.
    """

    problem: Mapping[str, Any] | None
    moved: tuple[Moved, ...]
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is said over the form, and at its fields."""

    complaints: tuple[Complaint, ...] = ()
    problem: Mapping[str, Any] | None = None
    tried: Tried | None = None
    status: int = 200


async def make_record(asked: Asked) -> Content:
    """All that the caller may record."""
    sections = [(title, [name for name in names if asked.may(f"record/{name}")]) for title, names in SECTIONS]
    shown = [(title, names) for title, names in sections if names]
    return Content(title=asked.say("录入"), values={"sections": shown, "titles": TITLES, "purposes": PURPOSES})


async def make_form(asked: Asked) -> Content:
    """The form of a command, new."""
    command_type = await _command_type(asked)
    values = {name: text for name in PREFILLED if (text := asked.values[name]) is not None}
    sent = Sent(values=values, body=values, problems=(), row_counts={})
    return await _content(asked, command_type, await meant_by(asked, sent), new_key(), Outcome())


async def take_form(asked: Asked) -> Content | Response:
    """What becomes of the form that was sent: recorded, tried, or shown again."""
    command_type = await _command_type(asked)
    own = fields_of_command(command_type)
    given = await fields_sent(asked.request, asked.view.language, controls_of(own, TRY, SEND, SHOW, KEEP))
    act, key = given.get(ACT, TRY), key_of(given)
    meant = await meant_by(asked, read_form(own, given))
    if act not in {TRY, SEND}:
        shown = replace(meant.sent, row_counts=rows_shown(meant.sent, act))
        return await _content(asked, command_type, replace(meant, sent=shown), key or new_key(), Outcome())
    complaints = await _unsayable(asked, command_type, meant)
    if complaints:
        return await _content(asked, command_type, meant, key, Outcome(complaints=complaints, status=UNPROCESSABLE))
    return await (_record if act == SEND else _try)(asked, command_type, meant, key)


async def _unsayable(asked: Asked, command_type: CommandType, meant: Meant) -> tuple[Complaint, ...]:
    """What is wrong with a form that no command can say; with what the interface finds in the rest of it."""
    problems = (*meant.sent.problems, *_unnamed(fields_of_command(command_type), meant.sent))
    own = (*meant.complaints, *complaints_of_problems(problems, asked.view.language))
    if not own or meant.complaints:
        return own
    path = asked.address(command_type.path[1:])
    answer = await asked.inside.post(path, meant.sent.body, parameters={"dry_run": "true"})
    if answer.status != UNPROCESSABLE:
        return own
    named = {each.name for each in own}
    return (*own, *(each for each in complaints_of(answer.json(), asked.view.language) if each.name not in named))


def _unnamed(own: tuple[Field, ...], sent: Sent) -> list[FieldProblem]:
    """The fields of an event that were left blank; the interface says so only where nothing else is wrong."""
    blank = (each for each in own if each.name == EVENT_ID and each.name not in sent.body)
    return [FieldProblem(pointer=f"/{each.name}", code="missing") for each in blank]


async def _record(asked: Asked, command_type: CommandType, meant: Meant, key: str) -> Content | Response:
    answer = await asked.inside.post(asked.address(command_type.path[1:]), meant.sent.body, key or None)
    if answer.status == CREATED:
        return await _to_event(asked, command_type, answer.json()["position"], answer.headers)
    outcome = _refused(answer.status, answer.json(), asked.view.language)
    # A form that was recorded is refused once with something else in it; then it is another one.
    kept = key if answer.json()["code"] != KEY_REUSED else new_key()
    return await _content(asked, command_type, meant, kept, outcome)


async def _try(asked: Asked, command_type: CommandType, meant: Meant, key: str) -> Content:
    path = asked.address(command_type.path[1:])
    answer = await asked.inside.post(path, meant.sent.body, parameters={"dry_run": "true"})
    told = answer.json()
    if answer.status != OK:
        return await _content(asked, command_type, meant, key, _refused(answer.status, told, asked.view.language))
    (result,) = told["results"]
    problem = result.get("problem")
    # What is refused moves nothing.
    moved = () if problem else await figures_moved(asked, command_type.name, meant.sent.body, meant.event)
    doubts = () if problem else tuple(await doubts_of(asked, meant.sent.body))
    tried = Tried(problem=problem, moved=moved, doubts=doubts)
    outcome = Outcome() if problem is None else _refused(result["status"], problem, asked.view.language)
    outcome = replace(outcome, tried=tried)
    return await _content(asked, command_type, meant, key, outcome)


def _refused(status: int, problem: Mapping[str, Any], language: Language) -> Outcome:
    """What is said of a refusal.

    Raises:
        Refused: it does not concern the form.
    """
    if status not in FORM_STATUSES or problem["code"] == "forbidden":
        raise Refused(status, problem)
    told = of_form(problem, language)
    return Outcome(complaints=tuple(complaints_of(told, language)), problem=told, status=status)


async def _to_event(asked: Asked, command_type: CommandType, position: int, headers: Mapping[str, str]) -> Response:
    """Leads to the event, at its own position."""
    today = (await asked.inside.get(asked.address("units"), {"limit": 1}))["coordinates"]["as_of"]
    said = {RECORDED: command_type.name, REPLAYED: "true" if "idempotency-replayed" in headers else None}
    place = {"as_of": today, "known_at": None, "at_position": position}
    return RedirectResponse(asked.view.url(f"events/{position}", **place, **said), SEE_OTHER)


async def _content(asked: Asked, command_type: CommandType, meant: Meant, key: str, outcome: Outcome) -> Content:
    own, sent, event = fields_of_command(command_type), meant.sent, meant.event
    lists = {each.of for each in walk(own) if each.of is not None}
    complaints = _within(own, in_page_words(outcome.complaints, own, sent.values, asked.view.language))
    form = Form(
        fields=own,
        values=sent.values,
        key=key or new_key(),
        row_counts=sent.row_counts,
        choices=await choices_of(asked, lists, sent.values.get("evaluation_id", "")),
        complaints=complaints,
        hidden=() if _may_overrun(asked) or _is_overrun_filled(sent) else (OVERRUN,),
        folded=() if _is_short(outcome) or _is_overrun_filled(sent) else (OVERRUN,),
        current=await _current(asked, command_type, sent),
    )
    return Content(
        title=asked.say(TITLES[command_type.name]),
        values={
            "form": form,
            "command": command_type.name,
            "purpose": PURPOSES[command_type.name],
            "outcome": outcome,
            "event": None if event is None else in_words(asked, event),
            "advice": _advice(asked, outcome),
            "where": _where(asked, own, complaints),
        },
        status=outcome.status,
    )


def _within(own: tuple[Field, ...], complaints: Sequence[Complaint]) -> tuple[Complaint, ...]:
    """Each at its field, in the order of the form; what is at none of them first."""
    placed = [each if each.name and label_at(own, each.name) else replace(each, name=None) for each in complaints]
    order = {field.name: number for number, field in enumerate(own)}
    return tuple(sorted(placed, key=lambda each: order.get((each.name or "").partition("/")[0], -1)))


def _where(asked: Asked, own: tuple[Field, ...], complaints: tuple[Complaint, ...]) -> list[tuple[Complaint, str]]:
    """Each complaint with what its field is called, those around it first."""
    separator = " / "
    return [(each, separator.join(named_at(own, each.name or "", asked.view.language))) for each in complaints]


def _may_overrun(asked: Asked) -> bool:
    """Whether the caller may pay more than is available."""
    return asked.caller.may(Right.APPROVE, asked.view.ledger_id)


def _is_overrun_filled(sent: Sent) -> bool:
    """Whether something of authority and reason is filled in."""
    return any(value for name, value in sent.values.items() if name.startswith(f"{OVERRUN}/"))


def _is_short(outcome: Outcome) -> bool:
    """Whether the funds do not suffice."""
    return outcome.problem is not None and outcome.problem["code"] == INSUFFICIENT


def _advice(asked: Asked, outcome: Outcome) -> str | None:
    """What else is said of a refusal."""
    if not _is_short(outcome):
        return None
    return asked.say(_STATE_AUTHORITY if _may_overrun(asked) else _NEEDS_APPROVER)


async def _current(asked: Asked, command_type: CommandType, sent: Sent) -> dict[str, str]:
    """What a project that is to be amended is now, by the name of the field."""
    project_id = sent.values.get("project_id", "")
    if command_type.name != "amend-project" or not project_id:
        return {}
    project = await one_now(asked, "projects", project_id) or {}
    changes = next(each for each in fields_of_command(command_type) if each.name == "changes")
    return {each.path: _shown(asked, each, project.get(each.name)) for each in changes.fields if project}


def _shown(asked: Asked, field: Field, value: Any) -> str:
    if value in (None, []):
        return asked.say("无")
    if field.input is Input.ROWS:
        return asked.say("、").join(value)
    if field.input is Input.AMOUNT:
        return asked.say("{amount} 元", amount=grouped(value))
    return asked.word(field.words, value) if field.words else str(value)


async def _command_type(asked: Asked) -> CommandType:
    """The command that the address names.

    Raises:
        Refused: there is none, or the caller may not give it.
    """
    found = _BY_NAME.get(asked.path("command"))
    if found is None:
        raise refused(NotFound(), asked.view.language)
    if not may_give(asked.caller, asked.view.ledger_id, found):
        # The interface says so itself, and writes down who was refused; of units it knows once it sees a line.
        answer = await asked.inside.post(asked.address(found.path[1:]), {}, parameters={"dry_run": "true"})
        raise (
            Refused(answer.status, answer.json())
            if answer.status == FORBIDDEN
            else refused(OutsideUnits(), asked.view.language)
        )
    return found


RECORD_PAGES: Final = (
    Page(name="record", path="record", make=make_record, template="record.html", section="record"),
    Page(
        name="record-command",
        path="record/{command}",
        make=make_form,
        take=take_form,
        keeps_typed=True,
        template="record_form.html",
        section="record",
        parameters=tuple(plain_text(name, "Filled into the form.", max_length=128) for name in PREFILLED),
    ),
)
