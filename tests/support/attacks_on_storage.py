"""Attacks on what is stored, row by row, with nothing else made to fit."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from domain.note import Note, format_note, parse_note
from tests.support.attack import NOT_MADE, PASSES, Attack
from tests.support.attacker import another_payment, changed, edit, entries_of, overwrite, setting
from tests.support.ledger import LEDGER
from tests.support.tampering import look_everywhere, tamper
from tests.support.watched_log import OTHER, PAID, REVERSAL, WatchedLog

NOBODY: Final = "00000000-0000-8000-8000-000000000000"
SOMEBODY: Final = {"issuer": None, "role": "clerk", "subject": "somebody"}
ZEROS: Final = "0" * 64
EARLIER: Final = "2024-01-10T00:00:00.000000Z"
_PAID_IN_VIEWS: Final = "ledger_id = 'qingshi' AND account = 'line:L1' AND position >= 9"
"""The row of the payment, and those whose running totals have it."""
_CHECKPOINT: Final = "UPDATE {log}log_checkpoint SET note = :note WHERE ledger_id = :ledger AND size = 275"
OnLog = Callable[[WatchedLog], None]


def runs(statement: str, **values: object) -> OnLog:
    """Runs a statement; `{here}` selects the rows of the ledger."""
    prepared = statement.replace("{here}", f"ledger_id = '{LEDGER}'")
    return lambda log: tamper(log.database, prepared, **values)


def on_views(statement: str) -> OnLog:
    """Runs a statement on the views."""

    def act(log: WatchedLog) -> None:
        with log.database.views_writer.begin() as connection:
            look_everywhere(connection)
            assert connection.exec_driver_sql(statement).rowcount, "nothing was changed"

    return act


def insert_behind_the_last(log: WatchedLog) -> None:
    """The row alone: no head, no index."""
    entry = changed(entries_of(log)[-1], another_payment(log.head + 1))
    statement = (
        "INSERT INTO {log}log_entry (ledger_id, position, event_id, type, effective_date, recorded_at_us, leaf_hash, "
        "entry) SELECT ledger_id, position + 1, :event_id, type, effective_date, recorded_at_us, leaf_hash, :entry "
        "FROM {log}log_entry WHERE ledger_id = :ledger AND position = :last"
    )
    tamper(log.database, statement, event_id=bytes(16), entry=entry, ledger=LEDGER, last=log.head)


def swap_two(log: WatchedLog) -> None:
    entries = entries_of(log)
    overwrite(log, PAID, entries[PAID])
    overwrite(log, PAID + 1, entries[PAID - 1])


def copy_from_the_other_ledger(log: WatchedLog) -> None:
    overwrite(log, 12, entries_of(log, OTHER)[6])


def change_the_root_of_the_note(log: WatchedLog) -> None:
    note = parse_note(log.latest().note)
    lines = note.text.split("\n")
    other = "\n".join([*lines[:2], "A" * 43 + "=", *lines[3:]])
    tamper(log.database, _CHECKPOINT, note=format_note(Note(other, note.signatures[:1])), ledger=LEDGER)


def change_the_signature(log: WatchedLog) -> None:
    note = parse_note(log.latest().note)
    wrong = note.signatures[0]._replace(value=bytes(64))
    tamper(log.database, _CHECKPOINT, note=format_note(Note(note.text, (wrong,))), ledger=LEDGER)


def change_the_cosignature(log: WatchedLog) -> None:
    cosignature = parse_note(log.latest().note).signatures[1]
    statement = "UPDATE {log}log_cosignature SET value = :value WHERE ledger_id = :ledger AND size = 275"
    tamper(log.database, statement, value=cosignature.key_id + bytes(72), ledger=LEDGER)


def edited(path: str, value: object, *, position: int = PAID, **said: Any) -> Attack:
    """The bytes of one entry are changed; what is usually said of that is the default."""
    usual = {
        "export": "consistency+inclusion: log export",
        "bundle": f"inclusion+completeness: entries.jsonl, position {position}",
        "verify": f"entry: position {position}",
    }
    act = partial(edit, position=position, change=setting(path, value))
    whose = "" if position == PAID else f" at {position}"
    return Attack(name=f"stored entry: {path} edited{whose}", on_log=act, **usual | said)


def stored(name: str, statement: str, **said: Any) -> Attack:
    """One column or row beside the entries is changed; usually the evidence does not rest on it."""
    usual = {"export": PASSES, "bundle": PASSES}
    return Attack(name=name, on_log=runs(statement), **usual | said)


_CONTENT: Final[dict[str, Any]] = {
    "export": "consistency+inclusion+content: log export",
    "bundle": "inclusion+content+completeness: entries.jsonl, position 9",
}
_UNREADABLE: Final[dict[str, Any]] = {
    "bundle": NOT_MADE,
    "verify": "entry+tags+states+views: position 9",
}
_EVERY_LEVEL: Final = "consistency+inclusion+content+figures+completeness: log export"
EDITS: Final = (
    edited("actor", SOMEBODY),
    edited("basis", "assumed", verify="entry+views: position 9"),
    edited("causation_id", "x"),
    edited("command_hash", ZEROS),
    edited("command_id", ZEROS, verify="entry: position 9", **_CONTENT),
    edited("correlation_id", "x"),
    edited("corrects", NOBODY, verify="entry+columns: position 9", **_CONTENT),
    edited(
        "corrects",
        NOBODY,
        position=REVERSAL,
        export="consistency+inclusion+content: log export",
        bundle="inclusion+content+completeness: entries.jsonl, position 13",
        verify="entry+columns: position 13",
    ),
    edited(
        "data.amount",
        999_00,
        bundle="inclusion+figures+completeness: entries.jsonl, position 9",
        verify="entry+states+views: position 9",
    ),
    edited("data.voucher_no", "V9", verify="entry+tags: position 9"),
    edited("date_precision", "month"),
    edited("effective_date", "2023-12-31", verify="entry+columns+states+views: position 9"),
    edited("id", NOBODY, verify="entry+columns+private: position 9", **_CONTENT),
    edited("ledger", OTHER, verify="entry+views: position 9", **_CONTENT),
    edited(
        "position",
        10,
        export=_EVERY_LEVEL,
        bundle=_CONTENT["bundle"],
        verify="entry+views: position 9",
    ),
    edited("private.payee", ZEROS, bundle=_CONTENT["bundle"], verify="entry+private: position 9"),
    edited("recorded_at", EARLIER, verify="entry+columns+positions: position 9", **_CONTENT),
    edited("source", {"ref": "x", "row": None, "sha256": None}),
    edited(
        "tags.line:L1",
        7,
        export="consistency+inclusion+content+completeness: log export",
        bundle=_CONTENT["bundle"],
        verify="entry+tags: position 9",
    ),
    edited("type", "funds-recovered.v1", export="consistency+inclusion+content+figures: log export", **_UNREADABLE),
    edited("v", 2, export=_EVERY_LEVEL, **_UNREADABLE),
)
ENTRIES: Final = (
    Attack(
        name="entry in the middle deleted",
        on_log=runs("DELETE FROM {log}log_entry WHERE {here} AND position = 12"),
        export="consistency+inclusion+content+figures+completeness: log export",
        bundle=NOT_MADE,
        verify="positions+tags+states+tiles+checkpoints+views: position 13",
    ),
    Attack(
        name="entries of the tail deleted",
        on_log=runs("DELETE FROM {log}log_entry WHERE {here} AND position > 270"),
        export="inclusion+content+figures+completeness: log export, position 271",
        bundle=NOT_MADE,
        verify="head+tags+checkpoints+signed+views: the ledger",
    ),
    Attack(
        name="entry inserted behind the last",
        on_log=insert_behind_the_last,
        export=PASSES,
        bundle=PASSES,
        verify="entry+columns+tags+head: position 276",
    ),
    Attack(
        name="two entries swapped",
        on_log=swap_two,
        export="consistency+inclusion+content+figures+completeness: log export",
        bundle="inclusion+content+completeness: entries.jsonl, position 9",
        verify="entry+columns+tags+digest+views: position 9",
    ),
    Attack(
        name="entry of the other ledger copied",
        on_log=copy_from_the_other_ledger,
        export="consistency+inclusion+content+figures+completeness: log export",
        bundle="inclusion+content+figures+completeness: entries.jsonl, position 12",
        verify="entry+columns+positions+tags+states+digest+views: position 12",
    ),
)
BESIDE: Final = (
    stored(
        "column effective_date changed",
        "UPDATE {log}log_entry SET effective_date = '2022-01-01' WHERE {here} AND position = 9",
        verify="columns: position 9",
    ),
    stored(
        "column recorded_at_us changed",
        "UPDATE {log}log_entry SET recorded_at_us = recorded_at_us - 1 WHERE {here} AND position = 9",
        verify="columns: position 9",
    ),
    stored(
        "column type changed",
        "UPDATE {log}log_entry SET type = 'funds-recovered.v1' WHERE {here} AND position = 9",
        verify="columns: position 9",
    ),
    stored(
        "column event_id changed",
        "UPDATE {log}log_entry SET event_id = zeroblob(16) WHERE {here} AND position = 9",
        verify="columns: position 9",
    ),
    stored(
        "column corrects changed",
        "UPDATE {log}log_entry SET corrects = NULL WHERE {here} AND position = 13",
        verify="columns: position 13",
    ),
    stored(
        "column leaf_hash changed under a tile",
        "UPDATE {log}log_entry SET leaf_hash = zeroblob(32) WHERE {here} AND position = 9",
        verify="entry+tiles+checkpoints: position 9",
    ),
    stored(
        "column leaf_hash changed behind the tiles",
        "UPDATE {log}log_entry SET leaf_hash = zeroblob(32) WHERE {here} AND position = 273",
        bundle="consistency+inclusion+completeness: consistency.json",
        verify="entry+checkpoints+signed: position 273",
    ),
    stored(
        "tag row deleted",
        "DELETE FROM {log}log_tag WHERE {here} AND position = 9 AND tag = 'line:L1'",
        bundle="content+figures+completeness: entries.jsonl, position 11",
        verify="tags: position 9",
    ),
    stored(
        "tag row renumbered",
        "UPDATE {log}log_tag SET n = n + 1 WHERE {here} AND position = 9 AND tag = 'line:L1'",
        verify="tags: position 9",
    ),
    stored(
        "receipt of the creation changed",
        "UPDATE {log}ledger_receipt SET command_hash = zeroblob(32) WHERE {here}",
        verify="receipts: position 1",
    ),
    stored(
        "head set back",
        "UPDATE {log}ledger_head SET position = position - 1 WHERE {here}",
        verify="head+signed+views: the ledger",
    ),
    stored(
        "boundary state changed",
        "UPDATE {log}boundary_state SET event_count = event_count + 1 WHERE {here} AND key = 'line:L2'",
        verify="states: position 270",
    ),
    stored(
        "boundary state deleted",
        "DELETE FROM {log}boundary_state WHERE {here} AND key = 'line:L2'",
        verify="states: position 270",
    ),
    stored(
        "tile: hashes changed",
        "UPDATE {log}log_tile SET hashes = zeroblob(8192) WHERE {here}",
        bundle="inclusion+completeness: entries.jsonl, position 1",
        verify="tiles: position 256",
    ),
    stored(
        "tile: root changed",
        "UPDATE {log}log_tile SET root = zeroblob(32) WHERE {here}",
        bundle="consistency+inclusion+completeness: consistency.json",
        verify="tiles+signed: position 256",
    ),
    stored(
        "private value changed",
        "UPDATE {log}private_value SET value = 'x' WHERE {here}",
        bundle="content+completeness: openings.json, position 9",
        verify="private: position 9",
    ),
    stored(
        "private value: salt changed",
        "UPDATE {log}private_value SET salt = zeroblob(32) WHERE {here}",
        bundle="content+completeness: openings.json, position 9",
        verify="private: position 9",
    ),
    stored(
        "private value deleted, no entry says so",
        "DELETE FROM {log}private_value WHERE {here}",
        documented="A private value deleted without an entry that says so.",
        verify=PASSES,
    ),
    stored(
        "latest checkpoint deleted",
        "DELETE FROM {log}log_checkpoint WHERE {here} AND size = 275",
        documented="Refusal.",
        verify="cosignatures: position 275",
    ),
    stored(
        "checkpoint that was signed at no instant",
        "UPDATE {log}log_checkpoint SET signed_at_us = 9223372036854775807 WHERE {here} AND size = 275",
        export=PASSES,
        bundle=PASSES,
        verify="checkpoints: position 275",
    ),
    stored(
        "cosignature deleted",
        "DELETE FROM {log}log_cosignature WHERE {here} AND size = 275",
        export="consistency: log export, line 1",
        bundle="consistency: checkpoint.txt",
        verify=PASSES,
    ),
    Attack(
        name="checkpoint: root changed",
        on_log=change_the_root_of_the_note,
        export="consistency+inclusion: log export, line 1",
        bundle="consistency+inclusion+completeness: checkpoint.txt",
        verify="checkpoints: position 275",
    ),
    Attack(
        name="checkpoint: signature changed",
        on_log=change_the_signature,
        export="consistency: log export, line 1",
        bundle="consistency: checkpoint.txt",
        verify="checkpoints: position 275",
    ),
    Attack(
        name="cosignature changed",
        on_log=change_the_cosignature,
        export="consistency: log export, line 1",
        bundle="consistency: checkpoint.txt",
        verify=PASSES,
    ),
    Attack(
        name="amount in the views changed",
        on_log=on_views(f"UPDATE balance_lane_g1 SET disbursed = disbursed - 1 WHERE {_PAID_IN_VIEWS}"),
        export=PASSES,
        bundle="figures: claim.json",
        verify="views: position 9",
    ),
    Attack(
        name="amount in the views deleted",
        on_log=on_views(f"DELETE FROM balance_lane_g1 WHERE {_PAID_IN_VIEWS}"),
        export=PASSES,
        bundle="figures: claim.json",
        verify="views: position 9",
    ),
)
STORAGE: Final = (*EDITS, *ENTRIES, *BESIDE)
