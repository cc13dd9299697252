"""Who calls, and where it is safe to let everyone in."""

import ipaddress
from typing import Final

from starlette.requests import Request

from api.settings import Settings
from domain.command import Actor

LOCAL_ACTOR: Final = Actor(subject="local", issuer=None, role="local")
"""The caller of a server without authentication, and of the command line."""


class UnsafeExposureError(ValueError):
    """The settings would let everyone on the network in."""


def refuse_unsafe_exposure(settings: Settings) -> None:
    """Refuses to serve without authentication beyond this machine.

    Raises:
        UnsafeExposureError: the host is not a loopback address.
    """
    # Being without authentication is the one mode there is.
    if not is_loopback(settings.host):
        message = f"without authentication only a loopback address may be served, not {settings.host}"
        raise UnsafeExposureError(message)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def caller_of(_request: Request) -> Actor:
    """The actor on whose word the request is recorded."""
    return LOCAL_ACTOR
