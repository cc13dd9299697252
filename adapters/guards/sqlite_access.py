"""The access log's guards on SQLite: row triggers. A record's number is its rowid: there is no second one."""

from typing import Final

from adapters.guards.guard import LEAST_US, SqliteTrigger

_CALLED: Final = {"api_key": "a key", "deployment_secret": "a secret of the deployment"}
"""What the refusal calls a row of a table that is not of the log itself."""


def _refusing(
    table: str, suffix: str, operation: str, condition: str = "", why: str = "is append-only", *, moment: str = "BEFORE"
) -> SqliteTrigger:
    name = f"{table}_{suffix}"
    when = f" WHEN {condition}" if condition else ""
    what = _CALLED.get(table, "the access log")
    statement = (
        f"CREATE TRIGGER {name} {moment} {operation} ON {table}{when} BEGIN SELECT RAISE(ABORT, '{what} {why}'); END"
    )
    return SqliteTrigger(name, table, statement)


_NOT_NEXT: Final = """NEW.sequence <> 1 + max(
        coalesce((SELECT max(sequence) FROM access_record), 0),
        coalesce((SELECT max(sequence) FROM access_beginning), 0))
    OR EXISTS (SELECT 1 FROM access_record
        WHERE sequence = NEW.sequence - 1 AND recorded_at_us >= NEW.recorded_at_us)"""
_NOT_THE_OLDEST: Final = """OLD.sequence > coalesce((SELECT max(sequence) FROM access_beginning), 0)
    OR EXISTS (SELECT 1 FROM access_record WHERE sequence < OLD.sequence)"""
_TOO_YOUNG: Final = f"""NOT EXISTS (SELECT 1 FROM access_record WHERE sequence = NEW.sequence AND hash = NEW.hash
        AND recorded_at_us < CAST(strftime('%s', 'now') AS INTEGER) * 1000000 - {LEAST_US})
    OR EXISTS (SELECT 1 FROM access_beginning WHERE sequence >= NEW.sequence)"""  # noqa: S608 (a number of our own)
_FALSE_HEAD: Final = """NEW.sequence <= OLD.sequence OR NEW.id <> OLD.id OR NOT EXISTS (SELECT 1 FROM access_record
        WHERE sequence = NEW.sequence AND hash = NEW.hash AND recorded_at_us = NEW.recorded_at_us)"""
# A row given the rowid of another takes its place: REPLACE deletes that one without firing its delete trigger.
_NO_REVOCATION: Final = """OLD.revoked_at_us IS NOT NULL OR NEW.revoked_at_us IS NULL OR NEW.rowid <> OLD.rowid
    OR (NEW.key_id, NEW.secret_hash, NEW.role, NEW.created_at_us, NEW.created_by)
    <> (OLD.key_id, OLD.secret_hash, OLD.role, OLD.created_at_us, OLD.created_by)
    OR NEW.label IS NOT OLD.label OR NEW.ledgers IS NOT OLD.ledgers OR NEW.units IS NOT OLD.units
    OR NEW.expires_at_us IS NOT OLD.expires_at_us"""
# REPLACE deletes a row of the same rowid without firing its delete trigger. A rowid that the engine is to choose is -1
# before it is chosen, so what is the next one is known only after: see `sqlite_log`.
_MADE_BEFORE: Final = "EXISTS (SELECT 1 FROM api_key WHERE key_id = NEW.key_id OR rowid = NEW.rowid)"
_NOT_AT_END: Final = "NEW.rowid <> (SELECT count(*) FROM api_key)"
_ONE_BEFORE: Final = "EXISTS (SELECT 1 FROM deployment_secret)"

ACCESS_ON_SQLITE: Final = (
    _refusing("api_key", "only_revoked", "UPDATE", _NO_REVOCATION, "changes only by being revoked, once"),
    _refusing("api_key", "no_delete", "DELETE", "", "that was made stays"),
    _refusing("api_key", "no_replacement", "INSERT", _MADE_BEFORE, "is made once"),
    _refusing("api_key", "at_end", "INSERT", _NOT_AT_END, "is put behind the others", moment="AFTER"),
    _refusing("deployment_secret", "no_update", "UPDATE", "", "does not change"),
    _refusing("deployment_secret", "no_delete", "DELETE", "", "that was made stays"),
    _refusing("deployment_secret", "no_replacement", "INSERT", _ONE_BEFORE, "is made once"),
    _refusing("access_record", "no_update", "UPDATE"),
    _refusing("access_record", "in_order", "INSERT", _NOT_NEXT, "grows by the next record only"),
    _refusing(
        "access_record",
        "from_the_beginning",
        "DELETE",
        _NOT_THE_OLDEST,
        "loses only what lies before its beginning, the oldest first",
    ),
    _refusing("access_head", "no_insert", "INSERT"),
    _refusing("access_head", "no_delete", "DELETE"),
    _refusing("access_head", "on_a_record", "UPDATE", _FALSE_HEAD, "has a head that moves to a later record only"),
    _refusing("access_beginning", "no_update", "UPDATE"),
    _refusing("access_beginning", "no_delete", "DELETE"),
    _refusing(
        "access_beginning",
        "after_six_months",
        "INSERT",
        _TOO_YOUNG,
        "begins after a record of it that is older than six months",
    ),
)
"""Each by its name; all are of the access log's file."""
