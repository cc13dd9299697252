"""Keys in files: made once, read only where nobody else can, and never shown."""

import base64
import os
import stat
from pathlib import Path

import pytest

from adapters.transparency.ed25519 import (
    KeyFile,
    MalformedKeyFileError,
    UnsafeKeyFileError,
    create_key,
    load_key,
    verify,
)
from domain.note import Algorithm, MalformedKeyError, Note, cosignature_of, key_id, signature_of, verify_note

NAME = "log.example/funds"
TEXT = "log.example/funds\n3\nAAAA\n"

# RFC 8032 section 7.1, test 1.
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC_KEY = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
SIGNATURE = bytes.fromhex(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
    "655141438e7a100b"
)
KEY_ID = key_id("a", Algorithm.ED25519, PUBLIC_KEY).hex()
LINE = f"fundtrail-key-v1 ed25519 a {KEY_ID} {base64.b64encode(SEED).decode()}\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "log.key"


def key_file(path: Path, content: str | bytes, mode: int = 0o600) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_key_is_read_as_it_was_made(path: Path, algorithm: Algorithm) -> None:
    made = create_key(path, NAME, algorithm)
    read = load_key(path)
    assert (made.key.name, made.key.algorithm) == (NAME, algorithm)
    assert read.key == made.key
    assert read.sign(b"message") == made.sign(b"message")


def test_a_key_is_one_line_that_says_what_it_is(path: Path) -> None:
    made = create_key(path, NAME, Algorithm.COSIGNATURE)
    form, algorithm, name, key_id, seed = path.read_text("utf-8").split(" ")
    assert (form, algorithm, name, key_id) == ("fundtrail-key-v1", "cosignature", NAME, made.key.key_id.hex())
    assert len(base64.b64decode(seed)) == 32
    assert seed.endswith("=\n")


def test_two_keys_are_two_keys(path: Path) -> None:
    one = create_key(path, NAME, Algorithm.ED25519)
    other = create_key(path.with_name("other.key"), NAME, Algorithm.ED25519)
    assert one.key.public_key != other.key.public_key


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_the_owner_may_read_a_new_key_and_its_new_folder(path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        create_key(path, NAME, Algorithm.ED25519)
    finally:
        os.umask(before)
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)


def test_a_key_is_never_written_over(path: Path) -> None:
    made = create_key(path, NAME, Algorithm.ED25519)
    with pytest.raises(FileExistsError):
        create_key(path, NAME, Algorithm.ED25519)
    assert load_key(path).key == made.key


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u3000b", "\ud800"])
def test_a_name_that_no_verifier_key_can_have_makes_no_file(path: Path, name: str) -> None:
    with pytest.raises(MalformedKeyError):
        create_key(path, name, Algorithm.ED25519)
    assert not path.parent.exists()


@pytest.mark.parametrize("folder_mode", [0o770, 0o702, 0o1777])
def test_no_key_is_made_where_others_could_put_another_in_its_place(path: Path, folder_mode: int) -> None:
    path.parent.mkdir()
    path.parent.chmod(folder_mode)
    with pytest.raises(UnsafeKeyFileError, match="others may write to the folder"):
        create_key(path, NAME, Algorithm.ED25519)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("file_mode", [0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o644, 0o777])
def test_a_key_that_others_may_read_or_change_is_refused_with_the_reason(path: Path, file_mode: int) -> None:
    key_file(path, LINE, file_mode)
    with pytest.raises(UnsafeKeyFileError, match="others may read or change the key") as refused:
        load_key(path)
    assert str(path) in str(refused.value)
    path.chmod(0o400)
    assert load_key(path).key.public_key == PUBLIC_KEY


@pytest.mark.skipif(os.geteuid() != 0, reason="only the superuser can give a file away")
def test_a_key_of_another_user_is_refused(path: Path) -> None:
    os.chown(key_file(path, LINE), 65534, -1)
    with pytest.raises(UnsafeKeyFileError, match="belongs to another user"):
        load_key(path)


def test_a_key_is_read_from_an_ordinary_file_only(path: Path) -> None:
    path.parent.mkdir()
    os.mkfifo(path, 0o600)
    for each in (path, path.parent):
        with pytest.raises(UnsafeKeyFileError, match="ordinary file"):
            load_key(each)


