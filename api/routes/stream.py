"""Events as they come in, over server-sent events."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Final

import msgspec
from fastapi import APIRouter
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from adapters.database_faults import database_errors, log_fault
from adapters.event_log.encoding import UnreadableEntryError
from api.documents.reads import document_of_stream
from api.guard import is_still_admitted, principal_of
from api.invalid import InvalidParameter
from api.ledgers import LedgerIdentity
from api.parameters import MAX_POSITION, ParameterSet, position
from api.rendering.events import events_json
from api.routes.writes import ledger_of
from api.wiring import Services, services_of

POLL_INTERVAL_S: Final = 0.25
KEEP_ALIVE_S: Final = 15.0
PAGE: Final = 500

_PARAMETERS: Final = ParameterSet(
    [position("after", "Begin after that position, not beyond the head; at the head when it is not given.")]
)
_LAST_EVENT_ID: Final = "Last-Event-ID"
_EVENT_ID: Final = re.compile(r"(0|[1-9][0-9]{0,15})\Z")


def stream_router() -> APIRouter:
    """The one address; it must stand before that of a single event."""
    router = APIRouter()
    router.add_api_route(
        "/v1/ledgers/{ledger}/events/stream",
        stream_events,
        methods=["GET"],
        name="event-stream",
        openapi_extra=document_of_stream(_PARAMETERS),
        response_class=Response,
    )
    return router


async def stream_events(request: Request) -> Response:
    """Every event from a place on, each once, for as long as the caller stays and may."""
    services = services_of(request)
    after: int | None = _PARAMETERS.read(request)["after"]
    ledger = await ledger_of(request, services)
    name, begin = _begin(request, after)
    head = await run_in_threadpool(services.feed.head, ledger.ledger_id)
    if begin is None:
        begin = head
    elif begin > head:
        # Such a reader waited for what it would never be sent.
        raise InvalidParameter.of(name, "beyond-head", head=head)
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return _CountedStream(_messages(request, services, ledger, begin), headers=headers)


class _CountedStream(EventSourceResponse):
    """Is counted among the caller's streams while it is sent; one too many is refused before anything is."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        with services_of(request).caller_share.stream(principal_of(request)):
            await super().__call__(scope, receive, send)


async def _messages(request: Request, services: Services, ledger: LedgerIdentity, begin: int) -> AsyncIterator[bytes]:
    position_sent = begin
    quiet_s = 0.0
    yield KEEPALIVE_COMMENT
    while not services.stopping.is_set():
        try:
            if not await is_still_admitted(request):
                return
            async with services.caller_share.turn(principal_of(request)):
                messages = await run_in_threadpool(_page, services, ledger, position_sent)
        except database_errors() as error:
            # The reader comes again by itself, and goes on behind what it has.
            log_fault(error)
            return
        except UnreadableEntryError as error:
            log_fault(error, "log-damaged", ledger=ledger.ledger_id)
            return
        if messages:
            position_sent = messages[-1][0]
            quiet_s = 0.0
            yield b"".join(message for _, message in messages)
            continue
        if await _stopped_within(services, POLL_INTERVAL_S):
            return
        quiet_s += POLL_INTERVAL_S
        if quiet_s >= KEEP_ALIVE_S:
            quiet_s = 0.0
            yield KEEPALIVE_COMMENT


def _page(services: Services, ledger: LedgerIdentity, after: int) -> list[tuple[int, bytes]]:
    """The next events, each with its position and its message; as known when they are read."""
    events = services.feed.page(ledger.ledger_id, after=after, limit=PAGE)
    if not events:
        return []
    reversed_by = services.feed.reversed_by(ledger.ledger_id, events, events[-1].position)
    documents = events_json(events, ledger.time_zone, reversed_by)
    return [(each.position, _message(each.position, msgspec.json.encode(each))) for each in documents]


def _message(event_position: int, document: bytes) -> bytes:
    return format_sse_event(data_str=document.decode(), id=str(event_position))


async def _stopped_within(services: Services, seconds: float) -> bool:
    try:
        await asyncio.wait_for(services.stopping.wait(), seconds)
    except TimeoutError:
        return False
    return True


def _begin(request: Request, after: int | None) -> tuple[str, int | None]:
    """What says where to begin, and where: a reader that was cut off goes on, else it asks, or does not say."""
    text = request.headers.get(_LAST_EVENT_ID)
    if text is None:
        return "after", after
    if not _EVENT_ID.match(text):
        raise InvalidParameter.of(_LAST_EVENT_ID, "number", minimum=0, maximum=MAX_POSITION)
    return _LAST_EVENT_ID, int(text)
