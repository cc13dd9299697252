"""The Merkle tree as RFC 6962 section 2.1 defines it, by recursion: what every faster way must agree with."""

from collections.abc import Sequence
from hashlib import sha256


def defined_root(leaf_hashes: Sequence[bytes]) -> bytes:
    if not leaf_hashes:
        return sha256(b"").digest()
    if len(leaf_hashes) == 1:
        return leaf_hashes[0]
    split = 1 << (len(leaf_hashes) - 1).bit_length() - 1
    return sha256(b"\x01" + defined_root(leaf_hashes[:split]) + defined_root(leaf_hashes[split:])).digest()
