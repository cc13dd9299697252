"""预算执行: lines grouped by one of their traits."""

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.coordinates import BOTH_TIMES, standpoint_of
from api.documents.reads import document_of_execution
from api.invalid import InvalidParameter
from api.parameters import ParameterSet, choice, number
from api.readers import answered
from api.rendering.values import render
from api.routes.answers import json_response
from api.wiring import services_of
from domain.shape import RANGE, Shape
from projections.execution import GroupBy

_YEARS: Final = RANGE[Shape.YEAR]
_PARAMETERS: Final = ParameterSet(
    [
        choice("group_by", "Trait to group by; required.", [each.value for each in GroupBy]),
        number("fiscal_year", "Only lines of that fiscal year.", lowest=_YEARS[0], highest=_YEARS[1]),
        *BOTH_TIMES,
    ]
)


def execution_router() -> APIRouter:
    """The one address."""
    router = APIRouter()
    router.add_api_route(
        "/v1/ledgers/{ledger}/execution",
        show_execution,
        methods=["GET"],
        name="execution",
        openapi_extra=document_of_execution(_PARAMETERS),
    )
    return router


def show_execution(request: Request) -> Response:
    """Every group that has a line at the coordinates, and all together."""
    services = services_of(request)
    parameters = _PARAMETERS.read(request)
    if parameters["group_by"] is None:
        raise InvalidParameter.of("group_by", "missing")
    ledger = services.ledgers.identity(request.path_params["ledger"])
    place = standpoint_of(services, ledger, parameters)

    def answer() -> Response:
        group_by = GroupBy(parameters["group_by"])
        found = services.views.execution(ledger.ledger_id, place.at, group_by, parameters["fiscal_year"])
        return json_response({**render(found), "coordinates": place.document()})

    return answered(request, [place], answer)
