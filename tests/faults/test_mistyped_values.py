"""SQLite stores any value in any column: `fundtrail verify` names one of another type, and looks at everything else."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Column, Date, LargeBinary, MetaData, Table

from adapters.access.api_keys import ApiKeys
from adapters.access.tables import metadata as access_metadata
from adapters.database import open_database
from adapters.event_log.tables import metadata as log_metadata
from adapters.stored_types import mistyped
from api.terminal import messages
from tests.support.command_line import CommandLine
from tests.support.command_rows import GROUND, payment
from tests.support.effort import sampled
from tests.support.ledger import SteppingClock

DAMAGED, WHOLE = "x", "y"
BYTES_AS_TEXT: Final = "CAST(entry AS TEXT)"
NO_UTF8: Final = "CAST(x'ff80' AS TEXT)"
"""A text to SQLite, and nothing that its driver can read."""

IN_LOG: Final[tuple[tuple[str, str, str, int | None], ...]] = (
    ("log_entry", "entry", "5", 3),
    ("log_entry", "entry", BYTES_AS_TEXT, 3),
    ("log_entry", "leaf_hash", "'x'", 3),
    ("log_entry", "effective_date", "'zz'", 3),
    ("log_entry", "effective_date", "'2023-02-31'", 3),
    ("log_entry", "effective_date", "5", 3),
    ("log_entry", "position", "3.5", None),
    ("log_entry", "position", "'x'", None),
    ("log_entry", "recorded_at_us", "'x'", 3),
    ("log_entry", "type", "x'ff'", 3),
    ("log_entry", "event_id", "'x'", 3),
    ("log_entry", "type", NO_UTF8, 3),
    ("log_entry", "effective_date", NO_UTF8, 3),
    ("log_tag", "n", "'x'", 3),
    ("log_tag", "tag", NO_UTF8, 3),
    ("private_value", "value", "x'ff'", None),
    ("private_value", "value", NO_UTF8, None),
    ("private_value", "salt", "5", None),
    ("ledger_head", "position", "'x'", None),
    ("ledger_receipt", "command_hash", "'x'", None),
    ("log_checkpoint", "note", "'x'", 7),
    ("log_checkpoint", "size", "'x'", None),
)
"""Table, column, what it is made of, and the position that is named."""
IN_ACCESS: Final[tuple[tuple[str, str, str, int | str | None], ...]] = (
    ("access_record", "entry", "5", 2),
    ("access_record", "entry", BYTES_AS_TEXT, 2),
    ("access_record", "hash", "'x'", 2),
    ("access_record", "recorded_at_us", "'x'", 2),
    ("access_record", "recorded_at_us", "1.5", 2),
    ("access_record", "kind", "x'ff'", 2),
    ("access_record", "kind", NO_UTF8, 2),
    ("access_record", "ledger_id", NO_UTF8, 2),
    ("access_record", "entry", NO_UTF8, 2),
    ("access_record", "hash", NO_UTF8, 2),
    ("access_record", "recorded_at_us", NO_UTF8, 2),
    ("access_head", "hash", NO_UTF8, None),
    ("access_head", "hash", "'x'", None),
    ("access_head", "sequence", "'x'", None),
    ("api_key", "secret_hash", "'abc'", "key"),
    ("api_key", "secret_hash", "5", "key"),
    ("api_key", "expires_at_us", "'x'", "key"),
    ("api_key", "created_at_us", "'x'", "key"),
    ("api_key", "role", "x'ff'", "key"),
    ("api_key", "role", NO_UTF8, "key"),
    ("api_key", "label", NO_UTF8, "key"),
    ("api_key", "key_id", NO_UTF8, "X'FF80'"),
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """Two ledgers with a signed checkpoint each, two keys, and views; damaged only as copies."""
    folder = tmp_path_factory.mktemp("told")
    program = CommandLine(f"sqlite:///{folder}/fundtrail.db", folder)
    rows = program.file("rows.jsonl", [*GROUND, payment("1", payee="王五")])
    for ledger_id in (DAMAGED, WHOLE):
        assert program("import", rows, "--ledger", ledger_id).code == 0
        assert program("log-export", "--ledger", ledger_id, "--output", folder / f"{ledger_id}.jsonl").code == 0
    for _ in range(2):
        assert program("keys", "create", "--role", "viewer").code == 0
    assert program("rebuild").code == 0
    assert program("verify").code == 0
    return program


def copied(told: CommandLine, folder: Path) -> CommandLine:
    """Its files in another folder."""
    shutil.copytree(told.folder, folder, dirs_exist_ok=True)
    return CommandLine(f"sqlite:///{folder}/fundtrail.db", folder)


def damage(file: Path, table: str, column: str, value: str, where: str) -> None:
    """One change by somebody with every right, after which the triggers are up again."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        assert connection.execute(f"UPDATE {table} SET {column} = {value} WHERE {where}").rowcount == 1
        for _, statement in triggers:
            connection.execute(statement)


