"""Signed notes and verifier keys: those of others verify, and nothing in another spelling is read."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.note import (
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    MAX_TIME_S,
    Algorithm,
    MalformedKeyError,
    MalformedNoteError,
    Note,
    Signature,
    UntrustedNoteError,
    VerifiedSignature,
    VerifierKey,
    cosignature_of,
    cosigned_message,
    decode_base64,
    format_note,
    format_verifier_key,
    key_id,
    parse_note,
    parse_verifier_key,
    signature_of,
    verify_note,
)
from tests.support.ed25519 import SeededSigner, verify
from tests.support.effort import full_only

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[1] / "vectors" / "signed-notes.json").read_text(encoding="utf-8")
)
GOLANG, EXAMPLE = VECTORS["golang_note"], VECTORS["c2sp_signed_note_example"]
MIRRORED = VECTORS["sunlight_cosignatures"][1]
GOLANG_NOTE = "".join((GOLANG["text"], "\n", *GOLANG["signature_lines"])).encode()

LOG = SeededSigner("log.example/funds")
WITNESS = SeededSigner("witness.example/bureau", Algorithm.COSIGNATURE)
TEXT = "log.example/funds\n3\nAAAA\n"
NOTE = Note(TEXT, (signature_of(TEXT, LOG), cosignature_of(TEXT, WITNESS, 1_700_000_000)))

names = st.text(st.characters(exclude_characters="+", exclude_categories=("C", "Z")), min_size=1, max_size=20)
texts = st.text(st.characters(exclude_categories=("Cc", "Cs")) | st.just("\n"), max_size=60).map(
    lambda text: text + "\n"
)


def with_every_bit_flipped(data: bytes) -> Iterator[bytes]:
    for place in range(8 * len(data)):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << place % 8
        yield bytes(changed)


def assert_every_flipped_bit_is_refused(data: bytes, key: VerifierKey) -> None:
    for changed in with_every_bit_flipped(data):
        with pytest.raises((MalformedNoteError, UntrustedNoteError)):
            verify_note(parse_note(changed), [key], verify)


def test_a_note_of_golang_with_two_signers_verifies() -> None:
    keys = [parse_verifier_key(text) for text in GOLANG["vkeys"]]
    note = parse_note(GOLANG_NOTE)
    assert note.text == GOLANG["text"]
    assert verify_note(note, keys, verify) == tuple([VerifiedSignature(key, None) for key in keys])
    assert format_note(note) == GOLANG_NOTE


def test_the_example_of_the_specification_verifies() -> None:
    key = parse_verifier_key(EXAMPLE["vkey"])
    assert verify_note(parse_note(EXAMPLE["note"].encode()), [key], verify) == ((key, None),)


@pytest.mark.parametrize("case", VECTORS["sunlight_cosignatures"], ids=["witness", "mirror"])
def test_a_cosignature_of_sunlight_verifies_with_its_time(case: dict[str, str]) -> None:
    key = parse_verifier_key(case["vkey"])
    note = parse_note(case["checkpoint"].encode())
    assert key.algorithm is Algorithm.COSIGNATURE
    assert verify_note(note, [key], verify) == ((key, 1_767_139_200),)
    assert format_note(note) == case["checkpoint"].encode()


@pytest.mark.parametrize("text", [*GOLANG["vkeys"], EXAMPLE["vkey"], MIRRORED["vkey"]])
def test_a_verifier_key_of_others_is_written_as_it_was_read(text: str) -> None:
    assert format_verifier_key(parse_verifier_key(text)) == text


@pytest.mark.parametrize("text", GOLANG["bad_vkeys"])
def test_a_malformed_key_of_golang_is_refused(text: str) -> None:
    with pytest.raises(MalformedKeyError):
        parse_verifier_key(text)


def vkey(name: str, typed: bytes) -> str:
    """A verifier key whose id is right, whatever the rest is."""
    identity = hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]
    return f"{name}+{identity.hex()}+{base64.b64encode(typed).decode()}"


def test_the_spelling_of_a_key_is_what_the_refused_ones_below_deviate_from() -> None:
    assert parse_verifier_key(vkey("a", b"\x01" + bytes(32))).public_key == bytes(32)
    assert parse_verifier_key(vkey("é/1", b"\x04" + bytes(32))).algorithm is Algorithm.COSIGNATURE


EXAMPLE_ID, EXAMPLE_KEY = EXAMPLE["vkey"].removeprefix("example.com/foo+").split("+", 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "++",
        f"+{EXAMPLE_ID}+{EXAMPLE_KEY}",
        f"example.com/foo+{EXAMPLE_ID}",
        f"example.com/foo+{EXAMPLE_ID}+",
        f"example.com/foo+{EXAMPLE_ID.upper()}+{EXAMPLE_KEY}",
        f"example.com/foo+{EXAMPLE_ID[:7]}+{EXAMPLE_KEY}",
        f"example.com/foo+0{EXAMPLE_ID}+{EXAMPLE_KEY}",
        f"example.com/foo+530d903b+{EXAMPLE_KEY}",
        f"example.com/bar+{EXAMPLE_ID}+{EXAMPLE_KEY}",
        f"{EXAMPLE['vkey']}\n",
        f" {EXAMPLE['vkey']}",
        f"{EXAMPLE['vkey']}+",
        f"{EXAMPLE['vkey'][:-1]}",
        f"{EXAMPLE['vkey']}=",
        f"{EXAMPLE['vkey']}AAAA",
        vkey("a b", b"\x01" + bytes(32)),
        vkey("a\u3000b", b"\x01" + bytes(32)),
        vkey("a\u00a0", b"\x01" + bytes(32)),
        vkey("a+b", b"\x01" + bytes(32)),
        vkey("a\x00b", b"\x01" + bytes(32)),
        vkey("", b"\x01" + bytes(32)),
        vkey("a", b"\x01" + bytes(31)),
        vkey("a", b"\x01" + bytes(33)),
        vkey("a", b"\x04" + bytes(64)),
        *(vkey("a", bytes([algorithm]) + bytes(32)) for algorithm in (0, 2, 3, 5, 6, 0xFA, 0xFF)),
        "\ud800" + vkey("a", b"\x01" + bytes(32)),
    ],
)
def test_a_key_in_any_other_spelling_is_refused(text: str) -> None:
    with pytest.raises(MalformedKeyError):
        parse_verifier_key(text)


@given(names, st.sampled_from(Algorithm), st.binary(min_size=32, max_size=32))
def test_every_key_is_read_as_it_was_written(name: str, algorithm: Algorithm, public_key: bytes) -> None:
    key = VerifierKey(name=name, algorithm=algorithm, public_key=public_key)
    assert parse_verifier_key(format_verifier_key(key)) == key


@pytest.mark.parametrize(
    ("name", "public_key"),
    [("a b", bytes(32)), ("a+b", bytes(32)), ("\ud800", bytes(32)), ("", bytes(32)), ("a", b"")],
)
def test_a_key_that_cannot_be_read_is_not_written(name: str, public_key: bytes) -> None:
    with pytest.raises(MalformedKeyError):
        format_verifier_key(VerifierKey(name=name, algorithm=Algorithm.ED25519, public_key=public_key))


def test_one_public_key_has_another_id_for_each_way_of_signing() -> None:
    assert key_id("a", Algorithm.ED25519, bytes(32)) != key_id("a", Algorithm.COSIGNATURE, bytes(32))
    assert key_id("a", Algorithm.ED25519, bytes(32)) == hashlib.sha256(b"a\n\x01" + bytes(32)).digest()[:4]


def test_what_a_log_signs_and_a_witness_cosigns_verifies_under_both_keys() -> None:
    verified = verify_note(parse_note(format_note(NOTE)), [WITNESS.key, LOG.key], verify)
    assert verified == ((LOG.key, None), (WITNESS.key, 1_700_000_000))


def test_a_cosigner_signs_the_time_and_the_whole_text() -> None:
    # The message of the example in C2SP tlog-cosignature.
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    assert cosigned_message(text, 1679315147) == f"cosignature/v1\ntime 1679315147\n{text}".encode()


def test_the_signatures_of_unknown_keys_are_passed_over() -> None:
    assert verify_note(NOTE, [LOG.key], verify) == ((LOG.key, None),)
    same_name = SeededSigner("other")
    renamed = VerifierKey(name=LOG.key.name, algorithm=Algorithm.ED25519, public_key=same_name.key.public_key)
    same_id = NOTE.signatures[0]._replace(name="log.example/other", value=bytes(64))
    noisy = NOTE._replace(signatures=(Signature(LOG.key.name, renamed.key_id, b"x"), same_id, *NOTE.signatures))
    assert verify_note(noisy, [LOG.key], verify) == ((LOG.key, None),)


def test_a_note_that_no_known_key_has_signed_is_refused() -> None:
    for keys in ([], [SeededSigner("other").key]):
        with pytest.raises(UntrustedNoteError):
            verify_note(NOTE, keys, verify)


def test_one_wrong_signature_of_a_known_key_sinks_the_note() -> None:
    wrong = NOTE.signatures[1]._replace(value=bytes(72))
    with pytest.raises(UntrustedNoteError):
        verify_note(NOTE._replace(signatures=(NOTE.signatures[0], wrong)), [LOG.key, WITNESS.key], verify)


@pytest.mark.parametrize("length", [1, 7, 8, 63, 65, 71, 73])
def test_a_signature_of_another_length_is_refused_unseen(length: int) -> None:
    def accept_all(_public_key: bytes, _signature: bytes, _message: bytes) -> bool:
        return True

    for signer, signature in zip((LOG, WITNESS), NOTE.signatures, strict=True):
        note = Note(TEXT, (signature._replace(value=bytes(length)),))
        with pytest.raises(UntrustedNoteError):
            verify_note(note, [signer.key], accept_all)


def test_a_cosignature_has_a_time_below_2_to_the_63() -> None:
    latest = cosignature_of(TEXT, WITNESS, MAX_TIME_S)
    assert verify_note(Note(TEXT, (latest,)), [WITNESS.key], verify) == ((WITNESS.key, MAX_TIME_S),)
    beyond = (MAX_TIME_S + 1).to_bytes(8, "big") + WITNESS.sign(cosigned_message(TEXT, MAX_TIME_S + 1))
    with pytest.raises(UntrustedNoteError):
        verify_note(Note(TEXT, (latest._replace(value=beyond),)), [WITNESS.key], verify)
    for time_s in (-1, MAX_TIME_S + 1):
        with pytest.raises(AssertionError):
            cosignature_of(TEXT, WITNESS, time_s)


def test_a_signer_signs_in_the_way_of_its_key_only() -> None:
    with pytest.raises(AssertionError):
        signature_of(TEXT, WITNESS)
    with pytest.raises(AssertionError):
        cosignature_of(TEXT, LOG, 0)


def test_any_flipped_bit_of_a_signed_note_is_refused() -> None:
    assert_every_flipped_bit_is_refused(EXAMPLE["note"].encode(), parse_verifier_key(EXAMPLE["vkey"]))


@full_only
def test_any_flipped_bit_of_a_cosigned_note_is_refused() -> None:
    assert_every_flipped_bit_is_refused(MIRRORED["checkpoint"].encode(), parse_verifier_key(MIRRORED["vkey"]))


@full_only
def test_any_flipped_bit_of_a_note_with_two_signers_loses_a_signer_or_the_note() -> None:
    for changed in with_every_bit_flipped(format_note(NOTE)):
        try:
            verified = verify_note(parse_note(changed), [LOG.key, WITNESS.key], verify)
        except (MalformedNoteError, UntrustedNoteError):
            continue
        assert len(verified) == 1


LINE = "— a AAAAAAA=\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "\n\n",
        "text\n",
        "text\n\n",
        LINE,
        f"\n{LINE}",
        f"text\n{LINE}",
        f"text\n\n{LINE}\n",
        f"text\n\n{LINE[:-1]}",
        f"text\n\n{LINE}more\n",
        "text\n\n- a AAAAAAA=\n",
        "text\n\n—a AAAAAAA=\n",
        "text\n\n— a  AAAAAAA=\n",
        "text\n\n—  a AAAAAAA=\n",
        "text\n\n— a AAAAAAA= \n",
        "text\n\n— a\u3000AAAAAAA=\n",
        "text\n\n— a+b AAAAAAA=\n",
        "text\n\n—  AAAAAAA=\n",
        "text\n\n— a \n",
        "text\n\n— a AAAAAA==\n",  # only a key id
        "text\n\n— a AAAAAAA\n",  # no padding
        "text\n\n— a AAAAAAB=\n",  # bits that no byte has
        "text\n\n— a AAAAAA-_\n",  # the other alphabet
        "text\r\n\n— a AAAAAAA=\n",
        "te\tt\n\n— a AAAAAAA=\n",
        "te\x00t\n\n— a AAAAAAA=\n",
        "text\n\n— a\x1b AAAAAAA=\n",
    ],
)
def test_a_note_in_any_other_form_is_refused(text: str) -> None:
    with pytest.raises(MalformedNoteError):
        parse_note(text.encode())


@pytest.mark.parametrize("bad", [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xe2\x80"])
def test_a_note_that_is_no_utf_8_is_refused(bad: bytes) -> None:
    with pytest.raises(MalformedNoteError):
        parse_note(bad + f"\n\n{LINE}".encode())


def test_the_last_empty_line_ends_the_text() -> None:
    text = f"one\n\n{LINE}\n\n\u2028two\x7f\n\n"
    assert parse_note(f"{text}\n{LINE}".encode()) == Note(text, (Signature("a", bytes(4), b"\x00"),))


def test_a_note_of_too_many_bytes_or_signatures_is_refused() -> None:
    signed = f"\n{LINE}".encode()
    largest = b"a" * (MAX_NOTE_BYTES - len(signed) - 1) + b"\n" + signed
    assert len(parse_note(largest).text) + len(signed) == MAX_NOTE_BYTES
    assert len(parse_note(f"text\n\n{LINE * MAX_SIGNATURES}".encode()).signatures) == MAX_SIGNATURES
    for refused in (b"a" + largest, f"text\n\n{LINE * (MAX_SIGNATURES + 1)}".encode()):
        with pytest.raises(MalformedNoteError):
            parse_note(refused)


@given(
    texts, st.lists(st.builds(Signature, names, st.binary(min_size=4, max_size=4), st.binary(min_size=1)), min_size=1)
)
def test_every_note_is_read_as_it_was_written(text: str, signatures: list[Signature]) -> None:
    note = Note(text, tuple(signatures[:MAX_SIGNATURES]))
    assert parse_note(format_note(note)) == note


@given(st.binary(max_size=60))
@example(GOLANG_NOTE)
def test_bytes_that_are_a_note_are_how_it_is_written(data: bytes) -> None:
    try:
        note = parse_note(data)
    except MalformedNoteError:
        return
    assert format_note(note) == data


@pytest.mark.parametrize(
    "note",
    [
        Note("no newline", NOTE.signatures),
        Note("", NOTE.signatures),
        Note("te\tt\n", NOTE.signatures),
        Note("\ud800\n", NOTE.signatures),
        Note("text\n", ()),
        Note("text\n", (Signature("a b", bytes(4), b"x"),)),
        Note("text\n", (Signature("a", bytes(3), b"xyz"),)),
        Note("text\n", (Signature("a", bytes(4), b""),)),
        Note("text\n", (Signature("a AAAAAAA=\n— b", bytes(4), b"x"),)),
    ],
)
def test_a_note_that_would_be_read_otherwise_is_not_written(note: Note) -> None:
    with pytest.raises(MalformedNoteError):
        format_note(note)


@given(st.text("AQgw+/=- \né", max_size=8))
def test_base64_is_read_in_the_one_spelling_it_is_written_in(text: str) -> None:
    data = decode_base64(text)
    assert data is None or base64.b64encode(data).decode() == text
    assert decode_base64(base64.b64encode(text.encode()).decode()) == text.encode()
