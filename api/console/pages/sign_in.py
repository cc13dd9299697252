"""登录 and 退出: a credential that the browser keeps for the console; and the first key of a service without keys."""

from collections.abc import Mapping

from starlette.responses import RedirectResponse, Response

from api.console.caller import caller_of_page
from api.console.credentials import LONGEST, forget_credential, keep_credential
from api.console.forms.controls import ACT, KEEP
from api.console.inside import Inside, Refused
from api.console.plain import PlainAsked
from api.console.posted import TEXT, fields_of, text_controls
from api.console.signing_in import (
    NOT_KNOWN,
    SEE_OTHER,
    SIGN_IN,
    TOO_MANY_FAILURES,
    UNAUTHENTICATED,
    place_after,
    query_of_language,
    sign_in_page,
)
from api.console.texts import mark as _

CREATED = 201
_WRONG = _("凭证无效，或已过期、已吊销。")
_NOTHING = _("请填写密钥或令牌。")
_TOO_LONG = _("令牌过长，浏览器无法保存；请改用访问密钥。")
_TOO_MANY = _("验证失败过多，请 {seconds} 秒后再试。")
_WRONG_TOKEN = _("启动令牌无效、已过期或已用过；已有密钥时也不能再用。")


async def show_sign_in(asked: PlainAsked) -> Response:
    """The form; who is known already, or is not asked, goes on."""
    following = place_after(asked.request.query_params.get("next", ""))
    try:
        await caller_of_page(asked.inside)
    except Refused as refused:
        if refused.status not in NOT_KNOWN:
            raise
        return sign_in_page(asked.language, following=following, is_first_start=await _is_first_start(asked))
    return RedirectResponse(following, SEE_OTHER)


async def sign_in(asked: PlainAsked) -> Response:
    """Keeps a credential that the interface takes, and goes on; with a form that was interrupted, back to that."""
    fields = await asked.fields(text_controls("credential", "next", "typed", ACT))
    following = place_after(fields.get("next", ""))
    typed = fields.get("typed", "")
    # Which controls the interrupted form had is known to its page, which looks at it again.
    kept = fields_of(typed, asked.language, lambda _name: TEXT)
    if fields.get(ACT) == KEEP:
        return sign_in_page(asked.language, following=following, typed=typed)
    credential = fields.get("credential", "").strip()
    problem, status = await _refusal_of(asked, credential)
    if problem is not None:
        return sign_in_page(asked.language, following=following, typed=typed, problem=problem, status=status)
    response = _resumed(asked, following, kept) if typed else RedirectResponse(following, SEE_OTHER)
    keep_credential(asked.request, response, credential)
    return response


async def sign_out(asked: PlainAsked) -> Response:
    """Forgets the credential."""
    await asked.fields(text_controls())
    response = RedirectResponse(f"{SIGN_IN}?{query_of_language(asked.language)}", SEE_OTHER)
    forget_credential(response)
    return response


async def show_setup(asked: PlainAsked) -> Response:
    """The form for the token of the first start; without it where there is no token that is good."""
    return _setup(asked, is_open=await _is_first_start(asked))


async def set_up(asked: PlainAsked) -> Response:
    """Shows the first administrator's key, this once."""
    fields = await asked.fields(text_controls("token"))
    answer = await asked.inside.post("/v1/setup", {"token": fields.get("token", "").strip()})
    told = answer.json()
    if answer.status == CREATED:
        return asked.page("new_key.html", CREATED, made=told, is_first=True, caller=None, until=None)
    if answer.status == TOO_MANY_FAILURES:
        return _setup(asked, asked.say(_TOO_MANY, seconds=told["retry_after_s"]), answer.status)
    if answer.status in {UNAUTHENTICATED, 422}:
        return _setup(asked, asked.say(_WRONG_TOKEN), answer.status)
    raise Refused(answer.status, told)


def _setup(asked: PlainAsked, problem: str | None = None, status: int = 200, *, is_open: bool = True) -> Response:
    return asked.page("setup.html", status, problem=problem, is_open=is_open)


async def _is_first_start(asked: PlainAsked) -> bool:
    """Whether the service waits for its first key."""
    return bool((await asked.inside.get("/v1/setup"))["open"])


async def _refusal_of(asked: PlainAsked, credential: str) -> tuple[str | None, int]:
    """Why the credential cannot be signed in with, and the status that says so; None and 200 where it can.

    The interface is asked, as by any program: it counts what fails, and writes it down.
    """
    if not credential:
        return asked.say(_NOTHING), 422
    if len(credential) > LONGEST:
        return asked.say(_TOO_LONG), 422
    try:
        await caller_of_page(Inside(asked.request, asked.language, credential))
    except Refused as refused:
        return _said(asked, refused), refused.status
    return None, 200


def _said(asked: PlainAsked, refused: Refused) -> str:
    if refused.status == UNAUTHENTICATED:
        return asked.say(_WRONG)
    if refused.status == TOO_MANY_FAILURES:
        return asked.say(_TOO_MANY, seconds=refused.problem["retry_after_s"])
    detail: str = refused.problem["detail"]
    return detail


def _resumed(asked: PlainAsked, following: str, kept: Mapping[str, str]) -> Response:
    """Back to the form that was interrupted, as it was typed."""
    fields = {name: value for name, value in kept.items() if name != "act"}
    return asked.page("resumed.html", following=following, fields=fields)
