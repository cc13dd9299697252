"""Answers that say no: RFC 9457 problems, in the caller's language, without a word of what was sent."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route

from adapters.database_faults import database_errors, fault_of, log_fault
from adapters.event_log.encoding import UnreadableEntryError
from adapters.transparency.ed25519 import UnusableKeyFileError
from api.denied import AccessRefused, TooManyFailures, Unauthenticated
from api.field_wording import field_detail
from api.invalid import BadRequest, InvalidParameter, InvalidRequest, MethodNotAllowed, NotFound, NotPossible
from api.json_input import BodyTooLarge, DuplicateField
from api.languages import Language, preferred
from api.schemas.problem import FieldProblem, pointer_to_unknown
from api.wording import wording_of
from domain.errors import FundtrailError, LogDamaged, LogKeysUnusable, Refusal, Unavailable, Unknown
from domain.merkle import ImpossibleProofError

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = 1
METHOD_NOT_ALLOWED: Final = 405

_logger = structlog.get_logger(__name__)


def problem_of(
    error: FundtrailError, language: Language, *, index: int | None = None, in_path: bool = False
) -> dict[str, Any]:
    """The problem document. `index` is the item of a batch; `in_path`: what is unknown was named by the path (404)."""
    wording = wording_of(error)
    figures = _figures(error)
    code: str = error.code  # type: ignore[attr-defined] # every class of the table has one
    detail = _filled(wording.details[language], figures) or wording.titles[language]
    return {
        "type": f"urn:fundtrail:problem:{code}",
        "title": wording.titles[language],
        "status": 404 if in_path and isinstance(error, Unknown) else wording.status,
        "code": code,
        "detail": detail,
        "errors": _errors(error, language, detail, index),
        **figures,
    }


def problem_response(request: Request, error: FundtrailError, *, in_path: bool = False) -> Response:
    """The problem as an answer."""
    problem = problem_of(error, language_of(request), in_path=in_path)
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


def problem_bytes(error: FundtrailError, language: Language) -> tuple[int, bytes]:
    """Status and body of the problem, for who answers without a request."""
    problem = problem_of(error, language)
    return problem["status"], msgspec.json.encode(problem)


def language_of(request: Request) -> Language:
    """The language of the caller."""
    return preferred(request.headers.get("accept-language"))


def install_handlers(app: FastAPI) -> None:
    """Every exception that can leave a route becomes a problem."""
    app.add_exception_handler(FundtrailError, _on_refusal)
    app.add_exception_handler(ImpossibleProofError, _on_damage)
    app.add_exception_handler(UnreadableEntryError, _on_damage)
    app.add_exception_handler(UnusableKeyFileError, _on_unusable_key)
    app.add_exception_handler(RequestValidationError, _on_invalid_parameters)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(ClientDisconnect, _on_disconnect)
    for failure in database_errors():
        app.add_exception_handler(failure, problem_of_surprise)
    app.add_exception_handler(Exception, problem_of_surprise)


def _on_damage(request: Request, error: Exception) -> Response:
    """Something stored is missing or unreadable: the parameters were looked at before."""
    _logger.error("log-damaged", path=request.scope["path"], error=repr(error))
    return problem_response(request, LogDamaged())


def _on_unusable_key(request: Request, error: Exception) -> Response:
    _logger.error("log-keys-unusable", path=request.scope["path"], error=str(error))
    return problem_response(request, LogKeysUnusable())


def _figures(error: FundtrailError) -> dict[str, Any]:
    if isinstance(error, Refusal):
        return error.figures
    if isinstance(error, TooManyFailures):
        return {"retry_after_s": error.retry_after_s}
    return {"limit_bytes": error.limit_bytes} if isinstance(error, BodyTooLarge) else {}


def _filled(template: str, figures: dict[str, Any]) -> str | None:
    try:
        return template.format_map(figures)
    except KeyError:
        return None


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


def _on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, FundtrailError)
    # What a route lets through concerns what its path names: a body's refusals are answered by the route itself.
    return problem_response(request, error, in_path=True)


def _on_invalid_parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problem_response(request, InvalidParameter(_parameter_problems(error.errors())))


def _parameter_problems(details: Sequence[Any]) -> list[FieldProblem]:
    """One problem for each parameter; `loc` is ("query", name, ...)."""
    names = dict.fromkeys((str(each["loc"][1]), each["type"]) for each in details)
    return [
        FieldProblem(
            pointer=pointer_to_unknown((), name),
            code="unknown-parameter" if error_type == "extra_forbidden" else "pattern",
        )
        for name, error_type in names
    ]


def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known = {404: NotFound(), METHOD_NOT_ALLOWED: MethodNotAllowed()}
    response = problem_response(request, known.get(error.status_code, BadRequest()))
    response.headers.update(error.headers or {})
    if error.status_code == METHOD_NOT_ALLOWED:
        response.headers["Allow"] = ", ".join(_methods_of(request))
    return response


def _methods_of(request: Request) -> list[str]:
    """What the path takes: the exception knows only the first of the routes that share it."""
    routes = (route for route in request.app.routes if isinstance(route, Route))
    found = (route.methods or set() for route in routes if route.matches(request.scope)[0] is not Match.NONE)
    return sorted(set().union(*found))


def _on_disconnect(request: Request, _error: Exception) -> Response:
    # Nobody is there to read it; it is not the service that failed.
    return problem_response(request, BadRequest())


def problem_of_surprise(request: Request, error: Exception) -> Response:
    """The answer to what should not have happened: it is logged, and of it only told whether the database is away."""
    fault = fault_of(error)
    if fault is not None:
        log_fault(error)
        return problem_response(request, fault)
    _logger.error("request-failed", method=request.method, path_length=len(request.scope["path"]), exc_info=error)
    return problem_response(request, NotPossible())
