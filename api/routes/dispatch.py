"""The short way to a command's handler.

Trying some fifty routes in turn and resolving no dependencies costs more than reading, checking and showing a command
does. A write finds its documented route by one look in a table instead, and is answered by the same handler.
"""

from collections.abc import Iterable
from typing import Final

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send
from typing_extensions import override

PREFIX: Final = "/v1/ledgers/{ledger}/"

_SEGMENT_COUNT: Final = 5


class CommandDispatch(BaseRoute):
    """Stands before the routes it knows; whatever is no POST to one of them goes on to the others."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._routes = {
            route.path.removeprefix(PREFIX): route
            for route in routes
            if isinstance(route, APIRoute) and route.methods == {"POST"} and route.path.startswith(PREFIX)
        }

    @override
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or scope["method"] != "POST":
            return Match.NONE, {}
        segments: list[str] = scope["path"].split("/")
        if len(segments) != _SEGMENT_COUNT or segments[1:3] != ["v1", "ledgers"]:
            return Match.NONE, {}
        route = self._routes.get(segments[4])
        if route is None or not segments[3]:
            return Match.NONE, {}
        return Match.FULL, {"endpoint": route.endpoint, "path_params": {"ledger": segments[3]}, "route": route}

    @override
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await scope["endpoint"](Request(scope, receive, send))
        await response(scope, receive, send)
