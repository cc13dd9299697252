"""Signers with keys that follow from their names, and what verifies them."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.transparency.ed25519 import verify
from domain.note import Algorithm, VerifierKey

__all__ = ["SeededSigner", "verify"]


class SeededSigner:
    """A signer whose private key follows from the seed, else from its name, so that every run signs alike."""

    def __init__(self, name: str, algorithm: Algorithm = Algorithm.ED25519, *, seed: str | None = None) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes((seed or name).encode().ljust(32, b"\x00")[:32])
        public_key = self._private.public_key().public_bytes_raw()
        self.key = VerifierKey(name=name, algorithm=algorithm, public_key=public_key)

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)
