"""The tree against its recursive definition and against the vectors of others; tiles, proofs, paths and bundles."""

import json
import random
from base64 import b64decode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.identifiers import leaf_hash
from domain.merkle import (
    EMPTY_EDGE,
    EMPTY_ROOT,
    MAX_BUNDLED_ENTRY_BYTES,
    TILE_BYTES,
    TILE_WIDTH,
    Edge,
    ImpossibleProofError,
    InvalidProofError,
    MalformedBundleError,
    Tile,
    TilePath,
    consistency_proof,
    decode_bundle,
    edge_at,
    encode_bundle,
    entries_path,
    inclusion_proof,
    node_hash,
    parse_tile_path,
    root_at,
    root_from_inclusion,
    tile_path,
    tile_width,
    verify_consistency,
    verify_inclusion,
)
from tests.support.effort import effort

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
PROOFS: dict[str, dict[str, dict[str, Any]]] = json.loads((VECTORS / "rfc6962-proofs.json").read_text())
REFERENCE: dict[str, Any] = json.loads((VECTORS / "rfc6962-reference-tree.json").read_text())

LEAVES = [sha256(number.to_bytes(4, "big")).digest() for number in range(70_001)]


class StoredTiles:
    """Leaf hashes and full tiles as a database keeps them: each inserted once, after those it stands on."""

    def __init__(self, leaves: Sequence[bytes] = ()) -> None:
        self.leaves: list[bytes] = []
        self.tiles: dict[tuple[int, int], Tile] = {}
        self.reads: list[tuple[int, int, int]] = []
        self.insert(leaves, EMPTY_EDGE.appended(leaves)[1])

    def insert(self, leaves: Sequence[bytes], tiles: Sequence[Tile]) -> None:
        self.leaves.extend(leaves)
        for tile in tiles:
            assert (tile.level, tile.index) not in self.tiles
            assert tile.hashes == b"".join(self.hashes(tile.level, tile.index * TILE_WIDTH, TILE_WIDTH))
            self.tiles[tile.level, tile.index] = tile

    def hashes(self, level: int, first: int, count: int) -> Sequence[bytes]:
        assert 0 < count <= TILE_WIDTH - first % TILE_WIDTH
        self.reads.append((level, first, count))
        if level == 0:
            return self.leaves[first : first + count]
        roots = [self.tiles.get((level - 1, index)) for index in range(first, first + count)]
        return [tile.root for tile in roots if tile is not None]


@cache
def defined_root(start: int, end: int) -> bytes:
    """RFC 6962 section 2.1: MTH(D[start:end]) of LEAVES."""
    if end - start == 1:
        return LEAVES[start]
    middle = start + split(end - start)
    return sha256(b"\x01" + defined_root(start, middle) + defined_root(middle, end)).digest()


def split(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1


def defined_path(index: int, start: int, end: int) -> tuple[bytes, ...]:
    """RFC 6962 section 2.1.1: PATH(index, D[start:end])."""
    if end - start == 1:
        return ()
    middle = start + split(end - start)
    if index < middle:
        return (*defined_path(index, start, middle), defined_root(middle, end))
    return (*defined_path(index, middle, end), defined_root(start, middle))


def defined_consistency(size: int, start: int, end: int, *, whole: bool = True) -> tuple[bytes, ...]:
    """RFC 6962 section 2.1.2: SUBPROOF(size - start, D[start:end], whole)."""
    if size == end:
        return () if whole else (defined_root(start, end),)
    middle = start + split(end - start)
    if size <= middle:
        return (*defined_consistency(size, start, middle, whole=whole), defined_root(middle, end))
    return (*defined_consistency(size, middle, end, whole=False), defined_root(start, middle))


def edge_of(leaves: Sequence[bytes]) -> Edge:
    return EMPTY_EDGE.appended(leaves)[0]


def flipped(data: bytes, bit: int) -> bytes:
    place = bit % (8 * len(data))
    return (int.from_bytes(data, "big") ^ 1 << place).to_bytes(len(data), "big")


@pytest.fixture
def chance() -> random.Random:
    return random.Random(6962)  # noqa: S311 (chance, not a secret)


@pytest.fixture(scope="module")
def whole_log() -> StoredTiles:
    return StoredTiles(LEAVES)


def test_the_empty_tree_has_the_hash_of_nothing_as_its_root() -> None:
    assert EMPTY_EDGE.root() == EMPTY_ROOT == sha256(b"").digest()
    assert REFERENCE["empty_root_hex"] == EMPTY_ROOT.hex()
    assert root_at(StoredTiles(), 0) == EMPTY_ROOT


def test_the_reference_tree_has_the_published_roots() -> None:
    leaves = [leaf_hash(bytes.fromhex(text)) for text in REFERENCE["leaf_inputs_hex"]]
    roots = [edge_of(leaves[:size]).root().hex() for size in range(1, 9)]
    assert roots == REFERENCE["roots_hex_size_1_to_8"]


@pytest.mark.parametrize("name", PROOFS["inclusion"])
def test_an_inclusion_case_of_others_is_judged_as_they_judge_it(name: str) -> None:
    case = PROOFS["inclusion"][name]
    proof = [b64decode(text) for text in case["proof"] or ()]
    leaf, root = b64decode(case["leafHash"]), b64decode(case["root"])
    if case["wantErr"]:
        with pytest.raises(InvalidProofError):
            verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, root)
    else:
        verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, root)


