"""What a log signed: its latest checkpoint, those before it, and the keys that verify them, also of its witnesses."""

from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.documents.transparency import (
    document_of_checkpoint,
    document_of_checkpoints,
    document_of_log_keys,
    document_of_witness_policy,
)
from api.invalid import InvalidParameter
from api.ledgers import LedgerIdentity
from api.listing import LIMIT
from api.parameters import MAX_POSITION, ParameterSet, number, position
from api.routes.answers import json_response
from api.routes.proofs import TEXT, uncached
from api.wiring import Services, services_of
from domain.checkpoint import parse_checkpoint
from domain.dates import format_instant
from domain.errors import UnknownCheckpoint
from domain.note import VerifierKey, format_verifier_key, parse_note
from domain.policy import PolicyLog, format_policy
from domain.ports import StoredCheckpoint

_NONE: Final = ParameterSet([])
_LISTING: Final = ParameterSet(
    [
        number("size", "The note of exactly that size, as text, instead of a list.", lowest=1, highest=MAX_POSITION),
        position("after", "Only checkpoints of a larger size."),
        LIMIT,
    ]
)


def checkpoints_router() -> APIRouter:
    """The latest, all of them, and the keys."""
    router = APIRouter()
    router.add_api_route(
        "/v1/ledgers/{ledger}/checkpoint",
        show_checkpoint,
        methods=["GET"],
        name="checkpoint",
        openapi_extra=document_of_checkpoint(_NONE),
    )
    router.add_api_route(
        "/v1/ledgers/{ledger}/checkpoints",
        list_checkpoints,
        methods=["GET"],
        name="checkpoints",
        openapi_extra=document_of_checkpoints(_LISTING),
    )
    router.add_api_route(
        "/v1/ledgers/{ledger}/log.pub",
        show_log_keys,
        methods=["GET"],
        name="log-keys",
        openapi_extra=document_of_log_keys(_NONE),
    )
    router.add_api_route(
        "/v1/ledgers/{ledger}/witness-policy",
        show_witness_policy,
        methods=["GET"],
        name="witness-policy",
        openapi_extra=document_of_witness_policy(_NONE),
    )
    return router


def show_checkpoint(request: Request) -> Response:
    """The latest note, with the cosignatures there are of it."""
    services = services_of(request)
    _NONE.read(request)
    ledger = services.ledgers.identity(request.path_params["ledger"])
    return _note(services.checkpoints.latest(ledger.ledger_id))


def list_checkpoints(request: Request) -> Response:
    """Checkpoints by size, or the note of one."""
    services = services_of(request)
    parameters = _LISTING.read(request)
    ledger = services.ledgers.identity(request.path_params["ledger"])
    if parameters["size"] is not None:
        for name in ("after", LIMIT.name):
            if name in request.query_params:
                raise InvalidParameter.of(name, "exclusive", other="size")
        return _note(services.checkpoints.at(ledger.ledger_id, parameters["size"]))
    limit: int = parameters["limit"]
    found = services.checkpoints.page(ledger.ledger_id, after=parameters["after"] or 0, limit=limit + 1)
    following = found[limit - 1].size if len(found) > limit else None
    items = [_summary(each) for each in found[:limit]]
    return uncached(json_response({"items": items, "next_after": following}))


def show_log_keys(request: Request) -> Response:
    """The verifier keys that sign now, one a line: to be compared with those given by another way, not trusted."""
    services = services_of(request)
    _NONE.read(request)
    ledger = services.ledgers.identity(request.path_params["ledger"])
    keys = _log_keys(services, ledger)
    return uncached(Response("".join(f"{format_verifier_key(key)}\n" for key in keys), media_type=TEXT))


def show_witness_policy(request: Request) -> Response:
    """Whose cosignatures this service asks for, as a policy for a verifier: to be compared like the keys above.

    Where a witness is asked is no one's business: the addresses are left out.
    """
    services = services_of(request)
    _NONE.read(request)
    ledger = services.ledgers.identity(request.path_params["ledger"])
    policy = replace(
        services.transparency.policy,
        logs=tuple(PolicyLog(key, None) for key in _log_keys(services, ledger)),
        witnesses=tuple(each._replace(url=None) for each in services.transparency.policy.witnesses),
    )
    # A name may have bytes that are no UTF-8: they go out as they came in.
    return uncached(Response(format_policy(policy).encode(errors="surrogateescape"), media_type=TEXT))


def _log_keys(services: Services, ledger: LedgerIdentity) -> list[VerifierKey]:
    keys = [each.key for each in services.keys.active(ledger.ledger_id, ledger.log_id)]
    if not keys:
        raise UnknownCheckpoint
    return keys


def _note(found: StoredCheckpoint | None) -> Response:
    if found is None:
        raise UnknownCheckpoint
    return uncached(Response(found.note, media_type=TEXT))


def _summary(stored: StoredCheckpoint) -> dict[str, Any]:
    note = parse_note(stored.note)
    checkpoint = parse_checkpoint(note.text)
    return {
        "size": stored.size,
        "root": checkpoint.root.hex(),
        "epoch": checkpoint.epoch,
        "signed_at": format_instant(stored.signed_at),
        "signed_by": [each.name for each in note.signatures],
    }
