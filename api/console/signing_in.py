"""Leading to the sign-in and back: where a page goes whose caller is not known, and what was typed there."""

from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.console.credentials import forget_credential
from api.console.inside import Refused
from api.console.posted import form_text
from api.console.rendering import html_response
from api.console.view import CODES, LANGUAGES, ROOT
from api.languages import Language, preferred
from api.parameters import Parameter

SIGN_IN: Final = f"{ROOT}/sign-in"
SIGN_OUT: Final = f"{ROOT}/sign-out"
FOLLOWING: Final = Parameter(
    name="next", read=str, schema={"type": "string"}, description="Where it leads; nowhere but into the console."
)
SEE_OTHER: Final = 303
UNAUTHENTICATED: Final = 401
TOO_MANY_FAILURES: Final = 429
NOT_KNOWN: Final = frozenset({UNAUTHENTICATED, TOO_MANY_FAILURES})
"""What is answered to a credential that is none, or no longer: who has a valid one is not told to wait."""


def sign_in_first(request: Request) -> Response:
    """Leads to the sign-in, and from there back to the address that was asked for. What was shown is forgotten."""
    query = {"next": _address_of(request)}
    if language := request.query_params.get("lang"):
        query["lang"] = language
    response = RedirectResponse(f"{SIGN_IN}?{urlencode(query)}", SEE_OTHER)
    forget_credential(response)
    return response


async def sign_in_with_form(request: Request, language: Language, *, is_kept: bool) -> Response:
    """The sign-in in place of what a form leads to. `is_kept`: the form's page takes back what was typed."""
    typed = ""
    if is_kept:
        try:
            typed = await form_text(request, language)
        except Refused:
            typed = ""
    response = sign_in_page(language, following=_address_of(request), typed=typed, status=UNAUTHENTICATED)
    forget_credential(response)
    return response


def sign_in_page(
    language: Language,
    *,
    following: str,
    typed: str = "",
    problem: str | None = None,
    is_first_start: bool = False,
    status: int = 200,
) -> Response:
    """The form for a credential. `following` is where it leads, `problem` what was wrong with the one before.

    `is_first_start`: the service waits for its first key, so that there may be none to sign in with.
    """
    following = _in_language(following, language)
    given = {
        "following": following,
        "typed": typed,
        # Nothing was wrong with the sign-in: a form led here, and nothing of it is kept.
        "is_lost": status == UNAUTHENTICATED and problem is None and not typed,
        "problem": problem,
        "is_first_start": is_first_start,
        "here": f"{SIGN_IN}?{urlencode({'next': following})}",
    }
    return html_response(language, "sign_in.html", given, status)


def place_after(text: str) -> str:
    """An address of the console that a text names; the first page where it names none, or one elsewhere."""
    parts = urlsplit(text) if text.isprintable() and "\\" not in text else urlsplit("")
    path = unquote(parts.path)
    is_ours = path == ROOT or path.startswith(f"{ROOT}/")
    leads_elsewhere = parts.scheme or parts.netloc or ".." in path or "//" in path or "\\" in path
    return text if is_ours and not leads_elsewhere and not path.startswith(SIGN_IN) else ROOT


def language_of_page(request: Request) -> Language:
    """The language of a page that stands in no ledger: what the address says, else what the browser prefers."""
    named = LANGUAGES.get(request.query_params.get("lang", ""))
    return preferred(request.headers.get("accept-language")) if named is None else named


def query_of_language(language: Language) -> str:
    """The parameter that keeps the language."""
    return urlencode({"lang": CODES[language]})


def _in_language(address: str, language: Language) -> str:
    """The address in the language of the page that leads to it, where it names one."""
    parts = urlsplit(address)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if all(name != "lang" or text == CODES[language] for name, text in pairs):
        return address
    query = urlencode([(name, CODES[language] if name == "lang" else text) for name, text in pairs])
    return parts._replace(query=query).geturl()


def _address_of(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
