"""Every page of the console, and the routes that lead to them."""

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.console.page import SEE_OTHER, Page
from api.console.pages.importing import IMPORT_PAGES
from api.console.pages.ledgers import show_ledgers
from api.console.pages.overview import OVERVIEW
from api.console.static import show_asset
from api.console.view import ROOT

PAGES: Final[tuple[Page, ...]] = (OVERVIEW, *IMPORT_PAGES)
"""The pages of a ledger. A fixed word comes before what it could be: the first that matches is taken."""

_LEDGER: Final = f"{ROOT}/ledgers/{{ledger}}"


def console_router() -> APIRouter:
    """The addresses of the console."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/", to_console, methods=["GET"], name="console-root")
    router.add_api_route(ROOT, show_ledgers, methods=["GET"], name="console-ledgers")
    router.add_api_route(f"{ROOT}/static/{{asset}}", show_asset, methods=["GET"], name="console-asset")
    router.add_api_route(_LEDGER, to_overview, methods=["GET"], name="console-ledger")
    for page in PAGES:
        _add(router, page)
    return router


async def to_console(_request: Request) -> Response:
    """The address without a path leads to the ledgers."""
    return RedirectResponse(ROOT, SEE_OTHER)


async def to_overview(request: Request) -> Response:
    """The address of a ledger leads to its overview."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{ROOT}/ledgers/{request.path_params['ledger']}/overview{query}", SEE_OTHER)


def _add(router: APIRouter, page: Page) -> None:
    """The page, its tables as files, and the forms that are sent to it."""
    path = f"{_LEDGER}/{page.path}"
    if not path.endswith("}"):
        _get(router, f"{path}.{{format}}", page.show, f"console-{page.name}-file")
    _get(router, f"{path}/{{table}}.{{format}}", page.show, f"console-{page.name}-table")
    _get(router, path, page.show, f"console-{page.name}")
    if page.take is not None:
        router.add_api_route(path, page.receive, methods=["POST"], name=f"console-{page.name}-form")


def _get(router: APIRouter, path: str, show: Callable[[Request], Awaitable[Response]], name: str) -> None:
    router.add_api_route(path, show, methods=["GET"], name=name, response_class=Response)
