"""What someone tries who can run SQL through a connection as the application's on SQLite."""

from typing import Final

from tests.support.attacks_on_postgresql import UNOPENED, Attempt

_COLUMNS: Final = {
    "log_entry": ("entry", "x'00'"),
    "log_tag": ("n", "99"),
    "log_tile": ("root", "zeroblob(32)"),
    "log_checkpoint": ("note", "x'00'"),
    "log_cosignature": ("value", "x'00'"),
    "ledger_receipt": ("ledger_id", "'other'"),
    "private_value": ("value", "'somebody'"),
    "ledger_head": ("position", "1"),
}
"""A column of each table that is guarded, and what it is to be."""
_KEYS: Final = {
    "log_entry": "ledger_id, position",
    "log_tag": "ledger_id, tag, position",
    "log_tile": "ledger_id, level, tile_index",
    "log_checkpoint": "ledger_id, size",
    "log_cosignature": "ledger_id, size, witness",
    "ledger_receipt": "command_id",
    "private_value": "ledger_id, event_id, field",
    "ledger_head": "ledger_id",
}
_WITHOUT_ROWID: Final = ("log_tag", "ledger_receipt")
_ENTRY: Final = "ledger_id, position, event_id, type, effective_date, recorded_at_us, corrects, leaf_hash, entry"
FAR: Final = 9_223_372_036_854_775_807


