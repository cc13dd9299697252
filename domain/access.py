"""Who may do what: roles, the rights they give, and the principal whose grants a request stands on."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.command import UNLIMITED, Actor, Authority


class Role(StrEnum):
    """What a grant makes of its holder in a ledger."""

    VIEWER = "viewer"
    CLERK = "clerk"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Right(StrEnum):
    """What a route asks for. Each route names exactly one."""

    READ_LINES = "read-lines"
    """Lines, units and what a ledger is called: what a grant that is limited to units may read of its own.

    And checkpoints with their proofs, hashes that tell nothing of what others recorded.
    """
    READ = "read"
    """Everything else that is read in a ledger, but for what follows."""
    RECORD = "record"
    """Recording facts about funds."""
    APPROVE = "approve"
    """Spending above what is available, erasing private values, and opening ledgers."""
    READ_PRIVATE = "read-private"
    """What opens the commitments of an event: persons in clear."""
    READ_ACCESS_LOG = "read-access-log"
    """Who was refused what."""
    RECORD_DIGEST = "record-digest"
    """Having the log say what it holds, so that evidence can be shown complete."""
    MANAGE_KEYS = "manage-keys"
    """Making, listing and revoking keys. It gives no right in any ledger."""


_READING: Final = frozenset({Right.READ_LINES, Right.READ})

RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.VIEWER: _READING,
    Role.CLERK: _READING | {Right.RECORD},
    Role.APPROVER: _READING | {Right.RECORD, Right.APPROVE, Right.READ_PRIVATE, Right.RECORD_DIGEST},
    Role.AUDITOR: _READING | {Right.READ_PRIVATE, Right.READ_ACCESS_LOG, Right.RECORD_DIGEST},
    Role.ADMIN: frozenset({Right.MANAGE_KEYS}),
}
"""What each role may do. An administrator sees no funds, and nobody who records them manages keys."""

OF_UNITS: Final = frozenset({Right.READ_LINES, Right.RECORD})
"""What is left of a grant that is limited to units."""

ROLES_OF_UNITS: Final = frozenset({Role.VIEWER, Role.CLERK})
"""Roles that may be limited to units: of any other only that of a viewer or clerk would be left."""


class SenselessGrantError(ValueError):
    """The grant says what no grant can mean; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role in some ledgers (None: in all, also those opened later), and there for some units (None: for all).

    Raises:
        SenselessGrantError: an administrator's is limited, it is for no ledger or no unit, or units are not of one
        ledger: unit `U1` of another ledger is another unit.
    """

    role: Role
    ledgers: frozenset[str] | None = None
    units: frozenset[str] | None = None

    def __post_init__(self) -> None:
        if self.role is Role.ADMIN and (self.ledgers is not None or self.units is not None):
            raise SenselessGrantError("an administrator has no rights in ledgers, so none can be named")
        if self.ledgers is not None and not self.ledgers:
            raise SenselessGrantError("at least one ledger must be named")
        if self.units is None:
            return
        if self.role not in ROLES_OF_UNITS:
            raise SenselessGrantError(f"only {' and '.join(sorted(ROLES_OF_UNITS))} can be limited to units")
        if not self.units or self.ledgers is None or len(self.ledgers) != 1:
            raise SenselessGrantError("units are those of exactly one ledger, and at least one must be named")

    def gives(self, right: Right, ledger_id: str | None) -> bool:
        """Whether it gives a right in a ledger; with None: in every ledger there is or may be."""
        if right not in RIGHTS[self.role] or (self.units is not None and right not in OF_UNITS):
            return False
        return self.ledgers is None or (ledger_id is not None and ledger_id in self.ledgers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """An authenticated caller. `grants` are tried in order; `local`: everyone on this machine, with every right."""

    subject: str
    issuer: str | None
    grants: tuple[Grant, ...] = ()
    local: bool = False

    def may(self, right: Right, ledger_id: str | None = None) -> bool:
        """Whether any grant gives the right in the ledger; with None: in every ledger."""
        return self.local or any(grant.gives(right, ledger_id) for grant in self.grants)

    def may_somewhere(self, right: Right) -> bool:
        """Whether any grant gives the right in some ledger, be it one."""
        return self.local or any(
            right in RIGHTS[grant.role] and (grant.units is None or right in OF_UNITS) for grant in self.grants
        )

    def units(self, right: Right, ledger_id: str) -> frozenset[str] | None:
        """The units that the right reaches in the ledger; None: all of them. Empty when it is not given."""
        if self.local:
            return None
        giving = [grant.units for grant in self.grants if grant.gives(right, ledger_id)]
        if None in giving:
            return None
        return frozenset().union(*(units for units in giving if units is not None))

    def authority(self, ledger_id: str) -> Authority:
        """What limits the caller's commands in the ledger."""
        if self.local:
            return UNLIMITED
        return Authority(units=self.units(Right.RECORD, ledger_id), may_approve=self.may(Right.APPROVE, ledger_id))

    def actor(self, right: Right, ledger_id: str | None) -> Actor:
        """Who is recorded: the subject, in the role of the first grant that gives the right.

        One that approves in that ledger comes before one that does not: what takes an approver is recorded as one's.

        Raises:
            LookupError: none does.
        """
        if self.local:
            return LOCAL_ACTOR
        giving = [grant for grant in self.grants if grant.gives(right, ledger_id)]
        if not giving:
            raise LookupError
        grant = next((each for each in giving if each.gives(Right.APPROVE, ledger_id)), giving[0])
        return Actor(subject=self.subject, issuer=self.issuer, role=grant.role)


LOCAL_ACTOR: Final = Actor(subject="local", issuer=None, role="local")
"""Who is recorded where nobody is asked who they are, and of the command line."""

LOCAL: Final = Principal(subject=LOCAL_ACTOR.subject, issuer=LOCAL_ACTOR.issuer, local=True)
"""Everyone, where nobody is asked who they are."""
