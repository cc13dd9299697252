"""The digest of a log: its leaves byte for byte, and a tree worked out by hand."""

from hashlib import sha256

import pytest

from domain.digest import Digest, TagCount, TagPath, digest_of, digest_root, leaf_bytes, path_of
from domain.identifiers import canonical_json
from domain.merkle import verify_inclusion

A, B, C = TagCount("line:A", 3, 9), TagCount("line:B", 1, 4), TagCount("unit:C", 2, 5)


def leaf(text: str) -> bytes:
    return sha256(b"\0" + text.encode()).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


LEAF_A, LEAF_B, LEAF_C = leaf('["line:A",3,9]'), leaf('["line:B",1,4]'), leaf('["unit:C",2,5]')
ROOT = node(node(LEAF_A, LEAF_B), LEAF_C)


@pytest.mark.parametrize(
    "tag", ["line:L1", 'programme:"引号"', "voucher:L1/2023/支\\0312", "programme:𠮷野家", "x-a\u007fb\u0080", "x-\t"]
)
def test_a_leaf_is_the_canonical_form_of_three_values(tag: str) -> None:
    assert leaf_bytes(TagCount(tag, 5, 52)) == canonical_json([tag, 5, 52])


def test_the_root_is_that_of_the_tree_over_the_leaves_in_the_order_of_tags() -> None:
    assert digest_root([A, B, C]) == ROOT
    assert digest_root([C, A, B]) == ROOT, "in whatever order they come"


def test_tags_may_come_some_at_a_time() -> None:
    assert digest_of([[A], [B, C]]) == digest_of([[A, B], [], [C]]) == Digest(ROOT, 3)
    assert digest_of([]).tag_count == 0


def test_tags_are_in_the_order_of_code_points() -> None:
    tags = [TagCount(tag, 1, 1) for tag in ("programme:\uffee", "programme:𠮷", "programme:Z", "programme:a")]
    found = {each.tag: path_of(each.tag, tags) for each in tags}
    assert {tag: path.leaf_index for tag, path in found.items() if path} == {
        "programme:Z": 0,
        "programme:a": 1,
        "programme:\uffee": 2,
        "programme:𠮷": 3,
    }


def test_a_path_says_what_the_leaf_says_and_leads_to_the_root() -> None:
    assert path_of("line:B", [C, B, A]) == TagPath(1, 1, 4, 3, (LEAF_A, LEAF_C))
    assert path_of("unit:C", [C, B, A]) == TagPath(2, 2, 5, 3, (node(LEAF_A, LEAF_B),))


def test_a_tag_that_no_entry_bears_has_no_path() -> None:
    for tag in ("line:", "line:AA", "line:a", "zone:C", ""):
        assert path_of(tag, [A, B, C]) is None
    assert path_of("line:A", []) is None


def test_the_only_tag_needs_no_proof() -> None:
    assert path_of("line:A", [A]) == TagPath(0, 3, 9, 1, ())
    assert digest_root([A]) == LEAF_A


def test_a_path_leads_to_no_other_count() -> None:
    path = path_of("line:A", [A, B, C])
    assert path is not None
    verify_inclusion(LEAF_A, path.leaf_index, path.tag_count, path.proof, ROOT)
    with pytest.raises(ValueError, match="another root"):
        verify_inclusion(leaf('["line:A",2,9]'), path.leaf_index, path.tag_count, path.proof, ROOT)
