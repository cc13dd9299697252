"""What a log says about itself, and what is kept beside it: recording a digest, opening the commitments of an event."""

from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from adapters.event_log.digests import digest_at_head
from adapters.event_log.store import read_openings
from api.custody import custody_command
from api.documents.reads import document_of_event_openings
from api.documents.writes import document_of_digest
from api.etags import NO_STORE
from api.event_position import position_of
from api.guard import caller_of
from api.invalid import InvalidBody
from api.json_input import MAX_BODY_BYTES, read_object
from api.parameters import ParameterSet
from api.routes.answers import OK, created_response, dry_run_response, json_response, refusal_response
from api.routes.writes import DRY_RUN, key_of, ledger_of
from api.schemas.digest import read_digest_request
from api.wiring import services_of
from domain.errors import UnknownEvent
from domain.submission import KeyedCommand, Submission

_DIGEST_PARAMETERS: Final = ParameterSet([DRY_RUN])
_NO_PARAMETERS: Final = ParameterSet([])


def custody_router() -> APIRouter:
    """Recording a digest, and reading openings."""
    router = APIRouter()
    router.add_api_route(
        "/v1/ledgers/{ledger}/digests",
        record_digest,
        methods=["POST"],
        name="record-digest",
        openapi_extra=document_of_digest(_DIGEST_PARAMETERS),
        response_class=Response,
        status_code=201,
    )
    router.add_api_route(
        "/v1/ledgers/{ledger}/events/{position}/opening",
        show_openings,
        methods=["GET"],
        name="event-opening",
        openapi_extra=document_of_event_openings(_NO_PARAMETERS),
    )
    return router


async def record_digest(request: Request) -> Response:
    """Records the digest of all that is recorded so far."""
    services = services_of(request)
    dry_run: bool = _DIGEST_PARAMETERS.read(request)["dry_run"]
    key = key_of(request, dry_run=dry_run)
    ledger = await ledger_of(request, services)
    sent = await read_object(request, MAX_BODY_BYTES)
    envelope = read_digest_request(sent)
    if isinstance(envelope, list):
        raise InvalidBody(envelope)
    digest = await run_in_threadpool(digest_at_head, services.database.log_reader, ledger.ledger_id)
    command = replace(custody_command(digest, services.ledgers.today(ledger)), **envelope)
    items = (KeyedCommand(key=key, command=command),)
    # The route's right is all it takes: what limits the recording of funds is another matter.
    submission = Submission(ledger_id=ledger.ledger_id, actor=caller_of(request), items=items, dry_run=dry_run)
    answer = await services.awaiting.answer(services.log.submit(submission))
    if dry_run:
        return dry_run_response(request, answer.outcomes, [sent])
    if answer.refusal is not None:
        return refusal_response(request, answer.refusal[1], sent)
    return await created_response(services, ledger, answer)


def show_openings(request: Request) -> Response:
    """What opens the commitments of one event, as far as it was not erased."""
    services = services_of(request)
    _NO_PARAMETERS.read(request)
    ledger = services.ledgers.identity(request.path_params["ledger"])
    event = services.feed.event(ledger.ledger_id, position_of(request.path_params["position"]))
    if event is None:
        raise UnknownEvent
    with services.database.log_reader.begin() as connection:
        stored = {each.field: each for each in read_openings(connection, event)}
    openings: list[dict[str, Any]] = [
        {"field": name, "salt": stored[name].salt.hex(), "value": stored[name].value, "commitment": commitment}
        for name, commitment in sorted(event.private.items())
        if name in stored
    ]
    erased = sorted(event.private.keys() - stored.keys())
    document = {"position": event.position, "openings": openings, "erased": erased}
    return json_response(document, OK, {"Cache-Control": NO_STORE})