@pytest.mark.parametrize("name", PROOFS["consistency"])
def test_a_consistency_case_of_others_is_judged_as_they_judge_it(name: str) -> None:
    case = PROOFS["consistency"][name]
    proof = [b64decode(text) for text in case["proof"] or ()]
    roots = b64decode(case["root1"]), b64decode(case["root2"])
    if case["wantErr"]:
        with pytest.raises(InvalidProofError):
            verify_consistency(case["size1"], case["size2"], proof, *roots)
    else:
        verify_consistency(case["size1"], case["size2"], proof, *roots)


def test_the_vectors_hold_cases_to_accept_and_cases_to_refuse() -> None:
    wanted = {kind: [case["wantErr"] for case in cases.values()] for kind, cases in PROOFS.items()}
    assert {kind: (len(errors), sum(errors)) for kind, errors in wanted.items()} == {
        "inclusion": (49, 46),
        "consistency": (49, 45),
    }


def test_a_node_is_hashed_with_the_prefix_that_no_leaf_has() -> None:
    assert node_hash(LEAVES[0], LEAVES[1]) == sha256(b"\x01" + LEAVES[0] + LEAVES[1]).digest()


def test_random_batches_with_restarts_from_stored_tiles_give_the_defined_roots(chance: random.Random) -> None:
    store, edge = StoredTiles(), EMPTY_EDGE
    while edge.size < len(LEAVES):
        batch = LEAVES[edge.size : edge.size + chance.choice((1, 2, 7, 255, 256, 257, 1000, 3000))]
        edge, tiles = edge.appended(batch)
        store.insert(batch, tiles)
        if chance.random() < 0.5:
            reloaded = edge_at(store, edge.size)
            assert reloaded == edge
            edge = reloaded
        if chance.random() < 0.2:
            assert edge.root() == defined_root(0, edge.size)
    assert store.tiles == StoredTiles(LEAVES).tiles
    assert sorted({tile.level for tile in store.tiles.values()}) == [0, 1]
    assert edge.root() == defined_root(0, 70_001)


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 65_792, 70_000])
def test_the_root_of_every_earlier_tree_is_read_from_tiles(whole_log: StoredTiles, size: int) -> None:
    assert root_at(whole_log, size) == defined_root(0, size)
    assert edge_at(whole_log, size) == edge_of(LEAVES[:size])


def test_every_proof_of_a_small_tree_is_the_defined_one() -> None:
    store = StoredTiles(LEAVES[:40])
    for size in range(1, 41):
        for number in range(1, size + 1):
            assert inclusion_proof(store, number - 1, size) == defined_path(number - 1, 0, size)
            assert consistency_proof(store, number, size) == defined_consistency(number, 0, size)


def test_random_proofs_from_tiles_of_a_large_tree_are_the_defined_ones_and_verify(
    whole_log: StoredTiles, chance: random.Random
) -> None:
    edges = (1, 255, 256, 257, 512, 65_280, 65_535, 65_536, 65_537, 66_048, 70_000, 70_001)
    for _ in range(300):
        size, number = (chance.choice((*edges, chance.randint(1, 70_001))) for _ in range(2))
        first, second = min(size, number), max(size, number)
        index = chance.randrange(second)
        inclusion = inclusion_proof(whole_log, index, second)
        consistency = consistency_proof(whole_log, first, second)
        assert inclusion == defined_path(index, 0, second)
        assert consistency == defined_consistency(first, 0, second)
        verify_inclusion(LEAVES[index], index, second, inclusion, defined_root(0, second))
        verify_consistency(first, second, consistency, defined_root(0, first), defined_root(0, second))


