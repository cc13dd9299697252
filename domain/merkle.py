"""The Merkle tree over the leaf hashes of a log: roots, tiles, proofs and what is published of them.

Source: RFC 6962 section 2.1 and RFC 9162 sections 2.1.3 and 2.1.4; tiles, their paths and entry bundles are those of
C2SP tlog-tiles. `D[a:b]` is the leaves from a up to but without b. Tree levels count up from the leaves, level 0;
tile level L is tree level 8 * L. A run is the bytes of consecutive hashes of one level, one after the other.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate
from typing import Final, NamedTuple, Protocol

TILE_HEIGHT: Final = 8
"""Tree levels from the hashes of a tile up to its root."""

TILE_WIDTH: Final = 1 << TILE_HEIGHT
HASH_BYTES: Final = 32
TILE_BYTES: Final = TILE_WIDTH * HASH_BYTES
EMPTY_ROOT: Final = sha256(b"").digest()
MAX_TREE_SIZE: Final = 2**63 - 1
"""Largest size, inclusive, that a checkpoint or a proof may name."""

MAX_BUNDLED_ENTRY_BYTES: Final = 2**16 - 1
"""Largest entry that the length in a bundle can state, inclusive; what the log accepts is less."""

_NODE_PREFIX: Final = b"\x01"
_PAIR_BYTES: Final = 2 * HASH_BYTES
_LENGTH_BYTES: Final = 2
_TILE_PATH: Final = re.compile(
    r"(?P<level>[0-9]|[1-5][0-9]|6[0-3]|entries)"
    # An element of zeros in front would be a second spelling of the same index.
    r"/(?!x000/)(?P<index>(?:x[0-9]{3}/){0,5}[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?"
)


class ImpossibleProofError(ValueError):
    """No such proof exists, or the source does not hold the hashes of a tree of that size."""


class InvalidProofError(ValueError):
    """The proof does not show what it is given for."""


class MalformedBundleError(ValueError):
    """The bytes are no bundle of at most 256 entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A full tile: the run of nodes 256 * index to 256 * index + 255 of a tile level, and node `index` of the next."""

    level: int
    index: int
    hashes: bytes
    root: bytes


class HashSource(Protocol):
    """Holds the hashes of a log at every tile level. They never change, so any two answers fit together."""

    def hashes(self, level: int, first: int, count: int) -> Sequence[bytes]:
        """Nodes first to first + count - 1 of a tile level in order.

        At level 0 these are leaf hashes, above it the roots of the full tiles one level below. The range is never
        empty and never leaves one tile. A shorter answer says that the log is not that long.
        """


class Edge(NamedTuple):
    """The right edge of a tree: for each tile level, lowest first, the run of hashes after its last full tile.

    It is all that further leaves and the root need. The highest level is not empty, so equal trees have equal edges.
    """

    size: int
    levels: tuple[bytes, ...]

    def root(self) -> bytes:
        """The root of the tree."""
        return _folded(self.levels) or EMPTY_ROOT

    def appended(self, leaf_hashes: Sequence[bytes]) -> tuple["Edge", tuple[Tile, ...]]:
        """The edge with these leaves behind its own, and the tiles they fill.

        Tiles come by level, then by index, so each comes after those whose roots it holds.
        """
        assert set(map(len, leaf_hashes)) <= {HASH_BYTES}
        levels: list[bytes] = []
        tiles: list[Tile] = []
        risen = b"".join(leaf_hashes)
        while risen:
            level = len(levels)
            run = self.levels[level] + risen if level < len(self.levels) else risen
            full = _full_tiles(level, self.size >> TILE_HEIGHT * (level + 1), run)
            levels.append(run[len(full) * TILE_BYTES :])
            risen = b"".join([tile.root for tile in full])
            tiles += full
        return Edge(self.size + len(leaf_hashes), (*levels, *self.levels[len(levels) :])), tuple(tiles)


EMPTY_EDGE: Final = Edge(0, ())


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node over the hashes of its children."""
    return sha256(_NODE_PREFIX + left + right).digest()


