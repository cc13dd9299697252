"""Evidence to take home: the bundle of one thing, and the export of the whole log."""

from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.coordinates import BOTH_TIMES, standpoint_of
from api.documents.transparency import document_of_evidence, document_of_log_export
from api.evidence.bundle import EvidenceRequest, evidence_zip
from api.evidence.covering import covering_checkpoint
from api.evidence.export import export_pieces
from api.evidence.figures import UNKNOWN
from api.evidence.sources import Claimed
from api.invalid import InvalidParameter
from api.ledgers import LedgerIdentity
from api.parameters import MAX_POSITION, ParameterSet, number, plain_text
from api.readers import wait_for
from api.routes.proofs import uncached
from api.wiring import Services, services_of
from domain.boundary import Kind, key_of
from domain.errors import UnknownCheckpoint
from domain.shape import Shape, text_problem

ZIP: Final = "application/zip"
LINES: Final = "text/plain; charset=utf-8"
KINDS: Final = {f"{kind.value}_id": kind for kind in UNKNOWN}

_NONE: Final = ParameterSet([])
PARAMETERS: Final = ParameterSet(
    [
        *(
            plain_text(name, f"Evidence of this {kind.value}; exactly one of the three.")
            for name, kind in KINDS.items()
        ),
        *BOTH_TIMES,
        number("since", "Size of the last checkpoint the auditor has seen.", lowest=1, highest=MAX_POSITION),
    ]
)


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


def evidence_of(
    services: Services, ledger: LedgerIdentity, parameters: dict[str, Any], *, with_openings: bool = False
) -> tuple[str, bytes]:
    """The name of the file, and the bundle.

    Raises:
        InvalidParameter: not exactly one thing is named, a position is beyond the head, or `since` beyond it.
        CheckpointBehind, ProjectionBehind: the position is not covered in time.
        Unknown, EvidenceTooLarge: see `evidence_zip`.
    """
    kind, identifier = _subject(parameters)
    place = standpoint_of(services, ledger, parameters)
    wait_for(services, place)
    if place.at.position == 0 or not services.views.exists(ledger.ledger_id, place.at, key_of(kind, identifier)):
        raise UNKNOWN[kind]
    timeout_s = services.settings.projection_wait_ms / 1000
    checkpoint = covering_checkpoint(services.transparency, ledger.ledger_id, place.at.position, timeout_s)
    since: int | None = parameters["since"]
    if since is not None and since > checkpoint.size:
        raise InvalidParameter.of("since", "beyond-head", head=checkpoint.size)
    claimed = Claimed(place=place, kind=kind, identifier=identifier)
    wanted = EvidenceRequest(claimed=claimed, since=since, with_openings=with_openings)
    name = f"evidence-{ledger.ledger_id}-{kind.value}-{identifier}-{place.at.as_of}-{place.at.position}.zip"
    return name, evidence_zip(services, wanted, checkpoint)


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


def _subject(parameters: dict[str, Any]) -> tuple[Kind, str]:
    given = [(kind, parameters[name]) for name, kind in KINDS.items() if parameters[name] is not None]
    if len(given) != 1:
        raise InvalidParameter.of(next(iter(KINDS)), "one-of", choices=", ".join(KINDS))
    kind, identifier = given[0]
    if text_problem(Shape.IDENTIFIER, identifier):
        raise UNKNOWN[kind]
    return kind, identifier
