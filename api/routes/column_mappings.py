"""How the columns of other systems' exports are read: which ways are kept, keeping one, deleting one.

A mapping decides what is recorded of a file that somebody else may send. So whoever saved it is kept with it, nobody
but that author or an approver replaces or deletes it, and that this was done is written down before it is.

No Idempotency-Key here: nothing is recorded in the ledger, and a mapping that is sent again is kept once.
"""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.callers import address_of
from api.column_mappings import KeptMapping
from api.denied import OfAnotherAuthor
from api.documents.column_mappings import (
    document_of_mapping_deletion,
    document_of_mapping_request,
    document_of_mappings,
)
from api.etags import NO_STORE
from api.guard import authority_of, caller_of, principal_of, turned_away
from api.invalid import InvalidBody, NotFound
from api.json_input import MAX_BODY_BYTES, read_object
from api.parameters import ParameterSet
from api.routes.answers import CREATED, OK, json_response
from api.routes.writes import ledger_of
from api.schemas.column_mapping import ColumnMapping, read_mapping
from api.wiring import Services, services_of
from domain.access_log import MAPPING_DELETED, MAPPING_REPLACED, Act, administered
from domain.dates import format_instant
from domain.errors import Figure

_NONE: Final = ParameterSet([])
_NOT_STORED: Final = {"Cache-Control": NO_STORE}


def column_mappings_router() -> APIRouter:
    """The addresses of mappings."""
    router = APIRouter()
    path = "/v1/ledgers/{ledger}/column-mappings"
    router.add_api_route(
        path, list_mappings, methods=["GET"], name="column-mappings", openapi_extra=document_of_mappings(_NONE)
    )
    router.add_api_route(
        path,
        save_mapping,
        methods=["POST"],
        name="save-column-mapping",
        openapi_extra=document_of_mapping_request(_NONE),
        response_class=Response,
        status_code=CREATED,
    )
    router.add_api_route(
        f"{path}/{{id}}",
        delete_mapping,
        methods=["DELETE"],
        name="delete-column-mapping",
        openapi_extra=document_of_mapping_deletion(_NONE),
        response_class=Response,
    )
    return router


async def list_mappings(request: Request) -> Response:
    """Those that are offered to the caller."""
    services = services_of(request)
    _NONE.read(request)
    ledger = await ledger_of(request, services)
    subject = caller_of(request).subject
    kept = await run_in_threadpool(services.column_mappings.of, ledger.ledger_id, subject)
    return json_response({"items": [_shown(each, subject) for each in kept]}, OK, _NOT_STORED)


async def save_mapping(request: Request) -> Response:
    """Keeps a mapping; of somebody who is limited to units for that caller alone."""
    services = services_of(request)
    _NONE.read(request)
    ledger = await ledger_of(request, services)
    mapping = read_mapping(await read_object(request, MAX_BODY_BYTES))
    if not isinstance(mapping, ColumnMapping):
        raise InvalidBody(mapping)
    actor = caller_of(request)
    kept = KeptMapping(
        mapping=asdict(mapping),
        saved_by=actor.subject,
        saved_at=int(services.clock.now().timestamp()),
        is_own_only=authority_of(request).units is not None,
    )
    await _done(request, ledger.ledger_id, kept.mapping_id, kept)
    return json_response(_shown(kept, actor.subject), CREATED, _NOT_STORED)


async def delete_mapping(request: Request) -> Response:
    """Deletes a mapping, and tells once more what it was."""
    services = services_of(request)
    _NONE.read(request)
    ledger = await ledger_of(request, services)
    before = await _done(request, ledger.ledger_id, request.path_params["id"], None)
    if before is None:
        raise NotFound
    return json_response(_shown(before, caller_of(request).subject), OK, _NOT_STORED)


async def _done(request: Request, ledger_id: str, mapping_id: str, kept: KeptMapping | None) -> KeptMapping | None:
    """The mapping of an id, None where there was none, once the given one has its place, or with None nothing has."""
    act = Act(actor=caller_of(request), action=request.scope["route"].name, address=address_of(request))
    may_approve = authority_of(request).may_approve
    services = services_of(request)
    try:
        return await run_in_threadpool(_replaced, services, ledger_id, mapping_id, kept, act, may_approve=may_approve)
    except OfAnotherAuthor as denied:
        await turned_away(request, act.action, denied, principal_of(request))
        raise


def _replaced(
    services: Services, ledger_id: str, mapping_id: str, kept: KeptMapping | None, act: Act, *, may_approve: bool
) -> KeptMapping | None:
    mappings = services.column_mappings
    with mappings.turn(ledger_id):
        before = mappings.find(ledger_id, mapping_id, act.actor.subject)
        if kept is not None:
            mappings.refuse_too_many(ledger_id, kept)
        if before is not None:
            if before.saved_by != act.actor.subject and not may_approve:
                raise OfAnotherAuthor
            _write_down(services, ledger_id, before, kept, act)
        if kept is not None:
            mappings.keep(ledger_id, kept)
        elif before is not None:
            mappings.delete(ledger_id, mapping_id)
    return before


def _write_down(services: Services, ledger_id: str, before: KeptMapping, kept: KeptMapping | None, act: Act) -> None:
    """Says whose mapping gives way, and to what, before it does.

    Raises:
        AccessLogUnavailable: it could not be written down, so nothing is done.
    """
    code = MAPPING_DELETED if kept is None else MAPPING_REPLACED
    figures: dict[str, Figure] = {"mapping_id": before.mapping_id, "sha256_before": before.sha256}
    figures |= {} if kept is None else {"sha256": kept.sha256}
    services.access_log.record([administered(act, code, before.saved_by, figures, ledger_id)]).result()


def _shown(kept: KeptMapping, subject: str) -> dict[str, Any]:
    return {
        **kept.mapping,
        "mapping_id": kept.mapping_id,
        "sha256": kept.sha256,
        "saved_by": kept.saved_by,
        "saved_at": format_instant(datetime.fromtimestamp(kept.saved_at, UTC)),
        "is_own": kept.saved_by == subject,
        "is_own_only": kept.is_own_only,
    }
