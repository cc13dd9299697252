"""The log's guards on SQLite: row triggers, as it has no others and no rights.

REPLACE deletes a row without firing its delete triggers, so an insert over anything existing is refused, by key and by
rowid, and an update that gives a row another rowid. A BEFORE trigger sees the rowid -1 where the engine is to choose
one, so a row that really had it would stop every later insert: each row must take the next rowid, which is known only
AFTER.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from adapters.guards.guard import SqliteTrigger

_REFUSED: Final = "SELECT RAISE(ABORT, 'the log is append-only')"

# The last row says both what the next position is and which instant nothing may lie before: one lookup for each row.
_NEXT_ENTRY: Final = """NEW.position < 1
    OR NEW.position <> coalesce((SELECT CASE WHEN recorded_at_us <= NEW.recorded_at_us THEN position + 1 ELSE 0 END
        FROM log_entry WHERE ledger_id = NEW.ledger_id ORDER BY position DESC LIMIT 1), 1)
    OR EXISTS (SELECT 1 FROM log_entry WHERE ledger_id = NEW.ledger_id AND event_id = NEW.event_id)
    OR EXISTS (SELECT 1 FROM log_entry WHERE rowid = NEW.rowid)"""
# Only of the first of a tag the entry is looked up: most tags of an event have been on others before.
_NEXT_TAG: Final = """NEW.n < 1
    OR NEW.n <> coalesce((SELECT CASE WHEN position < NEW.position THEN n + 1 ELSE 0 END
        FROM log_tag WHERE ledger_id = NEW.ledger_id AND tag = NEW.tag ORDER BY position DESC LIMIT 1), 1)
    OR NEW.n = 1 AND NOT EXISTS (SELECT 1 FROM log_entry WHERE ledger_id = NEW.ledger_id AND position = NEW.position)"""
# Rows put in before a ledger is opened would be taken for its own, or stop it, once it is.
_UNOPENED: Final = "NOT EXISTS (SELECT 1 FROM log_entry WHERE ledger_id = NEW.ledger_id AND position = 1)"
_HEAD_GOES_BACK: Final = """NEW.ledger_id <> OLD.ledger_id OR NEW.rowid <> OLD.rowid OR NEW.position <= OLD.position
    OR NOT EXISTS (SELECT 1 FROM log_entry WHERE ledger_id = NEW.ledger_id AND position = NEW.position
        AND recorded_at_us = NEW.recorded_at_us)"""
_BEYOND_THE_LOG: Final = "NOT EXISTS (SELECT 1 FROM log_entry WHERE ledger_id = NEW.ledger_id AND position = NEW.size)"

_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "log_tile": ("ledger_id", "level", "tile_index"),
    "log_checkpoint": ("ledger_id", "size"),
    "log_cosignature": ("ledger_id", "size", "witness"),
    "ledger_receipt": ("command_id",),
    "private_value": ("ledger_id", "event_id", "field"),
}
_WITHOUT_ROWID: Final = ("log_tag", "ledger_receipt")


def _before(table: str, suffix: str, operation: str, condition: str | None = None) -> SqliteTrigger:
    name = f"{table}_{suffix}"
    when = f" WHEN {condition}" if condition else ""
    statement = f"CREATE TRIGGER {name} BEFORE {operation} ON {table}{when} BEGIN {_REFUSED}; END"
    return SqliteTrigger(name, table, statement)


def _kept(table: str, *operations: str) -> Iterator[SqliteTrigger]:
    """Its rows are not changed, or not removed."""
    for operation in operations:
        yield _before(table, f"no_{operation.lower()}", operation)


def _not_replaced(table: str) -> SqliteTrigger:
    same = " AND ".join(f"{column} = NEW.{column}" for column in _KEYS[table])
    found = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 (every name in the text is ours)
    if table not in _WITHOUT_ROWID:
        found += f" OR EXISTS (SELECT 1 FROM {table} WHERE rowid = NEW.rowid)"  # noqa: S608 (the same)
    return _before(table, "no_replace", "INSERT", found)


def _at_end(table: str) -> SqliteTrigger:
    """The row that was inserted has the rowid after the last."""
    name = f"{table}_at_end"
    statement = (
        f"CREATE TRIGGER {name} AFTER INSERT ON {table}"  # noqa: S608 (every name in the text is ours)
        f" WHEN NEW.rowid < 1 OR NEW.rowid <> (SELECT max(rowid) FROM {table})"
        f" OR NEW.rowid > 1 AND NOT EXISTS (SELECT 1 FROM {table} WHERE rowid = NEW.rowid - 1)"
        f" BEGIN {_REFUSED}; END"
    )
    return SqliteTrigger(name, table, statement)


def _head() -> Iterator[SqliteTrigger]:
    yield from _kept("ledger_head", "DELETE")
    yield _before("ledger_head", "forward_only", "UPDATE", _HEAD_GOES_BACK)
    yield _before("ledger_head", "no_rowid", "INSERT", "EXISTS (SELECT 1 FROM ledger_head WHERE rowid = NEW.rowid)")
    # Who opens a ledger whose id is taken asks with ON CONFLICT DO NOTHING, and gets nothing, as he who asks REPLACE.
    name = "ledger_head_no_replace"
    statement = (
        f"CREATE TRIGGER {name} BEFORE INSERT ON ledger_head"  # noqa: S608 (every name in the text is ours)
        " WHEN EXISTS (SELECT 1 FROM ledger_head WHERE ledger_id = NEW.ledger_id)"
        " BEGIN SELECT RAISE(IGNORE); END"
    )
    yield SqliteTrigger(name, "ledger_head", statement)
    yield _at_end("ledger_head")


def _guards() -> Iterator[SqliteTrigger]:
    for table in ("log_entry", "log_tag", "log_tile", "log_checkpoint", "log_cosignature", "ledger_receipt"):
        yield from _kept(table, "UPDATE", "DELETE")
    yield _before("log_entry", "in_order", "INSERT", _NEXT_ENTRY)
    yield _before("log_tag", "in_order", "INSERT", _NEXT_TAG)
    for table in ("log_tile", "log_cosignature", "ledger_receipt", "boundary_state", "private_value"):
        yield _before(table, "of_opened", "INSERT", _UNOPENED)
    # What was erased is deleted, with the entry that says so.
    yield from _kept("private_value", "UPDATE")
    yield _before("log_checkpoint", "in_order", "INSERT", _BEYOND_THE_LOG)
    for table in _KEYS:
        yield _not_replaced(table)
    for table in ("log_entry", *_KEYS):
        if table not in _WITHOUT_ROWID:
            yield _at_end(table)
    yield from _head()


LOG_ON_SQLITE: Final = tuple(_guards())
"""Each by its name; all are of the log's file."""
