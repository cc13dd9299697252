"""What becomes of an exception that leaves a route: a problem, and a line in the service's own log where it is ours."""

import secrets
from collections.abc import Sequence
from typing import Any, Final

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route

from adapters.database_faults import database_errors, fault_of, log_fault
from adapters.event_log.encoding import UnreadableEntryError
from adapters.transparency.ed25519 import UnusableKeyFileError
from api.console.problem_page import answer_of
from api.invalid import BadRequest, InvalidParameter, MethodNotAllowed, NotFound, NotPossible
from api.schemas.problem import FieldProblem, pointer_to_unknown
from api.wiring import services_of
from domain.errors import DatabaseUnavailable, FundtrailError, LogDamaged, LogKeysUnusable
from domain.merkle import ImpossibleProofError

METHOD_NOT_ALLOWED: Final = 405

_logger = structlog.get_logger(__name__)


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
    instance = new_instance()
    _logger.error("log-damaged", path=request.scope["path"], error=repr(error), instance=instance)
    return answer_of(request, LogDamaged(), instance=instance)


def _on_unusable_key(request: Request, error: Exception) -> Response:
    instance = new_instance()
    _logger.error("log-keys-unusable", path=request.scope["path"], error=str(error), instance=instance)
    return answer_of(request, LogKeysUnusable(), instance=instance)


def _on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, FundtrailError)
    # What a route lets through concerns what its path names: a body's refusals are answered by the route itself.
    return answer_of(request, error, in_path=True)


def _on_invalid_parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return answer_of(request, InvalidParameter(_parameter_problems(error.errors())))


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
    response = answer_of(request, known.get(error.status_code, BadRequest()))
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
    return answer_of(request, BadRequest())


async def problem_of_surprise(request: Request, error: Exception) -> Response:
    """The answer to what should not have happened: it is logged, and of it only told whether the database is away.

    So it is said to be where it lacks what it had at the start, whatever then failed.
    """
    instance = new_instance()
    fault = fault_of(error)
    if fault is not None:
        log_fault(error, instance=instance)
        return answer_of(request, fault, instance=instance)
    lacks_something = await run_in_threadpool(services_of(request).readiness.lacks_something)
    if lacks_something and isinstance(error, database_errors()):
        log_fault(error, instance=instance)
    else:
        length = len(request.scope["path"])
        _logger.error("request-failed", method=request.method, path_length=length, instance=instance, exc_info=error)
    return answer_of(request, DatabaseUnavailable() if lacks_something else NotPossible(), instance=instance)


def new_instance() -> str:
    """A name for one failure of ours: the problem and the line in the log have it both, so that one leads to the other.

    Source: RFC 9457, section 3.1.5.
    """
    return f"urn:fundtrail:failure:{secrets.token_hex(6)}"
