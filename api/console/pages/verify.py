"""校验: what can be checked of the log here, what that cannot show, and how to check it elsewhere."""

import asyncio
from typing import Any, Final

from starlette.responses import Response

from api.console.asked import Asked, Content
from api.console.form_parameters import optional
from api.console.inside import Refused
from api.console.log_checks import (
    check_earlier,
    check_entry,
    check_position,
    check_project,
    check_signature,
    check_witnesses,
    latest,
)
from api.console.page import Page
from api.console.signed import log_keys
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
    checks: list[Any] = [check_signature(asked, signed), check_position(asked, signed)]
    if values["earlier"] is not None:
        checks.append(check_earlier(asked, values["earlier"], signed))
    if values["entry"] is not None:
        checks.append(check_entry(asked, values["entry"], signed))
    if values["project"] is not None:
        checks.append(check_project(asked, values["project"]))
    levels = list(await asyncio.gather(*checks))
    projects = await asked.get("projects", limit=1000)
    return Content(
        title=asked.say("校验"),
        values={
            "levels": [*levels, check_witnesses(asked, signed)],
            "signed": signed,
            "earlier": values["earlier"] or "",
            "entry": values["entry"] or "",
            "project": values["project"] or "",
            "projects": projects["items"],
            "keys": [format_verifier_key(key) for key in await log_keys(asked)],
            "interface": asked.address(""),
        },
    )


async def _file(asked: Asked) -> Response:
    table, ending = asked.request.path_params.get("table"), asked.request.path_params["format"]
    if (table, ending) == ("checkpoint", "txt"):
        path, question, media_type = "checkpoint", {}, "text/plain; charset=utf-8"
    elif (table, ending) == ("evidence", "zip") and asked.values["project"] is not None:
        path, media_type = "evidence", "application/zip"
        question = {**asked.view.coordinates(), "project_id": asked.values["project"]}
    else:
        raise NotFound
    answer = await asked.inside.send("GET", asked.address(path), question)
    if answer.status >= FIRST_BAD:
        raise Refused(answer.status, answer.json())
    name = f"{table}-{asked.view.ledger_id}-{asked.here['position']}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(answer.content, 200, headers, media_type)


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
