"""What a name or address of a host means: this machine alone, or others too."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether only this machine can be meant. Of names it is `localhost` alone; an IPv6 address has no brackets."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
