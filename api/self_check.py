"""Reading the log again while the service runs: random ranges of entries against their hashes, tiles and checkpoint."""

import secrets
from typing import Final

import structlog

from domain.checkpoint import parse_checkpoint
from domain.identifiers import leaf_hash
from domain.merkle import TILE_WIDTH, ImpossibleProofError, InvalidProofError, verify_inclusion
from domain.note import parse_note
from domain.ports import CheckpointStore, EventFeed, LogTree

MAX_ENTRIES: Final = 1_024

_logger = structlog.get_logger(__name__)


class SelfCheck:
    """Looks at one range of one ledger at each turn. `problems` holds, by ledger, the first difference found."""

    def __init__(self, feed: EventFeed, tree: LogTree, checkpoints: CheckpointStore) -> None:
        self.problems: dict[str, str] = {}
        self._feed = feed
        self._tree = tree
        self._checkpoints = checkpoints

    def look(self) -> None:
        """Looks at a range of a ledger, both by chance."""
        ledgers = self._feed.ledgers()
        if not ledgers:
            return
        ledger = secrets.choice(ledgers)
        problem = self._problem_of(ledger.ledger_id, 1 + secrets.randbelow(ledger.position), ledger.position)
        if problem is not None and ledger.ledger_id not in self.problems:
            _logger.error("self-check-failed", ledger=ledger.ledger_id, reason=problem)
            self.problems[ledger.ledger_id] = problem

    def _problem_of(self, ledger_id: str, position: int, head: int) -> str | None:
        """What is wrong in the range that begins with the tile of the position and ends at the head at the latest."""
        first = (position - 1) // TILE_WIDTH * TILE_WIDTH
        last = min(head, first + MAX_ENTRIES)
        hashes = [leaf_hash(entry) for entry in self._tree.entries(ledger_id, first + 1, last)]
        for start in range(first, last, TILE_WIDTH):
            end = min(start + TILE_WIDTH, last)
            if self._tree.tile(ledger_id, 0, start // TILE_WIDTH, end - start) != b"".join(
                hashes[start - first : end - first]
            ):
                return f"positions {start + 1} to {end}: the hashes are not those of the entries"
        return self._problem_under_checkpoint(ledger_id, position, hashes[position - first - 1])

    def _problem_under_checkpoint(self, ledger_id: str, position: int, leaf: bytes) -> str | None:
        stored = self._checkpoints.latest(ledger_id)
        if stored is None or stored.size < position:
            return None
        root = parse_checkpoint(parse_note(stored.note).text).root
        try:
            proof = self._tree.inclusion_proof(ledger_id, position, stored.size)
            verify_inclusion(leaf, position - 1, stored.size, proof, root)
        except (ImpossibleProofError, InvalidProofError):
            return f"position {position}: the entry is not under the checkpoint of size {stored.size}"
        return None
