"""The access log's guards on PostgreSQL: statement triggers, also in replica role."""

from typing import Final

from adapters.guards.guard import LEAST_US, Function, Trigger

_REFUSE_CHANGE: Final = Function(
    "access.refuse_change",
    """
    BEGIN RAISE EXCEPTION 'the access log and its keys are append-only: % on % is refused', TG_OP, TG_TABLE_NAME; END
    """,
)
_REFUSE_RECORD_GAP: Final = Function(
    "access.refuse_record_gap",
    """
    DECLARE taken bigint := coalesce((SELECT max(sequence) FROM access.access_beginning), 0);
    BEGIN
        IF EXISTS (SELECT 1 FROM new_rows r WHERE r.sequence <= taken OR (r.sequence > taken + 1 AND NOT EXISTS (
            SELECT 1 FROM access.access_record b
            WHERE b.sequence = r.sequence - 1 AND b.recorded_at_us < r.recorded_at_us)))
        THEN RAISE EXCEPTION 'the access log grows by the next record only'; END IF;
        RETURN NULL;
    END
    """,
)
_REFUSE_LOSS: Final = Function(
    "access.refuse_loss",
    """
    DECLARE taken bigint := coalesce((SELECT max(sequence) FROM access.access_beginning), 0);
    BEGIN
        IF EXISTS (SELECT 1 FROM old_rows WHERE sequence > taken)
            OR EXISTS (SELECT 1 FROM access.access_record WHERE sequence < (SELECT max(sequence) FROM old_rows))
        THEN RAISE EXCEPTION 'the access log loses only what lies before its beginning, the oldest first'; END IF;
        RETURN NULL;
    END
    """,
)
_REFUSE_EARLY_BEGINNING: Final = Function(
    "access.refuse_early_beginning",
    f"""
    DECLARE old_enough bigint := extract(epoch FROM clock_timestamp()) * 1000000 - {LEAST_US};
    BEGIN
        IF EXISTS (SELECT 1 FROM new_rows n WHERE NOT EXISTS (
                SELECT 1 FROM access.access_record r
                WHERE r.sequence = n.sequence AND r.hash = n.hash AND r.recorded_at_us < old_enough))
        THEN RAISE EXCEPTION 'the access log begins after a record of it that is older than six months'; END IF;
        RETURN NULL;
    END
    """,  # noqa: S608 (a number of our own)
)
_REFUSE_FALSE_HEAD: Final = Function(
    "access.refuse_false_head",
    """
    BEGIN
        IF EXISTS (SELECT 1 FROM new_rows n, old_rows o WHERE n.sequence <= o.sequence OR NOT EXISTS (
            SELECT 1 FROM access.access_record r
            WHERE r.sequence = n.sequence AND r.hash = n.hash AND r.recorded_at_us = n.recorded_at_us))
        THEN RAISE EXCEPTION 'the head of the access log moves to a later record of it only'; END IF;
        RETURN NULL;
    END
    """,
)
_REFUSE_SECOND_REVOCATION: Final = Function(
    "access.refuse_second_revocation",
    """
    BEGIN
        IF EXISTS (SELECT 1 FROM old_rows WHERE revoked_at_us IS NOT NULL)
            OR EXISTS (SELECT 1 FROM new_rows WHERE revoked_at_us IS NULL)
            OR EXISTS (
                SELECT key_id, secret_hash, label, role, ledgers, units, created_at_us, created_by, expires_at_us
                FROM new_rows
                EXCEPT
                SELECT key_id, secret_hash, label, role, ledgers, units, created_at_us, created_by, expires_at_us
                FROM old_rows)
        THEN RAISE EXCEPTION 'a key changes only by being revoked, once'; END IF;
        RETURN NULL;
    END
    """,
)


def _trigger(table: str, suffix: str, when: str, function: Function, rows: str = "") -> Trigger:
    referencing = f"REFERENCING {rows} " if rows else ""
    return Trigger(f"{table}_{suffix}", f"access.{table}", f"{when} ON {referencing}FOR EACH STATEMENT", function.name)


FUNCTIONS: Final = (
    _REFUSE_CHANGE,
    _REFUSE_RECORD_GAP,
    _REFUSE_LOSS,
    _REFUSE_EARLY_BEGINNING,
    _REFUSE_FALSE_HEAD,
    _REFUSE_SECOND_REVOCATION,
)
TRIGGERS: Final = (
    _trigger("access_record", "append_only", "BEFORE UPDATE OR TRUNCATE", _REFUSE_CHANGE),
    _trigger("access_record", "in_order", "AFTER INSERT", _REFUSE_RECORD_GAP, "NEW TABLE AS new_rows"),
    _trigger("access_record", "from_the_beginning", "AFTER DELETE", _REFUSE_LOSS, "OLD TABLE AS old_rows"),
    _trigger("access_head", "only_moves", "BEFORE INSERT OR DELETE OR TRUNCATE", _REFUSE_CHANGE),
    _trigger(
        "access_head",
        "on_a_record",
        "AFTER UPDATE",
        _REFUSE_FALSE_HEAD,
        "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    ),
    _trigger("access_beginning", "append_only", "BEFORE DELETE OR UPDATE OR TRUNCATE", _REFUSE_CHANGE),
    _trigger("access_beginning", "after_six_months", "AFTER INSERT", _REFUSE_EARLY_BEGINNING, "NEW TABLE AS new_rows"),
    _trigger("deployment_secret", "stays", "BEFORE DELETE OR UPDATE OR TRUNCATE", _REFUSE_CHANGE),
    _trigger("api_key", "stays", "BEFORE DELETE OR TRUNCATE", _REFUSE_CHANGE),
    _trigger(
        "api_key",
        "only_revoked",
        "AFTER UPDATE",
        _REFUSE_SECOND_REVOCATION,
        "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    ),
)
"""Each by its name."""
