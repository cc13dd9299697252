"""What the rules and views need from the world, with the duties an implementation must keep."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Protocol

from domain.command import Actor
from domain.event import RecordedEvent
from domain.ledger import OpenLedger
from domain.note import Signature
from domain.submission import Answer, KeyedCommand, Submission


class Clock(Protocol):
    """Tells the time; tests and the demo builder bring their own."""

    def now(self) -> datetime:
        """The current instant in UTC, with microseconds. It may step back: the log never does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerInfo:
    """A ledger as its first event opened it, and its head."""

    ledger_id: str
    name: str
    currency: str
    time_zone: str
    region_code: str | None
    demo: bool
    log_id: str
    opened_at: datetime
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordinates:
    """Where a read stands: business date (inclusive) and position (inclusive; 0 is before the first event)."""

    as_of: date
    position: int


class Reach(NamedTuple):
    """Up to which position (inclusive; 0: nothing) a read goes, and where the log ended then.

    With an instant it is the largest position recorded at or before it. `recorded_at` is that of the position; None for
    0, and for a position beyond the head.
    """

    position: int
    recorded_at: datetime | None
    head: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventQuery:
    """Which events: all the tags, any of the types (none given: every type), up to and including a position.

    `event_id`: only the one of that id. `after` is exclusive, the effective dates are inclusive. With
    `by_effective_date` the order is (effective date, position) and the page starts after `after_effective`; otherwise
    it is by position, with `newest_first` from `until` down, and starts after `after`.
    """

    tags: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    event_id: str | None = None
    until: int
    after: int = 0
    effective_from: date | None = None
    effective_until: date | None = None
    newest_first: bool = False
    by_effective_date: bool = False
    after_effective: tuple[date, int] | None = None
    limit: int = 100


class EventFeed(Protocol):
    """Reads one log. Position order is commit order without gaps, so `position > last` never misses an event.

    Every method sees all that was acknowledged before it was called. Events are by position unless said otherwise.
    """

    def ledgers(self) -> list[LedgerInfo]:
        """All ledgers, by id."""

    def heads(self) -> dict[str, int]:
        """The last position of every ledger by its id, in order of ids. Decodes no entry, whatever stands in it."""

    def ledger(self, ledger_id: str) -> LedgerInfo:
        """One ledger. Raises: UnknownLedger."""

    def head(self, ledger_id: str) -> int:
        """Its last position. Raises: UnknownLedger."""

    def reach(self, ledger_id: str, *, known_at: datetime | None = None, position: int | None = None) -> Reach:
        """How far a read goes that is given an instant, a position, or neither: then it goes to the end.

        Raises:
            UnknownLedger.
        """

    def recorded_at(self, ledger_id: str, position: int) -> datetime | None:
        """When that position was recorded; None for position 0."""

    def page(self, ledger_id: str, *, after: int, limit: int) -> list[RecordedEvent]:
        """The next events after a position (exclusive), at most `limit`; foreign events included."""

    def follow(self, ledger_id: str, *, after: int, limit: int) -> Iterator[RecordedEvent]:
        """The same one by one: each is decoded when it is asked for, and need not stay beside the next."""

    def find(self, ledger_id: str, query: EventQuery) -> list[RecordedEvent]:
        """The events of a query, at most its limit."""

    def event(self, ledger_id: str, position: int) -> RecordedEvent | None:
        """The event at a position, or None."""

    def entry(self, ledger_id: str, position: int) -> bytes | None:
        """The stored canonical bytes at a position, or None."""

    def reversed_by(self, ledger_id: str, events: Sequence[RecordedEvent], until: int) -> dict[str, int]:
        """Position of the reversal of each of the events that is reversed at or before `until`, by event id."""

    def count_by_day(
        self, ledger_id: str, *, after: int, until: int, tags: Sequence[str] | None = None
    ) -> dict[date, int]:
        """How many events bear each effective date, of those after a position (exclusive) up to another (inclusive).

        With `tags` only the events that bear one of them, each once for every one that it bears.
        """

    def changed_between(
        self, ledger_id: str, tag_prefix: str, one: Coordinates, other: Coordinates
    ) -> list[tuple[str, int]]:
        """(tag, position) of every event that counts at one of the two coordinates and not at the other.

        For each tag starting with the prefix; by tag, then position.
        """


