"""Lists of units, appropriations, projects, lines and evaluations."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.coordinates import Standpoint
from api.documents.reads import document_of_list
from api.guard import units_of
from api.invalid import InvalidParameter
from api.listing import parameters_of
from api.paging import next_of, turn_of
from api.parameters import ParameterSet
from api.readers import answered
from api.rendering.values import render
from api.routes.answers import json_response
from api.wiring import services_of
from domain.ports import Coordinates
from projections import listing
from projections.listing import Collection, Listing, ListQuery, UnknownPlaceError
from projections.views import Views

Read = Callable[[Views, str, Coordinates, ListQuery], Listing[Any, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of row: its address, its columns, how it is read, and the schema of its totals if it has any."""

    path: str
    collection: Collection[Any]
    read: Read
    totals: str | None = None


KINDS: Final = (
    Kind(path="units", collection=listing.UNITS, read=Views.units),
    Kind(
        path="appropriations",
        collection=listing.APPROPRIATIONS,
        read=Views.appropriations,
        totals="AppropriationTotals",
    ),
    Kind(path="projects", collection=listing.PROJECTS, read=Views.projects, totals="AmountBlock"),
    Kind(path="lines", collection=listing.LINES, read=Views.lines, totals="AmountBlock"),
    Kind(path="evaluations", collection=listing.EVALUATIONS, read=Views.evaluations),
)


def lists_router() -> APIRouter:
    """One address for each kind of row."""
    router = APIRouter()
    for kind in KINDS:
        parameters = parameters_of(kind.collection)
        router.add_api_route(
            f"/v1/ledgers/{{ledger}}/{kind.path}",
            _handler_of(kind, parameters),
            methods=["GET"],
            name=kind.path,
            openapi_extra=document_of_list(
                kind.collection.row_type.__name__, parameters, kind.totals, summary=kind.path
            ),
        )
    return router


def _handler_of(kind: Kind, declared: ParameterSet) -> Callable[[Request], Response]:
    def handle(request: Request) -> Response:
        return _list(request, kind, declared.read(request))

    return handle


def _list(request: Request, kind: Kind, parameters: dict[str, Any]) -> Response:
    services = services_of(request)
    ledger = services.ledgers.identity(request.path_params["ledger"])
    turn = turn_of(request, services, ledger, parameters)
    query = ListQuery(
        filters={name: parameters[name] for name in kind.collection.filters if parameters[name] is not None},
        within=_within(request, kind),
        sort=parameters["sort"],
        after_id=turn.last,
        limit=parameters["limit"],
    )

    def answer() -> Response:
        try:
            found = kind.read(services.views, ledger.ledger_id, turn.place.at, query)
        except UnknownPlaceError:
            raise InvalidParameter.of("cursor", "cursor") from None
        return _page(kind, found, next_of(request, turn, query.limit, found.next_id), turn.place)

    return answered(request, [turn.place], answer)


def _within(request: Request, kind: Kind) -> dict[str, frozenset[str]]:
    """Which lines the caller may see, and so have in totals; units are seen by everyone who sees lines."""
    units = units_of(request) if kind.collection is listing.LINES else None
    return {} if units is None else {"unit_id": units}


def _page(kind: Kind, found: Listing[Any, Any], following: str | None, place: Standpoint) -> Response:
    document = {
        "items": [render(row) for row in found.items],
        "next": following,
        "coordinates": place.document(),
    }
    if kind.totals is not None:
        document["totals"] = render(found.totals)
    return json_response(document)