def test_a_proof_reads_no_tile_twice_and_at_most_two_of_a_level(whole_log: StoredTiles, chance: random.Random) -> None:
    for _ in range(200):
        first, second = sorted(chance.sample(range(1, 70_002), 2))
        for prove, start in ((inclusion_proof, first - 1), (consistency_proof, first)):
            whole_log.reads.clear()
            prove(whole_log, start, second)
            levels = [level for level, _, _ in whole_log.reads]
            assert len(set(whole_log.reads)) == len(levels)
            assert max(map(levels.count, levels)) <= 2
            assert all(first + count <= second >> 8 * level for level, first, count in whole_log.reads)


def test_an_edge_is_loaded_from_one_range_of_each_level(whole_log: StoredTiles) -> None:
    whole_log.reads.clear()
    edge_at(whole_log, 70_001)
    assert whole_log.reads == [(0, 69_888, 113), (1, 256, 17), (2, 0, 1)]


def test_of_a_tree_that_the_source_does_not_hold_nothing_is_given() -> None:
    store = StoredTiles(LEAVES[:300])
    for size in (-1, 301, 512, 513, 10**6, 2**63 - 1):
        with pytest.raises(ImpossibleProofError):
            edge_at(store, size)
        with pytest.raises(ImpossibleProofError):
            inclusion_proof(store, 299, size)
        with pytest.raises(ImpossibleProofError):
            consistency_proof(store, 257, size)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (4, 3), (-1, 3), (0, -1)])
def test_a_leaf_outside_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ImpossibleProofError):
        inclusion_proof(StoredTiles(LEAVES[:9]), index, size)
    with pytest.raises(InvalidProofError):
        root_from_inclusion(LEAVES[0], index, size, ())


@pytest.mark.parametrize(("first_size", "second_size"), [(0, 0), (0, 3), (4, 3), (-1, 3), (-3, -2)])
def test_nothing_is_consistent_with_the_empty_tree_or_with_a_smaller_one(first_size: int, second_size: int) -> None:
    with pytest.raises(ImpossibleProofError):
        consistency_proof(StoredTiles(LEAVES[:9]), first_size, second_size)
    with pytest.raises(InvalidProofError):
        verify_consistency(first_size, second_size, (), EMPTY_ROOT, EMPTY_ROOT)


def test_a_root_that_is_no_hash_is_in_no_tree() -> None:
    with pytest.raises(InvalidProofError):
        verify_inclusion(b"", 0, 1, (), b"")


def test_a_leaf_hash_of_another_length_is_not_appended() -> None:
    with pytest.raises(AssertionError):
        EMPTY_EDGE.appended([LEAVES[0][:31], LEAVES[1] + b"\x00"])


@given(index=st.integers(0, 599), beyond=st.integers(1, 600), part=st.integers(0, 11), bit=st.integers(0, 255))
@settings(deadline=None)
def test_an_inclusion_proof_with_any_flipped_bit_is_refused(index: int, beyond: int, part: int, bit: int) -> None:
    size = index + beyond
    parts = [LEAVES[index], defined_root(0, size), *defined_path(index, 0, size)]
    parts[part % len(parts)] = flipped(parts[part % len(parts)], bit)
    leaf, root, *proof = parts
    with pytest.raises(InvalidProofError):
        verify_inclusion(leaf, index, size, proof, root)


@given(first=st.integers(1, 600), more=st.integers(1, 600), part=st.integers(0, 13), bit=st.integers(0, 255))
@settings(deadline=None)
def test_a_consistency_proof_with_any_flipped_bit_is_refused(first: int, more: int, part: int, bit: int) -> None:
    second = first + more
    parts = [defined_root(0, first), defined_root(0, second), *defined_consistency(first, 0, second)]
    parts[part % len(parts)] = flipped(parts[part % len(parts)], bit)
    first_root, second_root, *proof = parts
    with pytest.raises(InvalidProofError):
        verify_consistency(first, second, proof, first_root, second_root)


@given(index=st.integers(0, 599), beyond=st.integers(1, 600), where=st.integers(0, 10), drop=st.booleans())
@settings(deadline=None)
def test_a_proof_with_a_hash_more_or_less_is_refused(index: int, beyond: int, where: int, *, drop: bool) -> None:
    size = index + beyond
    proof = list(defined_path(index, 0, size))
    changed = proof[:where] + proof[where + 1 :] if drop else [*proof[:where], LEAVES[0], *proof[where:]]
    if changed != proof:
        with pytest.raises(InvalidProofError):
            verify_inclusion(LEAVES[index], index, size, changed, defined_root(0, size))


