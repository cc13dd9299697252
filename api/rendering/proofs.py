"""Proofs as JSON holds them."""

import base64
from collections.abc import Iterable


def encoded(proof: Iterable[bytes]) -> list[str]:
    """Hashes as JSON holds them."""
    return [base64.b64encode(each).decode() for each in proof]
