"""Reading the log again while the service runs: random ranges of entries against their hashes, tiles and checkpoint."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import structlog

from adapters.database_faults import database_errors, fault_of, is_damage, words_of
from adapters.sqlite_integrity import StorageProblem
from adapters.transparency.log_keys import LogKeys
from adapters.transparency.signed_logs import missing_logs, signed_logs
from domain.checkpoint import parse_checkpoint
from domain.identifiers import leaf_hash
from domain.merkle import TILE_WIDTH, ImpossibleProofError, InvalidProofError, verify_inclusion
from domain.note import parse_note
from domain.ports import CheckpointStore, EventFeed, LedgerInfo, LogTree

MAX_ENTRIES: Final = 1_024
_UNREADABLE: Final = "self-check-unreadable"
_ALL: Final = ""
"""Stands for no ledger: which there are could not be read."""

_logger = structlog.get_logger(__name__)


class SelfCheck:
    """Looks at one range of one ledger at each turn, and whether every ledger that was signed here is there.

    By ledger, `problems` holds the first difference found; `unreadable` why a range could not be read, until it can;
    `missing` which signed log is not in the database.
    """

    def __init__(
        self,
        feed: EventFeed,
        tree: LogTree,
        checkpoints: CheckpointStore,
        keys: LogKeys,
        place: Callable[[], str | None],
        storage: Callable[[], Sequence[StorageProblem]],
    ) -> None:
        """`storage`: what the engine says of its own files; asked once, with the first look."""
        self.problems: dict[str, str] = {}
        self.unreadable: dict[str, str] = {}
        self.missing: dict[str, str] = {}
        self._feed = feed
        self._tree = tree
        self._checkpoints = checkpoints
        self._keys = keys
        self._place = place
        self._storage: Callable[[], Sequence[StorageProblem]] | None = storage
        self._unread: dict[str, int] = {}

    def look(self) -> None:
        """Looks at a range of a ledger, both by chance, and again at those that could not be read."""
        self._look_at_storage()
        ledgers = {each.ledger_id: each for each in self.look_for_missing()}
        if not ledgers:
            return
        chosen = ledgers[secrets.choice(list(ledgers))]
        looks = [(chosen.ledger_id, 1 + secrets.randbelow(chosen.position)), *self._unread.items()]
        for ledger_id, position in looks:
            if ledger_id in ledgers:
                self._look_at(ledgers[ledger_id], position)

    def _look_at_storage(self) -> None:
        if self._storage is None:
            return
        with self._noting(_ALL):
            for each in self._storage():
                place = each.ledger_id or each.file
                if place not in self.problems:
                    _logger.error("self-check-failed", ledger=each.ledger_id, file=each.file, reason=each.detail)
                    self.problems[place] = each.detail
            self._storage = None

    def look_for_missing(self) -> list[LedgerInfo]:
        """Compares the ledgers there are with those that were signed here; returns the former."""
        ledgers: list[LedgerInfo] = []
        with self._noting(_ALL):
            # The folders first: a log that is signed for the first time meanwhile was in the database before.
            signed = signed_logs(self._keys)
            heads = self._feed.heads()
            self._forget_all_but({_ALL, *heads})
            for ledger_id in heads:
                with self._noting(ledger_id):
                    ledgers.append(self._feed.ledger(ledger_id))
            present = {(each.ledger_id, each.log_id) for each in ledgers}
            # A ledger whose opening cannot be read is there all the same.
            unopened = heads.keys() - {each.ledger_id for each in ledgers}
            missing = [
                each
                for each in missing_logs(self._keys, signed, present, self._place())
                if each.ledger_id not in unopened
            ]
            for each in missing:
                if each.ledger_id not in self.missing:
                    _logger.error("ledger-missing", ledger=each.ledger_id, reason=each.detail)
            self.missing = {each.ledger_id: each.detail for each in missing}
        return ledgers

    def _forget_all_but(self, there: set[str]) -> None:
        """Of what is no longer there nothing will be read again; that it is missing is said by itself."""
        for ledger_id in self.unreadable.keys() - there:
            del self.unreadable[ledger_id]
            self._unread.pop(ledger_id, None)

    def _look_at(self, ledger: LedgerInfo, position: int) -> None:
        ledger_id = ledger.ledger_id
        with self._noting(ledger_id, position):
            # Reading the head says whether a log can end there at all.
            self._feed.head(ledger_id)
            problem = self._problem_of(ledger_id, min(position, ledger.position), ledger.position)
            if self._unread.get(ledger_id) == position:
                del self._unread[ledger_id]
            if problem is not None and ledger_id not in self.problems:
                _logger.error("self-check-failed", ledger=ledger_id, reason=problem)
                self.problems[ledger_id] = problem

    @contextmanager
    def _noting(self, ledger_id: str, position: int = 0) -> Iterator[None]:
        """Notes what reading fails with, unless nobody answers: that is said elsewhere, and over once somebody does."""
        try:
            yield
            if ledger_id not in self._unread:
                self.unreadable.pop(ledger_id, None)
        except Exception as error:
            if fault_of(error) is not None and not is_damage(error):
                raise
            self._note(ledger_id, position, error)

    def _note(self, ledger_id: str, position: int, error: Exception) -> None:
        if ledger_id not in self.unreadable:
            # What a driver says is said in one line; anything else is the program's to explain.
            trace = None if isinstance(error, database_errors()) else error
            reason = words_of(error)
            _logger.error(_UNREADABLE, ledger=ledger_id, position=position, reason=reason, exc_info=trace)
        self.unreadable[ledger_id] = words_of(error)
        if position:
            self._unread.setdefault(ledger_id, position)

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
        if unusable := self._checkpoints.unusable(ledger_id, first=first + 1, last=last):
            return f"the checkpoint of size {unusable[0]} cannot be read, or is none that this log has signed"
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
