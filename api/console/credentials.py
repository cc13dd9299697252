"""With what a page asks the HTTP interface: the credential of the request itself, or that of the sign-in."""

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from api.callers import credential_of
from api.console.view import ROOT

COOKIE: Final = "fundtrail_credential"
"""Holds what the caller signed in with: an API key or a token. No script reads it, and it ends with the browser."""
LONGEST: Final = 3_900
"""Browsers keep no cookie above 4,096 bytes, name and attributes included."""


def credential_of_page(request: Request) -> str | None:
    """The credential; None where there is none."""
    told = credential_of(request)
    return request.cookies.get(COOKIE) if told is None else told


def keep_credential(request: Request, response: Response, credential: str) -> None:
    """Has the browser show the credential with every page from now on.

    The form came from a page of this host, and its `Origin` says by which scheme: also behind a proxy that ends TLS.
    """
    is_secure = urlsplit(request.headers.get("origin", "")).scheme == "https"
    response.set_cookie(COOKIE, credential, path=ROOT, secure=is_secure, httponly=True, samesite="lax")


def forget_credential(response: Response) -> None:
    """Has the browser show it no longer."""
    response.delete_cookie(COOKIE, path=ROOT, httponly=True, samesite="lax")
