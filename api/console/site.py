"""Every page of the console, and the routes that lead to them."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope
from typing_extensions import override

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
from api.guard import OF_THE_CONSOLE

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


Handler = Callable[[Request], Awaitable[Response] | Response]


class PageRoute(Route):
    """The address of a page. Its handler takes the whole request: there is nothing that FastAPI had to work out."""

    @override
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, found = super().matches(scope)
        return match, found if match is Match.NONE else {**found, "route": self}


def console_routes() -> list[PageRoute]:
    """The addresses of the console."""
    return list(_every_route())


def _every_route() -> Iterator[PageRoute]:
    yield _route("GET", "/", to_console, "root")
    for name, path, show, take in PLAIN_PAGES:
        if show is not None:
            own = (FOLLOWING,) if path == SIGN_IN else ()
            yield _route("GET", path, shown_by(show, *own), name)
        if take is not None:
            yield _route("POST", path, taken_by(take), f"{name}-form")
    yield _route("GET", f"{ROOT}/static/{{asset}}", show_asset, "asset")
    yield _route("GET", _LEDGER, to_overview, "ledger")
    for page in PAGES:
        yield from _routes_of(page)


async def to_console(_request: Request) -> Response:
    """The address without a path leads to the ledgers."""
    return RedirectResponse(ROOT, SEE_OTHER)


async def to_overview(request: Request) -> Response:
    """The address of a ledger leads to its overview."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{ROOT}/ledgers/{request.path_params['ledger']}/overview{query}", SEE_OTHER)


def _routes_of(page: Page) -> Iterator[PageRoute]:
    """The page, its tables as files, and the forms that are sent to it."""
    path = f"{_LEDGER}/{page.path}"
    if not path.endswith("}"):
        yield _route("GET", f"{path}.{{format}}", page.show, f"{page.name}-file")
    yield _route("GET", f"{path}/{{table}}.{{format}}", page.show, f"{page.name}-table")
    yield _route("GET", path, page.show, page.name)
    if page.take is not None:
        yield _route("POST", path, page.receive, f"{page.name}-form")


def _route(method: str, path: str, handler: Handler, name: str) -> PageRoute:
    route = PageRoute(path, handler, methods=[method], name=f"{OF_THE_CONSOLE}{name}")
    # HEAD is asked as GET of every address (see app.py), and is not named at any.
    route.methods = {method}
    return route
