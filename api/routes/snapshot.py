"""The whole ledger at one pair of coordinates, sent piece by piece."""

from collections.abc import Iterator
from typing import Final

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.coordinates import BOTH_TIMES, Standpoint, standpoint_of
from api.documents.reads import document_of_snapshot
from api.parameters import ParameterSet
from api.readers import answered
from api.rendering.values import render
from api.wiring import services_of
from projections.rows import Snapshot

LISTS: Final = ("units", "appropriations", "projects", "lines", "evaluations")
ROWS_PER_PIECE: Final = 500

_PARAMETERS: Final = ParameterSet(BOTH_TIMES)


def snapshot_router() -> APIRouter:
    """The one address."""
    router = APIRouter()
    router.add_api_route(
        "/v1/ledgers/{ledger}/snapshot",
        show_snapshot,
        methods=["GET"],
        name="snapshot",
        openapi_extra=document_of_snapshot(_PARAMETERS),
    )
    return router


def show_snapshot(request: Request) -> Response:
    """Everything; it is read before the first byte is sent, so that nothing can fail half-way."""
    services = services_of(request)
    parameters = _PARAMETERS.read(request)
    ledger = services.ledgers.identity(request.path_params["ledger"])
    place = standpoint_of(services, ledger, parameters)

    def answer() -> Response:
        found = services.views.snapshot(ledger.ledger_id, place.at)
        return StreamingResponse(pieces(found, place), media_type="application/json")

    return answered(request, [place], answer)


def pieces(found: Snapshot, place: Standpoint) -> Iterator[bytes]:
    """The document in pieces of some hundred rows."""
    yield b'{"coordinates":' + msgspec.json.encode(place.document())
    for name in LISTS:
        rows = getattr(found, name)
        yield f',"{name}":['.encode()
        for begin in range(0, len(rows), ROWS_PER_PIECE):
            piece = msgspec.json.encode([render(row) for row in rows[begin : begin + ROWS_PER_PIECE]])
            yield (b"," if begin else b"") + piece[1:-1]
        yield b"]"
    yield b',"totals":' + msgspec.json.encode(render(found.totals)) + b"}"
