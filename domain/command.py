"""The envelope of a command: what someone asks the ledger to record, before any rule has seen it.

Most commands state the fact they want recorded, and their body is that fact. Where the fact holds something only the
ledger knows (a score's previous value, the copy of a reversed fact) the body is a request of its own.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from domain.dates import DatePrecision
from domain.shape import Count, Name, Reference, Sha256

if TYPE_CHECKING:
    from domain.registry import Body


class Basis(StrEnum):
    """On what a fact rests."""

    RECORDED = "recorded"
    REPORTED = "reported"
    ASSUMED = "assumed"
    INVENTED = "invented"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a fact was taken from: a document, a report and section, or a row (from 1) of an imported file."""

    ref: Reference
    row: Count | None = None
    sha256: Sha256 | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who, by whose word, in which role; the subject is a pseudonymous id, never a name."""

    issuer: Name | None
    role: Name
    subject: Name


SERVICE_ACTOR: Final = Actor(subject="fundtrail", issuer=None, role="service")
"""Who does what nobody asked for, as once a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """What limits a caller's commands beside the rules of funds.

    `units`: only lines of these may be touched, and nothing else (None: no limit). `may_approve`: may spend above what
    is available, take over a line that is overspent, and erase private values, which nothing brings back.
    """

    units: frozenset[str] | None = None
    may_approve: bool = True


UNLIMITED: Final = Authority()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One request to record one fact, validated in shape, not yet decided.

    `private` holds plain personal values by field; they never enter the log, only commitments to them do.
    """

    body: "Body"
    effective_date: date
    date_precision: DatePrecision = DatePrecision.DAY
    basis: Basis = Basis.RECORDED
    source: Source | None = None
    correlation_id: Reference | None = None
    private: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a decision may know besides the states: which ledger, today in its zone, who asks, and by what right."""

    ledger_id: str
    today: date
    actor: Actor
    authority: Authority = UNLIMITED
