"""Where it is safe to serve, and to whom."""

import ipaddress
from typing import Final

from api.settings import Settings
from domain.command import Actor

LOCAL_ACTOR: Final = Actor(subject="local", issuer=None, role="local")
"""The caller of a server without authentication, and of the command line."""


class UnsafeExposureError(ValueError):
    """The settings would let everyone on the network in."""


def refuse_open_exposure(settings: Settings) -> None:
    """Refuses to serve without authentication beyond this machine.

    Raises:
        UnsafeExposureError: authentication is off, and the host is not a loopback address.
    """
    if settings.auth == "off" and not is_loopback(settings.host):
        message = f"with FUNDTRAIL_AUTH=off only a loopback address may be served, not {settings.host}"
        raise UnsafeExposureError(message)


def refuse_unidentified_exposure(settings: Settings) -> None:
    """Refuses to serve beyond this machine while nobody could be identified.

    Raises:
        UnsafeExposureError: the host is not a loopback address.
    """
    if not is_loopback(settings.host):
        message = (
            f"there is neither a key nor an issuer of tokens, so only a loopback address may be served, "
            f"not {settings.host}: `fundtrail keys create --role admin` makes the first key"
        )
        raise UnsafeExposureError(message)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
