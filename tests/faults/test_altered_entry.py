"""An administrator alters the log behind the service's back: `fundtrail verify` names the ledger and the position."""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from adapters.guards import event_triggers
from projections.projector import Projector
from tests.support.commands import disburse, ready_line
from tests.support.effort import quick_on_sqlite_only
from tests.support.ledger import LEDGER, Ledger, opened_ledger
from tests.support.processes import fundtrail

ALTERED_BYTES = 7
ALTERED_INDEX = 8
UNTOUCHED = 9


@quick_on_sqlite_only
def test_verify_names_what_was_altered(database_url: str, tmp_path: Path) -> None:
    with opened_ledger(database_url) as ledger:
        ledger.submit(*ready_line())
        ledger.submit(disburse(100, "1"), disburse(200, "2"), disburse(300, "3"))
        views = Projector(writer=ledger.database.views_writer, reader=ledger.database.views_reader, feed=ledger.feed)
        views.prepare()
        views.catch_up(LEDGER)
        before = verified(ledger, tmp_path, exit_code=0)
        assert [(each["ledger_id"], each["sound"]) for each in before["ledgers"]] == [(LEDGER, True)]

        alter(ledger)
        after = verified(ledger, tmp_path, exit_code=1)
        (found,) = after["ledgers"]
        assert (found["ledger_id"], found["sound"]) == (LEDGER, False)
        named = {(each["position"], each["part"]) for each in found["differences"]}
        assert {(ALTERED_BYTES, "entry"), (ALTERED_INDEX, "columns")} <= named
        assert UNTOUCHED not in {position for position, part in named if part in ("entry", "columns")}


def alter(ledger: Ledger) -> None:
    """A larger payment in one entry, another date beside a second one."""
    entry = ledger.feed.entry(LEDGER, ALTERED_BYTES) or b""
    larger = entry.replace(b'"amount":100', b'"amount":999')
    assert larger != entry
    table = "log_entry" if ledger.database.is_sqlite else "log.log_entry"
    with ledger.database.log_writer.begin() as connection:
        drop_triggers(connection)
        change_entry = text(f"UPDATE {table} SET entry = :entry WHERE position = :position")
        connection.execute(change_entry, {"entry": larger, "position": ALTERED_BYTES})
        change_date = text(f"UPDATE {table} SET effective_date = '2022-01-01' WHERE position = :position")
        connection.execute(change_date, {"position": ALTERED_INDEX})


def drop_triggers(connection: Connection) -> None:
    """What keeps the log append-only does not stop the owner of the database."""
    if connection.dialect.name == "sqlite":
        names = connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
        drops = [f"DROP TRIGGER {name}" for name in names]
    else:
        event_triggers.take_down(connection)
        found = text("SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal")
        drops = [f"DROP TRIGGER {name} ON {table}" for name, table in connection.execute(found)]
    assert drops
    for drop in drops:
        connection.execute(text(drop))


def verified(ledger: Ledger, folder: Path, *, exit_code: int) -> dict[str, Any]:
    """What `fundtrail verify` says, in a process of its own."""
    url = ledger.database.url.render_as_string(hide_password=False)
    answer = fundtrail(folder, url, "verify", "--json")
    assert answer.returncode == exit_code, answer.stdout + answer.stderr
    result: dict[str, Any] = json.loads(answer.stdout)
    return result
