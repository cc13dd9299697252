"""Ed25519 in pure Python, against RFC 8032 and against the library that signs for the service."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.ed25519 import SeededSigner
from tests.support.ed25519 import verify as verify_by_library
from tests.support.effort import sampled
from verifier.fundtrail_verify import decode_point, verify_ed25519

ORDER = 2**252 + 27742317777372353535851937790883648493
PRIME = 2**255 - 19

# RFC 8032 section 7.1: public key, message, signature.
RFC_8032 = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe2"
        "4655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
        "b00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
        "c027beceea1ec40a",
    ),
)

SIGNER = SeededSigner("log.example")
MESSAGE = b"a checkpoint"
SIGNATURE = SIGNER.sign(MESSAGE)
KEY = SIGNER.key.public_key


@pytest.mark.parametrize(("key", "message", "signature"), RFC_8032)
def test_the_signatures_of_the_specification_verify(key: str, message: str, signature: str) -> None:
    assert verify_ed25519(bytes.fromhex(key), bytes.fromhex(signature), bytes.fromhex(message))


@settings(max_examples=25, deadline=None)
@given(st.text(min_size=1, max_size=20), st.binary(max_size=200))
def test_what_the_library_signs_verifies(name: str, message: bytes) -> None:
    signer = SeededSigner(name)
    assert verify_ed25519(signer.key.public_key, signer.sign(message), message)
    assert not verify_ed25519(signer.key.public_key, signer.sign(message), message + b"!")


@pytest.mark.parametrize("bit", sampled(range(0, 512, 7), one_in=4))
def test_a_signature_with_a_flipped_bit_is_refused(bit: int) -> None:
    changed = (int.from_bytes(SIGNATURE, "big") ^ 1 << bit).to_bytes(64, "big")
    assert not verify_ed25519(KEY, changed, MESSAGE)


@pytest.mark.parametrize("bit", range(0, 256, 17))
def test_a_key_with_a_flipped_bit_is_refused(bit: int) -> None:
    changed = (int.from_bytes(KEY, "big") ^ 1 << bit).to_bytes(32, "big")
    assert not verify_ed25519(changed, SIGNATURE, MESSAGE)


def test_an_s_that_is_not_below_the_group_order_is_refused() -> None:
    s = int.from_bytes(SIGNATURE[32:], "little")
    doubled = SIGNATURE[:32] + (s + ORDER).to_bytes(32, "little")
    assert not verify_ed25519(KEY, doubled, MESSAGE)
    assert not verify_by_library(KEY, doubled, MESSAGE)


@pytest.mark.parametrize("length", [0, 63, 65])
def test_a_signature_of_another_length_is_refused(length: int) -> None:
    assert not verify_ed25519(KEY, (SIGNATURE * 2)[:length], MESSAGE)
    assert not verify_ed25519(KEY[:-1], SIGNATURE, MESSAGE)


@pytest.mark.parametrize(
    "number",
    [
        PRIME,  # y = 0, spelled as the prime
        PRIME + 1,
        2**255 - 1,
        1 | 1 << 255,  # x = 0 has no odd spelling
        PRIME - 1 | 1 << 255,
        2,  # no x belongs to y = 2
    ],
)
def test_bytes_that_are_no_point_or_not_its_one_spelling_are_refused(number: int) -> None:
    data = number.to_bytes(32, "little")
    assert decode_point(data) is None
    assert not verify_ed25519(data, SIGNATURE, MESSAGE)


def test_the_neutral_point_and_the_one_of_order_two_are_points() -> None:
    assert decode_point((1).to_bytes(32, "little")) == (0, 1, 1, 0)
    assert decode_point((PRIME - 1).to_bytes(32, "little")) == (0, PRIME - 1, 1, 0)
