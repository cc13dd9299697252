"""校验: what can be checked of the log here, what that cannot show, and how to check it elsewhere."""

from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import Any, Final

from starlette.responses import Response

from api.console.asked import Asked, Content, Pieces
from api.console.form_parameters import optional
from api.console.inside import Refused
from api.console.level import Level, timed
from api.console.log_checks import (
    check_earlier,
    check_entry,
    check_position,
    check_project,
    check_signature,
    latest,
)
from api.console.page import Page
from api.console.signed import Signed, log_keys
from api.console.witness_check import check_witnesses, policy_of
from api.invalid import NotFound
from api.parameters import Parameter, WrongValueError, plain_text
from domain.note import format_verifier_key

MAX_NOTE_LENGTH: Final = 8_000
FIRST_BAD: Final = 400


async def make_verify(asked: Asked) -> Content | Response:
    """The page; or the evidence of a project, or the latest checkpoint, as a file."""
    if "format" in asked.request.path_params:
        return await _file(asked)
    signed = await latest(asked)
    values = asked.values
    projects = await asked.get_all("projects")
    known = [row["project_id"] for row in projects["items"]]
    policy = await policy_of(asked)
    return Content(
        title=asked.say("校验"),
        values={
            "earlier": values["earlier"] or "",
            "entry": values["entry"] or "",
            "project": next((each for each in known if each == values["project"]), ""),
            "projects": projects["items"],
            "keys": [format_verifier_key(key) for key in await log_keys(asked)],
            "has_witnesses": policy is not None and bool(policy.witnesses),
            "interface": asked.address(""),
        },
        pieces=Pieces(template="level.html", each=_levels(asked, signed)),
    )


async def _levels(asked: Asked, signed: Signed | None) -> AsyncIterator[Mapping[str, Any]]:
    """The levels, each begun when the one before it has been sent."""
    values = asked.values
    yield await _checked(asked, check_signature(asked, signed))
    yield await _checked(asked, check_witnesses(asked, signed))
    yield await _checked(asked, check_position(asked, signed))
    if values["earlier"] is not None:
        yield await _checked(asked, check_earlier(asked, values["earlier"], signed))
    if values["entry"] is not None:
        yield await _checked(asked, check_entry(asked, values["entry"], signed))
    if values["project"] is not None:
        yield await _checked(asked, check_project(asked, values["project"]))


async def _checked(asked: Asked, check: Awaitable[Level]) -> Mapping[str, Any]:
    level, taken_ms = await timed(asked, check)
    return {"level": level, "taken": f"{taken_ms:.1f}"}


async def _file(asked: Asked) -> Response:
    table, ending = asked.request.path_params.get("table"), asked.request.path_params["format"]
    if (table, ending) == ("log", "jsonl"):
        # It ends with the latest checkpoint: where that is refused, a page says so.
        await _taken(asked, "checkpoint", {})
        return asked.inside.passed_on(asked.address("log-export"))
    question: dict[str, Any] = {}
    if (table, ending) == ("checkpoint", "txt"):
        path, media_type = "checkpoint", "text/plain; charset=utf-8"
    elif (table, ending) == ("witness-policy", "txt"):
        path, media_type = "witness-policy", "text/plain; charset=utf-8"
    elif (table, ending) == ("evidence", "zip") and asked.values["project"] is not None:
        path, media_type = "evidence", "application/zip"
        question = {**asked.view.coordinates(), "project_id": asked.values["project"]}
    else:
        raise NotFound
    content = await _taken(asked, path, question)
    name = f"{table}-{asked.view.ledger_id}-{asked.here['position']}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, 200, headers, media_type)


async def _taken(asked: Asked, path: str, question: dict[str, Any]) -> bytes:
    answer = await asked.inside.send("GET", asked.address(path), question)
    if answer.status >= FIRST_BAD:
        raise Refused(answer.status, answer.json())
    return answer.content


def _read_note(text: str) -> str | None:
    if len(text) > MAX_NOTE_LENGTH:
        raise WrongValueError("length", maximum=MAX_NOTE_LENGTH)
    return text.replace("\r\n", "\n").strip() or None


VERIFY: Final = Page(
    name="verify",
    path="verify",
    make=make_verify,
    template="verify.html",
    section="verify",
    parameters=(
        Parameter(
            name="earlier", read=_read_note, schema={"type": "string"}, description="A checkpoint that was kept."
        ),
        optional(plain_text("entry", "Position of an entry, and perhaps its leaf hash.", max_length=90)),
        optional(plain_text("project", "Project whose figures are added up again.", max_length=64)),
    ),
)
