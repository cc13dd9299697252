"""Recording many commands at once: all or none, or each by itself."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.documents.writes import document_of_batch
from api.guard import authority_of, caller_of
from api.invalid import InvalidBody
from api.json_input import MAX_BATCH_BYTES, parse_object, read_bytes
from api.ledgers import LedgerIdentity
from api.parameters import ParameterSet, choice
from api.routes.answers import created_response, dry_run_response, partial_response, refusal_response
from api.routes.writes import DRY_RUN, key_of, ledger_of
from api.schemas.batch import read_batch
from api.wiring import services_of
from domain.command import Actor
from domain.submission import KeyedCommand, Submission

MODES: Final = ("atomic", "partial")

_PARAMETERS: Final = ParameterSet(
    [choice("mode", "atomic: all or none. partial: each command stands alone.", MODES, "atomic"), DRY_RUN]
)


def batch_router() -> APIRouter:
    """The one address for many commands."""
    router = APIRouter()
    router.add_api_route(
        "/v1/ledgers/{ledger}/batch",
        record_batch,
        methods=["POST"],
        name="record-batch",
        openapi_extra=document_of_batch(_PARAMETERS),
        response_class=Response,
        status_code=201,
    )
    return router


async def record_batch(request: Request) -> Response:
    """Records the commands in order."""
    services = services_of(request)
    parameters = _PARAMETERS.read(request)
    dry_run: bool = parameters["dry_run"]
    key = key_of(request, dry_run=dry_run)
    ledger = await ledger_of(request, services)
    body = await read_bytes(request, MAX_BATCH_BYTES)
    actor = caller_of(request)
    items, sent = await run_in_threadpool(_read, body, key, ledger, actor)
    submission = Submission(
        ledger_id=ledger.ledger_id,
        actor=actor,
        items=items,
        atomic=parameters["mode"] == "atomic",
        dry_run=dry_run,
        authority=authority_of(request),
    )
    answer = await services.awaiting.answer(services.log.submit(submission))
    if dry_run:
        return dry_run_response(request, answer.outcomes, sent)
    if not submission.atomic:
        return await partial_response(request, services, ledger, answer, sent)
    if answer.refusal is not None:
        index, refusal = answer.refusal
        return refusal_response(request, refusal, sent[index], index)
    return await created_response(services, ledger, answer)


def _read(
    body: bytes, key: str, ledger: LedgerIdentity, actor: Actor
) -> tuple[tuple[KeyedCommand, ...], list[Mapping[str, Any]]]:
    document = parse_object(body)
    items = read_batch(document, key, ledger.ledger_id, actor.subject)
    if isinstance(items, list):
        raise InvalidBody(items)
    return items, document["commands"]
