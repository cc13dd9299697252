"""日历: how many events took effect on each day, as far as they were recorded by then.

For who sees the lines of some units alone only the events of those are counted.
"""

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.coordinates import RECORDED_TIME, standpoint_of
from api.documents.reads import document_of_calendar
from api.etags import conditional
from api.guard import units_of
from api.parameters import ParameterSet
from api.routes.answers import json_response
from api.routes.events import log_etag
from api.wiring import services_of

_PARAMETERS: Final = ParameterSet(RECORDED_TIME)


def calendar_router() -> APIRouter:
    """The one address."""
    router = APIRouter()
    router.add_api_route(
        "/v1/ledgers/{ledger}/calendar",
        show_calendar,
        methods=["GET"],
        name="calendar",
        openapi_extra=document_of_calendar(_PARAMETERS),
    )
    return router


def show_calendar(request: Request) -> Response:
    """Days with events, ascending; a day without one is left out."""
    services = services_of(request)
    parameters = _PARAMETERS.read(request)
    ledger = services.ledgers.identity(request.path_params["ledger"])
    place = standpoint_of(services, ledger, parameters)
    units = units_of(request)

    def answer() -> Response:
        counted = services.event_days.until(ledger.ledger_id, place.at.position, units)
        items = [{"effective_date": day, "event_count": counted[day]} for day in sorted(counted)]
        return json_response({"items": items, "coordinates": place.document(with_date=False)})

    return conditional(request, log_etag(request, place, units), answer)