def _of(table: str) -> tuple[Attempt, ...]:
    """What is tried on each table."""
    column, value = _COLUMNS[table]
    key = _KEYS[table]
    return (
        Attempt(f"{table} changed", (f"UPDATE {table} SET {column} = {value}",)),
        Attempt(f"{table} changed, or replaced", (f"UPDATE OR REPLACE {table} SET {column} = {value}",)),
        Attempt(f"{table} changed, or ignored", (f"UPDATE OR IGNORE {table} SET {column} = {value}",)),
        Attempt(f"{table} replaced", (f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",)),
        Attempt(
            f"{table} upserted",
            (
                f"INSERT INTO {table} SELECT * FROM {table} WHERE true "
                f"ON CONFLICT ({key}) DO UPDATE SET {column} = {value}",
            ),
        ),
        *(() if table == "private_value" else (Attempt(f"{table} deleted", (f"DELETE FROM {table}",)),)),
    )


def _entry(*, rowid: str | None = None, position: str = "9", event_id: str = "zeroblob(16)", later: int = 1) -> str:
    """Inserts a copy of the last entry, over whatever is there; the next position is 9."""
    values = (
        f"ledger_id, {position}, {event_id}, type, effective_date, recorded_at_us + {later}, corrects, leaf_hash, entry"
    )
    columns = _ENTRY if rowid is None else f"rowid, {_ENTRY}"
    chosen = values if rowid is None else f"{rowid}, {values}"
    return f"INSERT OR REPLACE INTO log_entry ({columns}) SELECT {chosen} FROM log_entry WHERE position = 8"


def _with(setting: str, statement: str) -> Attempt:
    return Attempt(f"{setting}, then changed", (f"PRAGMA {setting}", statement))


_REPLACE_7: Final = f"INSERT OR REPLACE INTO log_entry ({_ENTRY}) SELECT {_ENTRY} FROM log_entry WHERE position = 7"
_MOVE_ON: Final = "UPDATE OR REPLACE ledger_head SET position = 9, recorded_at_us = recorded_at_us + 1"
ENTRIES: Final = (
    Attempt("entry replaced by its id", (_entry(event_id="event_id"),)),
    Attempt("entry replaced by its rowid", (_entry(rowid="rowid"),)),
    Attempt("first entry replaced by its rowid", (_entry(rowid="1"),)),
    Attempt("entry with rowid -1", (_entry(rowid="-1"),)),
    Attempt("entry with rowid 0", (_entry(rowid="0"),)),
    Attempt("entry with the largest rowid", (_entry(rowid=str(FAR)),)),
    Attempt("entry with a rowid beyond the next", (_entry(rowid="1000"),)),
    Attempt("entry beyond a gap", (_entry(position="99"),)),
    Attempt("entry at position 0", (_entry(position="0"),)),
    Attempt("entry at a negative position", (_entry(position="-1"),)),
    Attempt("entry of a text as position", (_entry(position="'nine'"),)),
    Attempt("entry recorded before the last one", (_entry(later=-1),)),
    Attempt("tag number left out", ("INSERT INTO log_tag VALUES ('qingshi', 'line:L1', 99, 99)",)),
    Attempt("tag number twice", ("INSERT INTO log_tag VALUES ('qingshi', 'line:L1', 99, 1)",)),
    Attempt("tag number 0", ("INSERT INTO log_tag VALUES ('qingshi', 'line:L1', 99, 0)",)),
    Attempt("tag put before others", ("INSERT INTO log_tag VALUES ('qingshi', 'line:L1', 1, 4)",)),
    Attempt("tag of no entry", ("INSERT INTO log_tag VALUES ('qingshi', 'line:L9', 99, 1)",)),
    *(Attempt(f"{name} of a ledger that nobody opened", (f"INSERT INTO {row}",)) for name, row in UNOPENED.items()),
    Attempt("head set back", ("UPDATE ledger_head SET position = position - 1",)),
    Attempt("head set beyond the log", ("UPDATE ledger_head SET position = position + 1",)),
    Attempt(
        "head of another replaced by its rowid",
        ("REPLACE INTO ledger_head (rowid, ledger_id, position, recorded_at_us) VALUES (1, 'other', 1, 1)",),
    ),
    Attempt(
        "head with rowid -1",
        ("INSERT INTO ledger_head (rowid, ledger_id, position, recorded_at_us) VALUES (-1, 'other', 1, 1)",),
    ),
    *(
        Attempt(f"head moved on, to rowid {rowid}", (_entry(), f"{_MOVE_ON}, rowid = {rowid}"))
        for rowid in ("rowid + 1", "1000")
    ),
    Attempt(
        "tile replaced by its rowid",
        (
            "REPLACE INTO log_tile (rowid, ledger_id, level, tile_index, hashes, root) "
            "VALUES (1, 'qingshi', 5, 5, x'00', zeroblob(32))",
        ),
    ),
    Attempt(
        "checkpoint replaced by its rowid",
        (
            "REPLACE INTO log_checkpoint (rowid, ledger_id, size, note, "
            "signed_at_us) VALUES (1, 'qingshi', 999, x'00', 1)",
        ),
    ),
    Attempt("checkpoint beyond the log", ("INSERT INTO log_checkpoint VALUES ('qingshi', 900000, x'00', 1)",)),
    Attempt("checkpoint of no entry", ("INSERT INTO log_checkpoint VALUES ('qingshi', 0, x'00', 1)",)),
    Attempt(
        "cosignature replaced by its rowid",
        (
            "REPLACE INTO log_cosignature (rowid, ledger_id, size, witness, "
            "value) VALUES (1, 'qingshi', 999, 'w', x'00')",
        ),
    ),
    Attempt(
        "private value replaced by its rowid",
        (
            "REPLACE INTO private_value (rowid, ledger_id, event_id, field, "
            "salt, value) VALUES (1, 'qingshi', zeroblob(16), 'payee', zeroblob(32), 'somebody')",
        ),
    ),
)
SETTINGS: Final = (
    _with("recursive_triggers = ON", _REPLACE_7),
    _with("recursive_triggers = OFF", _REPLACE_7),
    _with("foreign_keys = OFF", "DELETE FROM log_entry"),
    _with("ignore_check_constraints = ON", "UPDATE log_entry SET entry = x'00'"),
    _with("trusted_schema = OFF", "DELETE FROM log_entry"),
    _with("legacy_alter_table = ON", "DELETE FROM log_tag"),
    _with("synchronous = OFF", "DELETE FROM log_entry"),
    _with("count_changes = ON", _REPLACE_7),
    Attempt("index dropped, then replaced", ("DROP INDEX log_entry_event_id", _REPLACE_7)),
    Attempt("without writable_schema: triggers deleted", ("DELETE FROM sqlite_master WHERE type = 'trigger'",)),
    Attempt(
        "a temporary trigger that empties",
        (
            "CREATE TEMPORARY TRIGGER evil BEFORE UPDATE ON main.log_entry BEGIN SELECT RAISE(IGNORE); END",
            "DELETE FROM main.log_entry",
        ),
    ),
)
REFUSED: Final = (*(attempt for table in _COLUMNS for attempt in _of(table)), *ENTRIES, *SETTINGS)
"""Changes that triggers refuse."""
IGNORED: Final = ("ledger_head replaced", "ledger_head upserted")
"""Of these, what does nothing and says so to nobody, as whoever opens a ledger that is open wants it."""

KEYS_REPLACED: Final = (
    Attempt("key deleted", ("DELETE FROM api_key",)),
    Attempt("key given another role", ("UPDATE api_key SET role = 'admin', revoked_at_us = 1",)),
    Attempt("key replaced", ("INSERT OR REPLACE INTO api_key SELECT * FROM api_key",)),
    Attempt(
        "key replaced by its rowid",
        (
            "REPLACE INTO api_key (rowid, key_id, secret_hash, role, created_at_us, created_by) "
            "VALUES (1, 'aaaaaaaaaaaa', zeroblob(32), 'admin', 1, 'setup')",
        ),
    ),
    Attempt(
        "key with a rowid that stops later ones",
        (
            "INSERT INTO api_key (rowid, key_id, secret_hash, role, created_at_us, created_by) "
            "VALUES (-1, 'aaaaaaaaaaaa', zeroblob(32), 'admin', 1, 'setup')",
        ),
    ),
    Attempt(
        "key upserted", ("INSERT INTO api_key SELECT * FROM api_key WHERE true ON CONFLICT DO UPDATE SET label = 'x'",)
    ),
    *(
        Attempt(
            f"another key revoked, to rowid {rowid}",
            (
                "INSERT INTO api_key (key_id, secret_hash, role, created_at_us, created_by) "
                "VALUES ('aaaaaaaaaaaa', zeroblob(32), 'admin', 1, 'setup')",
                f"UPDATE OR REPLACE api_key SET rowid = {rowid}, revoked_at_us = 1, revoked_by = 'x' "
                "WHERE key_id = 'aaaaaaaaaaaa'",
            ),
        )
        for rowid in (1, 1000)
    ),
)
"""Of a key that was revoked; in the file of access."""
SECRETS_REPLACED: Final = (
    Attempt("secret changed", ("UPDATE deployment_secret SET secret = zeroblob(32)",)),
    Attempt("secret deleted", ("DELETE FROM deployment_secret",)),
    Attempt("secret replaced", ("REPLACE INTO deployment_secret VALUES ('pseudonyms', zeroblob(32))",)),
    Attempt(
        "secret replaced by its rowid",
        ("REPLACE INTO deployment_secret (rowid, name, secret) VALUES (1, 'other', zeroblob(32))",),
    ),
)
"""Of the secret that pseudonyms are made with, beside the keys."""

TAKING_DOWN: Final = (
    Attempt("trigger dropped", ("DROP TRIGGER log_entry_no_update",)),
    Attempt("trigger of rowids dropped", ("DROP TRIGGER log_entry_at_end",)),
    Attempt("trigger of heads dropped", ("DROP TRIGGER ledger_head_forward_only",)),
    Attempt(
        "triggers deleted from the schema",
        (
            "PRAGMA writable_schema = ON",
            "DELETE FROM sqlite_master WHERE type = 'trigger'",
        ),
    ),
    Attempt(
        "trigger weakened in the schema",
        (
            "PRAGMA writable_schema = ON",
            "UPDATE sqlite_master SET sql = replace(sql, 'BEGIN', 'WHEN 0 BEGIN') WHERE name = 'log_entry_no_delete'",
        ),
    ),
    Attempt(
        "trigger replaced by a weaker one",
        (
            "DROP TRIGGER log_tag_no_update",
            "CREATE TRIGGER log_tag_no_update BEFORE UPDATE ON log_tag WHEN 0 BEGIN SELECT RAISE(ABORT, 'no'); END",
        ),
    ),
    Attempt(
        "trigger added that swallows entries",
        ("CREATE TRIGGER evil BEFORE INSERT ON log_entry BEGIN SELECT RAISE(IGNORE); END",),
    ),
    Attempt("key of events dropped", ("DROP INDEX log_entry_event_id",)),
    Attempt(
        "key of events weakened",
        (
            "DROP INDEX log_entry_event_id",
            "CREATE UNIQUE INDEX log_entry_event_id ON log_entry (ledger_id, event_id) WHERE position <= 5",
        ),
    ),
    Attempt("index added that refuses entries", ("CREATE UNIQUE INDEX evil ON log_entry (effective_date)",)),
    Attempt("column added", ("ALTER TABLE log_entry ADD COLUMN more TEXT",)),
    Attempt("table added", ("CREATE TABLE more (a)",)),
    Attempt("view added", ("CREATE VIEW more AS SELECT * FROM log_entry",)),
    Attempt(
        "table renamed, another put in its place",
        (
            "ALTER TABLE log_tag RENAME TO old_tag",
            "CREATE TABLE log_tag AS SELECT * FROM old_tag",
        ),
    ),
    Attempt(
        "table dropped and made anew",
        (
            "CREATE TABLE copy AS SELECT * FROM log_checkpoint",
            "DROP TABLE log_checkpoint",
            "ALTER TABLE copy RENAME TO log_checkpoint",
        ),
    ),
)
"""Which SQLite allows to whoever may write to the file; the guards are then found missing."""
