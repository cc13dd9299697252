"""What differs between two coordinates."""

from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.coordinates import standpoint_of
from api.documents.reads import document_of_diff
from api.parameters import ParameterSet, day, instant_or_day, position
from api.readers import answered
from api.rendering.values import render
from api.routes.answers import json_response
from api.wiring import services_of

_SIDES: Final = {"from": "before", "to": "after; today and the head when nothing is said"}
_PARAMETERS: Final = ParameterSet(
    [
        parameter
        for side, meaning in _SIDES.items()
        for parameter in (
            day(f"{side}_as_of", f"Business date {meaning}."),
            instant_or_day(f"{side}_known_at", f"Recorded time {meaning}."),
            position(f"{side}_position", f"Position {meaning}."),
        )
    ]
)


def comparison_router() -> APIRouter:
    """The one address."""
    router = APIRouter()
    router.add_api_route(
        "/v1/ledgers/{ledger}/diff",
        show_diff,
        methods=["GET"],
        name="diff",
        openapi_extra=document_of_diff(_PARAMETERS),
    )
    return router


def show_diff(request: Request) -> Response:
    """Each project that differs or bears an event counting on one side only."""
    services = services_of(request)
    parameters = _with_missing_from(_PARAMETERS.read(request))
    ledger = services.ledgers.identity(request.path_params["ledger"])
    after = standpoint_of(services, ledger, parameters, "to_")
    before = standpoint_of(services, ledger, parameters, "from_")
    if parameters["from_known_at"] is None and parameters["from_position"] is None:
        # The head may have moved between the two: both sides stand at the same one.
        before = replace(after, at=replace(after.at, as_of=before.at.as_of))

    def answer() -> Response:
        items = services.views.diff(ledger.ledger_id, before.at, after.at)
        coordinates = {"from": before.document(), "to": after.document()}
        return json_response({"coordinates": coordinates, "items": [render(item) for item in items]})

    return answered(request, [before, after], answer)


def _with_missing_from(parameters: dict[str, Any]) -> dict[str, Any]:
    """What is missing in `from` is as in `to`: the date, and the recorded time or position."""
    filled = dict(parameters)
    if filled["from_as_of"] is None:
        filled["from_as_of"] = filled["to_as_of"]
    if filled["from_known_at"] is None and filled["from_position"] is None:
        filled["from_known_at"] = filled["to_known_at"]
        filled["from_position"] = filled["to_position"]
    return filled
