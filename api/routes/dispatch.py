"""The short way to a command's handler.

Trying some fifty routes in turn, resolving no dependencies and entering stacks of nothing costs more than reading,
checking and showing a command does. A write finds its documented route by one look in a table instead, and is
answered by the same handler and with the same problems.
"""

from collections.abc import Iterable
from typing import Final

from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect, Request
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from api.invalid import BadRequest
from api.problems import problem_response
from domain.errors import FundtrailError

PREFIX: Final = "/v1/ledgers/{ledger}/"

_SEGMENT_COUNT: Final = 5


class CommandDispatch:
    """Stands before the routes it knows; whatever is no POST to one of them goes on."""

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        self._routes = {
            route.path.removeprefix(PREFIX): route
            for route in routes
            if isinstance(route, APIRoute) and route.methods == {"POST"} and route.path.startswith(PREFIX)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a command, or passes the request on."""
        route = self._route_of(scope)
        if route is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = route
        request = Request(scope, receive, send)
        try:
            response = await route.endpoint(request)
        except FundtrailError as error:
            response = problem_response(request, error, in_path=True)
        except ClientDisconnect:
            response = problem_response(request, BadRequest())
        await response(scope, receive, send)

    def _route_of(self, scope: Scope) -> APIRoute | None:
        """The route of a command, its ledger put where routing would put it; None for any other request."""
        if scope["type"] != "http" or scope["method"] != "POST":
            return None
        segments: list[str] = scope["path"].split("/")
        if len(segments) != _SEGMENT_COUNT or segments[1:3] != ["v1", "ledgers"] or not segments[3]:
            return None
        scope["path_params"] = {"ledger": segments[3]}
        return self._routes.get(segments[4])
