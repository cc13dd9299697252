"""查找: things by id and name, and events by document number, voucher number and name, from the newest back.

A programme has no id and no registration: it is what projects and evaluations name so.
"""

import re
import time
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from adapters.event_log.search import Findings, Found
from api.coordinates import BOTH_TIMES, Standpoint, standpoint_of
from api.documents.reads import document_of_search
from api.invalid import InvalidParameter
from api.parameters import ParameterSet, number, plain_text, position
from api.readers import wait_for
from api.routes.answers import json_response
from api.routes.events import shown
from api.routes.proofs import uncached
from api.wiring import Services, services_of
from domain.boundary import Kind
from domain.evaluation import SubjectKind
from domain.event import RecordedEvent
from domain.shape import Shape, text_problem
from domain.spelling import plain_spelling
from projections.listing import ListQuery

MAX_QUESTION_LENGTH: Final = 128
SECONDS: Final = 1.5
"""How long one answer looks; it says how far it came, and `next` goes on from there."""
THINGS_SHOWN: Final = 50
EVERY_THING: Final = 10**9

_PARAMETERS: Final = ParameterSet(
    [
        plain_text("q", "What to look for: a part of it is enough.", max_length=MAX_QUESTION_LENGTH),
        position("before", "Only events before that position; from `next`."),
        number("limit", "How many events at most.", lowest=1, highest=100, default=50),
        *BOTH_TIMES,
    ]
)
_POSITION: Final = re.compile(r"#?([1-9][0-9]{0,15})")


def search_router() -> APIRouter:
    """The one address."""
    router = APIRouter()
    router.add_api_route(
        "/v1/ledgers/{ledger}/search",
        show_found,
        methods=["GET"],
        name="search",
        openapi_extra=document_of_search(_PARAMETERS),
    )
    return router


def show_found(request: Request) -> Response:
    """What was found in a bounded time, and how far it was looked."""
    services = services_of(request)
    parameters = _PARAMETERS.read(request)
    wanted = _wanted(parameters)
    ledger = services.ledgers.identity(request.path_params["ledger"])
    place = standpoint_of(services, ledger, parameters)
    before: int | None = parameters["before"]
    until = place.at.position if before is None else min(before - 1, place.at.position)
    deadline = time.monotonic() + SECONDS
    findings = services.search.find(
        ledger.ledger_id,
        wanted,
        until=until,
        limit=parameters["limit"],
        time_is_up=lambda: time.monotonic() >= deadline,
    )
    named = [] if before is not None else list(_named(services, place, wanted))
    items = [*named, *(each for each in findings.items if each.event.position not in {n.event.position for n in named})]
    events = shown(services, place, [each.event for each in items])
    document = {
        "things": [] if before is not None else _things(services, place, wanted),
        "items": [{"event": event, "fields": each.fields} for event, each in zip(events, items, strict=True)],
        "searched_from": findings.searched_from,
        "next": _next(request, place, parameters, findings),
        "coordinates": place.document(),
    }
    # How far it came depends on the machine, so no two answers need be the same.
    return uncached(json_response(document))


def _wanted(parameters: dict[str, Any]) -> str:
    """The text in plain spelling; brackets alone would find everything."""
    wanted = plain_spelling(parameters["q"] or "")
    if not wanted.strip("()"):
        raise InvalidParameter.of("q", "length", maximum=MAX_QUESTION_LENGTH)
    return wanted


def _named(services: Services, place: Standpoint, wanted: str) -> Iterator[Found]:
    """The event whose position or id the text is."""
    ledger_id = place.ledger.ledger_id
    is_position = _POSITION.fullmatch(wanted)
    event: RecordedEvent | None = None
    if is_position and int(is_position[1]) <= place.at.position:
        event = services.feed.event(ledger_id, int(is_position[1]))
    elif not text_problem(Shape.EVENT_ID, wanted):
        event = services.search.event_of_id(ledger_id, wanted)
    if event is not None and event.position <= place.at.position:
        yield Found(event=event, fields=("position" if is_position else "event_id",))


def _things(services: Services, place: Standpoint, wanted: str) -> list[dict[str, str | None]]:
    """Registered things at the coordinates in whose id or name the text stands; those with that very id first."""
    wait_for(services, place)
    found = [
        {"kind": kind.value, "id": identifier, "name": name}
        for kind, identifier, name in _every_thing(services, place)
        if wanted in plain_spelling(identifier) or (name is not None and wanted in plain_spelling(name))
    ]
    return sorted(found, key=lambda each: plain_spelling(str(each["id"])) != wanted)[:THINGS_SHOWN]


def _every_thing(services: Services, place: Standpoint) -> Iterator[tuple[Kind, str, str | None]]:
    views, ledger_id, at, all_rows = services.views, place.ledger.ledger_id, place.at, ListQuery(limit=EVERY_THING)
    projects = views.projects(ledger_id, at, all_rows).items
    evaluations = views.evaluations(ledger_id, at, all_rows).items
    for project in projects:
        yield Kind.PROJECT, project.project_id, project.name
    evaluated = {each.subject.id for each in evaluations if each.subject.kind is SubjectKind.PROGRAMME}
    for programme in sorted(evaluated.union(project.programme for project in projects if project.programme)):
        yield Kind.PROGRAMME, programme, None
    for appropriation in views.appropriations(ledger_id, at, all_rows).items:
        yield Kind.APPROPRIATION, appropriation.appropriation_id, appropriation.name
    for unit in views.units(ledger_id, at, all_rows).items:
        yield Kind.UNIT, unit.unit_id, unit.name
    for line in views.lines(ledger_id, at, all_rows).items:
        yield Kind.LINE, line.line_id, None
    for evaluation in evaluations:
        yield Kind.EVALUATION, evaluation.evaluation_id, None


def _next(request: Request, place: Standpoint, parameters: dict[str, Any], findings: Findings) -> str | None:
    """Where the search goes on, at the same coordinates; None when everything was looked at."""
    if findings.searched_from <= 1:
        return None
    pairs = [
        ("q", parameters["q"]),
        ("limit", parameters["limit"]),
        ("before", findings.searched_from),
        ("as_of", place.at.as_of),
        ("at_position", place.at.position),
    ]
    path: str = request.scope["path"]
    return f"{quote(path)}?{urlencode(pairs)}"
