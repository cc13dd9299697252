"""Every page of the console, and the routes that lead to them."""

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.console.page import Page
from api.console.pages.appropriation import APPROPRIATION
from api.console.pages.evaluation import EVALUATION
from api.console.pages.event_pages import EVENT_PAGES
from api.console.pages.importing import IMPORT_PAGES
from api.console.pages.keys import create_key, revoke_key, show_keys
from api.console.pages.ledgers import give_ledgers, open_ledger, show_ledgers, show_opening
from api.console.pages.line import LINE
from api.console.pages.lists import LIST_PAGES
from api.console.pages.overview import OVERVIEW
from api.console.pages.project import PROJECT_PAGES
from api.console.pages.record import RECORD_PAGES
from api.console.pages.reports import REPORT_PAGES
from api.console.pages.sign_in import set_up, show_setup, show_sign_in, sign_in, sign_out
from api.console.plain import Make, shown_by, taken_by
from api.console.signing_in import FOLLOWING, SEE_OTHER, SIGN_IN, SIGN_OUT
from api.console.static import show_asset
from api.console.view import ROOT

PAGES: Final[tuple[Page, ...]] = (
    OVERVIEW,
    *LIST_PAGES,
    LINE,
    APPROPRIATION,
    EVALUATION,
    *PROJECT_PAGES,
    *EVENT_PAGES,
    *REPORT_PAGES,
    *RECORD_PAGES,
    *IMPORT_PAGES,
)
"""The pages of a ledger. A fixed word comes before what it could be: the first that matches is taken."""

PLAIN_PAGES: Final[tuple[tuple[str, str, Make | None, Make | None], ...]] = (
    ("ledgers", ROOT, show_ledgers, None),
    ("ledgers-file", f"{ROOT}/ledgers.{{format}}", give_ledgers, None),
    ("opening", f"{ROOT}/open-ledger", show_opening, open_ledger),
    ("keys", f"{ROOT}/keys", show_keys, create_key),
    ("revocation", f"{ROOT}/keys/{{key_id}}/revocation", None, revoke_key),
    ("sign-in", SIGN_IN, show_sign_in, sign_in),
    ("sign-out", SIGN_OUT, None, sign_out),
    ("setup", f"{ROOT}/setup", show_setup, set_up),
)
"""The pages of no ledger: name, address, what shows it, and what takes a form that is sent there."""

_LEDGER: Final = f"{ROOT}/ledgers/{{ledger}}"


def console_router() -> APIRouter:
    """The addresses of the console."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/", to_console, methods=["GET"], name="console-root")
    for name, path, show, take in PLAIN_PAGES:
        if show is not None:
            own = (FOLLOWING,) if path == SIGN_IN else ()
            _get(router, path, shown_by(show, *own), f"console-{name}")
        if take is not None:
            router.add_api_route(path, taken_by(take), methods=["POST"], name=f"console-{name}-form")
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
