"""What is written down of those who were turned away: one record, and the log that keeps them."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from domain.boundary import Kind, kind_of
from domain.command import Actor, Command
from domain.errors import Figure, Refusal
from domain.registry import COMMAND_NAMES, boundaries

LEAST_DAYS: Final = 183
"""Six months, below which no record may be taken away. docs/access-log.md says by which rules."""

KEY_CREATED: Final = "key-created"
KEY_REVOKED: Final = "key-revoked"
PSEUDONYM_SHOWN: Final = "pseudonym-shown"
PSEUDONYM_ERASED: Final = "pseudonym-erased"
MAPPING_REPLACED: Final = "mapping-replaced"
MAPPING_DELETED: Final = "mapping-deleted"
"""Codes of what was done with keys, pseudonyms and column mappings."""
KEY_CREATION_RESTATED: Final = "key-creation-restated"
KEY_REVOCATION_RESTATED: Final = "key-revocation-restated"
"""Codes of records that take the place of older ones of keys, when those are taken away."""

_UNNAMED: Final = frozenset({Kind.LEDGER, Kind.VOUCHER, Kind.PROGRAMME})
"""A ledger stands beside what a record concerns; the keys of the others hold printed words, which may be a person's."""


class AccessKind(StrEnum):
    """What happened."""

    UNAUTHENTICATED = "unauthenticated"
    """No credential, or none that is valid."""
    DENIED = "denied"
    """A valid credential without the right."""
    REFUSED = "refused"
    """A command that the rules refused."""
    ADMINISTERED = "administered"
    """A key was made or revoked, the setup token used, a column mapping replaced or deleted; old records of this log
    were taken away, or it could be written again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessEntry:
    """One thing to be written down. Of ids only those are kept that name something that is there.

    `ledger_id`: as far as the request names one; that of no ledger is kept as None. `action`: name of
    the route or command, `several` where those of a flood were counted together. `code`: that of the problem that was
    answered. `concerns`: boundary keys such as `line:L1`; kept as the kind alone, `line`, where there is no such thing,
    and `ledger` where the ledger is none. `count`: so many alike, where each was too much to keep.
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
class AccessMark:
    """A place of the chain: its hash covers every record up to and including the sequence. 0 is before the first."""

    sequence: int
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessQuery:
    """Which records: of one ledger (None: of all and of none), of some kinds (none given: every kind).

    `after` and `before` are exclusive; the order is by sequence, with `newest_first` from the last one down.
    """

    ledger_id: str | None = None
    kinds: tuple[AccessKind, ...] = ()
    after: int = 0
    before: int | None = None
    newest_first: bool = False
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPage:
    """The records of a query, at most its limit, and the log as it stood then.

    `more`: others follow. `beginning`: the last record that was taken away, after which the log begins.
    """

    records: tuple[AccessRecord, ...]
    more: bool
    beginning: AccessMark
    head: AccessMark


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """By whose word, and on which way, something is done with keys, pseudonyms or column mappings.

    `action`: name of the route or command; `address` is None for the command line.
    """

    actor: Actor
    action: str
    address: str | None = None


class AccessLog(Protocol):
    """Append-only, and chained: each record's hash covers the one before."""

    @property
    def is_failing(self) -> bool:
        """Whether the last attempt to write failed, or the next one must: nothing can follow the last record."""

    def record(self, entries: Sequence[AccessEntry]) -> "Future[None]":
        """Done once they are durable, all of them, in this order. Entries given at one time are flushed together.

        The future raises AccessLogUnavailable: they could not be kept, and whoever waits must not be answered as if.
        """

    def page(self, query: AccessQuery) -> AccessPage:
        """The records of a query. Raises: AccessLogUnavailable."""


def administered(
    act: Act, code: str, concerned: str, figures: Mapping[str, Figure] | None = None, ledger_id: str | None = None
) -> AccessEntry:
    """What is written down of an act; `concerned` is the subject of the key, the pseudonym, or who saved the mapping.

    `figures`: what a new key may do, and until when; which mapping, and the hash of what it said.
    """
    return AccessEntry(
        kind=AccessKind.ADMINISTERED,
        action=act.action,
        code=code,
        ledger_id=ledger_id,
        subject=act.actor.subject,
        issuer=act.actor.issuer,
        role=act.actor.role,
        address=act.address,
        concerns=(concerned,),
        figures=figures or {},
    )


def refused_command(ledger_id: str, actor: Actor, command: Command, refusal: Refusal) -> AccessEntry:
    """What is written down of a command that the rules refused."""
    return AccessEntry(
        kind=AccessKind.REFUSED,
        action=COMMAND_NAMES[type(command.body)],
        code=refusal.code,
        ledger_id=ledger_id,
        subject=actor.subject,
        issuer=actor.issuer,
        role=actor.role,
        concerns=_named_by(command, ledger_id),
        figures=dict(refusal.figures),
    )


def refused_opening(ledger_id: str, actor: Actor, refusal: Refusal) -> AccessEntry:
    """What is written down of a ledger that was not opened."""
    return AccessEntry(
        kind=AccessKind.REFUSED,
        action="open-ledger",
        code=refusal.code,
        ledger_id=ledger_id,
        subject=actor.subject,
        issuer=actor.issuer,
        role=actor.role,
        figures=dict(refusal.figures),
    )


def _named_by(command: Command, ledger_id: str) -> tuple[str, ...]:
    """The ids that the command itself names: what they stand for is told by the ledger, as of that instant."""
    keys = dict.fromkeys(boundaries(command, {}, ledger_id))
    return tuple(key for key in keys if kind_of(key) not in _UNNAMED)
