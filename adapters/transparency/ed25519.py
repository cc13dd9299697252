"""Ed25519 (RFC 8032): signatures, and private keys that stay in files of their own.

A key file is one line, `fundtrail-key-v1 ALGORITHM NAME ID SEED`: `ed25519` (texts) or `cosignature` (a witness), name
and id of the verifier key, and base64 of 32 bytes. The id shows damage: a wrong seed is a key as good as the right one.
"""

import base64
import os
import stat
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from adapters.durable_file import create_file
from domain.note import Algorithm, VerifierKey, decode_base64, format_verifier_key

_FORMAT: Final = "fundtrail-key-v1"
_ALGORITHMS: Final = {algorithm.name.lower(): algorithm for algorithm in Algorithm}
_SEED_BYTES: Final = 32
_MAX_FILE_BYTES: Final = 4096
_FOLDER_MODE: Final = 0o700
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


class UnusableKeyFileError(ValueError):
    """A key file cannot be used; the text says where and why."""


class UnsafeKeyFileError(UnusableKeyFileError):
    """Somebody else may read the key, or put another in its place; the text says where and what would help."""


class MalformedKeyFileError(UnusableKeyFileError):
    """The file holds no key of this format; the text says where, and nothing of what it holds."""


class KeyFile:
    """A signer whose private key was read from a file, and is not handed out. See note.Signer."""

    def __init__(self, private_key: Ed25519PrivateKey, name: str, algorithm: Algorithm) -> None:
        public_key = private_key.public_key().public_bytes_raw()
        self._private_key = private_key
        self.key: Final = VerifierKey(name=name, algorithm=algorithm, public_key=public_key)

    def sign(self, message: bytes) -> bytes:
        """The signature, 64 bytes, of the message as it is."""
        return self._private_key.sign(message)


def create_key(path: Path, name: str, algorithm: Algorithm) -> KeyFile:
    """A new key in a new file, durable before it is returned; a missing folder is made, for its owner only.

    Raises:
        MalformedKeyError: a verifier key cannot have that name.
        UnsafeKeyFileError: others may write to the folder.
        FileExistsError: there is something at that path; it is left as it is.
    """
    private_key = Ed25519PrivateKey.generate()
    signer = KeyFile(private_key, name, algorithm)
    format_verifier_key(signer.key)  # Refuses the name before anything is made.
    path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    if stat.S_IMODE(path.parent.stat().st_mode) & _OTHERS_WRITE:
        raise UnsafeKeyFileError(
            f"{path.parent}: others may write to the folder of the key, and put another in its place; "
            "name a folder that does not exist yet, or `chmod go-w` this one"
        )
    seed = base64.b64encode(private_key.private_bytes_raw()).decode()
    create_file(path, f"{_FORMAT} {algorithm.name.lower()} {name} {signer.key.key_id.hex()} {seed}\n".encode())
    return signer


def load_key(path: Path) -> KeyFile:
    """The key of a file.

    Raises:
        FileNotFoundError: there is none.
        UnsafeKeyFileError: it is not an ordinary file, or others than who runs this may read or change it.
        MalformedKeyFileError: it holds no key.
    """
    # Not waiting: a named pipe would never open.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _refuse_unless_private(path, os.fstat(descriptor))
        line = os.read(descriptor, _MAX_FILE_BYTES + 1)
    finally:
        os.close(descriptor)
    signer = _parsed(line)
    if signer is None:
        raise MalformedKeyFileError(f"{path}: no key of the form {_FORMAT}")
    return signer


def verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """See note.VerifyEd25519."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _refuse_unless_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnsafeKeyFileError(f"{path}: a key is read from an ordinary file only")
    if stat.S_IMODE(status.st_mode) & _OTHERS:
        raise UnsafeKeyFileError(f"{path}: others may read or change the key; `chmod 600` it, or better make a new key")
    if status.st_uid != os.geteuid():
        raise UnsafeKeyFileError(f"{path}: the key belongs to another user, who may read it")


def _parsed(line: bytes) -> KeyFile | None:
    parts = line.decode(errors="replace").split(" ") if len(line) <= _MAX_FILE_BYTES else []
    match parts:
        case [form, word, name, key_id, last] if form == _FORMAT and word in _ALGORITHMS and last.endswith("\n"):
            seed = decode_base64(last[:-1])
        case _:
            return None
    if seed is None or len(seed) != _SEED_BYTES:
        return None
    signer = KeyFile(Ed25519PrivateKey.from_private_bytes(seed), name, _ALGORITHMS[word])
    return signer if signer.key.key_id.hex() == key_id else None
