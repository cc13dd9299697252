"""What a log sends to a witness: read strictly, and judged in the order of the specification."""

from base64 import b64encode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.checkpoint import Checkpoint, MalformedCheckpointError, format_checkpoint, parse_checkpoint
from domain.cosigning import (
    MAX_REQUEST_BYTES,
    MalformedRequestError,
    StaleSizeError,
    UnknownLogError,
    format_cosigning_request,
    parse_cosigning_request,
    refuse_unless_append_only,
    signed_by_log,
)
from domain.merkle import EMPTY_ROOT, MAX_TREE_SIZE, InvalidProofError
from domain.note import (
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    MalformedNoteError,
    Note,
    Signature,
    UntrustedNoteError,
    format_note,
    signature_of,
    verify_note,
)
from tests.support.ed25519 import SeededSigner, verify
from tests.support.witness import WITNESS, SmallLog, cosigned

LOG = SmallLog()
FORK = SmallLog(forked_at=3)
KEYS = [LOG.signer.key]
NOTE = format_note(LOG.note(8)).decode()
HASH = b64encode(bytes(32)).decode()

hashes = st.binary(min_size=32, max_size=32)


def latest(size: int, log: SmallLog = LOG) -> Checkpoint:
    return parse_checkpoint(log.text(size))


def judge(old_size: int, size: int, last: Checkpoint | None, log: SmallLog = LOG) -> None:
    refuse_unless_append_only(parse_cosigning_request(log.request(old_size, size)), last)


def test_a_request_is_an_old_size_hashes_and_a_checkpoint() -> None:
    proof = "".join(f"{b64encode(one).decode()}\n" for one in LOG.prove(5, 8))
    assert LOG.request(5, 8).decode() == f"old 5\n{proof}\n{NOTE}"
    request = parse_cosigning_request(LOG.request(5, 8))
    assert request == (5, LOG.prove(5, 8), LOG.note(8), latest(8))


@given(st.integers(0, MAX_TREE_SIZE), st.lists(hashes, max_size=63))
def test_every_request_is_read_as_it_was_written(old_size: int, proof: list[bytes]) -> None:
    request = parse_cosigning_request(format_cosigning_request(old_size, proof, LOG.note(8)))
    assert request == (old_size, tuple(proof), LOG.note(8), latest(8))


@given(st.text("old 0123\n" + HASH[:2], max_size=12))
@example("old 5")
def test_bytes_that_are_a_request_are_how_it_is_written(head: str) -> None:
    data = f"{head}\n\n{NOTE}".encode()
    try:
        request = parse_cosigning_request(data)
    except MalformedRequestError:
        return
    assert format_cosigning_request(*request[:3]) == data


@pytest.mark.parametrize(
    "head",
    [
        "",
        "old",
        "old ",
        "old 05",
        "old +5",
        "old -5",
        "old 5 ",
        " old 5",
        "Old 5",
        "old  5",
        "old ５",
        "old 5\r",
        "5",
        f"old {2**63}",
        f"old {'5' * 10_000}",
        f"old 5\n{HASH[:-1]}",
        f"old 5\n{HASH} ",
        f"old 5\n{'A' * 42}B=",
        f"old 5\n{'_' * 43}=",
        f"old 5 {HASH}",
        f"{HASH}\nold 5",
        "old 5" + f"\n{HASH}" * 64,
        f"old 5\n{'A' * MAX_REQUEST_BYTES}",
    ],
)
def test_a_request_in_any_other_form_is_refused(head: str) -> None:
    with pytest.raises(MalformedRequestError):
        parse_cosigning_request(f"{head}\n\n{NOTE}".encode())


def test_sixty_three_hashes_are_read() -> None:
    data = ("old 5" + f"\n{HASH}" * 63 + f"\n\n{NOTE}").encode()
    assert len(parse_cosigning_request(data).proof) == 63


