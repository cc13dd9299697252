"""Which checkpoint a bundle is made under."""

import time
from typing import Final

from api.transparency import Transparency
from domain.errors import CheckpointBehind
from domain.note import parse_note
from domain.policy import Policy
from domain.ports import StoredCheckpoint

LOOKED_AT: Final = 100
"""The latest checkpoints among which one with a quorum is looked for."""

COSIGNED_WITHIN_S: Final = 1.0
"""How long a bundle waits for the witnesses: they answer within that, or are away for longer than anyone waits."""

_POLL_S: Final = 0.05


def covering_checkpoint(parts: Transparency, ledger_id: str, size: int, timeout_s: float) -> StoredCheckpoint:
    """The latest checkpoint over so many entries that the witnesses of the service's policy have cosigned.

    When they have not in time, the latest one all the same: the auditor's own policy decides what it is worth.

    Raises:
        CheckpointBehind: none covers them in time.
    """
    latest = parts.checkpointer.wait_until(ledger_id, size, timeout_s)
    if latest is None:
        raise CheckpointBehind
    deadline = time.monotonic() + COSIGNED_WITHIN_S
    while True:
        for each in parts.checkpoints.latest_ones(ledger_id, at_least=size, limit=LOOKED_AT):
            if is_cosigned(each, parts.policy):
                return each
        if time.monotonic() >= deadline:
            return latest
        time.sleep(_POLL_S)


def is_cosigned(checkpoint: StoredCheckpoint, policy: Policy) -> bool:
    """Whether the quorum of a policy has signed; the signatures were verified before they were kept."""
    signed = {(each.name, each.key_id) for each in parse_note(checkpoint.note).signatures}
    keys = [witness.key for witness in policy.witnesses if (witness.key.name, witness.key.key_id) in signed]
    return policy.is_met(policy.names_of(keys))