@pytest.mark.parametrize(("table", "column", "value", "position"), sampled(IN_LOG, one_in=4))
def test_a_value_of_another_type_in_the_log_is_named_and_the_rest_is_looked_at(
    told: CommandLine, tmp_path: Path, table: str, column: str, value: str, position: int | None
) -> None:
    program = copied(told, tmp_path)
    places = {"log_entry": "position = 3", "log_tag": "position = 3"}
    one = f"rowid = (SELECT min(rowid) FROM {table} WHERE ledger_id = 'x' AND {places.get(table, 'true')})"
    keyed = {
        "log_tag": "tag = (SELECT min(tag) FROM log_tag WHERE ledger_id = 'x' AND position = 3) AND position = 3",
        "ledger_receipt": "true",
    }
    where = f"ledger_id = 'x' AND {keyed[table]}" if table in keyed else one
    damage(tmp_path / "fundtrail.db", table, column, value, where)
    # Something else, far from it, is found as well.
    damage(tmp_path / "fundtrail.db", "log_entry", "type", "'other'", "ledger_id = 'x' AND position = 5")
    done = program("verify", "--json")
    assert done.code == 1, done.messages
    damaged, whole = done.json["ledgers"]
    assert (damaged["ledger_id"], whole["ledger_id"], whole["sound"]) == (DAMAGED, WHOLE, True)
    named = {(each["position"], each["detail"]) for each in damaged["differences"]}
    assert (position, f"the stored type of {column} is not that of the column") in named
    assert (5, "type is not what the entry says") in named
    assert done.json["access_log"]["sound"]


@pytest.mark.parametrize(("table", "column", "value", "place"), sampled(IN_ACCESS, one_in=4))
def test_a_value_of_another_type_in_the_access_log_is_named_and_opens_nothing(
    told: CommandLine, tmp_path: Path, table: str, column: str, value: str, place: int | str | None
) -> None:
    program = copied(told, tmp_path)
    file = tmp_path / "fundtrail-access.db"
    with closing(sqlite3.connect(file)) as connection:
        key_id, other = (row[0] for row in connection.execute("SELECT key_id FROM api_key ORDER BY key_id"))
    where = {"access_record": "sequence = 2", "api_key": f"key_id = '{key_id}'", "access_head": "true"}[table]
    damage(file, table, column, value, where)
    damage(file, "api_key", "revoked_by", "'nobody'", f"key_id = '{other}'")
    damage(file, "api_key", "revoked_at_us", "1", f"key_id = '{other}'")
    done = program("verify", "--json")
    assert done.code == 1, done.messages
    assert [each["sound"] for each in done.json["ledgers"]] == [True, True]
    found = done.json["access_log"]["differences"]
    detail = f"the stored type of {column} is not that of the column"
    wanted = (None, key_id if place == "key" else place) if isinstance(place, str) else (place, None)
    assert not [each for each in found if "cannot be read from here on" in each["detail"]]
    assert [each for each in found if (each["sequence"], each["key_id"]) == wanted and detail in each["detail"]], found
    assert (other, "it is revoked, and no record says so") in {(each["key_id"], each["detail"]) for each in found}
    assert program("access-log", "show").code in {0, 1}, "a message, not a fault of the program"
    database = open_database(program.url)
    try:
        keys = ApiKeys(database, SteppingClock(datetime(2030, 1, 1, tzinfo=UTC)))
        listed = {each.key_id: each for each in keys.every()}
        assert (key_id in listed) is (table != "api_key")
        assert keys.find(key_id) == listed.get(key_id)
    finally:
        database.dispose()


