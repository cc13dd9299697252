"""The application: routes, problems and metrics around the services it is given."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from api.console.sheets.outside import Readers
from api.console.site import console_routes
from api.counting import CountRequests
from api.documents.pages import install_openapi, pages_router
from api.failures import install_handlers
from api.guard import guard_routes
from api.routes.access_log import access_log_router
from api.routes.batch import batch_router
from api.routes.calendar import calendar_router
from api.routes.checkpoints import checkpoints_router
from api.routes.column_mappings import column_mappings_router
from api.routes.comparison import comparison_router
from api.routes.custody import custody_router
from api.routes.details import details_router
from api.routes.dispatch import CommandDispatch
from api.routes.events import events_router
from api.routes.evidence import evidence_router
from api.routes.execution import execution_router
from api.routes.fiscal_data_package import fiscal_data_package_router
from api.routes.history import history_router
from api.routes.keys import keys_router
from api.routes.ledgers import ledgers_router
from api.routes.lists import lists_router
from api.routes.me import me_router
from api.routes.operations import operations_router
from api.routes.proofs import proofs_router
from api.routes.search import search_router
from api.routes.snapshot import snapshot_router
from api.routes.stream import stream_router
from api.routes.tiles import tiles_router
from api.routes.uploads import uploads_router
from api.routes.writes import writes_router
from api.stopping import refuses
from api.wiring import Services

API_VERSION: Final = "1.0.0"
"""Of the contract, not of the software: the first number is that of the path."""


def create_app(
    services: Services, *, at_start: Callable[[], None] | None = None, at_end: Callable[[], None] | None = None
) -> FastAPI:
    """An application of its own around the services; nothing is shared between two of them.

    `at_start` and `at_end` are called when it begins and has ended, for who leaves the services to it.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if at_start is not None:
            at_start()
        yield
        services.stopping.set()
        if at_end is not None:
            await run_in_threadpool(at_end)

    app = _Application(
        title="fundtrail",
        version=API_VERSION,
        description="资金流向的可核验账：业务日期与录入时间，两个坐标读任意一天。",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.services = services
    app.state.file_readers = Readers()
    app.router.routes.extend(every_route())
    guard_routes(app.router.routes)
    install_handlers(app)
    install_openapi(app)
    app.add_middleware(CountRequests, metrics=services.metrics)
    app.commands = CommandDispatch(app.router.routes, services.metrics)
    return app


def every_route() -> list[BaseRoute]:
    """The routes of an application, new ones: what is asked most comes first, a fixed word before what it could be.

    They are taken over one by one, because an included router is searched twice.
    """
    routers = (
        writes_router(),
        batch_router(),
        lists_router(),
        details_router(),
        history_router(),
        execution_router(),
        comparison_router(),
        snapshot_router(),
        calendar_router(),
        search_router(),
        stream_router(),
        events_router(),
        checkpoints_router(),
        proofs_router(),
        tiles_router(),
        evidence_router(),
        fiscal_data_package_router(),
        uploads_router(),
        column_mappings_router(),
        custody_router(),
        access_log_router(),
        ledgers_router(),
        keys_router(),
        me_router(),
        operations_router(),
        pages_router(),
    )
    return [*(route for router in routers for route in router.routes), *console_routes()]


class _Application(FastAPI):
    """Answers commands before FastAPI's own stack is entered: its telemetry and layers cost as much as a command."""

    commands: CommandDispatch

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self
        if scope["type"] == "http" and scope["method"] == "HEAD":
            # The server sends no body in answer to the HEAD that it knows of. Source: RFC 9110, section 9.3.2.
            scope = {**scope, "method": "GET"}
        if self.state.services.stopping.is_set() and await refuses(scope, receive, send):
            return
        if not await self.commands.answers(scope, receive, send):
            await super().__call__(scope, receive, send)
