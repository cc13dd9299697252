"""With what a page asks the HTTP interface: the credential of the request itself, or that of the sign-in."""

from typing import Final

from starlette.requests import Request

from api.callers import credential_of

COOKIE: Final = "fundtrail_credential"
"""Holds what the caller signed in with: an API key or a token. No script reads it, and it ends with the browser."""


def credential_of_page(request: Request) -> str | None:
    """The credential; None where there is none."""
    told = credential_of(request)
    return request.cookies.get(COOKIE) if told is None else told
