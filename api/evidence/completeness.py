"""Which digest shows that nothing bearing a tag was left out up to a claim's position."""

from dataclasses import dataclass
from typing import Any, Final

from adapters.event_log.digests import tag_path
from api.digests import recorded_digests
from api.evidence.sources import Claimed, Sources
from api.rendering.proofs import encoded
from domain.custody import LedgerDigest
from domain.digest import TagPath
from domain.event import RecordedEvent

MAX_TAIL: Final = 20_000
"""Entries behind a digest that a bundle still brings along."""

NO_DIGEST: Final = "no-digest"
TAIL_TOO_LONG: Final = "tail-too-long"


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """The digest at `position` covers entries 1 to `covers`; entries from `tail_first` on are brought along.

    Without a digest `reason` says why.
    """

    reason: str | None = None
    position: int | None = None
    covers: int | None = None
    tag_count: int | None = None
    path: TagPath | None = None
    tail_first: int | None = None
    frontier: tuple[bytes, ...] = ()

    def document(self) -> dict[str, Any]:
        """As `completeness.json` holds it."""
        if self.position is None:
            return {"digest": None, "reason": self.reason}
        path = self.path
        digest = {
            "position": self.position,
            "covers": self.covers,
            "tag_count": self.tag_count,
            "index": None if path is None else path.leaf_index,
            "count": None if path is None else path.entry_count,
            "last": None if path is None else path.last_position,
            "proof": None if path is None else encoded(path.proof),
        }
        tail = None if self.tail_first is None else {"first": self.tail_first, "frontier": encoded(self.frontier)}
        return {"digest": digest, "tail": tail}


def completeness_of(sources: Sources, claimed: Claimed, size: int) -> Completeness:
    """What the digests recorded among the first `size` entries show of the claim's tag."""
    position = claimed.place.at.position
    chosen = _chosen(recorded_digests(sources.feed, claimed.ledger_id, size), position)
    if chosen is None:
        return Completeness(reason=NO_DIGEST)
    event, digest = chosen
    behind = digest.position < position
    if behind and size - digest.position > MAX_TAIL:
        return Completeness(reason=TAIL_TOO_LONG)
    with sources.database.log_reader.begin() as connection:
        path = tag_path(connection, claimed.ledger_id, digest.position, claimed.tag)
    return Completeness(
        position=event.position,
        covers=digest.position,
        tag_count=digest.tag_count,
        path=path,
        tail_first=digest.position + 1 if behind else None,
        frontier=sources.tree.frontier(claimed.ledger_id, digest.position) if behind else (),
    )


def _chosen(
    digests: list[tuple[RecordedEvent, LedgerDigest]], position: int
) -> tuple[RecordedEvent, LedgerDigest] | None:
    """The first that covers the position, else the last one before it."""
    covering = [each for each in digests if each[1].position >= position]
    return covering[0] if covering else digests[-1] if digests else None
