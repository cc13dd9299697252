"""/docs and /openapi.json: everything they load comes from this service."""

from functools import cache
from importlib.resources import files
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.documents.components import components
from api.documents.identity import SECURITY_SCHEMES, secured
from api.invalid import NotFound

ASSETS: Final = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}

_PAGE: Final = """<!DOCTYPE html>
<html lang="zh">
<head>
<meta charset="utf-8">
<title>fundtrail API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
_START: Final = 'SwaggerUIBundle({url: "/openapi.json", dom_id: "#swagger-ui", validatorUrl: null, deepLinking: true});'
_POLICY: Final = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"


def install_openapi(app: FastAPI) -> None:
    """Makes the application describe itself by our own schemas."""
    app.openapi = lambda: _document(app)  # type: ignore[method-assign] # the way FastAPI offers


def pages_router() -> APIRouter:
    """The page and the three files it loads."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/docs", docs_page, methods=["GET"], name="docs-page")
    router.add_api_route("/docs/{asset}", docs_asset, methods=["GET"], name="docs-asset")
    return router


async def docs_page(_request: Request) -> Response:
    """The interactive documentation."""
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})


def docs_asset(request: Request) -> Response:
    """A file of the page."""
    name: str = request.path_params["asset"]
    if name == "start.js":
        return Response(_START, media_type="text/javascript")
    if name not in ASSETS:
        raise NotFound
    return Response(_asset(name), media_type=ASSETS[name], headers={"Cache-Control": "max-age=86400"})


@cache
def _asset(name: str) -> bytes:
    return files("api").joinpath("static", name).read_bytes()


def _document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        document["components"] = {"schemas": components(), "securitySchemes": SECURITY_SCHEMES}
        for route in app.routes:
            if isinstance(route, APIRoute) and route.include_in_schema:
                for method in route.methods or ():
                    operation = document["paths"][route.path_format][method.lower()]
                    # FastAPI answers wrong parameters in a form of its own; ours are problems like any other.
                    _drop_default_answer(operation)
                    secured(route.name, operation, is_open=app.state.services.callers.is_open)
        app.openapi_schema = document
    return app.openapi_schema


def _drop_default_answer(operation: dict[str, Any]) -> None:
    content = operation["responses"].get("422", {}).get("content", {})
    content.pop("application/json", None)