def edge_at(source: HashSource, size: int) -> Edge:
    """The edge of the tree of the first `size` leaves, read from at most one tile of each level.

    Raises:
        ImpossibleProofError: the source holds fewer leaves, or the size is negative.
    """
    if size < 0:
        raise ImpossibleProofError(f"no tree of {size}")
    return Edge(size, tuple(_TilesRead(source, size).levels(0, size)))


def root_at(source: HashSource, size: int) -> bytes:
    """The root of the tree of the first `size` leaves; reads and raises as `edge_at`."""
    return edge_at(source, size).root()


def frontier_at(source: HashSource, size: int) -> tuple[bytes, ...]:
    """The roots of the complete subtrees that the tree of the first `size` leaves consists of, the largest first.

    With the leaves behind them they give every later root. Reads at most one tile of each level.

    Raises:
        ImpossibleProofError: the source holds fewer leaves, or the size is negative.
    """
    if size < 0:
        raise ImpossibleProofError(f"no tree of {size}")
    tiles = _TilesRead(source, size)
    widths = [1 << level for level in reversed(range(size.bit_length())) if size >> level & 1]
    ends = accumulate(widths)
    return tuple([tiles.root(end - width, end) for width, end in zip(widths, ends, strict=True)])


def inclusion_proof(source: HashSource, index: int, size: int) -> tuple[bytes, ...]:
    """The hashes beside the path from leaf `index` (from 0) to the root of the first `size` leaves, lowest first.

    Reads at most two tiles of each level. Source: RFC 9162 section 2.1.3.1.

    Raises:
        ImpossibleProofError: no such leaf in that tree, or the source holds fewer leaves.
    """
    if not 0 <= index < size:
        raise ImpossibleProofError(f"no leaf {index} in a tree of {size}")
    return _hashes_beside(_TilesRead(source, size), index, 0, size)


def consistency_proof(source: HashSource, first_size: int, second_size: int) -> tuple[bytes, ...]:
    """The hashes showing that the first leaves of the second tree are the first tree; empty for equal sizes.

    Reads at most two tiles of each level. Source: RFC 9162 section 2.1.4.1.

    Raises:
        ImpossibleProofError: first_size is 0 (every tree begins with the empty one, so nothing would be shown) or
            above second_size, or the source holds fewer leaves.
    """
    if not 0 < first_size <= second_size:
        raise ImpossibleProofError(f"no consistency from a tree of {first_size} to one of {second_size}")
    if first_size == second_size:
        return ()
    tiles = _TilesRead(source, second_size)
    level = _level_of_last_subtree(first_size)
    start = () if first_size == 1 << level else (tiles.root(first_size - (1 << level), first_size),)
    return start + _hashes_beside(tiles, first_size - 1 >> level, level, second_size)


def root_from_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root of the tree of `size` leaves in which the proof puts the leaf at `index` (from 0).

    Source: RFC 9162 section 2.1.3.2.

    Raises:
        InvalidProofError: no such index, or the proof has not as many hashes as the path of that leaf.
    """
    if not 0 <= index < size <= MAX_TREE_SIZE:
        raise InvalidProofError(f"no leaf {index} in a tree of {size}")
    beside = list(_nodes_beside(index, 0, size))
    _refuse_unless_hashes((leaf_hash, *proof), len(beside) + 1)
    root = leaf_hash
    for (_, number), beside_hash in zip(beside, proof, strict=True):
        root = node_hash(root, beside_hash) if number % 2 else node_hash(beside_hash, root)
    return root


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Accepts that the tree of `size` leaves with that root holds the leaf at `index` (from 0).

    Raises:
        InvalidProofError: the proof does not show it.
    """
    if root_from_inclusion(leaf_hash, index, size, proof) != root:
        raise InvalidProofError("the inclusion proof leads to another root")


