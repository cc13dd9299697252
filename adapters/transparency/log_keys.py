"""The keys of the logs, in files: a folder for each log, one or more active keys in it, those retired beside them.

FOLDER/LEDGER.LOG_ID/1.key, 2.key ...     active
FOLDER/LEDGER.LOG_ID/1.retired            signs no more; kept so that nothing signed with it becomes unexplained
FOLDER/LEDGER.LOG_ID/state.json           what was signed last, see log_signer.py
FOLDER/LEDGER.LOG_ID/database             in which database the log was then
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from adapters.transparency.ed25519 import KeyFile, UnusableKeyFileError, create_key, load_key
from domain.checkpoint import origin_of
from domain.note import Algorithm, VerifierKey

_ACTIVE: Final = ".key"
_RETIRED: Final = ".retired"
_LOG: Final = re.compile(r"(?P<ledger_id>.+)\.(?P<log_id>[0-9a-f]{32})\Z")
"""The name of a log's folder."""


class UnknownLogKeyError(Exception):
    """The log has no such active key."""


class LastLogKeyError(Exception):
    """It is the only active key: a log without one signs nothing any more. Add another one first."""


class LogKeys:
    """The keys of one deployment's logs; each bears the origin of its log as its name."""

    def __init__(self, folder: Path, deployment: str) -> None:
        self._folder = folder
        self._deployment = deployment

    def origin(self, ledger_id: str, log_id: str) -> str:
        """The name of a log."""
        return origin_of(self._deployment, ledger_id, log_id)

    def folder(self, ledger_id: str, log_id: str) -> Path:
        """Where a log's keys are; it may not be there yet."""
        return self._folder / f"{ledger_id}.{log_id}"

    def logs(self) -> list[tuple[str, str]]:
        """Ledger and log id of every log that has a folder here, those of other deployments too."""
        try:
            names = sorted(path.name for path in self._folder.iterdir())
        except OSError:
            # There is none yet, or it is not for who asks.
            return []
        found = (_LOG.match(name) for name in names)
        return [(each["ledger_id"], each["log_id"]) for each in found if each is not None]

    def is_of_another_deployment(self, ledger_id: str, log_id: str) -> bool:
        """Whether a key in the log's folder can be read, and bears the name of another deployment's log."""
        try:
            names = [each.key.name for each in self.active(ledger_id, log_id)]
            names += [each.name for each in self.retired(ledger_id, log_id)]
        except (UnusableKeyFileError, OSError):
            return False
        return bool(names) and self.origin(ledger_id, log_id) not in names

    def active(self, ledger_id: str, log_id: str) -> list[KeyFile]:
        """Those that sign, the oldest first."""
        return [load_key(path) for path in self._paths(ledger_id, log_id, _ACTIVE)]

    def retired(self, ledger_id: str, log_id: str) -> list[VerifierKey]:
        """Those that signed once, the oldest first."""
        return [load_key(path).key for path in self._paths(ledger_id, log_id, _RETIRED)]

    def add(self, ledger_id: str, log_id: str) -> VerifierKey:
        """Makes a new active key."""
        taken = [*self._paths(ledger_id, log_id, _ACTIVE), *self._paths(ledger_id, log_id, _RETIRED)]
        number = max((int(path.stem) for path in taken), default=0) + 1
        path = self.folder(ledger_id, log_id) / f"{number}{_ACTIVE}"
        return create_key(path, self.origin(ledger_id, log_id), Algorithm.ED25519).key

    def retire(self, ledger_id: str, log_id: str, key_id: str) -> VerifierKey:
        """Takes a key, named by the hex of its id, out of use.

        Raises:
            UnknownLogKeyError, LastLogKeyError: nothing was changed.
        """
        paths = {load_key(path).key.key_id.hex(): path for path in self._paths(ledger_id, log_id, _ACTIVE)}
        if key_id not in paths:
            raise UnknownLogKeyError
        if len(paths) == 1:
            raise LastLogKeyError
        key = load_key(paths[key_id]).key
        paths[key_id].rename(paths[key_id].with_suffix(_RETIRED))
        return key

    def _paths(self, ledger_id: str, log_id: str, suffix: str) -> Sequence[Path]:
        found = self.folder(ledger_id, log_id).glob(f"*{suffix}")
        return sorted((path for path in found if path.stem.isdecimal()), key=lambda path: int(path.stem))
