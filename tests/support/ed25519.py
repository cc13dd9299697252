"""Ed25519 of the `cryptography` package in the shape that domain/note.py takes, and signers with keys of their own."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from domain.note import Algorithm, VerifierKey


def verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


class SeededSigner:
    """A signer whose private key follows from its name, so that every run signs alike."""

    def __init__(self, name: str, algorithm: Algorithm = Algorithm.ED25519) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32, b"\x00")[:32])
        public_key = self._private.public_key().public_bytes_raw()
        self.key = VerifierKey(name=name, algorithm=algorithm, public_key=public_key)

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)
