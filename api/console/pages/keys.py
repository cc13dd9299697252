"""访问密钥: which there are, making one, revoking one; for administrators, through the interface's own routes."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import RedirectResponse, Response

from api.console.caller import caller_of_page
from api.console.figures import local_time
from api.console.forms.form import complaints_of
from api.console.inside import Refused
from api.console.plain import PlainAsked
from api.console.signing_in import SEE_OTHER, query_of_language
from api.console.view import ROOT
from domain.access import Role

KEYS: Final = f"{ROOT}/keys"
OK: Final = 200
CREATED: Final = 201
INVALID: Final = 422
_FIELDS: Final = ("role", "ledgers", "units", "label", "expires_at")
_TIME_ZONE: Final = "Asia/Shanghai"
"""Keys are of no ledger, whose clocks would be shown."""


async def show_keys(asked: PlainAsked) -> Response:
    """Every key, and the form for a new one."""
    return await _page(asked, {}, None)


async def create_key(asked: PlainAsked) -> Response:
    """Shows the new key, this once; or the form again."""
    given = await asked.fields()
    values = {name: given.get(name, "").strip() for name in _FIELDS}
    answer = await asked.inside.post("/v1/keys", _body(values))
    told = answer.json()
    if answer.status == CREATED:
        caller = await caller_of_page(asked.inside)
        return asked.page("new_key.html", CREATED, made=told, is_first=False, caller=caller)
    if answer.status != INVALID:
        raise Refused(answer.status, told)
    return await _page(asked, values, told)


async def revoke_key(asked: PlainAsked) -> Response:
    """Revokes the key that the address names, and leads back to the list."""
    answer = await asked.inside.post(f"/v1/keys/{asked.request.path_params['key_id']}/revocation", {})
    if answer.status != OK:
        raise Refused(answer.status, answer.json())
    return RedirectResponse(f"{KEYS}?{query_of_language(asked.language)}", SEE_OTHER)


async def _page(asked: PlainAsked, values: Mapping[str, str], problem: Mapping[str, Any] | None) -> Response:
    found = await asked.inside.get("/v1/keys")
    complaints = complaints_of(problem) if problem else []
    return asked.page(
        "keys.html",
        INVALID if problem else 200,
        keys=list(reversed(found["items"])),
        roles=[role.value for role in Role],
        values={name: values.get(name, "") for name in _FIELDS},
        complaints={(each.name or "").partition("/")[0]: each.text for each in complaints},
        problem=problem,
        caller=await caller_of_page(asked.inside),
        local_time=lambda instant: local_time(instant, _TIME_ZONE),
    )


def _body(values: Mapping[str, str]) -> dict[str, Any]:
    """The request for a key; what was left open is left out."""
    lists = {name: values[name].replace("，", ",").replace("、", ",").split(",") for name in ("ledgers", "units")}
    ids = {name: [each.strip() for each in parts if each.strip()] for name, parts in lists.items()}
    texts = {name: values[name] for name in ("role", "label", "expires_at")}
    return {name: value for name, value in {**texts, **ids}.items() if value}
