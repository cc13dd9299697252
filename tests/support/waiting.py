"""Waiting for what another thread or process will do."""

import time
from collections.abc import Callable
from typing import TypeVar

DEADLINE_S = 30.0
FoundT = TypeVar("FoundT")


def eventually(what: str, look: Callable[[], FoundT | None]) -> FoundT:
    """What `look` finds, as soon as it finds anything; it is a failure when it does not in time."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(0.02)
    raise AssertionError(what)
