"""The ledger at two coordinates as an Open Fiscal Data Package."""

from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.coordinates import BOTH_TIMES, standpoint_of
from api.documents.reads import document_of
from api.fiscal_package.package import fiscal_package
from api.parameters import ParameterSet
from api.readers import answered
from api.wiring import services_of

ZIP: Final = "application/zip"
_PARAMETERS: Final = ParameterSet(BOTH_TIMES)


def fiscal_data_package_router() -> APIRouter:
    """The one address."""
    router = APIRouter()
    router.add_api_route(
        "/v1/ledgers/{ledger}/fiscal-data-package",
        show_package,
        methods=["GET"],
        name="fiscal-data-package",
        openapi_extra=_document(),
    )
    return router


def show_package(request: Request) -> Response:
    """A zip. It is made whole before the first byte is sent."""
    services = services_of(request)
    parameters = _PARAMETERS.read(request)
    ledger = services.ledgers.identity(request.path_params["ledger"])
    place = standpoint_of(services, ledger, parameters)
    name = f"fiscal-data-package-{ledger.ledger_id}-{place.at.as_of}-{place.at.position}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return answered(
        request, [place], lambda: Response(fiscal_package(services, place), media_type=ZIP, headers=headers)
    )


def _document() -> dict[str, Any]:
    document = document_of("the lines and their money events as an Open Fiscal Data Package", {}, _PARAMETERS)
    content = {ZIP: {"schema": {"type": "string", "format": "binary"}}}
    description = "datapackage.json (Fiscal Data Package 1.0-rc.1), lines.csv, events.csv."
    document["responses"]["200"] = {"description": description, "content": content}
    return document
