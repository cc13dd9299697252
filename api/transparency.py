"""What makes the logs of a service checkable by outsiders, put together and kept running."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.clock import SystemClock
from adapters.database import Database
from adapters.event_log.feed import SqlFeed
from adapters.event_log.tree import SqlTree
from adapters.transparency.checkpoints import SqlCheckpoints
from adapters.transparency.log_keys import LogKeys
from adapters.transparency.log_signer import LogSigner
from adapters.transparency.policy_file import read_policy
from api.checkpointing import Checkpointer
from api.self_check import SelfCheck
from api.settings import Settings
from api.witnesses import Witnesses
from domain.policy import Policy

NO_WITNESSES = Policy(logs=(), witnesses=(), groups=(), quorum=None)


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


def transparency_of(settings: Settings, database: Database) -> Transparency:
    """The parts; nothing runs yet.

    Raises:
        MalformedPolicyError, OSError: the policy of the settings cannot be read.
    """
    feed, tree = SqlFeed(database.log_reader), SqlTree(database.log_reader)
    checkpoints = SqlCheckpoints(database.log_reader, database.log_writer)
    keys = LogKeys(settings.keys_path(), settings.deployment)
    policy = read_policy(Path(settings.witness_policy)) if settings.witness_policy else NO_WITNESSES
    witnesses = Witnesses(policy, checkpoints, tree)
    checkpointer = Checkpointer(
        LogSigner(keys, tree),
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
        self_check=SelfCheck(feed, tree, checkpoints, interval_s=settings.self_check_interval_s),
    )


@contextmanager
def watched(settings: Settings, parts: Transparency) -> Iterator[None]:
    """Checkpoints are signed and sent while the block runs, and parts of the logs read again, as the settings say."""
    with ExitStack() as stack:
        if settings.checkpoints:
            parts.witnesses.start()
            stack.callback(parts.witnesses.stop)
            parts.checkpointer.start()
            stack.callback(parts.checkpointer.stop)
        if settings.self_check_interval_s:
            parts.self_check.start()
            stack.callback(parts.self_check.stop)
        yield


def sign_what_is_due(settings: Settings, database: Database) -> None:
    """Signs every log that has grown since its last checkpoint; for commands that record without a server.

    Witnesses are given these checkpoints by a server's next one.
    """
    if settings.checkpoints:
        checkpointer = transparency_of(settings, database).checkpointer
        checkpointer.start()
        checkpointer.stop()
