"""Digests of any set of tags, also of more than a tile holds."""

import json
from hashlib import sha256

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.digest import TagCount, digest_root, path_of
from domain.merkle import verify_inclusion
from tests.support.effort import effort

numbers = st.integers(1, 2**53 - 1)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
tags = st.dictionaries(words, st.tuples(numbers, numbers), max_size=40)
many_tags = st.builds(
    lambda count, step: {f"voucher:L{number * step % count}/{number}": (1, number) for number in range(1, count + 1)},
    st.integers(250, 1_100),
    st.integers(1, 97),
)


def naive_leaf(tag: str, count: int, last: int) -> bytes:
    return sha256(b"\0" + json.dumps([tag, count, last], separators=(",", ":"), ensure_ascii=False).encode()).digest()


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\1" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


@given(tags | many_tags)
@settings(deadline=None, max_examples=effort(quick=20, full=60))
def test_the_root_is_the_naive_one_and_the_path_of_a_tag_leads_to_it(borne: dict[str, tuple[int, int]]) -> None:
    root = naive_root([naive_leaf(tag, *borne[tag]) for tag in sorted(borne)])
    given_tags = [TagCount(tag, *numbers_of) for tag, numbers_of in borne.items()]
    assert digest_root(given_tags) == root
    # Of the large ones some: each path is worked out from all the leaves.
    for index, tag in list(enumerate(sorted(borne)))[:: max(1, len(borne) // effort(quick=10, full=40))]:
        path = path_of(tag, given_tags)
        assert path is not None
        assert (path.leaf_index, path.tag_count) == (index, len(borne))
        leaf = naive_leaf(tag, path.entry_count, path.last_position)
        verify_inclusion(leaf, path.leaf_index, path.tag_count, path.proof, root)
