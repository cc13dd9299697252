"""Whether the service lives, whether it can serve, and what it counts."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from api.documents.reads import document_of_health, document_of_metrics, document_of_readiness
from api.routes.answers import OK, json_response
from api.wiring import Services, services_of

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


def readiness(request: Request) -> Response:
    """Whether the database answers, its schema is there, and how far the views are behind."""
    try:
        checks = _checks(services_of(request))
    except Exception:  # noqa: BLE001 (whatever fails, the answer is that the service is not ready)
        checks = {"database": False}
    ready = all(value is not False for value in checks.values())
    return json_response({"ready": ready, **checks}, OK if ready else UNREADY)


def metrics(request: Request) -> Response:
    """Counters and gauges for Prometheus."""
    services = services_of(request)
    for status in services.projector.status():
        services.metrics.set_projection(status.ledger_id, status.name, status.position, status.lag)
    return Response(services.metrics.text(), media_type=CONTENT_TYPE_LATEST)


def _checks(services: Services) -> dict[str, bool | int]:
    statuses = services.projector.status()
    return {
        "database": True,
        "checkpoints": not services.transparency.checkpointer.problems,
        "witnesses": not services.transparency.witnesses.problems,
        "access_log": not services.access_log.is_failing,
        "self_check": not services.transparency.self_check.problems,
        "projections": all(status.stalled_reason is None and not status.is_ahead for status in statuses),
        "projection_lag_events": max((status.lag for status in statuses), default=0),
    }
