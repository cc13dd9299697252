"""Whether the service lives, whether it can serve, and what it counts."""

from functools import partial

from anyio import to_thread
from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from api.documents.reads import document_of_health, document_of_metrics, document_of_readiness
from api.problems import language_of
from api.routes.answers import OK, json_response
from api.wiring import services_of

UNREADY = 503


def operations_router() -> APIRouter:
    """Three addresses for machines that watch the service."""
    router = APIRouter()
    router.add_api_route("/healthz", health, methods=["GET"], name="health", openapi_extra=document_of_health())
    router.add_api_route("/readyz", readiness, methods=["GET"], name="readiness", openapi_extra=document_of_readiness())
    router.add_api_route("/metrics", metrics, methods=["GET"], name="metrics", openapi_extra=document_of_metrics())
    return router


async def health(_request: Request) -> Response:
    """The process is up."""
    return json_response({"status": "up"})


async def readiness(request: Request) -> Response:
    """Whether the service can serve, and what is wrong when it cannot; it does not wait behind readers."""
    services = services_of(request)
    look = partial(services.readiness.look, language_of(request), stopping=services.stopping.is_set())
    found = await to_thread.run_sync(look, limiter=services.readiness.threads)
    return json_response(found, OK if found["ready"] else UNREADY)


def metrics(request: Request) -> Response:
    """Counters and gauges for Prometheus."""
    services = services_of(request)
    services.metrics.set_projections(services.projector.status())
    return Response(services.metrics.text(), media_type=CONTENT_TYPE_LATEST)
