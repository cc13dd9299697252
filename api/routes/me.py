"""Who the caller is to this service: what programs and pages ask before they offer something."""

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.documents.identity import document_of_me
from api.etags import NO_STORE
from api.guard import principal_of
from api.parameters import ParameterSet
from api.rendering.callers import principal_json
from api.routes.answers import OK, json_response

_NONE: Final = ParameterSet([])


def me_router() -> APIRouter:
    """The one address."""
    router = APIRouter()
    router.add_api_route("/v1/me", show_caller, methods=["GET"], name="me", openapi_extra=document_of_me())
    return router


async def show_caller(request: Request) -> Response:
    """The caller, with its grants and the rights that each of them gives."""
    _NONE.read(request)
    return json_response(principal_json(principal_of(request)), OK, {"Cache-Control": NO_STORE})
