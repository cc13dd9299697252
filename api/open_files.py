"""Every connection is an open file, and a process that has none left can open no database either."""

import resource
from typing import Final

import structlog

KEPT_FREE: Final = 256
"""Open files beside connections: those of the databases, and what is opened for a moment."""

_logger = structlog.get_logger(__name__)


def connections_within(wanted: int) -> int:
    """How many connections there can be, at most as many as wanted; raises this process's limit of open files for it.

    At the limit itself the system would close new connections without a word, and requests would fail half-way.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + KEPT_FREE
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < needed:
        _logger.warning("fewer-connections-than-set", wanted=wanted, open_files=hard)
    return max(allowed - KEPT_FREE, 1)
