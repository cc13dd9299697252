"""Strong validators: an answer that nothing can change any more is recognised without being made again."""

import hashlib
from collections.abc import Callable, Iterable
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.weights import heaviest, weights_of

BYTES: Final = "application/octet-stream"
"""The form in which an event is stored."""
JSON: Final = "application/json"

REPRESENTATION_VERSION: Final = 3
"""Raised whenever the form of an answer changes: a test compares the schemas."""

CLOSED_CACHING: Final = "private, no-cache"
"""Keep it, but ask each time whether the reader may still see it."""
NO_STORE: Final = "no-store"
"""Of what may change, and of what nobody else may come to see."""


def etag_of(request: Request, *, log_id: str, projections: str, coordinates: Iterable[object]) -> str:
    """The validator of a closed answer: which log, which question, from where, made by which code.

    The root of the tree among the coordinates tells a log that was restored from a backup from what it was before.
    """
    parameters = sorted(request.query_params.multi_items())
    form = wants_stored_bytes(request)
    parts = [log_id, request.scope["path"], parameters, form, projections, REPRESENTATION_VERSION]
    content = msgspec.json.encode([*parts, [str(each) for each in coordinates]])
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def wants_stored_bytes(request: Request) -> bool:
    """Whether the caller names the stored form and does not rather have JSON."""
    weights = weights_of(request.headers.get("accept", ""))
    stored = heaviest(weights, BYTES)
    return stored > 0 and stored >= heaviest(weights, JSON)


def conditional(request: Request, etag: str | None, answer: Callable[[], Response]) -> Response:
    """The answer under its validator (None: it may change), or 304 when the caller has it."""
    if etag is None:
        return _marked(answer(), NO_STORE)
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    response = Response(status_code=304) if etag in known else answer()
    if "*" in known:
        # It names whatever there is, and only making the answer could tell that there is something.
        response = Response(status_code=304)
    response.headers["ETag"] = etag
    return _marked(response, CLOSED_CACHING)


def _marked(response: Response, caching: str) -> Response:
    response.headers["Cache-Control"] = caching
    return response
