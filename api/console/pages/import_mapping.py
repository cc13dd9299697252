"""One column mapping: who saved it and when, what it says of every row, and the form that deletes it."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from api.console.asked import Asked, Content
from api.console.caller import caller_of_page
from api.console.inside import Refused
from api.console.page import Page
from api.console.sheets.forms import COMMAND_TITLES, form_of
from api.console.signing_in import SEE_OTHER
from api.console.view import UNIT_NAMES, AmountUnit
from api.invalid import NotFound
from domain.access import Right

_OK: Final = 200


def facts_of(asked: Asked, mapping: Mapping[str, Any]) -> dict[str, Any]:
    """What a page says of a mapping wherever it is used: whose it is, since when, and what it says of every row."""
    titles = {each.name: each.title for each in form_of(mapping["command"]).fields}
    # Of a field with both, as it could once be saved, the column alone is read.
    read = {each["field"] for each in mapping["columns"]}
    return {
        **{name: mapping[name] for name in ("mapping_id", "name", "saved_by", "saved_at", "is_own_only")},
        "command": asked.say(COMMAND_TITLES[mapping["command"]]),
        "columns": [
            (asked.say(titles[each["field"]]), each["heading"], _unit_name(asked, each["unit"]))
            for each in mapping["columns"]
            if each["field"] in titles
        ],
        "constants": [
            (asked.say(titles[each["field"]]), each["value"])
            for each in mapping["constants"]
            if each["field"] in titles and each["field"] not in read
        ],
    }


def _unit_name(asked: Asked, unit: str | None) -> str:
    return "" if unit is None else asked.say(UNIT_NAMES[AmountUnit(unit)])


async def known_mappings(asked: Asked) -> list[dict[str, Any]]:
    """Those that are offered to the caller, of commands that files may hold."""
    found = await asked.inside.get(asked.address("column-mappings"))
    return [facts_of(asked, each) for each in found["items"] if each["command"] in COMMAND_TITLES]


async def make_mapping(asked: Asked) -> Content:
    """The page."""
    known = await known_mappings(asked)
    facts = next((each for each in known if each["mapping_id"] == asked.path("mapping")), None)
    if facts is None:
        raise NotFound
    caller = await caller_of_page(asked.inside)
    may_delete = facts["saved_by"] == caller.subject or caller.may(Right.APPROVE, asked.view.ledger_id)
    return Content(
        title=asked.say("列对应：{name}", name=facts["name"]), values={"mapping": facts, "may_delete": may_delete}
    )


async def delete_mapping(asked: Asked) -> Content | Response:
    """Deletes the mapping, and leads to those that are left."""
    answer = await asked.inside.send("DELETE", asked.address(f"column-mappings/{asked.path('mapping')}"), {})
    if answer.status != _OK:
        raise Refused(answer.status, answer.json())
    return RedirectResponse(asked.view.url("import"), SEE_OTHER)


IMPORT_MAPPING: Final = Page(
    name="import-mapping",
    path="import/mappings/{mapping}",
    make=make_mapping,
    template="import_mapping.html",
    section="import",
    take=delete_mapping,
)
