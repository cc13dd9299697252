"""Whether a form comes from a page of this console: one of somebody else may not act in the reader's name."""

from urllib.parse import urlsplit

from starlette.requests import Request

from api.console.credentials import credential_of_page
from api.guard import turn_away_form


async def refuse_foreign_form(request: Request) -> None:
    """Returns when the browser says that the form was on a page of this host.

    Every browser that is still maintained says so by `Origin` when it posts; one that says nothing is refused.

    Raises:
        ForeignForm: it was on another, or nothing is said; and it is written down in whose name it came.
        AccessLogUnavailable: it could not be.
    """
    origin, host = request.headers.get("origin"), request.headers.get("host")
    if origin is None or host is None or urlsplit(origin).netloc != host:
        await turn_away_form(request, credential_of_page(request))
