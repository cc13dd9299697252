"""How well what a page shows is held: whether the log up to its position begins what was signed.

Worked out from the interface's own proofs, in this process. Who trusts nobody takes the evidence home: see verify.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from api.console.asked import Asked
from domain.merkle import InvalidProofError, verify_consistency


class Held(Enum):
    """What was found of a position."""

    SIGNED = auto()
    """Its root leads to that of a signed checkpoint."""
    NOT_YET_SIGNED = auto()
    """No checkpoint is as long as that."""
    BROKEN = auto()
    """It does not lead to what was signed: entries were rewritten."""
    EMPTY = auto()
    """There is no event yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What was found, and the size of the checkpoint it was held against (None: there is none)."""

    held: Held
    size: int | None = None


async def standing_of(asked: Asked, here: Mapping[str, Any]) -> Standing:
    """Of the coordinates of a page, as the interface echoed them."""
    position = int(here["position"])
    if position == 0:
        return Standing(held=Held.EMPTY)
    listed = await asked.inside.get(asked.address("checkpoints"), {"after": position - 1, "limit": 1})
    if not listed["items"]:
        return Standing(held=Held.NOT_YET_SIGNED)
    signed = listed["items"][0]
    proof = await asked.inside.get(asked.address("proofs/consistency"), {"from": position, "to": signed["size"]})
    return Standing(held=_held(position, here["root"], signed, proof), size=signed["size"])


def _held(position: int, root: str, signed: Mapping[str, Any], proof: Mapping[str, Any]) -> Held:
    hashes = [base64.b64decode(each) for each in proof["proof"]]
    try:
        verify_consistency(position, signed["size"], hashes, bytes.fromhex(root), bytes.fromhex(signed["root"]))
    except InvalidProofError:
        return Held.BROKEN
    return Held.SIGNED
