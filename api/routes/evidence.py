"""Evidence to take home: the bundle of one thing, and the export of the whole log."""

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.documents.transparency import document_of_evidence, document_of_log_export
from api.evidence.asked import PARAMETERS, evidence_of
from api.evidence.export import export_pieces
from api.parameters import ParameterSet
from api.routes.proofs import uncached
from api.wiring import services_of
from domain.errors import UnknownCheckpoint

ZIP: Final = "application/zip"
LINES: Final = "text/plain; charset=utf-8"
_NONE: Final = ParameterSet([])


def evidence_router() -> APIRouter:
    """Both addresses."""
    router = APIRouter()
    router.add_api_route(
        "/v1/ledgers/{ledger}/evidence",
        show_evidence,
        methods=["GET"],
        name="evidence",
        openapi_extra=document_of_evidence(PARAMETERS),
    )
    router.add_api_route(
        "/v1/ledgers/{ledger}/log-export",
        export_log,
        methods=["GET"],
        name="log-export",
        openapi_extra=document_of_log_export(_NONE),
    )
    return router


def show_evidence(request: Request) -> Response:
    """A zip. It is made whole before the first byte is sent."""
    services = services_of(request)
    parameters = PARAMETERS.read(request)
    ledger = services.ledgers.identity(request.path_params["ledger"])
    name, content = evidence_of(services, ledger, parameters)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return uncached(Response(content, media_type=ZIP, headers=headers))


def export_log(request: Request) -> Response:
    """Every entry up to the latest checkpoint, one a line."""
    services = services_of(request)
    _NONE.read(request)
    ledger = services.ledgers.identity(request.path_params["ledger"])
    checkpoint = services.checkpoints.latest(ledger.ledger_id)
    if checkpoint is None:
        raise UnknownCheckpoint
    pieces = export_pieces(services.tree, ledger.ledger_id, ledger.log_id, checkpoint)
    name = f"log-{ledger.ledger_id}-{checkpoint.size}.jsonl"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return uncached(StreamingResponse(pieces, media_type=LINES, headers=headers))
