"""Which commands are recorded already, told without the head's lock."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Engine

from adapters.event_log.batch import Identity
from adapters.event_log.encoding import command_hash
from adapters.event_log.store import entries_of_commands
from domain.identifiers import command_ids, event_id
from domain.submission import KeyedCommand


class _Recorded(msgspec.Struct):
    """What of an entry tells whether its command is the one that is asked for."""

    command_hash: str
    position: int
    private: dict[str, str]

    def would_be_replayed_by(self, item: KeyedCommand) -> bool:
        """Whether it is this command; what has private values, which the hash leaves out, is left to the log."""
        if item.command.private or self.private:
            return False
        return self.command_hash == command_hash(item.command)


_decode: Final = msgspec.json.Decoder(_Recorded).decode


class SqlReceipts:
    """See ports.Receipts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def recorded(self, ledger_id: str, subject: str, items: Sequence[KeyedCommand]) -> list[int | None]:
        """See ports.Receipts.recorded."""
        commands = command_ids(ledger_id, subject, [item.key for item in items])
        identities = [Identity(each, event_id(each, 0)) for each in commands]
        with self._engine.begin() as connection:
            found = entries_of_commands(connection, ledger_id, identities)
        return [_replayed(found.get(command), item) for command, item in zip(commands, items, strict=True)]


def _replayed(entries: Sequence[bytes] | None, item: KeyedCommand) -> int | None:
    if not entries or not _decode(entries[0]).would_be_replayed_by(item):
        return None
    return _decode(entries[-1]).position
