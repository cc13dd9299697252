"""What a failure becomes under the addresses of the console: a page in the reader's language, not a document."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.console.inside import Refused
from api.console.rendering import refusal_response
from api.console.view import LANGUAGES, ROOT
from api.problems import language_of, problem_of, problem_response
from domain.errors import FundtrailError

_KEPT: Final = ("Retry-After", "Connection")
"""What a problem says beside its document, and a page says too."""


def answer_of(
    request: Request, error: FundtrailError, *, in_path: bool = False, instance: str | None = None
) -> Response:
    """The problem as an answer: a page for a reader of the console, the document for every program."""
    response = problem_response(request, error, in_path=in_path, instance=instance)
    if not _is_for_reader(request):
        return response
    language = LANGUAGES.get(request.query_params.get("lang", ""), language_of(request))
    problem = problem_of(error, language, in_path=in_path, instance=instance)
    page = refusal_response(request, Refused(problem["status"], problem), language)
    page.headers.update({name: response.headers[name] for name in _KEPT if name in response.headers})
    return page


def _is_for_reader(request: Request) -> bool:
    """Whether the address is one of the console, and nothing else than a page is asked for."""
    path: str = request.scope["path"]
    is_console = path == ROOT or path.startswith(f"{ROOT}/")
    return is_console and "json" not in request.headers.get("accept", "")
