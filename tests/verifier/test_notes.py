"""Notes, keys and checkpoints: what others publish verifies, and nothing in another spelling is read."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.checkpoint import MalformedCheckpointError
from domain.checkpoint import parse_checkpoint as parse_logged_checkpoint
from domain.note import Algorithm, MalformedNoteError, Note, cosignature_of, format_note, signature_of
from domain.note import parse_note as parse_logged_note
from tests.support.ed25519 import SeededSigner
from tests.support.effort import sampled
from tests.support.evidence import verifier_key
from verifier.fundtrail_verify import (
    COSIGNATURE,
    ED25519,
    MAX_EXTENSIONS,
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    Checkpoint,
    Fault,
    parse_checkpoint,
    parse_note,
    parse_verifier_key,
    signatures_by,
)

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
NOTES: dict[str, Any] = json.loads((VECTORS / "signed-notes.json").read_text(encoding="utf-8"))
EARLIER: dict[str, Any] = json.loads((VECTORS / "evidence-bundle-own.json").read_text(encoding="utf-8"))
GOLANG, EXAMPLE = NOTES["golang_note"], NOTES["c2sp_signed_note_example"]
GOLANG_NOTE = "".join((GOLANG["text"], "\n", *GOLANG["signature_lines"])).encode()

LOG = SeededSigner("log.example/funds")
WITNESS = SeededSigner("witness.example/bureau", Algorithm.COSIGNATURE)
ROOT = b64encode(bytes(range(32))).decode()
TEXT = f"log.example/funds\n11\n{ROOT}\n"
NOTE = format_note(Note(TEXT, (signature_of(TEXT, LOG), cosignature_of(TEXT, WITNESS, 1_700_000_000))))
KEYS = [parse_verifier_key(verifier_key(signer)) for signer in (LOG, WITNESS)]


def test_a_note_of_golang_with_two_signers_verifies() -> None:
    keys = [parse_verifier_key(text) for text in GOLANG["vkeys"]]
    assert signatures_by(parse_note(GOLANG_NOTE), keys) == [(key, None) for key in keys]


def test_the_example_of_the_specification_verifies() -> None:
    key = parse_verifier_key(EXAMPLE["vkey"])
    assert signatures_by(parse_note(EXAMPLE["note"].encode()), [key]) == [(key, None)]


@pytest.mark.parametrize("case", NOTES["sunlight_cosignatures"], ids=["witness", "mirror"])
def test_a_cosignature_of_sunlight_verifies_with_its_time(case: dict[str, str]) -> None:
    key, note = parse_verifier_key(case["vkey"]), parse_note(case["checkpoint"].encode())
    assert signatures_by(note, [key]) == [(key, 1_767_139_200)]
    assert parse_checkpoint(note.text).size == 300


@pytest.mark.parametrize("which", ["checkpoint", "previous"])
def test_a_checkpoint_of_an_earlier_program_verifies(which: str) -> None:
    bundle = EARLIER["must_pass"]
    keys = [parse_verifier_key(bundle["vkeys"][name]) for name in ("log", "witness")]
    note = parse_note(bundle[which].encode())
    assert [each.key for each in signatures_by(note, keys)] == keys
    assert parse_checkpoint(note.text).size == {"checkpoint": 1000, "previous": 400}[which]


@pytest.mark.parametrize("text", GOLANG["bad_vkeys"])
def test_a_malformed_key_of_golang_is_refused(text: str) -> None:
    with pytest.raises(Fault):
        parse_verifier_key(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "++",
        "\ud800+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        EXAMPLE["vkey"] + "\n",
        " " + EXAMPLE["vkey"],
        EXAMPLE["vkey"][:-1],
        EXAMPLE["vkey"].replace("530d903a", "530D903A"),
        EXAMPLE["vkey"].replace("530d903a", "530d903b"),
        EXAMPLE["vkey"].replace("example.com/foo", "example.com/bar"),
        EXAMPLE["vkey"].replace("example.com/foo", "example.com/f o"),
        EXAMPLE["vkey"].replace("+Ae", "+Be"),
        EXAMPLE["vkey"].replace("+Ae", "+Bg"),
    ],
)
def test_a_key_in_any_other_spelling_is_refused(text: str) -> None:
    with pytest.raises(Fault):
        parse_verifier_key(text)


def test_keys_are_read_with_their_type() -> None:
    assert [key.kind for key in KEYS] == [ED25519, COSIGNATURE]


def test_signatures_by_unknown_keys_are_passed_over() -> None:
    assert signatures_by(parse_note(NOTE), KEYS[1:]) == [(KEYS[1], 1_700_000_000)]
    assert signatures_by(parse_note(NOTE), []) == []


def test_a_wrong_signature_by_a_known_key_sinks_the_note() -> None:
    other = signature_of("another text\n", LOG)
    note = format_note(Note(TEXT, (*parse_logged_note(NOTE).signatures, other)))
    with pytest.raises(Fault, match="wrong"):
        signatures_by(parse_note(note), KEYS)


@pytest.mark.parametrize("place", sampled(range(0, 8 * len(NOTE), 5), one_in=7))
def test_a_note_with_a_flipped_bit_says_less_or_is_refused(place: int) -> None:
    changed = bytearray(NOTE)
    changed[place // 8] ^= 1 << place % 8
    try:
        signed = signatures_by(parse_note(bytes(changed)), KEYS)
    except Fault:
        return
    assert len(signed) < 2


@given(
    st.binary(max_size=300)
    | st.builds(lambda at, with_: NOTE[:at] + with_ + NOTE[at:], st.integers(0, len(NOTE)), st.binary(max_size=3))
)
def test_a_note_is_read_exactly_when_the_log_reads_it(data: bytes) -> None:
    try:
        expected = parse_logged_note(data)
    except MalformedNoteError:
        with pytest.raises(Fault):
            parse_note(data)
    else:
        assert tuple(parse_note(data)) == tuple(expected)


def test_a_note_of_too_many_bytes_or_signatures_is_refused() -> None:
    line = NOTE.decode().split("\n\n")[1].split("\n")[0] + "\n"
    assert len(parse_note((TEXT + "\n" + line * MAX_SIGNATURES).encode()).signatures) == MAX_SIGNATURES
    with pytest.raises(Fault):
        parse_note((TEXT + "\n" + line * (MAX_SIGNATURES + 1)).encode())
    with pytest.raises(Fault):
        parse_note(("x" * MAX_NOTE_BYTES + "\n" + TEXT + "\n" + line).encode())


def test_a_checkpoint_is_read_with_its_epoch() -> None:
    root = bytes(range(32))
    assert parse_checkpoint(TEXT) == Checkpoint("log.example/funds", 11, root, 0)
    assert parse_checkpoint(f"{TEXT}something else\nepoch 3\n").epoch == 3


@pytest.mark.parametrize(
    "text",
    [
        f"log\n11\n{ROOT}\n\nx\n",
        f"\n11\n{ROOT}\n",
        "log\n11\n",
        f"log\n011\n{ROOT}\n",
        f"log\n+11\n{ROOT}\n",
        f"log\n-1\n{ROOT}\n",
        f"log\n\uff11\n{ROOT}\n",
        f"log\n{2**63}\n{ROOT}\n",
        f"log\n11\n{ROOT[:-1]}\n",
        f"log\n11\n{ROOT[:-2]}9=\n",
        f"log\n11\n{b64encode(bytes(31)).decode()}\n",
        f"log\n11\n{ROOT}\nepoch 0\n",
        f"log\n11\n{ROOT}\nepoch x\n",
        f"log\n11\n{ROOT}\nepoch 1\nepoch 1\n",
        f"log\n11\n{ROOT}\n" + "x\n" * (MAX_EXTENSIONS + 1),
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused_here_as_by_the_log(text: str) -> None:
    with pytest.raises(Fault):
        parse_checkpoint(text)
    with pytest.raises(MalformedCheckpointError):
        parse_logged_checkpoint(text)
