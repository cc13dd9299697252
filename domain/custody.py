"""Custody of a log: facts about the log itself and what is kept beside it, not about the funds.

They bear the tag of their ledger alone, move no figure, and cannot be reversed: what they say was done to this log.
"""

from dataclasses import dataclass

from domain.boundary import States, event_key
from domain.errors import NoPrivateValues, UnknownEvent
from domain.event import EventState, ProposedEvent
from domain.ledger import ledger_key
from domain.shape import Code, Epoch, EventId, Prose, Sha256, TreeSize, VerifierKeyText


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerDigest:
    """How many entries up to a position bear each tag, as one hash: shows later that nothing is left out.

    `root` is that of the tree over the `tag_count` tags of entries 1 to `position`; docs/reference/evidence.md has its
    leaves.
    """

    position: TreeSize
    root: Sha256
    tag_count: TreeSize


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalDataErased:
    """The private values of these events are erased, with the salts of their commitments: 1 to 100 different events.

    The entries stay as they are, and so do the commitments; nobody can open them any more. Copies that were made before
    (backups, write-ahead logs, replicas that lag) are not reached.
    """

    event_ids: tuple[EventId, ...]
    legal_basis: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRaised:
    """The log goes on from an earlier state than the last one signed, by decision of its operator.

    `last_signed_size` and `last_signed_root` are of the last checkpoint signed before; the next one states `epoch`.
    """

    epoch: Epoch
    last_signed_size: TreeSize
    last_signed_root: Sha256
    reason: Prose


@dataclass(frozen=True, slots=True, kw_only=True)
class LogKeyAdded:
    """From here on checkpoints of the log may be signed with this key as well. Trust in it comes from elsewhere."""

    verifier_key: VerifierKeyText
    reason: Prose | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogKeyRetired:
    """From here on no checkpoint of the log is signed with this key."""

    verifier_key: VerifierKeyText
    reason: Prose | None = None


ServiceFact = LedgerDigest | EpochRaised | LogKeyAdded | LogKeyRetired
"""What only the service itself records: no caller chooses what these say."""

CustodyFact = ServiceFact | PersonalDataErased


def decide_erasure(fact: PersonalDataErased, states: States, ledger_id: str) -> ProposedEvent:
    """Erases private values. An event whose values are erased already may be named again.

    Raises:
        UnknownEvent, NoPrivateValues: in this order, each for the first event it concerns.
    """
    found: list[EventState | None] = [states.get(event_key(each)) for each in fact.event_ids]
    for index, state in enumerate(found):
        if state is None:
            raise UnknownEvent(f"/event_ids/{index}")
    for index, state in enumerate(found):
        if state is not None and not state.event.private:
            raise NoPrivateValues(f"/event_ids/{index}", position=state.event.position)
    return record_of(fact, ledger_id)


def record_of(fact: CustodyFact, ledger_id: str) -> ProposedEvent:
    """The fact under the tag of its ledger."""
    return ProposedEvent(data=fact, tags=(ledger_key(ledger_id),))
