"""Checkpoints and one-text proofs: read strictly, and an evidence bundle of an earlier program judged with them."""

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.checkpoint import (
    MAX_EXTENSIONS,
    MAX_LOG_PROOF_BYTES,
    MAX_PROOF_HASHES,
    Checkpoint,
    LogProof,
    MalformedCheckpointError,
    MalformedLogProofError,
    epoch_extensions,
    format_checkpoint,
    format_log_proof,
    parse_checkpoint,
    parse_log_proof,
)
from domain.identifiers import leaf_hash
from domain.merkle import (
    EMPTY_EDGE,
    EMPTY_ROOT,
    MAX_TREE_SIZE,
    InvalidProofError,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from domain.note import (
    Algorithm,
    MalformedNoteError,
    Note,
    Signature,
    UntrustedNoteError,
    cosignature_of,
    format_note,
    parse_note,
    parse_verifier_key,
    signature_of,
    verify_note,
)
from tests.support.ed25519 import SeededSigner, verify
from tests.support.effort import full_only

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
NOTES: dict[str, Any] = json.loads((VECTORS / "signed-notes.json").read_text(encoding="utf-8"))
BUNDLES: dict[str, Any] = json.loads((VECTORS / "evidence-bundle-own.json").read_text(encoding="utf-8"))

REFUSALS = (
    MalformedCheckpointError,
    MalformedLogProofError,
    MalformedNoteError,
    UntrustedNoteError,
    InvalidProofError,
)

LOG = SeededSigner("log.example/funds")
WITNESS = SeededSigner("witness.example/bureau", Algorithm.COSIGNATURE)
LEAVES = [leaf_hash(b"entry %d" % number) for number in range(11)]
ROOT = EMPTY_EDGE.appended(LEAVES)[0].root()
CHECKPOINT = Checkpoint("log.example/funds", 11, ROOT)
ROOT_TEXT = b64encode(ROOT).decode()
TEXT = f"log.example/funds\n11\n{ROOT_TEXT}\n"
NOTE = Note(TEXT, (signature_of(TEXT, LOG), cosignature_of(TEXT, WITNESS, 1_700_000_000)))

lines = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=20)
extension_lines = st.lists(lines.filter(lambda line: not line.startswith("epoch ")), max_size=4)
hashes = st.binary(min_size=32, max_size=32)


class LeavesOnly:
    """The tree above is smaller than a tile, so all of it is level 0."""

    def hashes(self, level: int, first: int, count: int) -> Sequence[bytes]:
        assert level == 0
        return LEAVES[first : first + count]


PROOF = LogProof(index=7, hashes=inclusion_proof(LeavesOnly(), 7, 11), note=NOTE)


def read_bundle(bundle: dict[str, Any]) -> tuple[Checkpoint, Checkpoint]:
    """The two checkpoints of an evidence bundle if log and witness have signed them and all its proofs hold."""
    keys = {role: parse_verifier_key(text) for role, text in BUNDLES["must_pass"]["vkeys"].items()}
    checkpoints = []
    for part in ("previous", "checkpoint"):
        note = parse_note(bundle[part].encode())
        signers = {verified.key for verified in verify_note(note, keys.values(), verify)}
        if signers != set(keys.values()):
            raise UntrustedNoteError
        checkpoints.append(parse_checkpoint(note.text))
    previous, latest = checkpoints
    for event in bundle["events"]:
        proof = [b64decode(text) for text in event["proof"]]
        verify_inclusion(leaf_hash(b64decode(event["bytes"])), event["index"], latest.size, proof, latest.root)
    consistency = [b64decode(text) for text in bundle["consistency"]]
    verify_consistency(previous.size, latest.size, consistency, previous.root, latest.root)
    return previous, latest


def test_the_evidence_bundle_of_the_prototype_holds() -> None:
    previous, latest = read_bundle(BUNDLES["must_pass"])
    assert (previous.origin, previous.size, latest.origin, latest.size) == (
        "audit.example/funds", 400, "audit.example/funds", 1000,
    )  # fmt: skip


@pytest.mark.parametrize("case", BUNDLES["must_fail"], ids=lambda case: str(case["why"]))
def test_a_tampered_evidence_bundle_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(REFUSALS):
        read_bundle(case["bundle"])


@pytest.mark.parametrize("case", NOTES["sunlight_cosignatures"], ids=["witness", "mirror"])
def test_a_checkpoint_of_sunlight_is_read_and_written_alike(case: dict[str, str]) -> None:
    text = parse_note(case["checkpoint"].encode()).text
    checkpoint = parse_checkpoint(text)
    assert (checkpoint.origin, checkpoint.size, checkpoint.extensions) == ("rome2026h1.example.org", 300, ())
    assert format_checkpoint(checkpoint) == text


