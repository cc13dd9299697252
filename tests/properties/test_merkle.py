"""Trees of any size, up to the largest a checkpoint can name: of equal leaves, so that no leaf need be stored."""

from collections.abc import Sequence
from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.merkle import (
    MAX_TREE_SIZE,
    TILE_WIDTH,
    InvalidProofError,
    consistency_proof,
    edge_at,
    inclusion_proof,
    node_hash,
    root_at,
    verify_consistency,
    verify_inclusion,
)
from tests.support.effort import effort

LEAF = sha256(b"leaf").digest()

small = st.integers(1, 70_000)
around_a_power = st.builds(lambda power, off: max(1, (1 << power) + off), st.integers(0, 62), st.integers(-2, 2))
sizes = small | around_a_power | st.integers(1, MAX_TREE_SIZE)
large_trees = settings(deadline=None, max_examples=effort(quick=20, full=60))


@cache
def complete_root(height: int) -> bytes:
    return node_hash(complete_root(height - 1), complete_root(height - 1)) if height else LEAF


def defined_root(size: int) -> bytes:
    """RFC 6962 section 2.1 for `size` equal leaves."""
    height = size.bit_length() - 1
    rest = size - (1 << height)
    return node_hash(complete_root(height), defined_root(rest)) if rest else complete_root(height)


class EqualLeaves:
    """A log without an end; it counts what is read of it."""

    def __init__(self) -> None:
        self.reads = 0

    def hashes(self, level: int, first: int, count: int) -> Sequence[bytes]:
        assert first >= 0
        assert 0 < count <= TILE_WIDTH - first % TILE_WIDTH
        self.reads += 1
        return [complete_root(8 * level)] * count


@given(sizes)
@large_trees
def test_the_root_of_a_tree_is_the_defined_one(size: int) -> None:
    assert root_at(EqualLeaves(), size) == defined_root(size)


@given(sizes, st.data())
@large_trees
def test_an_inclusion_proof_verifies(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    log = EqualLeaves()
    verify_inclusion(LEAF, index, size, inclusion_proof(log, index, size), defined_root(size))
    assert log.reads <= 2 * (1 + size.bit_length() // 8)


@given(sizes, sizes)
@large_trees
def test_a_consistency_proof_verifies(one: int, other: int) -> None:
    first, second = sorted((one, other))
    log = EqualLeaves()
    proof = consistency_proof(log, first, second)
    verify_consistency(first, second, proof, defined_root(first), defined_root(second))
    assert log.reads <= 2 * (1 + second.bit_length() // 8)


@given(sizes.filter(lambda size: size < MAX_TREE_SIZE - 1000), st.integers(0, 1000))
@large_trees
def test_an_edge_grows_into_the_edge_of_the_larger_tree(size: int, count: int) -> None:
    edge, tiles = edge_at(EqualLeaves(), size).appended([LEAF] * count)
    assert edge == edge_at(EqualLeaves(), size + count)
    assert [tile.root for tile in tiles] == [complete_root(8 * (tile.level + 1)) for tile in tiles]
    full = [(level, (size + count) >> 8 * (level + 1), size >> 8 * (level + 1)) for level in range(8)]
    assert [(tile.level, tile.index) for tile in tiles] == [
        (level, index) for level, end, start in full for index in range(start, end)
    ]


def test_a_tree_larger_than_a_checkpoint_can_name_is_refused() -> None:
    log, size = EqualLeaves(), MAX_TREE_SIZE + 1
    with pytest.raises(InvalidProofError):
        verify_inclusion(LEAF, 0, size, inclusion_proof(log, 0, size), defined_root(size))
    with pytest.raises(InvalidProofError):
        verify_consistency(1, size, consistency_proof(log, 1, size), LEAF, defined_root(size))
