"""Whether a form comes from a page of this console: one of somebody else may not act in the reader's name."""

from urllib.parse import urlsplit

from starlette.requests import Request

from api.denied import ForeignForm


def refuse_foreign_form(request: Request) -> None:
    """Returns when the browser says that the form was on a page of this host.

    Every browser that is still maintained says so by `Origin` when it posts; one that says nothing is refused.

    Raises:
        ForeignForm: it was on another, or nothing is said.
    """
    origin, host = request.headers.get("origin"), request.headers.get("host")
    if origin is None or host is None or urlsplit(origin).netloc != host:
        raise ForeignForm
