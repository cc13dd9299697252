"""The digest of a log: one hash over how many entries bear each tag and where the last of them stands.

It is the root of the tree of RFC 6962 over one leaf for each tag, sorted by tag (by code point). With a tag's path in
it, a list of the entries that bear the tag is shown to be whole without the rest of the log.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from json.encoder import encode_basestring
from operator import attrgetter
from typing import NamedTuple

from domain.identifiers import leaf_hash
from domain.merkle import EMPTY_EDGE, inclusion_proof


class TagCount(NamedTuple):
    """How many entries bear a tag, and the position of the last of them."""

    tag: str
    entry_count: int
    last_position: int


class TagPath(NamedTuple):
    """What the leaf of a tag says, where it stands (from 0) among the `tag_count` leaves, and the proof of it.

    The proof is that of RFC 9162 section 2.1.3: the hashes beside the path to the root, lowest first.
    """

    leaf_index: int
    entry_count: int
    last_position: int
    tag_count: int
    proof: tuple[bytes, ...]


def leaf_bytes(each: TagCount) -> bytes:
    """The leaf of a tag: the canonical JSON of `[tag, entry count, last position]`."""
    return f"[{encode_basestring(each.tag)},{each.entry_count},{each.last_position}]".encode()


class Digest(NamedTuple):
    """The root over tags, and how many they are."""

    root: bytes
    tag_count: int


def digest_root(tags: Iterable[TagCount]) -> bytes:
    """The digest of these tags, given in any order, each once."""
    return digest_of([sorted(tags)]).root


def digest_of(parts: Iterable[Sequence[TagCount]]) -> Digest:
    """The digest of tags that come in their order, some at a time; no more than that is held in memory."""
    edge, count = EMPTY_EDGE, 0
    for part in parts:
        edge, _ = edge.appended(_leaf_hashes(part))
        count += len(part)
    return Digest(edge.root(), count)


def path_of(tag: str, tags: Iterable[TagCount]) -> TagPath | None:
    """The path of a tag in the digest of these tags; None when it is none of them."""
    in_order = sorted(tags)
    index = bisect_left(in_order, tag, key=attrgetter("tag"))
    if index == len(in_order) or in_order[index].tag != tag:
        return None
    _, entry_count, last_position = in_order[index]
    proof = inclusion_proof(_Leaves(_leaf_hashes(in_order)), index, len(in_order))
    return TagPath(index, entry_count, last_position, len(in_order), proof)


class _Leaves:
    """See merkle.HashSource. All of it in memory: a ledger has some 100,000 tags, not some 100,000,000."""

    def __init__(self, leaf_hashes: list[bytes]) -> None:
        _, tiles = EMPTY_EDGE.appended(leaf_hashes)
        self._levels = defaultdict(list, {0: leaf_hashes})
        for tile in tiles:
            self._levels[tile.level + 1].append(tile.root)

    def hashes(self, level: int, first: int, count: int) -> Sequence[bytes]:
        """See merkle.HashSource.hashes."""
        return self._levels[level][first : first + count]


def _leaf_hashes(in_order: Iterable[TagCount]) -> list[bytes]:
    return [leaf_hash(leaf_bytes(each)) for each in in_order]
