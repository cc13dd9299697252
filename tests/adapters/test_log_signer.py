"""A log's signer goes on from what it signed last, and from nothing else."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from adapters.transparency.ed25519 import verify
from adapters.transparency.log_keys import LogKeys
from adapters.transparency.log_signer import LogSigner, SigningRefusedError
from domain import merkle
from domain.checkpoint import Checkpoint, parse_checkpoint
from domain.merkle import ImpossibleProofError
from domain.note import parse_note, verify_note
from tests.support.trees import defined_root

LOG = ("story", "ab" * 16)


class ListedTree:
    """A log in memory, which the test may set back or rewrite."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.leaves = leaves

    def hashes(self, level: int, first: int, count: int) -> Sequence[bytes]:
        width = 256**level
        runs = [self.leaves[at * width : (at + 1) * width] for at in range(first, first + count)]
        return [defined_root(run) for run in runs if len(run) == width]

    def root(self, _ledger_id: str, size: int) -> bytes:
        if size > len(self.leaves):
            raise ImpossibleProofError
        return defined_root(self.leaves[:size])

    def consistency_proof(self, _ledger_id: str, first_size: int, second_size: int) -> tuple[bytes, ...]:
        return merkle.consistency_proof(self, first_size, second_size)


def leaf(number: int, of: str = "") -> bytes:
    return f"{of}{number}".encode().rjust(32, b"\0")


@pytest.fixture
def tree() -> ListedTree:
    return ListedTree([leaf(number) for number in range(100)])


@pytest.fixture
def signer(tmp_path: Path, tree: ListedTree) -> LogSigner:
    return LogSigner(LogKeys(tmp_path, "audit.example"), tree)


def note_over(signer: LogSigner, size: int, *, is_first: bool = False) -> bytes:
    """A note over a log of that size; `is_first`: no checkpoint of it is stored."""
    found = signer.sign(*LOG, lambda: size, stored_size=None if is_first else 0)
    assert found is not None
    assert found[0] == size
    return found[1]


def signed(signer: LogSigner, size: int, *, is_first: bool = False) -> Checkpoint:
    """The checkpoint of a note that every active key has signed."""
    note = parse_note(note_over(signer, size, is_first=is_first))
    keys = [each.key for each in signer.keys.active(*LOG)]
    assert [each.key for each in verify_note(note, keys, verify)] == keys
    return parse_checkpoint(note.text)


def test_a_new_log_gets_a_key_and_a_checkpoint_of_its_root(signer: LogSigner, tree: ListedTree) -> None:
    checkpoint = signed(signer, 1, is_first=True)
    assert checkpoint == Checkpoint(f"audit.example/story/{'ab' * 16}", 1, tree.leaves[0])


def test_a_log_that_grows_is_signed_again_and_again(signer: LogSigner, tree: ListedTree) -> None:
    signed(signer, 1, is_first=True)
    for size in (2, 3, 64, 64, 99):
        assert signed(signer, size).root == defined_root(tree.leaves[:size])


def test_a_log_that_was_set_back_is_not_signed(signer: LogSigner, tree: ListedTree) -> None:
    signed(signer, 50, is_first=True)
    del tree.leaves[40:]
    with pytest.raises(SigningRefusedError, match="40 entries, but 50 were signed"):
        note_over(signer, 40)
    tree.leaves += [leaf(number, "other") for number in range(40, 60)]
    with pytest.raises(SigningRefusedError, match="rewritten"):
        note_over(signer, 60)


def test_a_log_that_was_rewritten_is_not_signed(signer: LogSigner, tree: ListedTree) -> None:
    signed(signer, 50, is_first=True)
    tree.leaves[7] = leaf(7, "false")
    for size in (50, 51, 100):
        with pytest.raises(SigningRefusedError, match="rewritten"):
            note_over(signer, size)
    tree.leaves[7] = leaf(7)
    assert signed(signer, 51).size == 51, "a refusal leaves nothing behind"


def test_what_was_signed_is_known_to_a_signer_that_starts_anew(
    signer: LogSigner, tree: ListedTree, tmp_path: Path
) -> None:
    signed(signer, 50, is_first=True)
    tree.leaves[7] = leaf(7, "false")
    restarted = LogSigner(LogKeys(tmp_path, "audit.example"), tree)
    with pytest.raises(SigningRefusedError):
        note_over(restarted, 60)


def test_a_log_that_others_signed_gets_no_new_key(signer: LogSigner) -> None:
    with pytest.raises(SigningRefusedError, match="keys"):
        note_over(signer, 10)


def test_a_damaged_or_lost_memory_signs_nothing(signer: LogSigner) -> None:
    signed(signer, 50, is_first=True)
    state = signer.keys.folder(*LOG) / "state.json"
    state.write_text("{}", encoding="utf-8")
    with pytest.raises(SigningRefusedError, match="cannot be read"):
        note_over(signer, 60)
    state.unlink()
    with pytest.raises(SigningRefusedError, match="is missing"):
        note_over(signer, 60)


def test_what_is_signed_and_stored_is_not_signed_again(signer: LogSigner) -> None:
    signed(signer, 50, is_first=True)
    assert signer.sign(*LOG, lambda: 50, stored_size=50) is None
    assert signed(signer, 50).size == 50, "what was signed but not stored is"


def test_under_another_name_of_the_deployment_nothing_is_signed(
    signer: LogSigner, tree: ListedTree, tmp_path: Path
) -> None:
    signed(signer, 50, is_first=True)
    renamed = LogSigner(LogKeys(tmp_path, "renamed.example"), tree)
    with pytest.raises(SigningRefusedError, match="a deployment keeps its name"):
        note_over(renamed, 60)


def test_it_says_why_a_log_would_not_be_signed(signer: LogSigner, tree: ListedTree) -> None:
    assert signer.problem(*LOG, lambda: 3) is None, "nothing was signed yet"
    signed(signer, 50, is_first=True)
    assert signer.problem(*LOG, lambda: 60) is None
    assert "set back" in str(signer.problem(*LOG, lambda: 40))
    tree.leaves[7] = leaf(7, "false")
    assert "rewritten" in str(signer.problem(*LOG, lambda: 60))


def test_a_raised_epoch_starts_from_any_log_and_shows(signer: LogSigner, tree: ListedTree) -> None:
    assert signed(signer, 50, is_first=True).epoch == 0
    del tree.leaves[40:]
    signer.raise_epoch(*LOG, 1)
    assert signed(signer, 40).epoch == 1
    tree.leaves[3] = leaf(3, "false")
    with pytest.raises(SigningRefusedError):
        note_over(signer, 40)


def test_keys_that_overlap_sign_side_by_side(signer: LogSigner) -> None:
    signed(signer, 10, is_first=True)
    old = signer.keys.active(*LOG)[0].key
    new = signer.keys.add(*LOG)
    note = parse_note(note_over(signer, 11))
    assert len(note.signatures) == 2
    for key in (old, new):
        assert [each.key for each in verify_note(note, [key], verify)] == [key]
    signer.keys.retire(*LOG, old.key_id.hex())
    assert len(parse_note(note_over(signer, 12)).signatures) == 1
