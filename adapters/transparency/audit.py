"""Auditing the tree of a stored log: tiles, checkpoints and signatures against the leaf hashes of the entries."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final

from sqlalchemy import Connection, and_, exists, select

from adapters.clock import SystemClock
from adapters.database import Database
from adapters.database_faults import database_errors, is_damage, words_of
from adapters.event_log.audit import Difference
from adapters.event_log.bulk import as_stored
from adapters.event_log.encoding import is_instant, microseconds
from adapters.event_log.tables import log_checkpoint, log_cosignature, log_entry, log_tile
from adapters.event_log.tree import tile_row
from adapters.stored_types import is_of_type
from adapters.transparency.checkpoints import cosignatures
from domain.checkpoint import MalformedCheckpointError, parse_checkpoint
from domain.merkle import EMPTY_EDGE, HASH_BYTES, TILE_HEIGHT, Edge, Tile
from domain.note import (
    Algorithm,
    MalformedNoteError,
    Note,
    UntrustedNoteError,
    VerifierKey,
    VerifyEd25519,
    format_note,
    parse_note,
    verify_note,
)

_LEAVES_AT_ONCE: Final = 65_536
_ROWS_AT_ONCE: Final = 1_000
CLOCKS_APART_US: Final = microseconds(datetime(1970, 1, 2, tzinfo=UTC))
"""A day: clocks of servers differ, and are set, but not by so much."""
_HIGHEST_LEVEL: Final = 7
"""Of a tile: the tree of more entries than a position can count would have one more."""
Found = tuple[int | None, str, str]
"""Position, part and detail of a difference."""


def audit_tree(
    database: Database, ledger_id: str, log_id: str | None, keys: Sequence[VerifierKey], verify: VerifyEd25519
) -> Iterator[Difference]:
    """Every difference, in the order of the log. The leaf hashes themselves are compared by `audit_log`.

    `log_id` is None where the entry that says it cannot be read: then no checkpoint is known to be of this log.
    `keys` are those the log and its witnesses are known to sign with; without any, signatures are not looked at.
    """
    with database.log_reader.connect() as connection:
        audit = _TreeAudit(connection, ledger_id, log_id, keys, verify)
        try:
            for position, part, detail in chain(audit.run(), _instants_of_signing(connection, ledger_id)):
                yield Difference(ledger_id=ledger_id, position=position, part=part, detail=detail)
        except database_errors() as error:
            if not is_damage(error):
                raise
            detail = f"cannot be read from here on: {words_of(error)}"
            yield Difference(ledger_id=ledger_id, position=audit.size + 1, part="tiles", detail=detail)


def _instants_of_signing(connection: Connection, ledger_id: str) -> Iterator[Found]:
    """Those that are no instants, or none at which the checkpoint can have been signed: nothing else rests on them."""
    size, signed_at_us = log_checkpoint.c.size, log_checkpoint.c.signed_at_us
    entry = and_(log_entry.c.ledger_id == log_checkpoint.c.ledger_id, log_entry.c.position == size)
    statement = (
        select(size, signed_at_us, as_stored(log_entry.c.recorded_at_us))
        .join(log_entry, entry, isouter=True)
        .where(log_checkpoint.c.ledger_id == ledger_id, is_of_type(size, signed_at_us))
        .order_by(size.desc())
    )
    latest, what = microseconds(SystemClock().now()) + CLOCKS_APART_US, "in the future"
    for each, signed_us, recorded_us in connection.execute(statement, execution_options={"yield_per": _ROWS_AT_ONCE}):
        if not is_instant(signed_us):
            yield each, "checkpoints", "it was signed at no instant that there is"
        elif is_instant(recorded_us) and signed_us < recorded_us - CLOCKS_APART_US:
            yield each, "checkpoints", "it was signed before its last entry was recorded"
        elif signed_us > latest:
            yield each, "checkpoints", f"it was signed {what}"
        else:
            latest, what = min(latest, signed_us + CLOCKS_APART_US), "after one of more entries"


class _TreeAudit:
    """Grows the tree with the leaves, and compares what is stored of it."""

    def __init__(
        self,
        connection: Connection,
        ledger_id: str,
        log_id: str | None,
        keys: Sequence[VerifierKey],
        verify: VerifyEd25519,
    ) -> None:
        self._connection = connection
        self._ledger_id = ledger_id
        self._tail = f"/{ledger_id}/{log_id}"
        self._keys = keys
        self._verify = verify
        self._edge = EMPTY_EDGE
        self._position = 0

    @property
    def size(self) -> int:
        """So many leaves were read."""
        return self._edge.size

    def run(self) -> Iterator[Found]:
        while leaf_hashes := self._next_leaves():
            yield from self._append(leaf_hashes)
        yield from self._audit_rest()

    def _next_leaves(self) -> list[bytes]:
        """Those behind the last one read; where entries are missing its position is beyond the size of the tree."""
        statement = (
            select(log_entry.c.position, as_stored(log_entry.c.leaf_hash))
            .where(is_of_type(log_entry.c.position))
            .where(log_entry.c.ledger_id == self._ledger_id, log_entry.c.position > self._position)
            .order_by(log_entry.c.position)
            .limit(_LEAVES_AT_ONCE)
        )
        rows = self._connection.execute(statement).all()
        self._position = rows[-1][0] if rows else self._position
        # One of another length or type `audit_log` names; the tree goes on with what can be hashed.
        found = [leaf if isinstance(leaf, bytes) else b"" for _, leaf in rows]
        return [leaf.ljust(HASH_BYTES, b"\0")[:HASH_BYTES] for leaf in found]

    def _append(self, leaf_hashes: Sequence[bytes]) -> Iterator[Found]:
        before = self._edge
        self._edge, tiles = before.appended(leaf_hashes)
        yield from self._audit_tiles(tiles)
        yield from self._audit_checkpoints(before, leaf_hashes)

    def _audit_rest(self) -> Iterator[Found]:
        """Rows that the entries do not account for; those that they do were looked at."""
        yield from self._audit_other_tiles()
        yield from self._audit_other_checkpoints()
        yield from self._audit_lone_cosignatures()

    def _audit_other_tiles(self) -> Iterator[Found]:
        statement = (
            select(log_tile.c.level, log_tile.c.tile_index)
            .where(log_tile.c.ledger_id == self._ledger_id, is_of_type(log_tile.c.level, log_tile.c.tile_index))
            .order_by(log_tile.c.level, log_tile.c.tile_index)
        )
        for level, index in self._connection.execute(statement).all():
            if not 0 <= level <= _HIGHEST_LEVEL or not 0 <= index < self.size // _width_of(level):
                yield None, "tiles", f"tile {index} of level {level} is stored, and the entries fill no such tile"

    def _audit_other_checkpoints(self) -> Iterator[Found]:
        size = log_checkpoint.c.size
        statement = (
            select(size)
            .where(log_checkpoint.c.ledger_id == self._ledger_id, is_of_type(size), (size < 1) | (size > self.size))
            .order_by(size)
        )
        for each in self._connection.scalars(statement).all():
            yield each, "checkpoints", f"it is stored for {each} entries, and the log has {self.size}"

    def _audit_lone_cosignatures(self) -> Iterator[Found]:
        same = (
            log_checkpoint.c.ledger_id == log_cosignature.c.ledger_id,
            log_checkpoint.c.size == log_cosignature.c.size,
        )
        statement = (
            select(log_cosignature.c.size, log_cosignature.c.witness)
            .where(log_cosignature.c.ledger_id == self._ledger_id, ~exists().where(*same))
            .where(is_of_type(log_cosignature.c.size, log_cosignature.c.witness))
            .order_by(log_cosignature.c.size, log_cosignature.c.witness)
        )
        for size, witness in self._connection.execute(statement).all():
            yield size, "cosignatures", f"{witness} cosigned a checkpoint that is not there"

    def _audit_tiles(self, tiles: Sequence[Tile]) -> Iterator[Found]:
        for tile in tiles:
            stored = self._connection.execute(
                select(*map(as_stored, log_tile.c)).where(
                    log_tile.c.ledger_id == self._ledger_id,
                    log_tile.c.level == tile.level,
                    log_tile.c.tile_index == tile.index,
                )
            ).first()
            if stored is None or tuple(stored) != tile_row(self._ledger_id, tile):
                what = "missing" if stored is None else "not what the entries give"
                yield (
                    (tile.index + 1) * _width_of(tile.level),
                    "tiles",
                    f"tile {tile.index} of level {tile.level} is {what}",
                )

    def _audit_checkpoints(self, before: Edge, leaf_hashes: Sequence[bytes]) -> Iterator[Found]:
        statement = (
            select(log_checkpoint.c.size, as_stored(log_checkpoint.c.note))
            .where(
                log_checkpoint.c.ledger_id == self._ledger_id,
                log_checkpoint.c.size > before.size,
                log_checkpoint.c.size <= self._edge.size,
                is_of_type(log_checkpoint.c.size),
            )
            .order_by(log_checkpoint.c.size)
        )
        edge = before
        for size, data in self._connection.execute(statement).all():
            edge, _ = edge.appended(leaf_hashes[edge.size - before.size : size - before.size])
            detail = self._problem_of_checkpoint(size, data, edge.root())
            if detail is not None:
                yield size, "checkpoints", detail

    def _problem_of_checkpoint(self, size: int, data: Any, root: bytes) -> str | None:
        if not isinstance(data, bytes):
            return "it cannot be read: it is no bytes"
        try:
            note = parse_note(data)
            checkpoint = parse_checkpoint(note.text)
        except (MalformedNoteError, MalformedCheckpointError) as error:
            return f"it cannot be read: {error}"
        if checkpoint.size != size:
            return f"it says size {checkpoint.size}"
        if checkpoint.root != root:
            return "its root is not that of the entries"
        if not checkpoint.origin.endswith(self._tail):
            return "it is of another log"
        return self._problem_of_signatures(note, size)

    def _problem_of_signatures(self, note: Note, size: int) -> str | None:
        cosigned = Note(note.text, (*note.signatures, *cosignatures(self._connection, self._ledger_id, size)))
        try:
            format_note(cosigned)
        except MalformedNoteError as error:
            return f"with its cosignatures it cannot be read: {error}"
        if not self._keys:
            return None
        try:
            verified = verify_note(cosigned, self._keys, self._verify)
        except UntrustedNoteError as error:
            return str(error)
        if not any(each.key.algorithm is Algorithm.ED25519 for each in verified):
            return "no key of the log has signed it"
        return None


def _width_of(level: int) -> int:
    """So many leaves are under a full tile of the level."""
    return 1 << TILE_HEIGHT * (level + 1)
