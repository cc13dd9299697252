"""The verifier's own Merkle trees: the vectors of others, and the proofs that the log's code makes."""

import json
import random
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.identifiers import leaf_hash as logged_leaf_hash
from domain.merkle import consistency_proof, inclusion_proof
from tests.support.effort import effort
from tests.support.evidence import LeafSource, full_subtrees
from tests.support.evidence_log import edge_of
from verifier.fundtrail_verify import (
    EMPTY_ROOT,
    Fault,
    Tree,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
PROOFS: dict[str, dict[str, dict[str, Any]]] = json.loads((VECTORS / "rfc6962-proofs.json").read_text())
REFERENCE: dict[str, Any] = json.loads((VECTORS / "rfc6962-reference-tree.json").read_text())
EARLIER: dict[str, Any] = json.loads((VECTORS / "evidence-bundle-own.json").read_text(encoding="utf-8"))

LEAVES = [leaf_hash(b"entry %d" % number) for number in range(700)]
SOURCE = LeafSource(LEAVES)
ROOTS = {size: edge_of(LEAVES[:size]).root() for size in range(len(LEAVES) + 1)}

sizes = st.integers(1, len(LEAVES))


@pytest.mark.parametrize("name", PROOFS["inclusion"])
def test_an_inclusion_case_of_others_is_judged_as_they_judge_it(name: str) -> None:
    case = PROOFS["inclusion"][name]
    proof = [b64decode(text) for text in case["proof"] or ()]
    leaf, root = b64decode(case["leafHash"]), b64decode(case["root"])
    if case["wantErr"]:
        with pytest.raises(Fault):
            verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, root)
    else:
        verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, root)


@pytest.mark.parametrize("name", PROOFS["consistency"])
def test_a_consistency_case_of_others_is_judged_as_they_judge_it(name: str) -> None:
    case = PROOFS["consistency"][name]
    proof = [b64decode(text) for text in case["proof"] or ()]
    roots = b64decode(case["root1"]), b64decode(case["root2"])
    if case["wantErr"]:
        with pytest.raises(Fault):
            verify_consistency(case["size1"], case["size2"], proof, *roots)
    else:
        verify_consistency(case["size1"], case["size2"], proof, *roots)


def test_the_reference_tree_has_the_published_roots() -> None:
    leaves = [leaf_hash(bytes.fromhex(text)) for text in REFERENCE["leaf_inputs_hex"]]
    tree = Tree()
    for size, leaf in enumerate(leaves, start=1):
        tree.append(leaf)
        assert tree.root().hex() == root_of(leaves[:size]).hex() == REFERENCE["roots_hex_size_1_to_8"][size - 1]
    assert REFERENCE["empty_root_hex"] == EMPTY_ROOT.hex() == Tree().root().hex() == root_of([]).hex()


def test_the_proofs_of_an_earlier_program_verify() -> None:
    bundle = EARLIER["must_pass"]
    lines = bundle["checkpoint"].split("\n")
    size, root = int(lines[1]), b64decode(lines[2])
    for event in bundle["events"]:
        proof = [b64decode(text) for text in event["proof"]]
        verify_inclusion(leaf_hash(b64decode(event["bytes"])), event["index"], size, proof, root)
    before = bundle["previous"].split("\n")
    proof = [b64decode(text) for text in bundle["consistency"]]
    verify_consistency(int(before[1]), size, proof, b64decode(before[2]), root)


def test_a_leaf_is_what_the_log_stores_as_one() -> None:
    assert leaf_hash(b"entry") == logged_leaf_hash(b"entry")


@settings(max_examples=effort(quick=40, full=150), deadline=None)
@given(sizes, st.data())
def test_the_inclusion_proofs_of_the_log_verify_and_no_changed_one_does(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = list(inclusion_proof(SOURCE, index, size))
    verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])
    for changed in (proof[:-1], [*proof, LEAVES[0]], proof[::-1], [LEAVES[0], *proof]):
        if changed != proof:
            with pytest.raises(Fault):
                verify_inclusion(LEAVES[index], index, size, changed, ROOTS[size])


@settings(max_examples=effort(quick=40, full=150), deadline=None)
@given(sizes, sizes)
def test_the_consistency_proofs_of_the_log_verify_and_no_changed_one_does(one: int, other: int) -> None:
    first, second = sorted((one, other))
    proof = list(consistency_proof(SOURCE, first, second))
    verify_consistency(first, second, proof, ROOTS[first], ROOTS[second])
    for changed in (proof[:-1], [*proof, LEAVES[0]], proof[::-1], [LEAVES[0], *proof]):
        if changed != proof:
            with pytest.raises(Fault):
                verify_consistency(first, second, changed, ROOTS[first], ROOTS[second])


@settings(max_examples=effort(quick=30, full=100), deadline=None)
@given(st.integers(0, len(LEAVES)), st.integers(0, len(LEAVES)))
def test_a_tree_goes_on_from_its_full_subtrees(one: int, other: int) -> None:
    first, second = sorted((one, other))
    tree = Tree(first, full_subtrees(LEAVES[:first]))
    assert tree.root() == ROOTS[first]
    for leaf in LEAVES[first:second]:
        tree.append(leaf)
    assert tree.size == second
    assert tree.root() == ROOTS[second] == root_of(LEAVES[:second])


def test_a_tree_of_a_size_has_as_many_full_subtrees_as_its_size_has_ones() -> None:
    with pytest.raises(Fault):
        Tree(3, full_subtrees(LEAVES[:4]))


@pytest.mark.parametrize(("first", "second"), [(0, 3), (4, 3), (-1, 3), (1, 2**63)])
def test_sizes_between_which_nothing_can_be_shown_are_refused(first: int, second: int) -> None:
    with pytest.raises(Fault):
        verify_consistency(first, second, [], ROOTS[0], ROOTS[3])


@pytest.mark.parametrize(("index", "size"), [(3, 3), (-1, 3), (0, 0), (0, 2**63)])
def test_a_leaf_that_a_tree_cannot_have_is_refused(index: int, size: int) -> None:
    with pytest.raises(Fault):
        verify_inclusion(LEAVES[0], index, size, [], LEAVES[0])


def test_a_proof_of_another_leaf_or_for_another_place_is_refused() -> None:
    chance = random.Random(9162)  # noqa: S311 (chance, not a secret)
    for _ in range(100):
        size = chance.randrange(2, 700)
        index, other = chance.sample(range(size), 2)
        proof = inclusion_proof(SOURCE, index, size)
        with pytest.raises(Fault):
            verify_inclusion(LEAVES[other], index, size, proof, ROOTS[size])
        with pytest.raises(Fault):
            verify_inclusion(LEAVES[index], other, size, proof, ROOTS[size])