@pytest.mark.parametrize(("value", "shown"), [("x'ff'", "X'FF'"), (NO_UTF8, "X'FF80'")])
def test_a_ledger_whose_id_is_no_text_is_a_ledger_of_its_own(
    told: CommandLine, tmp_path: Path, value: str, shown: str
) -> None:
    program = copied(told, tmp_path)
    damage(tmp_path / "fundtrail.db", "ledger_head", "ledger_id", value, "ledger_id = 'x'")
    done = program("verify")
    assert done.code == 1
    assert f"{shown} position 7: head: the stored type of ledger_id is not that of the column" in done.output
    assert "y: sound" in done.output


def test_an_id_cannot_speak_to_the_terminal_or_in_the_name_of_another_ledger(
    told: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = copied(told, tmp_path)
    hostile = "char(27) || '[2J[/x]' || char(10) || 'x: sound' || char(8238) || char(155) || char(127) || char(917505)"
    damage(tmp_path / "fundtrail.db", "ledger_head", "ledger_id", hostile, "ledger_id = 'x'")
    # With a bar, as on a terminal.
    monkeypatch.setattr(messages, "_force_terminal", True)
    monkeypatch.setenv("TERM", "xterm")
    for done in (program("verify"), program("restore-check"), program("ledgers"), program("verify", "--json")):
        assert "Traceback" not in done.messages
        said = done.output + done.messages
        assert not [each for each in ("\x1b[2J[", "\u202e") if each in said]
        assert not {"\x7f", "\x9b", "\U000e0001"} & set(said)
        assert "x: sound" not in said.splitlines()
    named = {each["ledger_id"] for each in program("verify", "--json").json["ledgers"]}
    assert "\x1b[2J[/x]\nx: sound\u202e\x9b\x7f\U000e0001" in named
    assert r"\x1b[2J[/x]\nx: sound\u202e\x9b\x7f\U000e0001: head: " in program("verify").output.replace(
        " position 7", ""
    )


def test_the_type_of_every_column_is_looked_at(told: CommandLine, tmp_path: Path) -> None:
    """An empty copy of each table gets one row in which every value is of a wrong type."""
    database = open_database(copied(told, tmp_path).url)
    try:
        for metadata, engine in (
            (log_metadata, database.log_writer),
            (access_metadata, database.access_writer),
        ):
            for table in metadata.sorted_tables:
                with engine.connect() as connection, connection.begin() as transaction:
                    copy = f"looked_{table.name}"
                    connection.exec_driver_sql(f"CREATE TEMP TABLE {copy} AS SELECT * FROM {table.name} WHERE false")
                    values = ", ".join(wrong_value(column) for column in table.columns)
                    connection.exec_driver_sql(f"INSERT INTO {copy} VALUES ({values})")
                    plain = (Column(each.name, each.type, nullable=each.nullable) for each in table.columns)
                    same = Table(copy, MetaData(), *plain)
                    (row,) = mistyped(connection, same, next(iter(same.columns)))
                    assert row.columns == tuple(table.columns.keys())
                    transaction.rollback()
    finally:
        database.dispose()


def wrong_value(column: object) -> str:
    kind = getattr(column, "type", None)
    return "5" if isinstance(kind, LargeBinary | Date) else "x'ff'"
