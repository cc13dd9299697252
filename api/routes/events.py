"""流水: the recorded events, by position."""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.coordinates import RECORDED_TIME, Standpoint, standpoint_of
from api.documents.reads import document_of_event, document_of_events
from api.etags import BYTES, conditional, etag_of, wants_stored_bytes
from api.event_position import position_of
from api.listing import LIMIT
from api.parameters import ParameterSet, choice, day, plain_text, position, shaped
from api.rendering.events import ShownEvent, events_json
from api.routes.answers import json_response
from api.wiring import Services, services_of
from domain.errors import UnknownEvent
from domain.event import RecordedEvent
from domain.ports import EventQuery
from domain.shape import Shape

NO_PROJECTION: Final = "log"
OLDEST_FIRST: Final = "position"
NEWEST_FIRST: Final = "-position"

_LISTING: Final = ParameterSet(
    [
        position("after", "Only events after that position."),
        position("before", "Only events before that position."),
        choice("sort", "Order; `-position`: the newest first.", [OLDEST_FIRST, NEWEST_FIRST], OLDEST_FIRST),
        LIMIT,
        plain_text("tag", "Only events bearing the tag, `kind:id`; every one of several.", repeatable=True),
        plain_text("type", "Only events of the type, by full name; any of several.", repeatable=True),
        day("effective_from", "Only events with that effective date or a later one."),
        day("effective_until", "Only events with that effective date or an earlier one."),
        shaped("event_id", "Only the event of that id.", Shape.EVENT_ID),
        *RECORDED_TIME,
    ]
)
_ONE: Final = ParameterSet(RECORDED_TIME)


def events_router() -> APIRouter:
    """The list and the single event."""
    router = APIRouter()
    router.add_api_route(
        "/v1/ledgers/{ledger}/events",
        list_events,
        methods=["GET"],
        name="events",
        openapi_extra=document_of_events(_LISTING),
    )
    router.add_api_route(
        "/v1/ledgers/{ledger}/events/{position}",
        show_event,
        methods=["GET"],
        name="event",
        openapi_extra=document_of_event(_ONE),
    )
    return router


def list_events(request: Request) -> Response:
    """Events by position."""
    services = services_of(request)
    parameters = _LISTING.read(request)
    ledger = services.ledgers.identity(request.path_params["ledger"])
    place = standpoint_of(services, ledger, parameters)

    def answer() -> Response:
        limit: int = parameters["limit"]
        found = services.feed.find(ledger.ledger_id, _query(parameters, place, limit + 1))
        page = found[:limit]
        following = _next(request, place, parameters, page[-1].position) if len(found) > limit else None
        return json_response(
            {
                "items": shown(services, place, page),
                "next": following,
                "coordinates": place.document(with_date=False),
            }
        )

    return conditional(request, log_etag(request, place), answer)


def show_event(request: Request) -> Response:
    """One event, as JSON or as the bytes that are stored."""
    services = services_of(request)
    parameters = _ONE.read(request)
    ledger = services.ledgers.identity(request.path_params["ledger"])
    place = standpoint_of(services, ledger, parameters)
    wanted = position_of(request.path_params["position"])

    def answer() -> Response:
        if wanted > place.at.position:
            raise UnknownEvent
        if wants_stored_bytes(request):
            return Response(services.feed.entry(ledger.ledger_id, wanted), media_type=BYTES)
        event = services.feed.event(ledger.ledger_id, wanted)
        if event is None:
            raise UnknownEvent
        (document,) = shown(services, place, [event])
        return json_response(document)

    response = conditional(request, log_etag(request, place), answer)
    # A cache must not answer one form to who asks for the other; that holds for a 304 as well.
    response.headers["Vary"] = "Accept"
    return response


def shown(services: Services, place: Standpoint, events: Sequence[RecordedEvent]) -> list[ShownEvent]:
    """The events as known at the reader's position."""
    reversed_by = services.feed.reversed_by(place.ledger.ledger_id, events, place.at.position)
    return events_json(events, place.ledger.time_zone, reversed_by)


def log_etag(request: Request, place: Standpoint, units: Iterable[str] | None = None) -> str | None:
    """The validator of an answer from the log alone; None while it may change. `units`: it is of their lines alone."""
    if not place.closed:
        return None
    return etag_of(
        request,
        log_id=place.ledger.log_id,
        projections=NO_PROJECTION,
        coordinates=[place.at.position, place.root.hex(), *sorted(units or ())],
    )


def _query(parameters: dict[str, Any], place: Standpoint, limit: int) -> EventQuery:
    return EventQuery(
        tags=tuple(dict.fromkeys(parameters["tag"])),
        types=tuple(dict.fromkeys(parameters["type"])),
        until=_last_wanted(parameters, place),
        event_id=parameters["event_id"],
        after=parameters["after"] or 0,
        effective_from=parameters["effective_from"],
        effective_until=parameters["effective_until"],
        newest_first=parameters["sort"] == NEWEST_FIRST,
        limit=limit,
    )


def _last_wanted(parameters: dict[str, Any], place: Standpoint) -> int:
    before: int | None = parameters["before"]
    return place.at.position if before is None else min(before - 1, place.at.position)


def _next(request: Request, place: Standpoint, parameters: dict[str, Any], last: int) -> str:
    """The following page at the same position, whatever is recorded meanwhile."""
    replaced = "before" if parameters["sort"] == NEWEST_FIRST else "after"
    not_kept = {replaced, "limit", "known_at", "at_position"}
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in not_kept]
    pairs = [(replaced, last), ("limit", parameters["limit"]), *kept, ("at_position", place.at.position)]
    path: str = request.scope["path"]
    return f"{quote(path)}?{urlencode(pairs)}"
