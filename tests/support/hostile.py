"""A request that must be refused, and what must be answered."""

from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.caller import JSON

CANARY: Final = "Zk7Qx"
"""Stands in inputs, and never in an answer."""

MIB: Final = 1024 * 1024


@dataclass(frozen=True)
class Hostile:
    """One request and what must be answered. `pointer` None: no single field is at fault."""

    name: str
    status: int
    code: str
    pointer: str | None = None
    path: str = "/disbursements"
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=lambda: dict(JSON))
    method: str = "POST"


@dataclass(frozen=True)
class Sent:
    """One request of which only is said that it does no harm."""

    name: str
    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


Row = tuple[str, str, dict[str, Any], str]
"""Name, path and body of a command that is wrong, and the pointer to what is wrong with it."""

SOME_ID: Final = "0414111a-8808-81c7-ada4-68fa62c3aa63"