class LogTree(Protocol):
    """The Merkle tree over the entries of one log; leaf index is position - 1, `size` a number of entries.

    What was answered once never changes. Every method but `root` reads in O(log n) for each proof. All of them raise
    ImpossibleProofError when the log does not hold that many entries.
    """

    def root(self, ledger_id: str, size: int) -> bytes:
        """The root of the tree of the first entries; that of the empty tree for size 0."""

    def inclusion_proof(self, ledger_id: str, position: int, size: int) -> tuple[bytes, ...]:
        """The hashes from the entry to the root of the tree of that size, lowest first."""

    def inclusion_proofs(self, ledger_id: str, positions: Iterable[int], size: int) -> dict[int, tuple[bytes, ...]]:
        """The same for many entries, by position, read together."""

    def consistency_proof(self, ledger_id: str, first_size: int, second_size: int) -> tuple[bytes, ...]:
        """The hashes showing that the second tree begins with the first."""

    def frontier(self, ledger_id: str, size: int) -> tuple[bytes, ...]:
        """The roots of the complete subtrees of a tree, the largest first."""

    def tile(self, ledger_id: str, level: int, index: int, width: int) -> bytes | None:
        """The first `width` hashes of a tile; None when the log is not that long."""

    def entries(self, ledger_id: str, first: int, last: int) -> list[bytes]:
        """The stored bytes of the entries from a position to another, both inclusive; fewer at the end of the log."""

    def entries_at(self, ledger_id: str, positions: Collection[int]) -> dict[int, bytes]:
        """The stored bytes of the entries at these positions, as far as there are any."""

    def positions_bearing(self, ledger_id: str, tag: str, until: int) -> list[int]:
        """Where entries bear the tag, up to a position (inclusive), ascending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCheckpoint:
    """A signed note with every cosignature there is of it, and when it was signed by this machine's clock."""

    size: int
    note: bytes
    signed_at: datetime


class CheckpointStore(Protocol):
    """Keeps what a log signed; at most one checkpoint of a size. Nothing that was added changes or goes away.

    What is stored otherwise and cannot be used is passed over: it cannot be read, is not signed by the log, or is of
    more entries than it has.
    """

    def latest(self, ledger_id: str) -> StoredCheckpoint | None:
        """That of the largest size; None before the first."""

    def at(self, ledger_id: str, size: int) -> StoredCheckpoint | None:
        """That of exactly this size, or None."""

    def page(self, ledger_id: str, *, after: int, limit: int) -> list[StoredCheckpoint]:
        """The next ones by size, `after` exclusive, at most `limit`."""

    def latest_ones(self, ledger_id: str, *, at_least: int, limit: int) -> list[StoredCheckpoint]:
        """Those of the largest sizes from `at_least` (inclusive) on, the largest first, at most `limit`."""

    def unusable(self, ledger_id: str, *, first: int, last: int) -> list[int]:
        """The sizes of some of those that are passed over, if there are any: from first to last, and beyond the log."""

    def add(self, ledger_id: str, checkpoint: StoredCheckpoint) -> None:
        """Keeps a note without cosignatures, unless there is one of that size."""

    def add_cosignatures(self, ledger_id: str, size: int, signatures: Sequence[Signature]) -> None:
        """Keeps what witnesses signed; the first cosignature of a witness stays."""


class CommandLog(Protocol):
    """Decides and appends. Nothing is answered before its transaction is committed and durable.

    Decisions of one ledger are serial, in position order, also over several processes.
    """

    def submit(self, submission: Submission) -> "Future[Answer]":
        """The future answer of a submission; cancelling it does not cancel the commands.

        The future raises UnknownLedger or one of Unavailable; a refusal is an answer. After OutcomeUnknown alone it may
        have been recorded.
        """

    def open_ledger(self, request: OpenLedger, *, actor: Actor, key: str) -> Answer:
        """Opens a ledger, or replays it under the same key.

        Raises: AlreadyExists, IdempotencyKeyReused, Unavailable.
        """


class Receipts(Protocol):
    """Tells what was recorded before, without being in the way of who records."""

    def recorded(self, ledger_id: str, subject: str, items: Sequence[KeyedCommand]) -> list[int | None]:
        """For each command the last position of its events, when submitting it again would only replay them.

        None when it is not recorded, or under its key as another command, and where private values are given or
        recorded: of these the log itself tells.
        """