def test_a_missing_key_is_missing(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_key(path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "\n",
        LINE[:-1],
        f"{LINE}\n",
        f" {LINE}",
        LINE * 2,
        LINE.replace(" ", "  ", 1),
        LINE.replace(" ", "\t"),
        LINE.replace("\n", "\r\n"),
        LINE.replace("v1", "v2"),
        LINE.replace("ed25519", "Ed25519"),
        LINE.replace("ed25519", "cosignature"),
        LINE.replace(" a ", " b "),
        LINE.replace("=\n", "\n"),
        LINE.replace("A=\n", "B=\n"),
        f"fundtrail-key-v1 ed25519 a {KEY_ID} {base64.b64encode(SEED[:31]).decode()}\n",
        f"fundtrail-key-v1 ed25519 {'a' * 5000} {KEY_ID} {base64.b64encode(SEED).decode()}\n",
        b"\xff" + LINE.encode(),
    ],
)
def test_a_file_in_any_other_form_is_refused_without_a_word_of_it(path: Path, content: str | bytes) -> None:
    key_file(path, content)
    with pytest.raises(MalformedKeyFileError) as refused:
        load_key(path)
    assert str(refused.value) == f"{path}: no key of the form fundtrail-key-v1"


def test_any_flipped_bit_of_a_key_file_is_noticed(path: Path) -> None:
    data = key_file(path, LINE).read_bytes()
    for place in range(8 * len(data)):
        changed = bytearray(data)
        changed[place // 8] ^= 1 << place % 8
        path.write_bytes(changed)
        with pytest.raises(MalformedKeyFileError):
            load_key(path)


def test_a_key_signs_as_rfc_8032_says(path: Path) -> None:
    signer = load_key(key_file(path, LINE))
    assert (signer.key.name, signer.key.algorithm, signer.key.public_key) == ("a", Algorithm.ED25519, PUBLIC_KEY)
    assert signer.sign(b"") == SIGNATURE
    assert verify(PUBLIC_KEY, SIGNATURE, b"")


def test_any_flipped_bit_makes_a_signature_wrong() -> None:
    parts = (PUBLIC_KEY, SIGNATURE, b"\x00")
    assert not verify(*parts)
    for part, data in enumerate((PUBLIC_KEY, SIGNATURE)):
        for place in range(8 * len(data)):
            changed = bytearray(data)
            changed[place // 8] ^= 1 << place % 8
            key, signature = (bytes(changed), SIGNATURE) if part == 0 else (PUBLIC_KEY, bytes(changed))
            assert not verify(key, signature, b"")


@pytest.mark.parametrize(
    ("public_key", "signature"),
    [(b"", SIGNATURE), (PUBLIC_KEY[:31], SIGNATURE), (PUBLIC_KEY + b"\x00", SIGNATURE), (PUBLIC_KEY, b""),
     (PUBLIC_KEY, SIGNATURE[:63]), (PUBLIC_KEY, SIGNATURE + b"\x00"), (b"\xff" * 32, SIGNATURE)],
)  # fmt: skip
def test_a_key_or_a_signature_of_another_length_is_wrong(public_key: bytes, signature: bytes) -> None:
    assert not verify(public_key, signature, b"")


def test_notes_are_signed_and_cosigned_with_keys_of_files(path: Path) -> None:
    log = create_key(path, NAME, Algorithm.ED25519)
    witness = create_key(path.with_name("witness.key"), "witness.example", Algorithm.COSIGNATURE)
    note = Note(TEXT, (signature_of(TEXT, log), cosignature_of(TEXT, witness, 1_700_000_000)))
    verified = verify_note(note, [log.key, witness.key], verify)
    assert verified == ((log.key, None), (witness.key, 1_700_000_000))


def test_a_key_shows_nothing_of_its_private_part(path: Path) -> None:
    signer = load_key(key_file(path, LINE))
    shown = repr(signer) + repr(vars(signer)) + str(signer.key)
    for spelling in (SEED.hex(), base64.b64encode(SEED).decode(), repr(SEED)[2:-1]):
        assert spelling not in shown
    assert {name for name in dir(KeyFile) if not name.startswith("_")} == {"sign"}
