"""`fundtrail log-key` and `fundtrail log-epoch`: what an operator decides about the keys and the continuity of a log.

Each decision is a fact of the log. A key is made before its fact is recorded and retired after, so that a stop in
between leaves a key more, never a log that cannot be signed; an epoch begins only once its fact is recorded.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from adapters.clock import SystemClock
from adapters.database import Database
from adapters.event_log.feed import SqlFeed
from adapters.event_log.tree import SqlTree
from adapters.transparency.log_keys import LastLogKeyError, LogKeys, UnknownLogKeyError
from adapters.transparency.log_signer import LogSigner, Signed, SigningRefusedError
from api.custody import record_custody
from api.databases import guarded_database
from api.recording import recording_log
from api.settings import Settings
from api.terminal import CommandFailed
from api.transparency import sign_what_is_due
from domain.access import LOCAL_ACTOR
from domain.custody import EpochRaised, LogKeyAdded, LogKeyRetired, ServiceFact
from domain.event import RecordedEvent
from domain.ledger import ledger_key
from domain.merkle import EMPTY_ROOT
from domain.note import VerifierKey, format_verifier_key
from domain.ports import EventQuery, LedgerInfo

_KEY_BYTES: Final = 16


class LogCustody:
    """The decisions about one log."""

    def __init__(self, settings: Settings, database: Database, ledger: LedgerInfo) -> None:
        self._settings = settings
        self._database = database
        self._ledger = ledger
        self._log = (ledger.ledger_id, ledger.log_id)
        self._keys = LogKeys(settings.keys_path(), settings.deployment)

    def list_keys(self) -> list[dict[str, Any]]:
        """Every key, those that sign first."""
        active = [(each.key, True) for each in self._keys.active(*self._log)]
        retired = [(key, False) for key in self._keys.retired(*self._log)]
        return [
            {"key_id": key.key_id.hex(), "verifier_key": format_verifier_key(key), "signs": signs}
            for key, signs in [*active, *retired]
        ]

    def add_key(self, reason: str | None) -> VerifierKey:
        """Makes a key that signs beside those there are, from the next checkpoint on."""
        key = self._keys.add(*self._log)
        self._record(LogKeyAdded(verifier_key=format_verifier_key(key), reason=reason))
        return key

    def retire_key(self, key_id: str, reason: str | None) -> VerifierKey:
        """Takes a key out of use; the last one stays.

        Raises:
            CommandFailed: there is no such key, or it is the last one.
        """
        try:
            key = self._keys.retire(*self._log, key_id)
        except UnknownLogKeyError:
            raise CommandFailed(f"ledger {self._ledger.ledger_id} has no key {key_id} that signs") from None
        except LastLogKeyError:
            raise CommandFailed("it is the only key that signs: add another one first") from None
        self._record(LogKeyRetired(verifier_key=format_verifier_key(key), reason=reason))
        return key

    def raise_epoch(self, reason: str) -> int:
        """Starts an epoch: the log as it is now is signed, whatever was signed before. Returns its number."""
        signer = LogSigner(self._keys, SqlTree(self._database.log_reader))
        last = self._last_signed(signer)
        epoch = 1 + max(last.epoch, self._last_epoch())
        root = last.root if last.size else EMPTY_ROOT
        fact = EpochRaised(epoch=epoch, last_signed_size=last.size, last_signed_root=root.hex(), reason=reason)
        self._record(fact, then=lambda: signer.raise_epoch(*self._log, epoch))
        return epoch

    def _record(self, fact: ServiceFact, then: Callable[[], None] = lambda: None) -> None:
        """Records the fact, does what follows from it, and signs the log."""
        clock = SystemClock()
        with recording_log(self._database, clock) as log:
            key = f"custody/{secrets.token_hex(_KEY_BYTES)}"
            record_custody(log, self._ledger, LOCAL_ACTOR, key, fact, clock=clock)
        then()
        sign_what_is_due(self._settings, self._database)

    def _last_signed(self, signer: LogSigner) -> Signed:
        try:
            return signer.last(*self._log)
        except SigningRefusedError:
            # What was signed last is lost: that is one of the reasons to raise the epoch.
            return Signed(0, b"", 0)

    def _last_epoch(self) -> int:
        query = EventQuery(
            tags=(ledger_key(self._ledger.ledger_id),), until=self._ledger.position, limit=self._ledger.position
        )
        return max(map(_epoch_of, SqlFeed(self._database.log_reader).find(self._ledger.ledger_id, query)), default=0)


@contextmanager
def log_custody(settings: Settings, ledger_id: str) -> Iterator[LogCustody]:
    """The decisions about a ledger's log.

    Raises:
        CommandFailed: there is no database.
        UnknownLedger: there is none of that id.
    """
    with guarded_database(settings.database_url) as database:
        yield LogCustody(settings, database, SqlFeed(database.log_reader).ledger(ledger_id))


def _epoch_of(event: RecordedEvent) -> int:
    return event.data.epoch if isinstance(event.data, EpochRaised) else 0
