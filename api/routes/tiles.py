"""The tree in tiles and the entries in bundles, at the paths of C2SP tlog-tiles; they never change."""

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.documents.transparency import document_of_tile
from api.etags import BYTES
from api.parameters import ParameterSet
from api.wiring import Services, services_of
from domain.errors import UnknownTile
from domain.merkle import TILE_HEIGHT, TILE_WIDTH, TilePath, encode_bundle, parse_tile_path

FOR_EVER: Final = "public, max-age=31536000, immutable"
_NONE: Final = ParameterSet([])


def tiles_router() -> APIRouter:
    """One address for both."""
    router = APIRouter()
    router.add_api_route(
        "/v1/ledgers/{ledger}/tile/{path:path}",
        show_tile,
        methods=["GET"],
        name="tile",
        openapi_extra=document_of_tile(_NONE),
    )
    return router


def show_tile(request: Request) -> Response:
    """The hashes of a tile, or the entries under one of level 0."""
    services = services_of(request)
    _NONE.read(request)
    ledger = services.ledgers.identity(request.path_params["ledger"])
    path = parse_tile_path(request.path_params["path"])
    content = (
        None
        if path is None or not _is_within(services, ledger.ledger_id, path)
        else _read(services, ledger.ledger_id, path)
    )
    if content is None:
        raise UnknownTile
    return Response(content, media_type=BYTES, headers={"Cache-Control": FOR_EVER})


def _is_within(services: Services, ledger_id: str, path: TilePath) -> bool:
    """Whether the log is long enough; a path may name more leaves than any log has."""
    head = services.feed.head(ledger_id)
    return head >> TILE_HEIGHT * (path.level or 0) >= path.index * TILE_WIDTH + path.width


def _read(services: Services, ledger_id: str, path: TilePath) -> bytes | None:
    first = path.index * TILE_WIDTH
    if path.level is not None:
        return services.tree.tile(ledger_id, path.level, path.index, path.width)
    entries = services.tree.entries(ledger_id, first + 1, first + path.width)
    return encode_bundle(entries) if len(entries) == path.width else None