def test_the_longest_request_is_one_with_the_longest_note() -> None:
    root = b64encode(bytes(32)).decode()
    signature = "\n— a AAAAAAAA\n"
    fixed = f"{MAX_TREE_SIZE}\n{root}\n".encode()
    origin = "a" * (MAX_NOTE_BYTES - len(fixed) - len(signature.encode()) - 1)
    head = f"old {MAX_TREE_SIZE}\n" + f"{HASH}\n" * 63
    data = f"{head}\n{origin}\n".encode() + fixed + signature.encode()
    assert len(data) == MAX_REQUEST_BYTES
    assert parse_cosigning_request(data).checkpoint.origin == origin


@pytest.mark.parametrize("note", ["", NOTE[:-1], LOG.text(8), f"\n{NOTE}"])
def test_a_request_without_a_signed_checkpoint_is_refused(note: str) -> None:
    with pytest.raises((MalformedNoteError, MalformedCheckpointError)):
        parse_cosigning_request(f"old 5\n\n{note}".encode())


def test_a_note_that_is_no_checkpoint_is_refused() -> None:
    with pytest.raises(MalformedCheckpointError):
        parse_cosigning_request(f"old 5\n\n{NOTE.replace('8', 'eight', 1)}".encode())


@pytest.mark.parametrize(
    ("old_size", "proof"), [(-1, ()), (MAX_TREE_SIZE + 1, ()), (5, (bytes(31),)), (5, (bytes(32),) * 64)]
)
def test_a_request_that_could_not_be_read_is_not_written(old_size: int, proof: tuple[bytes, ...]) -> None:
    with pytest.raises(MalformedRequestError):
        format_cosigning_request(old_size, proof, LOG.note(8))


def test_any_flipped_bit_of_a_request_is_refused() -> None:
    data = LOG.request(5, 8)
    accepted(data)
    for place in range(8 * len(data)):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(
            (
                MalformedRequestError, MalformedNoteError, MalformedCheckpointError,
                UnknownLogError, UntrustedNoteError, StaleSizeError, InvalidProofError,
            )
        ):  # fmt: skip
            accepted(bytes(changed))


def accepted(data: bytes) -> None:
    request = parse_cosigning_request(data)
    signed_by_log(request, KEYS, verify)
    refuse_unless_append_only(request, latest(5))


def signed(note: Note, *keys: SeededSigner) -> Note:
    """What is left of a note under the keys of these logs."""
    request = parse_cosigning_request(format_cosigning_request(0, (), note))
    return signed_by_log(request, [signer.key for signer in keys], verify)


def test_only_signatures_of_the_log_are_kept() -> None:
    stranger = signature_of(LOG.text(8), SeededSigner("stranger.example"))
    note = LOG.note(8)
    assert signed(Note(note.text, (stranger, *cosigned(note).signatures, stranger)), LOG.signer) == note


def test_a_log_may_sign_with_its_old_key_and_its_new_one() -> None:
    old, new = SmallLog(seed="old"), SmallLog(seed="new")
    both = Note(LOG.text(8), old.note(8).signatures + new.note(8).signatures)
    assert signed(both, old.signer, new.signer) == both
    assert signed(both, new.signer) == new.note(8)


def test_of_several_signatures_by_one_key_the_first_is_kept() -> None:
    (signature,) = LOG.note(8).signatures
    assert signed(Note(LOG.text(8), (signature,) * MAX_SIGNATURES), LOG.signer) == LOG.note(8)


def test_there_is_always_room_for_the_cosignature() -> None:
    logs = [SmallLog(seed=f"key {number}") for number in range(MAX_SIGNATURES)]
    note = Note(LOG.text(8), tuple(log.note(8).signatures[0] for log in logs))
    kept = signed(note, *(log.signer for log in logs))
    assert kept.signatures == note.signatures[:-1]
    assert len(verify_note(cosigned(kept), [WITNESS.key], verify)) == 1


