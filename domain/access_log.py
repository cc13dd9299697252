"""What is written down of those who were turned away: one record, and the log that keeps them."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.errors import Figure


class AccessKind(StrEnum):
    """What happened."""

    UNAUTHENTICATED = "unauthenticated"
    """No credential, or none that is valid."""
    DENIED = "denied"
    """A valid credential without the right."""
    REFUSED = "refused"
    """A command that the rules refused."""
    ADMINISTERED = "administered"
    """A key was made or revoked, or the setup token used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessEntry:
    """One thing to be written down. It holds no input but ids that were well formed.

    `ledger_id`: as far as the request names one. `action`: name of the route or command. `code`: that of the problem
    that was answered. `concerns`: boundary keys such as `line:L1`. `count`: so many alike, where they were too many to
    keep each.
    """

    kind: AccessKind
    action: str
    code: str
    ledger_id: str | None = None
    subject: str | None = None
    issuer: str | None = None
    role: str | None = None
    address: str | None = None
    concerns: tuple[str, ...] = ()
    figures: Mapping[str, Figure] = field(default_factory=dict)
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRecord:
    """An entry as it is kept: numbered from 1 without gaps, and chained to the one before by its hash."""

    sequence: int
    recorded_at: datetime
    hash: bytes
    entry: AccessEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessQuery:
    """Which records: of one ledger (None: of all and of none), of some kinds (none given: every kind).

    `after` is exclusive; the order is by sequence.
    """

    ledger_id: str | None = None
    kinds: tuple[AccessKind, ...] = ()
    after: int = 0
    limit: int = 100


class AccessLog(Protocol):
    """Append-only, and chained: each record's hash covers the one before."""

    def record(self, entries: Sequence[AccessEntry]) -> "Future[None]":
        """Done once they are durable, all of them, in this order. Entries given at one time are flushed together.

        The future raises AccessLogUnavailable: they could not be kept, and whoever waits must not be answered as if.
        """

    def find(self, query: AccessQuery) -> list[AccessRecord]:
        """The records of a query, at most its limit."""
