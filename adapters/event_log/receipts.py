"""Which commands are recorded already, told without the head's lock."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Engine, and_, select

from adapters.event_log.encoding import command_hash
from adapters.event_log.keyed import KeyedSelect
from adapters.event_log.tables import log_entry, receipt
from domain.identifiers import command_ids, event_id, event_id_bytes
from domain.submission import KeyedCommand

_RECEIPTS: Final = KeyedSelect(
    select(receipt.c.command_id, receipt.c.command_hash, receipt.c.last_position, log_entry.c.entry).join(
        log_entry,
        and_(log_entry.c.ledger_id == receipt.c.ledger_id, log_entry.c.position == receipt.c.first_position),
    ),
    log_entry.c.ledger_id,
    log_entry.c.event_id,
)


class _Private(msgspec.Struct):
    private: dict[str, str]


_private: Final = msgspec.json.Decoder(_Private)


class _Receipt(NamedTuple):
    command_hash: bytes
    last_position: int
    entry: bytes

    def would_replay(self, item: KeyedCommand) -> bool:
        """Whether it is this command; what has private values, which the hash leaves out, is left to the log."""
        if item.command.private or self.command_hash.hex() != command_hash(item.command):
            return False
        return not _private.decode(self.entry).private


class SqlReceipts:
    """See ports.Receipts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def recorded(self, ledger_id: str, subject: str, items: Sequence[KeyedCommand]) -> list[int | None]:
        """See ports.Receipts.recorded."""
        commands = command_ids(ledger_id, subject, [item.key for item in items])
        first_events = [event_id_bytes(event_id(each, 0)) for each in commands]
        with self._engine.connect() as connection:
            rows = _RECEIPTS.rows(connection, ledger_id, first_events)
            found = {command.hex(): _Receipt(*rest) for command, *rest in rows}
        receipts = [found.get(each) for each in commands]
        return [
            each.last_position if each is not None and each.would_replay(item) else None
            for each, item in zip(receipts, items, strict=True)
        ]
