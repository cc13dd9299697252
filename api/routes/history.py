"""What was recorded of one project, appropriation or line."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.coordinates import BOTH_TIMES
from api.documents.reads import document_of_list
from api.listing import CURSOR, LIMIT
from api.paging import Turn, next_of, turn_of
from api.parameters import ParameterSet, choice
from api.readers import answered, id_in_path
from api.rendering.values import render
from api.routes.answers import json_response
from api.wiring import Services, services_of
from domain.boundary import Kind, key_of
from domain.dates import parse_day
from domain.errors import Unknown, UnknownAppropriation, UnknownLine, UnknownProject
from projections.history import HistoryPage, Paging

HISTORIES: Final[dict[str, tuple[Kind, type[Unknown]]]] = {
    "projects": (Kind.PROJECT, UnknownProject),
    "appropriations": (Kind.APPROPRIATION, UnknownAppropriation),
    "lines": (Kind.LINE, UnknownLine),
}
POSITION: Final = "position"
EFFECTIVE: Final = "effective"

_ORDER: Final = choice("order", "position, or effective: by business date.", (POSITION, EFFECTIVE), POSITION)
_PARAMETERS: Final = ParameterSet([*BOTH_TIMES, _ORDER, LIMIT, CURSOR])


def history_router() -> APIRouter:
    """One address for each kind of thing."""
    router = APIRouter()
    for path, (kind, unknown) in HISTORIES.items():
        router.add_api_route(
            f"/v1/ledgers/{{ledger}}/{path}/{{id}}/history",
            _handler_of(kind, unknown),
            methods=["GET"],
            name=f"history-of-{path}",
            openapi_extra=document_of_list("Event", _PARAMETERS, None, summary=f"history of {path}", path=("id",)),
        )
    return router


def _handler_of(kind: Kind, unknown: type[Unknown]) -> Callable[[Request], Response]:
    def handle(request: Request) -> Response:
        return _history(request, kind, unknown)

    return handle


def _history(request: Request, kind: Kind, unknown: type[Unknown]) -> Response:
    services = services_of(request)
    parameters = _PARAMETERS.read(request)
    ledger = services.ledgers.identity(request.path_params["ledger"])
    key = key_of(kind, id_in_path(request, unknown))
    turn = turn_of(request, services, ledger, parameters)

    def answer() -> Response:
        found = _page(services, turn, key, parameters)
        if not found.items and turn.last is None:
            # A thing that exists has at least its registration; one that was taken back keeps its history.
            raise unknown
        following = next_of(request, turn, parameters["limit"], _place_text(found.next))
        items = [render(row) for row in found.items]
        return json_response({"items": items, "next": following, "coordinates": turn.place.document()})

    return answered(request, [turn.place], answer)


def _page(services: Services, turn: Turn, key: str, parameters: dict[str, Any]) -> HistoryPage:
    paging = Paging(
        by_effective_date=parameters["order"] == EFFECTIVE,
        after=_place_of(turn.last),
        limit=parameters["limit"],
    )
    return services.views.history(turn.place.ledger.ledger_id, turn.place.at, key, paging)


def _place_text(place: tuple[date, int] | None) -> str | None:
    return None if place is None else f"{place[0].isoformat()}/{place[1]}"


def _place_of(text: str | None) -> tuple[date, int] | None:
    if text is None:
        return None
    day, _, event_position = text.partition("/")
    return parse_day(day), int(event_position)
