"""What is answered while the service stops: what is under way is finished, everything new is told to go elsewhere."""

from typing import Final

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from api.console.problem_page import answer_of
from domain.errors import ServiceStopping

_WATCHED: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Who watches the service is answered until it has ended."""


async def refuses(scope: Scope, receive: Receive, send: Send) -> bool:
    """Whether the request is one that is begun no more, and so is answered now; its connection is closed."""
    if scope["type"] != "http" or scope["path"] in _WATCHED:
        return False
    response = answer_of(Request(scope), ServiceStopping())
    response.headers["Connection"] = "close"
    await response(scope, receive, send)
    return True
