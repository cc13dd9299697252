"""账套: opening one, and which there are."""

from typing import Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.documents.reads import document_of_ledger, document_of_ledgers
from api.documents.writes import document_of_opening
from api.guard import admit_to_ledger, caller_of, principal_of
from api.invalid import InvalidBody
from api.json_input import MAX_BODY_BYTES, read_object
from api.parameters import ParameterSet
from api.rendering.values import render
from api.routes.answers import created_response, dry_run_response, json_response, refusal_response
from api.routes.writes import DRY_RUN, key_of
from api.schemas.opening import to_opening
from api.wiring import Services, services_of
from domain.access import Right
from domain.errors import AlreadyExists, Refusal, UnknownLedger
from domain.ledger import OpenLedger
from domain.submission import Accepted, Outcome, Refused

_OPENING_PARAMETERS: Final = ParameterSet([DRY_RUN])
_NO_PARAMETERS: Final = ParameterSet([])


def ledgers_router() -> APIRouter:
    """Opening, listing and showing ledgers."""
    router = APIRouter()
    router.add_api_route(
        "/v1/ledgers",
        open_ledger,
        methods=["POST"],
        name="open-ledger",
        openapi_extra=document_of_opening(_OPENING_PARAMETERS),
        response_class=Response,
        status_code=201,
    )
    router.add_api_route(
        "/v1/ledgers", list_ledgers, methods=["GET"], name="ledgers", openapi_extra=document_of_ledgers()
    )
    router.add_api_route(
        "/v1/ledgers/{ledger}", show_ledger, methods=["GET"], name="ledger", openapi_extra=document_of_ledger()
    )
    return router


async def open_ledger(request: Request) -> Response:
    """Opens a ledger."""
    services = services_of(request)
    dry_run: bool = _OPENING_PARAMETERS.read(request)["dry_run"]
    key = key_of(request, dry_run=dry_run)
    sent = await read_object(request, MAX_BODY_BYTES)
    opening = to_opening(sent)
    if isinstance(opening, list):
        raise InvalidBody(opening)
    await admit_to_ledger(request, opening.ledger_id)
    if dry_run:
        return dry_run_response(request, [await run_in_threadpool(_decided, services, opening)], [sent])
    try:
        actor = caller_of(request, opening.ledger_id)
        answer = await run_in_threadpool(services.log.open_ledger, opening, actor=actor, key=key)
    except Refusal as refusal:
        return refusal_response(request, refusal, sent)
    ledger = await run_in_threadpool(services.ledgers.identity, opening.ledger_id)
    return await created_response(services, ledger, answer)


def list_ledgers(request: Request) -> Response:
    """Every ledger that the caller has a grant in, by id."""
    _NO_PARAMETERS.read(request)
    may = principal_of(request).may
    ledgers = services_of(request).feed.ledgers()
    return json_response({"items": [render(each) for each in ledgers if may(Right.READ_LINES, each.ledger_id)]})


def show_ledger(request: Request) -> Response:
    """One ledger and its head."""
    _NO_PARAMETERS.read(request)
    return json_response(render(services_of(request).ledgers.info(request.path_params["ledger"])))


def _decided(services: Services, opening: OpenLedger) -> Outcome:
    """Whether the id is free; an opening has no other rule."""
    try:
        services.feed.ledger(opening.ledger_id)
    except UnknownLedger:
        return Accepted(events=())
    return Refused(refusal=AlreadyExists("/ledger_id"))
