"""The log's guards on PostgreSQL: statement triggers, also in replica role.

A function looks at the rows of a statement as a whole: a trigger for each row would cost what the batches save.
"""

from typing import Final

from adapters.guards.guard import Function, Trigger

APPEND_ONLY: Final = ("log_entry", "log_tag", "log_tile", "log_checkpoint", "log_cosignature", "ledger_receipt")
"""Tables of the schema whose rows neither change nor go."""
_OF_OPENED: Final = ("log_tile", "log_cosignature", "ledger_receipt", "boundary_state", "private_value")
"""Beside tags, which name an entry: tables of which a ledger has rows only once it is opened."""

_REFUSE_CHANGE: Final = Function(
    "log.refuse_change",
    """
    BEGIN RAISE EXCEPTION 'the log is append-only: % on % is refused', TG_OP, TG_TABLE_NAME; END
    """,
)
# The predecessor is looked up once for each ledger of a statement: for each row, PostgreSQL scanned the log.
_REFUSE_ENTRY_GAP: Final = Function(
    "log.refuse_entry_gap",
    """
    DECLARE added record;
    BEGIN
        FOR added IN SELECT r.ledger_id, min(r.position) AS first, max(r.position) AS last, count(*) AS number,
                min(r.recorded_at_us) AS earliest, max(r.recorded_at_us) AS latest
            FROM new_rows r GROUP BY r.ledger_id
        LOOP
            IF added.first < 1 OR added.last - added.first + 1 <> added.number OR (added.first > 1 AND NOT EXISTS (
                SELECT 1 FROM log.log_entry e
                WHERE e.ledger_id = added.ledger_id AND e.position = added.first - 1
                    AND e.recorded_at_us <= added.earliest))
            THEN RAISE EXCEPTION 'the log has no gaps and no way back in time: a position without its predecessor is '
                'refused'; END IF;
            IF added.earliest <> added.latest AND EXISTS (
                SELECT 1 FROM (
                    SELECT r.recorded_at_us < lag(r.recorded_at_us) OVER (ORDER BY r.position) AS is_back
                    FROM new_rows r WHERE r.ledger_id = added.ledger_id) AS steps
                WHERE steps.is_back)
            THEN RAISE EXCEPTION 'instants of recording do not go back'; END IF;
        END LOOP;
        RETURN NULL;
    END
    """,
)
_REFUSE_TAG_GAP: Final = Function(
    "log.refuse_tag_gap",
    """
    DECLARE added record;
    BEGIN
        FOR added IN SELECT r.ledger_id, min(r.position) AS first, max(r.position) AS last
            FROM new_rows r GROUP BY r.ledger_id
        LOOP
            IF NOT EXISTS (SELECT 1 FROM log.log_entry e
                    WHERE e.ledger_id = added.ledger_id AND e.position = added.first)
                OR NOT EXISTS (SELECT 1 FROM log.log_entry e
                    WHERE e.ledger_id = added.ledger_id AND e.position = added.last)
            THEN RAISE EXCEPTION 'tags are those of entries that are there'; END IF;
        END LOOP;
        IF EXISTS (SELECT 1 FROM new_rows r WHERE r.n <> 1 + coalesce((
                SELECT t.n FROM log.log_tag t
                WHERE t.ledger_id = r.ledger_id AND t.tag = r.tag AND t.position < r.position
                ORDER BY t.position DESC LIMIT 1), 0)
            OR r.n >= (
                SELECT t.n FROM log.log_tag t
                WHERE t.ledger_id = r.ledger_id AND t.tag = r.tag AND t.position > r.position
                ORDER BY t.position LIMIT 1))
        THEN RAISE EXCEPTION 'the tags of the log grow in order and by one only'; END IF;
        RETURN NULL;
    END
    """,
)
# Rows put in before a ledger is opened would be taken for its own, or stop it, once it is.
_REFUSE_UNOPENED: Final = Function(
    "log.refuse_unopened",
    """
    DECLARE added record;
    BEGIN
        FOR added IN SELECT DISTINCT r.ledger_id FROM new_rows r
        LOOP
            IF NOT EXISTS (SELECT 1 FROM log.log_entry e WHERE e.ledger_id = added.ledger_id AND e.position = 1)
            THEN RAISE EXCEPTION 'a ledger has no rows before it is opened'; END IF;
        END LOOP;
        RETURN NULL;
    END
    """,
)
_REFUSE_HEAD_BACK: Final = Function(
    "log.refuse_head_back",
    """
    BEGIN
        IF NEW.ledger_id <> OLD.ledger_id OR NEW.position <= OLD.position OR NOT EXISTS (
            SELECT 1 FROM log.log_entry e
            WHERE e.ledger_id = NEW.ledger_id AND e.position = NEW.position AND e.recorded_at_us = NEW.recorded_at_us)
        THEN RAISE EXCEPTION 'a head moves forward, to an entry that is there'; END IF;
        RETURN NEW;
    END
    """,
)
_REFUSE_CHECKPOINT_BEYOND: Final = Function(
    "log.refuse_checkpoint_beyond",
    """
    BEGIN
        IF EXISTS (SELECT 1 FROM new_rows r WHERE NOT EXISTS (
            SELECT 1 FROM log.log_entry e WHERE e.ledger_id = r.ledger_id AND e.position = r.size))
        THEN RAISE EXCEPTION 'a checkpoint is of entries that are there'; END IF;
        RETURN NULL;
    END
    """,
)

FUNCTIONS: Final = (
    _REFUSE_CHANGE,
    _REFUSE_ENTRY_GAP,
    _REFUSE_TAG_GAP,
    _REFUSE_UNOPENED,
    _REFUSE_HEAD_BACK,
    _REFUSE_CHECKPOINT_BEYOND,
)


def _statement(table: str, suffix: str, when: str, function: Function) -> Trigger:
    return Trigger(f"{table}_{suffix}", f"log.{table}", f"{when} ON FOR EACH STATEMENT", function.name)


def _in_order(table: str, function: Function) -> Trigger:
    return _inserted(table, "in_order", function)


def _inserted(table: str, suffix: str, function: Function) -> Trigger:
    when = "AFTER INSERT ON REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT"
    return Trigger(f"{table}_{suffix}", f"log.{table}", when, function.name)


TRIGGERS: Final = (
    *(_statement(each, "append_only", "BEFORE DELETE OR UPDATE OR TRUNCATE", _REFUSE_CHANGE) for each in APPEND_ONLY),
    _in_order("log_entry", _REFUSE_ENTRY_GAP),
    _in_order("log_tag", _REFUSE_TAG_GAP),
    *(_inserted(each, "of_opened", _REFUSE_UNOPENED) for each in _OF_OPENED),
    _statement("ledger_head", "kept", "BEFORE DELETE OR TRUNCATE", _REFUSE_CHANGE),
    Trigger("ledger_head_forward_only", "log.ledger_head", "BEFORE UPDATE ON FOR EACH ROW", _REFUSE_HEAD_BACK.name),
    # What was erased is deleted, with the entry that says so.
    _statement("private_value", "unchanged", "BEFORE UPDATE OR TRUNCATE", _REFUSE_CHANGE),
    _in_order("log_checkpoint", _REFUSE_CHECKPOINT_BEYOND),
)
"""Each by its name."""
