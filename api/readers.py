"""What every answer from the views has in common: it waits for them, and it is recognised once it cannot change."""

from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response

from api.coordinates import Standpoint
from api.etags import conditional, etag_of
from api.guard import units_of
from api.wiring import Services, services_of
from domain.errors import ProjectionBehind, ProjectionStalled, Unknown
from domain.shape import Shape, text_problem


def answered(request: Request, places: Sequence[Standpoint], answer: Callable[[], Response]) -> Response:
    """The answer, once the views have reached every place it is read from.

    Raises:
        ProjectionBehind: they did not in time.
        ProjectionStalled: one of them halted before.
    """
    services = services_of(request)

    def ready() -> Response:
        for place in places:
            wait_for(services, place)
        return answer()

    return conditional(request, views_etag(request, services, places), ready)


def wait_for(services: Services, place: Standpoint) -> None:
    """Waits until the views have reached the place.

    Raises:
        ProjectionBehind: they did not in time.
        ProjectionStalled: one of them halted before.
    """
    timeout_s = services.settings.projection_wait_ms / 1000
    ledger_id = place.ledger.ledger_id
    if not services.projector.wait_until(ledger_id, place.at.position, timeout_s):
        raise ProjectionStalled if services.projector.is_stalled(ledger_id) else ProjectionBehind


def views_etag(request: Request, services: Services, places: Sequence[Standpoint]) -> str | None:
    """The validator of an answer from the views; None while any of its places is open."""
    if not all(place.closed for place in places):
        return None
    coordinates = [each for place in places for each in (place.at.as_of, place.at.position, place.root.hex())]
    # Who sees some lines only has other answers.
    coordinates += sorted(units_of(request) or ())
    return etag_of(request, log_id=places[0].ledger.log_id, projections=services.views.version, coordinates=coordinates)


def id_in_path(request: Request, unknown: type[Unknown]) -> str:
    """The id that the path names.

    Raises:
        Unknown: the given class, when it can be no id.
    """
    identifier: str = request.path_params["id"]
    if text_problem(Shape.IDENTIFIER, identifier):
        raise unknown
    return identifier
