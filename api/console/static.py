"""The files that pages load, all of this service's own: styles, scripts, and the vendored libraries."""

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.console.view import ROOT
from api.invalid import NotFound

ASSETS: Final = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "forms.js": "text/javascript; charset=utf-8",
    "charts.js": "text/javascript; charset=utf-8",
    "htmx.min.js": "text/javascript; charset=utf-8",
    "echarts.min.js": "text/javascript; charset=utf-8",
}
_FOR_A_YEAR: Final = "public, max-age=31536000, immutable"


def show_asset(request: Request) -> Response:
    """One of the files. Its address changes with its content, so it may be kept."""
    name: str = request.path_params["asset"]
    if name not in ASSETS:
        raise NotFound
    headers = {"Cache-Control": _FOR_A_YEAR, "X-Content-Type-Options": "nosniff"}
    return Response(_content(name), 200, headers, ASSETS[name])


@cache
def asset_url(name: str) -> str:
    """Where a page loads it from."""
    return f"{ROOT}/static/{name}?v={hashlib.sha256(_content(name)).hexdigest()[:12]}"


@cache
def _content(name: str) -> bytes:
    return files("api.console").joinpath("static", name).read_bytes()
