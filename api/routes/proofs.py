"""Proofs: that an entry is in the log, and that a later log begins with an earlier one."""

from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.documents.transparency import document_of_consistency, document_of_inclusion
from api.etags import NO_STORE
from api.invalid import InvalidParameter
from api.ledgers import LedgerIdentity
from api.parameters import MAX_POSITION, ParameterSet, number
from api.rendering.proofs import encoded
from api.routes.answers import json_response
from api.weights import heaviest, weights_of
from api.wiring import Services, services_of
from domain.checkpoint import LogProof, format_log_proof
from domain.errors import UnknownCheckpoint
from domain.identifiers import leaf_hash
from domain.note import parse_note
from domain.ports import StoredCheckpoint

TEXT: Final = "text/plain"
"""An inclusion proof with its checkpoint, as C2SP tlog-proof writes it."""
JSON: Final = "application/json"

_INCLUSION: Final = ParameterSet(
    [
        number("position", "Position of the entry.", lowest=1, highest=MAX_POSITION),
        number("size", "Size of the tree; the head when it is not given.", lowest=1, highest=MAX_POSITION),
    ]
)
_CONSISTENCY: Final = ParameterSet(
    [
        number("from", "Size of the earlier tree.", lowest=1, highest=MAX_POSITION),
        number("to", "Size of the later tree; the head when it is not given.", lowest=1, highest=MAX_POSITION),
    ]
)


def proofs_router() -> APIRouter:
    """Both addresses."""
    router = APIRouter()
    router.add_api_route(
        "/v1/ledgers/{ledger}/proofs/inclusion",
        show_inclusion,
        methods=["GET"],
        name="inclusion-proof",
        openapi_extra=document_of_inclusion(_INCLUSION),
    )
    router.add_api_route(
        "/v1/ledgers/{ledger}/proofs/consistency",
        show_consistency,
        methods=["GET"],
        name="consistency-proof",
        openapi_extra=document_of_consistency(_CONSISTENCY),
    )
    return router


def show_inclusion(request: Request) -> Response:
    """The hashes from an entry to the root; as text together with the checkpoint of that size."""
    services = services_of(request)
    parameters = _INCLUSION.read(request)
    ledger = services.ledgers.identity(request.path_params["ledger"])
    position = _required(parameters, "position")
    as_text = _wants_text(request)
    checkpoint = _checkpoint_over(services, ledger, parameters["size"]) if as_text else None
    size = checkpoint.size if checkpoint else _size_of(services, ledger, parameters["size"], "size")
    if position > size:
        raise InvalidParameter.of("position", "beyond-size", size=size, other="size")
    proof = services.tree.inclusion_proof(ledger.ledger_id, position, size)
    if checkpoint is not None:
        response = Response(_text_of(position, proof, checkpoint), media_type=TEXT)
    else:
        response = json_response(
            {
                "position": position,
                "size": size,
                "leaf_hash": _leaf_hash(services, ledger, position).hex(),
                "root": services.tree.root(ledger.ledger_id, size).hex(),
                "proof": encoded(proof),
            }
        )
    response.headers["Vary"] = "Accept"
    return uncached(response)


def show_consistency(request: Request) -> Response:
    """The hashes showing that the later tree begins with the earlier one."""
    services = services_of(request)
    parameters = _CONSISTENCY.read(request)
    ledger = services.ledgers.identity(request.path_params["ledger"])
    first = _required(parameters, "from")
    second = _size_of(services, ledger, parameters["to"], "to")
    if first > second:
        raise InvalidParameter.of("from", "beyond-size", size=second, other="to")
    return uncached(
        json_response(
            {
                "from": first,
                "to": second,
                "from_root": services.tree.root(ledger.ledger_id, first).hex(),
                "to_root": services.tree.root(ledger.ledger_id, second).hex(),
                "proof": encoded(services.tree.consistency_proof(ledger.ledger_id, first, second)),
            }
        )
    )


def uncached(response: Response) -> Response:
    """The answer, marked as one that may be another the next time."""
    response.headers["Cache-Control"] = NO_STORE
    return response


def _required(parameters: dict[str, Any], name: str) -> int:
    value: int | None = parameters[name]
    if value is None:
        raise InvalidParameter.of(name, "missing")
    return value


def _size_of(services: Services, ledger: LedgerIdentity, wanted: int | None, name: str) -> int:
    head = services.feed.head(ledger.ledger_id)
    if wanted is not None and wanted > head:
        raise InvalidParameter.of(name, "beyond-head", head=head)
    return head if wanted is None else wanted


def _checkpoint_over(services: Services, ledger: LedgerIdentity, size: int | None) -> StoredCheckpoint:
    store = services.checkpoints
    found = store.latest(ledger.ledger_id) if size is None else store.at(ledger.ledger_id, size)
    if found is None:
        raise UnknownCheckpoint
    return found


def _text_of(position: int, proof: tuple[bytes, ...], checkpoint: StoredCheckpoint) -> bytes:
    return format_log_proof(LogProof(index=position - 1, hashes=proof, note=parse_note(checkpoint.note)))


def _leaf_hash(services: Services, ledger: LedgerIdentity, position: int) -> bytes:
    (entry,) = services.tree.entries(ledger.ledger_id, position, position)
    return leaf_hash(entry)


def _wants_text(request: Request) -> bool:
    weights = weights_of(request.headers.get("accept", ""))
    as_text = heaviest(weights, TEXT)
    return as_text > 0 and as_text >= heaviest(weights, JSON)