def test_a_checkpoint_is_origin_size_and_root_on_a_line_each() -> None:
    assert format_checkpoint(CHECKPOINT) == TEXT
    assert parse_checkpoint(TEXT) == CHECKPOINT
    assert format_checkpoint(Checkpoint("a", 0, EMPTY_ROOT)) == "a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"


@given(lines, st.integers(0, MAX_TREE_SIZE), hashes, extension_lines, st.integers(0, 3))
def test_every_checkpoint_is_read_as_it_was_written(
    origin: str, size: int, root: bytes, extensions: list[str], epoch: int
) -> None:
    checkpoint = Checkpoint(origin, size, root, (*extensions, *epoch_extensions(epoch)))
    assert parse_checkpoint(format_checkpoint(checkpoint)) == checkpoint
    assert checkpoint.epoch == epoch


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "\n\n\n",
        TEXT[:-1],
        f"\n{TEXT}",
        f"{TEXT}\n",
        f"{TEXT}\nextension\n",
        f"{TEXT}extension",
        f"{TEXT}tab\there\n",
        f"log.example/funds\n{ROOT_TEXT}\n",
        f"log.example/funds\n\n11\n{ROOT_TEXT}\n",
        f"log.example/funds\r\n11\n{ROOT_TEXT}\n",
        *(
            f"a\n{size}\n{ROOT_TEXT}\n"
            for size in (
                "",
                "011",
                "00",
                "+11",
                "-1",
                "-0",
                " 11",
                "11 ",
                "1_1",
                "1e1",
                "0x11",
                "１１",
                "٣",
                str(2**63),
            )
        ),
        *(f"a\n11\n{root}\n" for root in ("", "=", "AA==", ROOT_TEXT[:-1], f"{ROOT_TEXT} ", f"{ROOT_TEXT}=")),
        f"a\n11\n{b64encode(ROOT + ROOT).decode()}\n",
        f"a\n11\n{b64encode(ROOT[:31]).decode()}\n",
        f"a\n11\n{'A' * 42}B=\n",
        f"a\n11\n{'_' * 43}=\n",
    ],
)
def test_a_checkpoint_in_any_other_form_is_refused(text: str) -> None:
    with pytest.raises(MalformedCheckpointError):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    "checkpoint",
    [
        CHECKPOINT._replace(origin=""),
        CHECKPOINT._replace(origin="a\nb"),
        CHECKPOINT._replace(origin="a\tb"),
        CHECKPOINT._replace(origin="\ud800"),
        CHECKPOINT._replace(origin="a\n1", size=0),
        CHECKPOINT._replace(size=-1),
        CHECKPOINT._replace(size=MAX_TREE_SIZE + 1),
        CHECKPOINT._replace(root=b""),
        CHECKPOINT._replace(root=ROOT + b"\x00"),
        CHECKPOINT._replace(extensions=("",)),
        CHECKPOINT._replace(extensions=("a\nb",)),
        CHECKPOINT._replace(extensions=("a",) * (MAX_EXTENSIONS + 1)),
        CHECKPOINT._replace(extensions=epoch_extensions(-1)),
    ],
)
def test_a_checkpoint_that_would_be_read_otherwise_is_not_written(checkpoint: Checkpoint) -> None:
    with pytest.raises(MalformedCheckpointError):
        format_checkpoint(checkpoint)


def test_extensions_are_kept_and_at_most_sixteen() -> None:
    most = "".join(f"extension {number}\n" for number in range(MAX_EXTENSIONS))
    assert len(parse_checkpoint(TEXT + most).extensions) == 16
    with pytest.raises(MalformedCheckpointError):
        parse_checkpoint(f"{TEXT}{most}one more\n")


def test_the_epoch_is_the_number_of_its_line_and_0_without_one() -> None:
    assert parse_checkpoint(TEXT).epoch == 0
    assert parse_checkpoint(f"{TEXT}other\nepoch 12\n").epoch == 12
    assert epoch_extensions(0) == ()
    assert epoch_extensions(12) == ("epoch 12",)


@pytest.mark.parametrize("stated", ["epoch 0", "epoch ", "epoch 01", "epoch -1", "epoch x", "epoch 1\nepoch 1"])
def test_an_epoch_that_is_not_one_number_above_0_is_refused(stated: str) -> None:
    with pytest.raises(MalformedCheckpointError):
        parse_checkpoint(f"{TEXT}{stated}\n")


def test_a_log_proof_is_index_and_hashes_before_the_signed_checkpoint() -> None:
    hash_lines = "".join(f"{b64encode(one).decode()}\n" for one in PROOF.hashes)
    start = f"c2sp.org/tlog-proof@v1\nindex 7\n{hash_lines}\n{TEXT}\n— log.example/funds "
    assert format_log_proof(PROOF).decode().startswith(start)
    with_extra = LogProof(index=7, hashes=PROOF.hashes, note=NOTE, extra=b"more")
    assert format_log_proof(with_extra).startswith(b"c2sp.org/tlog-proof@v1\nextra bW9yZQ==\nindex 7\n")


