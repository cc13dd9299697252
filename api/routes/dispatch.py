"""The short way to a command's handler.

Trying some fifty routes in turn, resolving no dependencies and entering stacks of nothing costs more than reading,
checking and showing a command does. A write finds its documented route by one look in a table instead, and is
answered by the same handler behind the same guard, and with the same problems.
"""

import time
from collections.abc import Iterable
from typing import Final

from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from api.failures import problem_of_surprise
from api.guard import admit
from api.invalid import BadRequest
from api.metrics import Metrics
from api.problems import problem_response
from domain.errors import FundtrailError
from domain.registry import COMMANDS

PREFIX: Final = "/v1/ledgers/{ledger}/"

_SEGMENT_COUNT: Final = 5
_NAMES: Final = frozenset({*(each.name for each in COMMANDS), "record-batch"})


class CommandDispatch:
    """Knows the routes of commands, among all that there are, by their address."""

    def __init__(self, routes: Iterable[BaseRoute], metrics: Metrics) -> None:
        self._metrics = metrics
        self._routes = {
            route.path.removeprefix(PREFIX): route
            for route in routes
            if isinstance(route, APIRoute) and route.name in _NAMES
        }

    async def answers(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Whether it was a command, and so is answered now."""
        route = self._route_of(scope)
        if route is None:
            return False
        begin = time.perf_counter()
        response = await _response_of(route, Request(scope, receive, send))
        self._metrics.observe("POST", route.path, response.status_code, time.perf_counter() - begin)
        await response(scope, receive, send)
        return True

    def _route_of(self, scope: Scope) -> APIRoute | None:
        """The route of a command, its ledger put where routing would put it; None for any other request."""
        if scope["type"] != "http" or scope["method"] != "POST":
            return None
        segments: list[str] = scope["path"].split("/")
        if len(segments) != _SEGMENT_COUNT or segments[1:3] != ["v1", "ledgers"] or not segments[3]:
            return None
        scope["path_params"] = {"ledger": segments[3]}
        return self._routes.get(segments[4])


async def _response_of(route: APIRoute, request: Request) -> Response:
    """What the route's handler answers, or the problem that came up: the same ones as behind FastAPI's own stack."""
    try:
        await admit(request, route.name)
        response: Response = await route.endpoint(request)
    except FundtrailError as error:
        return problem_response(request, error, in_path=True)
    except ClientDisconnect:
        return problem_response(request, BadRequest())
    except Exception as error:  # noqa: BLE001 (a handler of last resort: it is logged, and answered without internals)
        return await problem_of_surprise(request, error)
    return response
