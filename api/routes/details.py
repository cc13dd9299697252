"""One project, appropriation, line or evaluation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.coordinates import BOTH_TIMES, standpoint_of
from api.documents.reads import document_of_row
from api.parameters import ParameterSet
from api.readers import answered, id_in_path
from api.rendering.values import render
from api.routes.answers import json_response
from api.wiring import services_of
from domain.errors import Unknown, UnknownAppropriation, UnknownEvaluation, UnknownLine, UnknownProject
from domain.ports import Coordinates
from projections.views import Views


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """A kind of thing: its address, how one is read, what is said when it is not there, and its schema."""

    path: str
    read: Callable[[Views, str, Coordinates, str], Any]
    unknown: type[Unknown]
    schema: str


DETAILS: Final = (
    Detail(path="projects", read=Views.project, unknown=UnknownProject, schema="ProjectDetail"),
    Detail(path="appropriations", read=Views.appropriation, unknown=UnknownAppropriation, schema="AppropriationRow"),
    Detail(path="lines", read=Views.line, unknown=UnknownLine, schema="LineRow"),
    Detail(path="evaluations", read=Views.evaluation, unknown=UnknownEvaluation, schema="EvaluationDetail"),
)

_PARAMETERS: Final = ParameterSet(BOTH_TIMES)


def details_router() -> APIRouter:
    """One address for each kind of thing."""
    router = APIRouter()
    for detail in DETAILS:
        router.add_api_route(
            f"/v1/ledgers/{{ledger}}/{detail.path}/{{id}}",
            _handler_of(detail),
            methods=["GET"],
            name=f"one-of-{detail.path}",
            openapi_extra=document_of_row(detail.schema, _PARAMETERS),
        )
    return router


def _handler_of(detail: Detail) -> Callable[[Request], Response]:
    def handle(request: Request) -> Response:
        return _show(request, detail)

    return handle


def _show(request: Request, detail: Detail) -> Response:
    services = services_of(request)
    parameters = _PARAMETERS.read(request)
    ledger = services.ledgers.identity(request.path_params["ledger"])
    identifier = id_in_path(request, detail.unknown)
    place = standpoint_of(services, ledger, parameters)

    def answer() -> Response:
        row = detail.read(services.views, ledger.ledger_id, place.at, identifier)
        if row is None:
            raise detail.unknown
        return json_response({**render(row), "coordinates": place.document()})

    return answered(request, [place], answer)