def read_log_proof(data: bytes) -> None:
    """Accepts that the leaf of PROOF is in the tree of a checkpoint that the log and its witness have signed."""
    proof = parse_log_proof(data)
    if len(verify_note(proof.note, [LOG.key, WITNESS.key], verify)) != 2:
        raise UntrustedNoteError
    checkpoint = parse_checkpoint(proof.note.text)
    verify_inclusion(LEAVES[7], proof.index, checkpoint.size, proof.hashes, checkpoint.root)


@full_only
def test_any_flipped_bit_of_a_log_proof_is_refused() -> None:
    data = format_log_proof(PROOF)
    read_log_proof(data)
    for place in range(8 * len(data)):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(REFUSALS):
            read_log_proof(bytes(changed))


@given(st.integers(0, MAX_TREE_SIZE), st.lists(hashes, max_size=MAX_PROOF_HASHES), st.binary(max_size=50))
def test_every_log_proof_is_read_as_it_was_written(index: int, path: list[bytes], extra: bytes) -> None:
    proof = LogProof(index=index, hashes=tuple(path), note=NOTE, extra=extra)
    assert parse_log_proof(format_log_proof(proof)) == proof


SIGNED = format_note(NOTE).decode()
HASH = b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "head",
    [
        "",
        "index 7",
        "c2sp.org/tlog-proof@v1",
        "c2sp.org/tlog-proof@v2\nindex 7",
        "c2sp.org/tlog-proof@v1\nindex",
        "c2sp.org/tlog-proof@v1\nindex ",
        "c2sp.org/tlog-proof@v1\nindex 07",
        "c2sp.org/tlog-proof@v1\nindex -7",
        "c2sp.org/tlog-proof@v1\nindex  7",
        "c2sp.org/tlog-proof@v1\nindex ７",
        f"c2sp.org/tlog-proof@v1\nindex {2**63}",
        "c2sp.org/tlog-proof@v1\r\nindex 7",
        "c2sp.org/tlog-proof@v1\nindex 7\nextra bW9yZQ==",
        "c2sp.org/tlog-proof@v1\nextra\nindex 7",
        "c2sp.org/tlog-proof@v1\nextra \nindex 7",
        "c2sp.org/tlog-proof@v1\nextra bW9yZQ\nindex 7",
        "c2sp.org/tlog-proof@v1\nextra bW9yZR==\nindex 7",
        "c2sp.org/tlog-proof@v1\nextra bW9yZQ==\nextra bW9yZQ==\nindex 7",
        f"c2sp.org/tlog-proof@v1\n{HASH}\nindex 7",
        f"c2sp.org/tlog-proof@v1\nindex 7\n{HASH[:-1]}",
        f"c2sp.org/tlog-proof@v1\nindex 7\n{'A' * 42}B=",
        f"c2sp.org/tlog-proof@v1\nindex 7\n{HASH} ",
        "c2sp.org/tlog-proof@v1\nindex 7" + f"\n{HASH}" * (MAX_PROOF_HASHES + 1),
        f"c2sp.org/tlog-proof@v1\nextra {'AAAA' * (MAX_LOG_PROOF_BYTES // 4)}\nindex 7",
        f"c2sp.org/tlog-proof@v1\nindex {'7' * 10_000}",
    ],
)
def test_a_log_proof_in_any_other_form_is_refused(head: str) -> None:
    with pytest.raises(MalformedLogProofError):
        parse_log_proof(f"{head}\n\n{SIGNED}".encode())


@pytest.mark.parametrize("note", ["", TEXT, f"{TEXT}\n", f"\n{SIGNED[:-1]}"])
def test_a_log_proof_without_a_signed_checkpoint_is_refused(note: str) -> None:
    with pytest.raises(MalformedNoteError):
        parse_log_proof(f"c2sp.org/tlog-proof@v1\nindex 7\n\n{note}".encode())


@pytest.mark.parametrize(
    "proof",
    [
        LogProof(index=-1, hashes=(), note=NOTE),
        LogProof(index=MAX_TREE_SIZE + 1, hashes=(), note=NOTE),
        LogProof(index=0, hashes=(bytes(31),), note=NOTE),
        LogProof(index=0, hashes=(bytes(32),) * (MAX_PROOF_HASHES + 1), note=NOTE),
        LogProof(index=0, hashes=(), note=Note(TEXT, ())),
        LogProof(index=0, hashes=(), note=Note(TEXT, (Signature("a b", bytes(4), b"x"),))),
        LogProof(index=0, hashes=(), note=NOTE, extra=bytes(MAX_LOG_PROOF_BYTES)),
    ],
)
def test_a_log_proof_that_could_not_be_read_is_not_written(proof: LogProof) -> None:
    with pytest.raises((MalformedLogProofError, MalformedNoteError)):
        format_log_proof(proof)
