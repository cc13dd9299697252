"""The Merkle tree of a stored log: hashes from full tiles, and from the entries behind the last full one."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from sqlalchemy import Connection, Engine, bindparam, select

from adapters.event_log.bulk import insert_rows
from adapters.event_log.keyed import KeyedSelect
from adapters.event_log.tables import log_entry, log_tag, log_tile
from domain import merkle
from domain.merkle import HASH_BYTES, TILE_WIDTH, Edge, HashSource, Tile, edge_at

_TILE: Final = select(log_tile.c.hashes).where(
    log_tile.c.ledger_id == bindparam("ledger"),
    log_tile.c.level == bindparam("level"),
    log_tile.c.tile_index == bindparam("index"),
)
_LEAVES: Final = (
    select(log_entry.c.leaf_hash)
    .where(
        log_entry.c.ledger_id == bindparam("ledger"),
        log_entry.c.position > bindparam("first"),
        log_entry.c.position <= bindparam("end"),
    )
    .order_by(log_entry.c.position)
)
_ROOTS: Final = (
    select(log_tile.c.root)
    .where(
        log_tile.c.ledger_id == bindparam("ledger"),
        log_tile.c.level == bindparam("below"),
        log_tile.c.tile_index >= bindparam("first"),
        log_tile.c.tile_index < bindparam("end"),
    )
    .order_by(log_tile.c.tile_index)
)

_ENTRIES_AT: Final = KeyedSelect(
    select(log_entry.c.position, log_entry.c.entry), log_entry.c.ledger_id, log_entry.c.position
)


class StoredHashes:
    """See merkle.HashSource: the hashes of one log, read over one connection."""

    def __init__(self, connection: Connection, ledger_id: str) -> None:
        self._connection = connection
        self._ledger_id = ledger_id

    def hashes(self, level: int, first: int, count: int) -> Sequence[bytes]:
        """See HashSource.hashes. A full tile is one row; what is not full yet is read where it follows from."""
        index, offset = divmod(first, TILE_WIDTH)
        tile = self._connection.execute(_TILE, {"ledger": self._ledger_id, "level": level, "index": index}).scalar()
        if tile is not None:
            places = range(offset * HASH_BYTES, (offset + count) * HASH_BYTES, HASH_BYTES)
            return [tile[place : place + HASH_BYTES] for place in places]
        places_above = {"ledger": self._ledger_id, "first": first, "end": first + count}
        statement = _ROOTS if level else _LEAVES
        return list(self._connection.scalars(statement, places_above | ({"below": level - 1} if level else {})))


class SqlTree:
    """See ports.LogTree."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def root(self, ledger_id: str, size: int) -> bytes:
        """See LogTree.root."""
        with self._engine.begin() as connection:
            return merkle.root_at(StoredHashes(connection, ledger_id), size)

    def inclusion_proof(self, ledger_id: str, position: int, size: int) -> tuple[bytes, ...]:
        """See LogTree.inclusion_proof."""
        with self._engine.begin() as connection:
            return merkle.inclusion_proof(StoredHashes(connection, ledger_id), position - 1, size)

    def inclusion_proofs(self, ledger_id: str, positions: Iterable[int], size: int) -> dict[int, tuple[bytes, ...]]:
        """See LogTree.inclusion_proofs."""
        with self._engine.begin() as connection:
            source = RememberedHashes(StoredHashes(connection, ledger_id))
            return {position: merkle.inclusion_proof(source, position - 1, size) for position in positions}

    def consistency_proof(self, ledger_id: str, first_size: int, second_size: int) -> tuple[bytes, ...]:
        """See LogTree.consistency_proof."""
        with self._engine.begin() as connection:
            return merkle.consistency_proof(StoredHashes(connection, ledger_id), first_size, second_size)

    def frontier(self, ledger_id: str, size: int) -> tuple[bytes, ...]:
        """See LogTree.frontier."""
        with self._engine.begin() as connection:
            return merkle.frontier_at(StoredHashes(connection, ledger_id), size)

    def tile(self, ledger_id: str, level: int, index: int, width: int) -> bytes | None:
        """See LogTree.tile."""
        with self._engine.begin() as connection:
            hashes = StoredHashes(connection, ledger_id).hashes(level, index * TILE_WIDTH, width)
        return b"".join(hashes) if len(hashes) == width else None

    def entries(self, ledger_id: str, first: int, last: int) -> list[bytes]:
        """See LogTree.entries."""
        statement = (
            select(log_entry.c.entry)
            .where(log_entry.c.ledger_id == ledger_id, log_entry.c.position.between(first, last))
            .order_by(log_entry.c.position)
        )
        with self._engine.begin() as connection:
            return list(connection.scalars(statement))

    def entries_at(self, ledger_id: str, positions: Collection[int]) -> dict[int, bytes]:
        """See LogTree.entries_at."""
        with self._engine.begin() as connection:
            return dict(tuple(row) for row in _ENTRIES_AT.rows(connection, ledger_id, list(positions)))

    def positions_bearing(self, ledger_id: str, tag: str, until: int) -> list[int]:
        """See LogTree.positions_bearing."""
        statement = (
            select(log_tag.c.position)
            .where(log_tag.c.ledger_id == ledger_id, log_tag.c.tag == tag, log_tag.c.position <= until)
            .order_by(log_tag.c.position)
        )
        with self._engine.begin() as connection:
            return list(connection.scalars(statement))


class RememberedHashes:
    """A source that asks another one once for each range: many proofs share most of what they read."""

    def __init__(self, source: HashSource) -> None:
        self._source = source
        self._known: dict[tuple[int, int, int], Sequence[bytes]] = {}

    def hashes(self, level: int, first: int, count: int) -> Sequence[bytes]:
        """See HashSource.hashes."""
        place = (level, first, count)
        if place not in self._known:
            self._known[place] = self._source.hashes(level, first, count)
        return self._known[place]


def stored_edge(connection: Connection, ledger_id: str, size: int) -> Edge:
    """The edge of the tree of the first entries.

    Raises:
        ImpossibleProofError: tiles or entries are missing.
    """
    return edge_at(StoredHashes(connection, ledger_id), size)


def insert_tiles(connection: Connection, ledger_id: str, tiles: Iterable[Tile]) -> None:
    """Inserts full tiles."""
    insert_rows(connection, log_tile, [tile_row(ledger_id, tile) for tile in tiles])


def tile_row(ledger_id: str, tile: Tile) -> tuple[object, ...]:
    """The row of `log_tile` of a full tile."""
    return (ledger_id, tile.level, tile.index, tile.hashes, tile.root)
