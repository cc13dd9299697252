"""全部账套: where the console begins."""

from starlette.requests import Request
from starlette.responses import Response

from api.console.inside import UNAUTHENTICATED, Inside, Refused
from api.console.page import sign_in_first
from api.console.rendering import html_response, refusal_response
from api.console.view import LANGUAGES
from api.languages import preferred


async def show_ledgers(request: Request) -> Response:
    """The ledgers that the caller may see."""
    language = LANGUAGES.get(request.query_params.get("lang", ""), preferred(request.headers.get("accept-language")))
    try:
        found = await Inside(request, language).get("/v1/ledgers")
    except Refused as refused:
        if refused.status == UNAUTHENTICATED:
            return sign_in_first(request)
        return refusal_response(request, refused, language)
    return html_response(language, "ledgers.html", {"ledgers": found["items"]})
