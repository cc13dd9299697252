"""Recording one command: every command has an address of its own, and all of them are answered alike."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.documents.writes import document_of_command
from api.guard import authority_of, caller_of
from api.invalid import IdempotencyKeyMissing, InvalidBody, InvalidParameter
from api.json_input import MAX_BODY_BYTES, read_object
from api.ledgers import LedgerIdentity
from api.parameters import ParameterSet, flag
from api.routes.answers import created_response, dry_run_response, refusal_response
from api.schemas.commands import to_command
from api.schemas.keys import is_key
from api.wiring import Services, services_of
from domain.registry import COMMANDS, CommandType
from domain.submission import KeyedCommand, Submission

DRY_RUN: Final = flag("dry_run", "Decide, and say what the write would answer, but write nothing.")

_PARAMETERS: Final = ParameterSet([DRY_RUN])


def writes_router() -> APIRouter:
    """One POST for each command."""
    router = APIRouter()
    for command_type in COMMANDS:
        router.add_api_route(
            "/v1/ledgers/{ledger}" + command_type.path,
            _handler_of(command_type),
            methods=["POST"],
            name=command_type.name,
            openapi_extra=document_of_command(command_type, _PARAMETERS),
            response_class=Response,
            status_code=201,
        )
    return router


def _handler_of(command_type: CommandType) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        return await _record(request, command_type)

    return handle


async def _record(request: Request, command_type: CommandType) -> Response:
    services = services_of(request)
    dry_run: bool = _PARAMETERS.read(request)["dry_run"]
    key = key_of(request, dry_run=dry_run)
    ledger = await ledger_of(request, services)
    sent = await read_object(request, MAX_BODY_BYTES)
    actor = caller_of(request)
    command = to_command(command_type.name, sent, ledger.ledger_id, actor.subject)
    if isinstance(command, list):
        raise InvalidBody(command)
    items = (KeyedCommand(key=key, command=command),)
    submission = Submission(
        ledger_id=ledger.ledger_id, actor=actor, items=items, dry_run=dry_run, authority=authority_of(request)
    )
    answer = await services.awaiting.answer(services.log.submit(submission))
    if dry_run:
        return dry_run_response(request, answer.outcomes, [sent])
    if answer.refusal is not None:
        return refusal_response(request, answer.refusal[1], sent)
    return await created_response(services, ledger, answer)


def key_of(request: Request, *, dry_run: bool) -> str:
    """The caller's idempotency key; a dry run without one gets a key that was never used.

    Raises:
        IdempotencyKeyMissing: there is none.
        InvalidParameter: it is not 1 to 128 visible ASCII characters.
    """
    key = request.headers.get("idempotency-key")
    if key is None and dry_run:
        return f"dry-run-{secrets.token_hex(16)}"
    if key is None:
        raise IdempotencyKeyMissing
    if not is_key(key):
        raise InvalidParameter.of("Idempotency-Key", "key")
    return key


async def ledger_of(request: Request, services: Services) -> LedgerIdentity:
    """The ledger that the path names.

    Raises:
        UnknownLedger: there is none.
    """
    ledger_id: str = request.path_params["ledger"]
    remembered = services.ledgers.remembered(ledger_id)
    return await run_in_threadpool(services.ledgers.identity, ledger_id) if remembered is None else remembered
