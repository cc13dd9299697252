"""Answers that say no: RFC 9457 problems, in the caller's language, without a word of what was sent."""

import re
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.denied import AccessRefused, TooManyFailures, Unauthenticated
from api.field_wording import field_detail
from api.invalid import InvalidRequest
from api.json_input import BodyTooLarge, DuplicateField
from api.languages import Language, preferred
from api.schemas.problem import FieldProblem
from api.wording import wording_of
from domain.errors import FundtrailError, Refusal, Unavailable, Unknown

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 1

_AMOUNT: Final = re.compile(r"(-?)(\d+)\.(\d\d)\Z", re.ASCII)
_MINUS: Final = "\N{MINUS SIGN}"


def problem_of(
    error: FundtrailError,
    language: Language,
    *,
    index: int | None = None,
    in_path: bool = False,
    instance: str | None = None,
) -> dict[str, Any]:
    """The problem document.

    `index` is the item of a batch; `in_path`: what is unknown was named by the path (404); `instance` names a failure
    of ours by which it is found in the log, None where nobody needs to look.
    """
    wording = wording_of(error)
    figures = _figures(error)
    code: str = error.code  # type: ignore[attr-defined] # every class of the table has one
    details = (wording.details_of_item if "other_index" in figures else None) or wording.details
    detail = _filled(details[language], figures) or wording.titles[language]
    return {
        "type": f"urn:fundtrail:problem:{code}",
        "title": wording.titles[language],
        "status": 404 if in_path and isinstance(error, Unknown) else wording.status,
        "code": code,
        "detail": detail,
        "errors": _errors(error, language, detail, index),
        **figures,
        **({} if instance is None else {"instance": instance}),
    }


def problem_response(
    request: Request, error: FundtrailError, *, in_path: bool = False, instance: str | None = None
) -> Response:
    """The problem as an answer; see `problem_of`."""
    problem = problem_of(error, language_of(request), in_path=in_path, instance=instance)
    response = response_of(problem, retry=isinstance(error, Unavailable))
    if isinstance(error, Unauthenticated):
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooManyFailures):
        response.headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, BodyTooLarge) or (isinstance(error, AccessRefused) and request.method == "POST"):
        # The rest of the body may never end: it is not waited for.
        response.headers["Connection"] = "close"
    return response


def response_of(problem: dict[str, Any], *, retry: bool = False) -> Response:
    """The answer of a problem document."""
    headers = {"Retry-After": str(RETRY_AFTER_S)} if retry else None
    return Response(msgspec.json.encode(problem), problem["status"], headers, MEDIA_TYPE)


def language_of(request: Request) -> Language:
    """The language of the caller."""
    return preferred(request.headers.get("accept-language"))


def _figures(error: FundtrailError) -> dict[str, Any]:
    if isinstance(error, Refusal):
        return error.figures
    if isinstance(error, TooManyFailures):
        return {"retry_after_s": error.retry_after_s}
    return {"limit_bytes": error.limit_bytes} if isinstance(error, BodyTooLarge) else {}


def _filled(template: str, figures: dict[str, Any]) -> str | None:
    """The sentence with its figures, amounts grouped for the eye; None where it needs one that there is not."""
    try:
        return template.format_map({name: _grouped(value) for name, value in figures.items()})
    except KeyError:
        return None


def _grouped(figure: Any) -> Any:
    """An amount with a comma every three digits and a true minus sign; anything else as it is."""
    found = _AMOUNT.match(figure) if isinstance(figure, str) else None
    if found is None:
        return figure
    sign, whole, decimals = found.groups()
    return f"{_MINUS if sign else ''}{int(whole):,}.{decimals}"


def _errors(error: FundtrailError, language: Language, detail: str, index: int | None) -> list[dict[str, Any]]:
    if isinstance(error, InvalidRequest):
        return [_field_error(each, language) for each in error.problems]
    if isinstance(error, Refusal | DuplicateField):
        item = {} if index is None else {"index": index}
        return [{"pointer": error.pointer, "code": error.code, "detail": detail, **item}]
    return []


def _field_error(problem: FieldProblem, language: Language) -> dict[str, Any]:
    item = {} if problem.index is None else {"index": problem.index}
    detail = field_detail(problem, language)
    return {"pointer": problem.pointer, "code": problem.code, "detail": detail, **item}
