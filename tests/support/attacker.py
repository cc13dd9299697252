"""What someone does who has every right on the database, the log's own key, and no key of a witness.

`rewrite` makes a database that is as whole as an honest one; `sign_again` makes the log's key sign it. Nothing here can
make a cosignature, but for `collude`, which is what a dishonest witness would do.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, delete, update

from adapters.event_log import store
from adapters.event_log.batch import Written
from adapters.event_log.bulk import upsert_rows
from adapters.event_log.encoding import decode_entry, microseconds
from adapters.event_log.overlay import Overlay
from adapters.event_log.tables import (
    boundary_state,
    ledger_head,
    log_checkpoint,
    log_cosignature,
    log_entry,
    log_tag,
    log_tile,
)
from adapters.event_log.tree import insert_tiles
from domain.event import RecordedEvent
from domain.identifiers import canonical_json, command_id, event_id
from domain.merkle import EMPTY_EDGE
from domain.note import cosignature_of, parse_note
from tests.support.ledger import LEDGER
from tests.support.tampering import take_triggers_away, tamper
from tests.support.watched_log import WatchedLog
from tests.support.witness import WITNESS

Document = dict[str, Any]
Change = Callable[[Document], None]
_DERIVED: Final = (log_entry, log_tag, boundary_state, log_tile)


def entries_of(log: WatchedLog, ledger_id: str = LEDGER) -> list[bytes]:
    return log.tree.entries(ledger_id, 1, log.feed.head(ledger_id))


def changed(entry: bytes, change: Change) -> bytes:
    """The entry in its one spelling, after the change."""
    document = json.loads(entry)
    change(document)
    return canonical_json(document)


def edit(log: WatchedLog, position: int, change: Change) -> None:
    """Changes the stored bytes of an entry and nothing beside them."""
    entry = changed(entries_of(log)[position - 1], change)
    overwrite(log, position, entry)


def overwrite(log: WatchedLog, position: int, entry: bytes) -> None:
    statement = "UPDATE {log}log_entry SET entry = :entry WHERE ledger_id = :ledger AND position = :position"
    tamper(log.database, statement, entry=entry, ledger=LEDGER, position=position)


def setting(path: str, value: object) -> Change:
    """Sets a key, or a key of an inner object after a dot."""
    outer, _, inner = path.partition(".")

    def change(document: Document) -> None:
        if inner:
            document[outer][inner] = value
        else:
            document[outer] = value

    return change


def rewrite(log: WatchedLog, entries: Sequence[bytes]) -> None:
    """Makes these the entries of the ledger, and everything that follows from them: nothing is left to compare."""
    events = [decode_entry(entry) for entry in entries]
    take_triggers_away(log.database)
    with log.database.log_writer.begin() as connection:
        for table in _DERIVED:
            connection.execute(delete(table).where(table.c.ledger_id == LEDGER))
        _insert(connection, events, entries)
        last = {"position": events[-1].position, "recorded_at_us": microseconds(events[-1].recorded_at)}
        connection.execute(update(ledger_head).where(ledger_head.c.ledger_id == LEDGER).values(last))
    project_again(log)


def project_again(log: WatchedLog) -> None:
    """Makes the views from the log as it is now."""
    log.database.dispose()
    for path in Path(log.folder).glob("fundtrail-views.db*"):
        path.unlink()
    log.catch_up()


def sign_again(log: WatchedLog) -> None:
    """Takes away what was signed before, and its memory, and has the log's key sign what is there now."""
    take_triggers_away(log.database)
    with log.database.log_writer.begin() as connection:
        for table in (log_cosignature, log_checkpoint):
            connection.execute(delete(table).where(table.c.ledger_id == LEDGER))
    (log.keys.folder(LEDGER, log.log_id()) / "state.json").unlink(missing_ok=True)
    log.sign()
    assert not log.signer_refused


def collude(log: WatchedLog) -> None:
    """A witness signs the latest checkpoint without looking."""
    latest = log.latest()
    signature = cosignature_of(parse_note(latest.note).text, WITNESS, int(log.clock.now().timestamp()))
    log.checkpoints.add_cosignatures(LEDGER, latest.size, [signature])


def rewrite_entry(log: WatchedLog, position: int, change: Change) -> None:
    """A perfect rewrite of one entry."""
    entries = entries_of(log)
    entries[position - 1] = changed(entries[position - 1], change)
    rewrite(log, entries)


def rewrite_and_sign(log: WatchedLog, position: int, change: Change) -> None:
    """A perfect rewrite of one entry, signed again."""
    rewrite_entry(log, position, change)
    sign_again(log)


def append(log: WatchedLog, change: Change, *, like: int | None = None) -> None:
    """Puts an entry behind the last one: a payment like the one at a position (the last), which nobody decided."""
    entries = entries_of(log)
    forged = changed(entries[(like or log.head) - 1], another_payment(log.head + 1))
    rewrite(log, [*entries, changed(forged, change)])


def another_payment(position: int, *, later_by: int = 1) -> Change:
    """Another command at a position; the tags it shares with the payment have so much higher numbers."""
    identity = command_id(LEDGER, "nobody", f"forged {position}")

    def change(document: Document) -> None:
        shared = {tag: n + later_by for tag, n in document["tags"].items() if not tag.startswith("voucher:")}
        document |= {"position": position, "command_id": identity, "id": event_id(identity, 0)}
        document |= {"tags": shared | {"voucher:L1/2023/F1": 1}}
        document["data"]["voucher_no"] = "F1"

    return change


def _insert(connection: Connection, events: Sequence[RecordedEvent], entries: Iterable[bytes]) -> None:
    states = Overlay()
    for event in events:
        states.record(event)
    written = []
    for _, group in groupby(zip(events, entries, strict=True), lambda each: each[0].command_id):
        own, stored = zip(*group, strict=True)
        written.append(Written(own, stored, ()))
    store.insert_events(connection, LEDGER, written)
    upsert_rows(connection, boundary_state, store.state_rows(LEDGER, written, states))
    _, tiles = EMPTY_EDGE.appended([event.leaf_hash for event in events])
    insert_tiles(connection, LEDGER, tiles)
