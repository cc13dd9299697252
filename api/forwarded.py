"""Where a request comes from when a reverse proxy passed it on: believed of one proxy only, which the settings name."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

_HEADER: Final = b"x-forwarded-for"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def told_address(peer: str, headers: Iterable[tuple[bytes, bytes]], trusted_proxy: str) -> str:
    """The address of the peer, or the one that it tells of where it is the trusted proxy (or in that network).

    A proxy writes the address it sees at the end. What stands before it the caller may have sent, so it counts for
    nothing, and neither does an end that is no address. IPv4 inside IPv6 is told as IPv4.
    """
    seen = _address(peer)
    if seen is None:
        return peer
    told = _address(_last(headers)) if _is_trusted(seen, trusted_proxy) else None
    return str(told or seen)


def _is_trusted(peer: Address, trusted_proxy: str) -> bool:
    return bool(trusted_proxy) and peer in _network(trusted_proxy)


@lru_cache(maxsize=8)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text)


def _last(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The last element of the last such header: several headers are one list."""
    values = [value for name, value in headers if name == _HEADER]
    return values[-1].rpartition(b",")[2].strip().decode("latin-1") if values else ""


def _address(text: str) -> Address | None:
    """None where it is none. Which interface of this machine leads to it is no part of an address."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
