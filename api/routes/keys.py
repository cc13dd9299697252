"""API keys: which there are, making one, revoking one; and the first one of all.

No Idempotency-Key here: the text of a key is told once and kept nowhere, so it cannot be told again. Who did not get
the answer makes another key, and revokes the one that the list shows unused.
"""

from typing import Any, Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from adapters.access.api_keys import MadeKey, UnknownKeyError, subject_of_key
from api.callers import address_of
from api.denied import TooManyFailures, Unauthenticated
from api.documents.identity import (
    document_of_key_request,
    document_of_keys,
    document_of_revocation,
    document_of_setup,
    document_of_setup_state,
)
from api.etags import NO_STORE
from api.guard import caller_of, turned_away
from api.invalid import InvalidBody, UnknownKey
from api.json_input import MAX_BODY_BYTES, read_object
from api.parameters import ParameterSet
from api.rendering.keys import key_json
from api.routes.answers import CREATED, OK, json_response
from api.schemas.access_keys import read_key_request, read_setup
from api.wiring import Services, services_of
from domain.access_log import Act
from domain.command import Actor

_NONE: Final = ParameterSet([])
_NOT_STORED: Final = {"Cache-Control": NO_STORE}


def keys_router() -> APIRouter:
    """The addresses of keys, and that of the first start."""
    router = APIRouter()
    router.add_api_route("/v1/keys", list_keys, methods=["GET"], name="keys", openapi_extra=document_of_keys())
    router.add_api_route(
        "/v1/keys",
        create_key,
        methods=["POST"],
        name="create-key",
        openapi_extra=document_of_key_request(),
        response_class=Response,
        status_code=CREATED,
    )
    router.add_api_route(
        "/v1/keys/{key_id}/revocation",
        revoke_key,
        methods=["POST"],
        name="revoke-key",
        openapi_extra=document_of_revocation(),
        response_class=Response,
    )
    router.add_api_route(
        "/v1/setup",
        show_setup_state,
        methods=["GET"],
        name="setup-state",
        openapi_extra=document_of_setup_state(),
        response_class=Response,
    )
    router.add_api_route(
        "/v1/setup",
        set_up,
        methods=["POST"],
        name="setup",
        openapi_extra=document_of_setup(),
        response_class=Response,
        status_code=CREATED,
    )
    return router


def list_keys(request: Request) -> Response:
    """Every key ever made, by the time it was; nothing of its secret."""
    _NONE.read(request)
    services = services_of(request)
    now = services.clock.now()
    return json_response({"items": [key_json(key, now) for key in services.callers.keys.every()]}, OK, _NOT_STORED)


async def create_key(request: Request) -> Response:
    """Makes a key, and tells it this once."""
    _NONE.read(request)
    services = services_of(request)
    new = read_key_request(await read_object(request, MAX_BODY_BYTES), services.clock.now())
    if isinstance(new, list):
        raise InvalidBody(new)
    made = await run_in_threadpool(services.callers.keys.create, new, _act_of(request, caller_of(request)))
    return _told(services, made)


async def revoke_key(request: Request) -> Response:
    """Revokes a key; one that was revoked before stays as it is."""
    _NONE.read(request)
    services = services_of(request)
    key_id = request.path_params["key_id"]
    try:
        key = await run_in_threadpool(services.callers.keys.revoke, key_id, _act_of(request, caller_of(request)))
    except UnknownKeyError:
        raise UnknownKey from None
    finally:
        # Also where it is not known whether it was done.
        services.callers.forget(subject_of_key(key_id))
    return json_response(key_json(key, services.clock.now()), OK, _NOT_STORED)


def show_setup_state(request: Request) -> Response:
    """Whether the service waits for its first key."""
    _NONE.read(request)
    is_open = services_of(request).setup_tokens.is_any_good()
    return json_response({"open": is_open}, OK, _NOT_STORED)


async def set_up(request: Request) -> Response:
    """Makes the first administrator's key for whoever has the token of the first start."""
    _NONE.read(request)
    services = services_of(request)
    token = read_setup(await read_object(request, MAX_BODY_BYTES))
    if isinstance(token, list):
        raise InvalidBody(token)
    address = address_of(request)
    try:
        services.callers.refuse_flood(address)
        made = await run_in_threadpool(services.setup_tokens.use, token, "setup", address)
        if made is None:
            raise services.callers.failed(address)
    except (Unauthenticated, TooManyFailures) as denied:
        await turned_away(request, "setup", denied)
        raise
    return _told(services, made)


def _act_of(request: Request, actor: Actor) -> Act:
    return Act(actor=actor, action=request.scope["route"].name, address=address_of(request))


def _told(services: Services, made: MadeKey) -> Response:
    document: dict[str, Any] = key_json(made.key, services.clock.now()) | {"key": made.text}
    return json_response(document, CREATED, _NOT_STORED)
