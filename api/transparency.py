"""What makes the logs of a service checkable by outsiders, put together and kept running."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Final

from adapters.clock import SystemClock
from adapters.database import Database
from adapters.database_place import place_of
from adapters.event_log.feed import SqlFeed
from adapters.event_log.tree import SqlTree
from adapters.sqlite_integrity import storage_problems
from adapters.transparency.checkpoints import SqlCheckpoints
from adapters.transparency.log_keys import LogKeys
from adapters.transparency.log_signer import LogSigner
from adapters.transparency.policy_file import read_policy
from api.checkpointing import Checkpointer
from api.recurring import recurring
from api.self_check import SelfCheck
from api.settings import Settings
from api.vanished import place_among
from api.verifying import own_keys
from api.witnesses import Witnesses
from domain.policy import MalformedPolicyError, Policy
from domain.ports import LogTree

MAX_REMEMBERED_ROOTS: Final = 4_096
NO_WITNESSES: Final = Policy(logs=(), witnesses=(), groups=(), quorum=None)


class UnusablePolicyError(Exception):
    """The policy that the settings name cannot be read; the text says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transparency:
    """The tree and checkpoints of every log, who signs them, who looks at them, and which witnesses are asked."""

    tree: SqlTree
    checkpoints: SqlCheckpoints
    keys: LogKeys
    policy: Policy
    checkpointer: Checkpointer
    witnesses: Witnesses
    self_check: SelfCheck
    roots: "RememberedRoots"


def transparency_of(settings: Settings, database: Database) -> Transparency:
    """The parts; nothing runs yet.

    Raises:
        UnusablePolicyError: see there.
    """
    feed, tree = SqlFeed(database.log_reader), SqlTree(database.log_reader)
    keys = LogKeys(settings.keys_path(), settings.deployment)
    own = partial(own_keys, database, keys)
    policy = policy_of(settings)
    witnessed_by = [each.key for each in policy.witnesses]
    checkpoints = SqlCheckpoints(database.log_reader, database.log_writer, own, witnessed_by)
    witnesses = Witnesses(policy, checkpoints, tree)
    checkpointer = Checkpointer(
        LogSigner(keys, tree, cache(lambda: place_of(database))),
        checkpoints,
        feed,
        # When something was signed is what this machine's clock says, also where a demo scripts another one.
        SystemClock(),
        interval_s=settings.checkpoint_interval_ms / 1000,
        signed=witnesses.signed,
    )
    return Transparency(
        tree=tree,
        checkpoints=checkpoints,
        keys=keys,
        policy=policy,
        checkpointer=checkpointer,
        witnesses=witnesses,
        self_check=SelfCheck(
            feed,
            tree,
            checkpoints,
            keys,
            place=lambda: place_among(settings, database),
            storage=lambda: storage_problems(database),
        ),
        roots=RememberedRoots(tree),
    )


def policy_of(settings: Settings) -> Policy:
    """The policy that the settings name; one without witnesses when they name none.

    Raises:
        UnusablePolicyError: see there.
    """
    if not settings.witness_policy:
        return NO_WITNESSES
    try:
        return read_policy(Path(settings.witness_policy))
    except (MalformedPolicyError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UnusablePolicyError(f"FUNDTRAIL_WITNESS_POLICY: {settings.witness_policy}: {reason}") from error


class RememberedRoots:
    """Roots that reads have shown before, by size and by when the last of the entries was recorded.

    A log that was restored from a backup while it is served goes on with other entries, recorded at other times.
    """

    def __init__(self, tree: LogTree) -> None:
        self._read = lru_cache(MAX_REMEMBERED_ROOTS)(lambda ledger_id, size, _recorded_at: tree.root(ledger_id, size))

    def root(self, ledger_id: str, size: int, recorded_at: datetime | None) -> bytes:
        """See LogTree.root; `recorded_at` is that of the entry at the position `size`."""
        return self._read(ledger_id, size, recorded_at)


@contextmanager
def watched(settings: Settings, parts: Transparency) -> Iterator[None]:
    """Checkpoints are signed and sent while the block runs, and parts of the logs read again, as the settings say."""
    with ExitStack() as stack:
        if settings.checkpoints:
            parts.witnesses.start()
            stack.callback(parts.witnesses.stop)
            parts.checkpointer.start()
            stack.callback(parts.checkpointer.stop)
        parts.self_check.look_for_missing()
        if settings.self_check_interval_s:
            stack.enter_context(recurring("self-check", parts.self_check.look, settings.self_check_interval_s))
        yield


def sign_what_is_due(settings: Settings, database: Database) -> None:
    """Signs every log that has grown since its last checkpoint; for commands that record without a server.

    Witnesses are given these checkpoints by a server's next one.
    """
    if settings.checkpoints:
        checkpointer = transparency_of(settings, database).checkpointer
        checkpointer.start()
        checkpointer.stop()