def test_a_tree_of_70000_has_the_tiles_of_the_specification() -> None:
    assert [tile_width(0, index, 70_000) for index in (0, 272, 273, 274)] == [256, 256, 112, 0]
    assert [tile_width(1, index, 70_000) for index in (0, 1, 2)] == [256, 17, 0]
    assert [tile_width(2, index, 70_000) for index in (0, 1)] == [1, 0]
    assert tile_width(3, 0, 70_000) == 0
    assert [tile_width(0, 0, 256), tile_width(0, 1, 256), tile_width(1, 0, 256)] == [256, 0, 1]


def test_a_full_tile_is_256_hashes_and_their_root() -> None:
    _, (tile,) = EMPTY_EDGE.appended(LEAVES[:300])
    assert tile == Tile(level=0, index=0, hashes=b"".join(LEAVES[:256]), root=defined_root(0, 256))
    assert len(tile.hashes) == TILE_BYTES == 8192


@pytest.mark.parametrize(
    ("index", "width", "path"),
    [
        (0, 256, "000"),
        (999, 255, "999.p/255"),
        (1000, 256, "x001/000"),
        (1234, 17, "x001/234.p/17"),
        (1_234_067, 256, "x001/x234/067"),
    ],
)
def test_a_path_writes_the_index_in_groups_of_three_digits(index: int, width: int, path: str) -> None:
    assert tile_path(2, index, width) == f"tile/2/{path}"
    assert entries_path(index, width) == f"tile/entries/{path}"
    assert parse_tile_path(f"2/{path}") == TilePath(level=2, index=index, width=width)
    assert parse_tile_path(f"entries/{path}") == TilePath(level=None, index=index, width=width)


@given(level=st.integers(0, 63), index=st.integers(0, 2**55), width=st.integers(1, 256))
def test_every_path_is_read_as_what_it_was_written_for(level: int, index: int, width: int) -> None:
    tile, entries = tile_path(level, index, width), entries_path(index, width)
    assert parse_tile_path(tile.removeprefix("tile/")) == TilePath(level=level, index=index, width=width)
    assert parse_tile_path(entries.removeprefix("tile/")) == TilePath(level=None, index=index, width=width)


OTHER_PATHS = (
    "", "/", "0", "0/", "0/0", "0/00", "0/0000", "0/1234", "0/x001", "0/001/234", "0/x000/001", "0/x001/x234",
    "0/x01/234", "0/X001/234", "0/x001//234", "00/000", "01/000", "64/000", "100/000", "-1/000", "+1/000", "x/000",
    "0/000.p", "0/000.p/", "0/000.p/0", "0/000.p/01", "0/000.p/256", "0/000.p/-1", "0/000.P/1", "0/000.p/1/", "0/000 ",
    " 0/000", "0/000\n", "0/０00", "٣/000", "0/00a", "0/../000", "../0/000", "0/000.p/1\x00", "Entries/000", "entries",
    "data/000", "tile/0/000", "0/x001/x001/x001/x001/x001/x001/001", "entries/000.p/1e2", "0/%30", "0\\000",
)  # fmt: skip


@pytest.mark.parametrize("text", OTHER_PATHS)
def test_no_other_path_names_a_tile(text: str) -> None:
    assert parse_tile_path(text) is None


@given(st.text(alphabet="0123x/.pentris", max_size=20))
@settings(max_examples=effort(quick=100, full=500))
def test_a_path_that_names_a_tile_is_the_one_it_is_published_at(text: str) -> None:
    named = parse_tile_path(text)
    if named is not None:
        written = (
            entries_path(named.index, named.width)
            if named.level is None
            else tile_path(named.level, named.index, named.width)
        )
        assert written == f"tile/{text}"


def test_a_bundle_is_each_entry_after_its_length() -> None:
    assert encode_bundle([b"abc", b"", b"\x00" * 258]) == b"\x00\x03abc\x00\x00\x01\x02" + b"\x00" * 258


@given(st.lists(st.binary(max_size=40), max_size=256))
def test_a_bundle_gives_its_entries_back(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries)) == tuple(entries)


@pytest.mark.parametrize("bundle", [b"\x00", b"\x00\x01", b"\x00\x02a", b"\x00\x01ab", b"\xff\xff", b"\x00\x00" * 257])
def test_bytes_that_are_no_bundle_are_refused(bundle: bytes) -> None:
    with pytest.raises(MalformedBundleError):
        decode_bundle(bundle)


def test_an_entry_too_large_for_its_length_is_not_written() -> None:
    largest = bytes(MAX_BUNDLED_ENTRY_BYTES)
    assert decode_bundle(encode_bundle([largest])) == (largest,)
    with pytest.raises(OverflowError):
        encode_bundle([largest + b"\x00"])