def verify_consistency(
    first_size: int, second_size: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes
) -> None:
    """Accepts that the second tree begins with the first.

    Source: RFC 9162 section 2.1.4.2.

    Raises:
        InvalidProofError: the proof does not show it, or first_size is 0.
    """
    if not 0 < first_size <= second_size <= MAX_TREE_SIZE:
        raise InvalidProofError(f"no consistency from a tree of {first_size} to one of {second_size}")
    if first_size == second_size:
        _refuse_unless_hashes(proof, 0)
        roots = first_root, first_root
    else:
        roots = _roots_from_consistency(first_size, second_size, proof, first_root)
    if roots != (first_root, second_root):
        raise InvalidProofError("the consistency proof leads to other roots")


def tile_width(level: int, index: int, size: int) -> int:
    """How many hashes the tile has in a tree of `size` leaves: 0 (no such tile) to 256 (full)."""
    return min(max((size >> TILE_HEIGHT * level) - index * TILE_WIDTH, 0), TILE_WIDTH)


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Where a tile is published, such as `tile/0/x001/234`, or `tile/0/x001/234.p/17` when it is partial."""
    return _path(str(level), index, width)


def entries_path(index: int, width: int = TILE_WIDTH) -> str:
    """Where the bundle of the entries under a tile of level 0 is published, such as `tile/entries/x001/234`."""
    return _path("entries", index, width)


@dataclass(frozen=True, slots=True, kw_only=True)
class TilePath:
    """What a path names: the tile, or with level None the bundle of entries, of that index; width from 1 to 256."""

    level: int | None
    index: int
    width: int


def parse_tile_path(text: str) -> TilePath | None:
    """What the part of a path after `tile/` names; None for every spelling but the one that is published."""
    match = _TILE_PATH.fullmatch(text)
    if match is None:
        return None
    level = None if match["level"] == "entries" else int(match["level"])
    index = int(re.sub(r"[x/]", "", match["index"]))
    return TilePath(level=level, index=index, width=int(match["width"] or TILE_WIDTH))


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """The entries in order, each after its length as 2 bytes big-endian; none is above MAX_BUNDLED_ENTRY_BYTES."""
    return b"".join([len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries])


def decode_bundle(bundle: bytes) -> tuple[bytes, ...]:
    """The entries of a bundle in order.

    Raises:
        MalformedBundleError: it ends within an entry, or holds more than 256.
    """
    entries: list[bytes] = []
    start = 0
    while start < len(bundle) and len(entries) < TILE_WIDTH:
        first = start + _LENGTH_BYTES
        start = first + int.from_bytes(bundle[start:first], "big")
        entries.append(bundle[first:start])
    # Fewer bytes than announced leave the end behind the bundle, a 257th entry leaves it inside.
    if start != len(bundle):
        raise MalformedBundleError
    return tuple(entries)


class _TilesRead:
    """What one proof has read of a source: each tile once, and of it only what a tree of that size has."""

    def __init__(self, source: HashSource, size: int) -> None:
        self._source = source
        self._size = size
        self._tiles: dict[tuple[int, int], bytes] = {}

    def root(self, start: int, end: int) -> bytes:
        """The root of the tree over D[start:end], where a power of two not below end - start divides start."""
        return _folded(self.levels(start, end))

    def levels(self, start: int, end: int) -> Iterator[bytes]:
        """For each tile level, lowest first, the run of the hashes in D[start:end] that no hash above stands for."""
        level = 0
        while start < end:
            # A range that starts inside a tile ends in it, for start would not be a multiple of a larger width.
            first = start if start % TILE_WIDTH else end - end % TILE_WIDTH
            yield self._run(level, first, end) if first < end else b""
            start, end, level = -(-start // TILE_WIDTH), end // TILE_WIDTH, level + 1

    def _run(self, level: int, first: int, end: int) -> bytes:
        index, offset = divmod(first, TILE_WIDTH)
        if (level, index) not in self._tiles:
            self._tiles[level, index] = self._tile(level, index)
        return self._tiles[level, index][offset * HASH_BYTES : (offset + end - first) * HASH_BYTES]

    def _tile(self, level: int, index: int) -> bytes:
        width = tile_width(level, index, self._size)
        hashes = self._source.hashes(level, index * TILE_WIDTH, width)
        if len(hashes) != width or set(map(len, hashes)) != {HASH_BYTES}:
            raise ImpossibleProofError(f"tile {index} of level {level} is not whole for a tree of {self._size}")
        return b"".join(hashes)


def _folded(levels: Iterable[bytes]) -> bytes:
    """The root over the runs of the tile levels, lowest first; b"" when all are empty."""
    root = b""
    for run in levels:
        root = _run_root(run + root)
    return root


def _run_root(run: bytes) -> bytes:
    """The root over a run; a last hash without a partner rises as it is, which is how RFC 6962 splits a tree."""
    while len(run) > HASH_BYTES:
        paired = len(run) - len(run) % _PAIR_BYTES
        parents = [sha256(_NODE_PREFIX + run[at : at + _PAIR_BYTES]).digest() for at in range(0, paired, _PAIR_BYTES)]
        run = b"".join(parents) + run[paired:]
    return run


def _full_tiles(level: int, first_index: int, run: bytes) -> list[Tile]:
    """The full tiles at the start of a run that begins with the first hash of a tile."""
    starts = range(0, len(run) - TILE_BYTES + 1, TILE_BYTES)
    slices = [run[start : start + TILE_BYTES] for start in starts]
    return [
        Tile(level=level, index=index, hashes=hashes, root=_run_root(hashes))
        for index, hashes in enumerate(slices, start=first_index)
    ]


def _nodes_beside(number: int, level: int, size: int) -> Iterator[tuple[int, int]]:
    """Tree level and number of each node beside the path from a node to the root; an even number is on its left."""
    while (size - 1) >> level:
        if (number ^ 1) << level < size:
            yield level, number ^ 1
        level, number = level + 1, number >> 1


def _hashes_beside(tiles: _TilesRead, number: int, level: int, size: int) -> tuple[bytes, ...]:
    beside = _nodes_beside(number, level, size)
    return tuple([tiles.root(node << at, min((node + 1) << at, size)) for at, node in beside])


def _level_of_last_subtree(size: int) -> int:
    """The level of the smallest of the complete subtrees a tree consists of; they are the 1 bits of its size."""
    return (size & -size).bit_length() - 1


def _roots_from_consistency(
    first_size: int, second_size: int, proof: Sequence[bytes], first_root: bytes
) -> tuple[bytes, bytes]:
    """The roots of both trees that the proof leads to, from the last complete subtree of the first."""
    level = _level_of_last_subtree(first_size)
    # A first tree that is one complete subtree is left out of the proof: the verifier has its root.
    hashes = (first_root, *proof) if first_size == 1 << level else tuple(proof)
    beside = list(_nodes_beside(first_size - 1 >> level, level, second_size))
    _refuse_unless_hashes(hashes, len(beside) + 1)
    first = second = hashes[0]
    for (_, number), beside_hash in zip(beside, hashes[1:], strict=True):
        if number % 2:
            second = node_hash(second, beside_hash)
        else:
            first, second = node_hash(beside_hash, first), node_hash(beside_hash, second)
    return first, second


def _refuse_unless_hashes(hashes: Sequence[bytes], count: int) -> None:
    if len(hashes) != count or any(len(one) != HASH_BYTES for one in hashes):
        raise InvalidProofError(f"{count} hashes of {HASH_BYTES} bytes are needed")


def _path(folder: str, index: int, width: int) -> str:
    digits = str(index)
    digits = digits.zfill(len(digits) + -len(digits) % 3)
    *upper, last = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{folder}/{''.join(f'x{element}/' for element in upper)}{last}{partial}"