def test_a_key_speaks_only_for_the_origin_that_is_its_name() -> None:
    other = SmallLog("other.example")
    with pytest.raises(UnknownLogError):
        signed(LOG.note(8), other.signer)
    forged = Note(LOG.text(8), other.note(8).signatures)
    with pytest.raises(UntrustedNoteError):
        signed(forged, other.signer, LOG.signer)


def test_a_checkpoint_that_its_log_did_not_sign_is_refused() -> None:
    (signature,) = LOG.note(8).signatures
    wrong = Signature(signature.name, signature.key_id, bytes(64))
    for signatures in [(wrong,), (signature, wrong), (wrong, signature), cosigned(LOG.note(8)).signatures[1:]]:
        with pytest.raises(UntrustedNoteError):
            signed(Note(LOG.text(8), signatures), LOG.signer)
    with pytest.raises(UntrustedNoteError):
        signed(Note(LOG.text(8), LOG.note(7).signatures), LOG.signer)


@pytest.mark.parametrize("old_size", range(9))
def test_a_log_that_goes_on_from_the_last_checkpoint_is_accepted(old_size: int) -> None:
    judge(old_size, 8, latest(old_size) if old_size else None)


def test_the_empty_tree_may_be_the_first_and_the_last() -> None:
    judge(0, 0, None)
    judge(0, 0, latest(0))
    judge(0, 8, latest(0))


def test_an_old_size_above_the_checkpoint_is_malformed_wherever_the_witness_stands() -> None:
    for last in (None, latest(9), latest(8)):
        with pytest.raises(MalformedRequestError):
            judge(9, 8, last)


@pytest.mark.parametrize(
    ("old_size", "size", "last"), [(5, 8, 6), (5, 8, 4), (5, 5, 8), (0, 8, 5), (5, 8, 0), (0, 0, 5)]
)
def test_another_old_size_than_the_last_is_told_the_last(old_size: int, size: int, last: int) -> None:
    with pytest.raises(StaleSizeError) as refused:
        judge(old_size, size, latest(last) if last else None)
    assert refused.value.size == last


def test_the_size_is_compared_before_the_proof_is() -> None:
    with pytest.raises(StaleSizeError):
        judge(5, 8, latest(6), FORK)


def test_an_empty_tree_with_another_root_is_refused() -> None:
    text = format_checkpoint(Checkpoint(LOG.origin, 0, bytes(32)))
    request = parse_cosigning_request(format_cosigning_request(0, (), Note(text, (signature_of(text, LOG.signer),))))
    assert request.checkpoint.root != EMPTY_ROOT
    with pytest.raises(InvalidProofError):
        refuse_unless_append_only(request, None)


def test_a_proof_from_nothing_is_refused() -> None:
    request = parse_cosigning_request(format_cosigning_request(0, (bytes(32),), LOG.note(8)))
    with pytest.raises(InvalidProofError):
        refuse_unless_append_only(request, None)


@pytest.mark.parametrize(("old_size", "size"), [(5, 8), (8, 8), (4, 8), (7, 200)])
def test_a_fork_is_refused(old_size: int, size: int) -> None:
    judge(old_size, size, latest(old_size, FORK), FORK)
    with pytest.raises(InvalidProofError):
        judge(old_size, size, latest(old_size), FORK)


@pytest.mark.parametrize("proof", [(), LOG.prove(5, 8)[:-1], (*LOG.prove(5, 8), bytes(32)), LOG.prove(4, 8)])
def test_a_proof_of_something_else_is_refused(proof: tuple[bytes, ...]) -> None:
    request = parse_cosigning_request(format_cosigning_request(5, proof, LOG.note(8)))
    with pytest.raises(InvalidProofError):
        refuse_unless_append_only(request, latest(5))


def test_a_proof_between_equal_sizes_is_refused() -> None:
    request = parse_cosigning_request(format_cosigning_request(8, (bytes(32),), LOG.note(8)))
    with pytest.raises(InvalidProofError):
        refuse_unless_append_only(request, latest(8))
