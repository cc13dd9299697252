"""Strong validators: an answer that nothing can change any more is recognised without being made again."""

import hashlib
from collections.abc import Callable, Iterable
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

REPRESENTATION_VERSION: Final = 1
"""Raised whenever the form of an answer changes: a test compares the schemas."""

CLOSED_CACHING: Final = "private, no-cache"
"""Keep it, but ask each time whether the reader may still see it."""
OPEN_CACHING: Final = "no-store"


def etag_of(request: Request, *, log_id: str, projections: str, coordinates: Iterable[object]) -> str:
    """The validator of a closed answer: which log, which question, from where, made by which code."""
    parameters = sorted(request.query_params.multi_items())
    accept = request.headers.get("accept", "") == "application/octet-stream"
    parts = [log_id, request.url.path, parameters, accept, projections, REPRESENTATION_VERSION]
    content = msgspec.json.encode([*parts, [str(each) for each in coordinates]])
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def conditional(request: Request, etag: str | None, answer: Callable[[], Response]) -> Response:
    """The answer under its validator (None: it may change), or 304 when the caller has it."""
    if etag is None:
        return _marked(answer(), OPEN_CACHING)
    if etag in (each.strip() for each in request.headers.get("if-none-match", "").split(",")):
        return _marked(Response(status_code=304, headers={"ETag": etag}), CLOSED_CACHING)
    response = answer()
    response.headers["ETag"] = etag
    return _marked(response, CLOSED_CACHING)


def _marked(response: Response, caching: str) -> Response:
    response.headers["Cache-Control"] = caching
    return response
