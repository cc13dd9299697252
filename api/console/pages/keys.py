"""访问密钥: which there are, making one, revoking one; for administrators, through the interface's own routes."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.responses import RedirectResponse, Response

from api.console.caller import caller_of_page
from api.console.figures import local_time
from api.console.forms.controls import ACT, KEEP
from api.console.forms.form import complaints_of
from api.console.inside import Refused
from api.console.plain import PlainAsked
from api.console.posted import text_controls
from api.console.problem_words import problem_words
from api.console.signing_in import SEE_OTHER, query_of_language
from api.console.texts import mark as _
from api.console.typed import plain_day, typed_minute
from api.console.view import ROOT
from domain.access import ROLES_OF_UNITS, Role
from domain.dates import end_of_day, format_instant, parse_day
from domain.shape import Shape

KEYS: Final = f"{ROOT}/keys"
OK: Final = 200
CREATED: Final = 201
INVALID: Final = 422
_FIELDS: Final = ("role", "ledgers", "units", "label", "expires_at")
_GRANT: Final = "grant"
"""The code of a role, ledgers and units that make no sense together: it comes alone, when all else is right."""
_TIME_ZONE: Final = "Asia/Shanghai"
"""In which times of keys are shown and typed: they are of no ledger, whose clocks would be meant."""


_IN_OWN_WORDS: Final = {
    "choice": _("请从列表中选择"),
    "instant-or-date": _("须为日期或时间，如 2025-12-31 或 2025-12-31 18:00"),
}


_OF_ADMINISTRATOR: Final = _("管理的密钥不限定账套和单位，此处留空")
_NOT_OF_UNITS: Final = _("只有查看和经办的密钥可以限于单位")
_OF_ONE_LEDGER: Final = _("限于单位时，须恰好填写一个账套编号")


async def show_keys(asked: PlainAsked) -> Response:
    """Every key, and the form for a new one."""
    return await _page(asked, {}, None)


async def create_key(asked: PlainAsked) -> Response:
    """Shows the new key, this once; or the form again."""
    given = await asked.fields(text_controls(*_FIELDS, ACT))
    values = {name: given.get(name, "").strip() for name in _FIELDS}
    if given.get(ACT) == KEEP:
        return await _page(asked, values, None)
    answer = await asked.inside.post("/v1/keys", _body(values))
    told = answer.json()
    if answer.status == CREATED:
        caller = await caller_of_page(asked.inside)
        return asked.page("new_key.html", CREATED, made=told, is_first=False, caller=caller, until=_until(told))
    if answer.status != INVALID:
        raise Refused(answer.status, told)
    return await _page(asked, values, told)


async def revoke_key(asked: PlainAsked) -> Response:
    """Revokes the key that the address names, and leads back to the list."""
    await asked.fields(text_controls())
    answer = await asked.inside.post(f"/v1/keys/{asked.request.path_params['key_id']}/revocation", {})
    if answer.status != OK:
        raise Refused(answer.status, answer.json())
    return RedirectResponse(f"{KEYS}?{query_of_language(asked.language)}", SEE_OTHER)


async def _page(asked: PlainAsked, values: Mapping[str, str], problem: Mapping[str, Any] | None) -> Response:
    found = await asked.inside.get("/v1/keys")
    return asked.page(
        "keys.html",
        INVALID if problem else 200,
        keys=list(reversed(found["items"])),
        roles=[role.value for role in Role],
        values={name: values.get(name, "") for name in _FIELDS},
        complaints=_complaints(asked, values, problem) if problem else {},
        problem=problem,
        caller=await caller_of_page(asked.inside),
        local_time=lambda instant: local_time(instant, _TIME_ZONE),
        time_zone=_TIME_ZONE,
    )


def _complaints(asked: PlainAsked, values: Mapping[str, str], problem: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong, by the name of the field, in the words of this page: the interface speaks to programs."""
    if any(error["code"] == _GRANT for error in problem["errors"]):
        name, text = _senseless(values)
        return {name: asked.say(text)}
    own = {
        error["pointer"][1:]: _IN_OWN_WORDS[error["code"]]
        for error in problem["errors"]
        if error["code"] in _IN_OWN_WORDS
    }
    # All that is typed here and has a pattern is an identifier.
    told = (
        (each.name or "", problem_words(each.code, asked.language, shape=Shape.IDENTIFIER) or each.text)
        for each in complaints_of(problem, asked.language)
    )
    return {name.partition("/")[0]: asked.say(own[name]) if name in own else text for name, text in told}


def _senseless(values: Mapping[str, str]) -> tuple[str, str]:
    """Which field keeps the rest from making sense together, and why."""
    if values["role"] == Role.ADMIN:
        return "ledgers" if values["ledgers"] else "units", _OF_ADMINISTRATOR
    if values["role"] not in ROLES_OF_UNITS:
        return "units", _NOT_OF_UNITS
    return "ledgers", _OF_ONE_LEDGER


def _until(key: Mapping[str, Any]) -> str | None:
    """The end of a key, with the zone that it is said in; None where it has none."""
    return f"{local_time(key['expires_at'], _TIME_ZONE)} {_TIME_ZONE}" if key["expires_at"] else None


def _body(values: Mapping[str, str]) -> dict[str, Any]:
    """The request for a key; what was left open is left out."""
    lists = {name: values[name].replace("，", ",").replace("、", ",").split(",") for name in ("ledgers", "units")}
    ids = {name: [each.strip() for each in parts if each.strip()] for name, parts in lists.items()}
    texts = {name: values[name] for name in ("role", "label")} | {"expires_at": _instant(values["expires_at"])}
    return {name: value for name, value in {**texts, **ids}.items() if value}


def _instant(typed: str) -> str:
    """The instant that is meant by a day (its end) or a time as the page shows them; another text stays as it is."""
    try:
        minute = typed_minute(typed)
        if minute is None:
            return format_instant(end_of_day(parse_day(plain_day(typed)), _TIME_ZONE))
        return format_instant(minute.replace(tzinfo=ZoneInfo(_TIME_ZONE)).astimezone(UTC))
    except (ValueError, OverflowError):
        return typed
