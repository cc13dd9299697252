"""Where it is safe to serve, and to whom."""

import re
from functools import lru_cache
from typing import Final

from adapters.loopback import is_loopback
from api.settings import Settings

_HOST: Final = re.compile(rb"(?:\[([^\]]+)\]|([^:\[\]]*))(?::[0-9]*)?")
"""An IPv6 address in brackets, or another address or a name; then perhaps a port."""


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


@lru_cache(maxsize=256)
def is_addressed_to_this_machine(host_header: bytes) -> bool:
    """Whether the `Host` of a request names this machine as only itself does, with a port or without.

    A page of somebody else can have its own name lead here, and then a browser takes what is answered for that page's.
    """
    found = _HOST.fullmatch(host_header)
    return found is not None and is_loopback((found[1] or found[2]).decode("latin-1"))
