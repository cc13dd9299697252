"""A disk damages SQLite's files: what is damaged is named, with its place, and everything else is still looked at."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adapters.database import LOG_PAGE_BYTES, VIEWS_PAGE_BYTES
from tests.support.command_line import EXAMPLES, CommandLine
from tests.support.effort import full_only, sampled
from tests.support.server import running_server

DAMAGED = 23
UNINDEXED = 6
LARGE, SMALL = "large", "small"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two ledgers with views, none of them open."""
    folder = tmp_path_factory.mktemp("whole")
    fundtrail = CommandLine(f"sqlite:///{folder}/fundtrail.db", folder)
    for ledger in (LARGE, SMALL):
        assert fundtrail("import", EXAMPLES / "story.jsonl", "--ledger", ledger).code == 0
    assert fundtrail("rebuild").code == 0
    assert fundtrail("verify").code == 0
    return folder


@pytest.fixture
def fundtrail(whole: Path, tmp_path: Path) -> CommandLine:
    """The command line on a copy."""
    folder = tmp_path / "copy"
    shutil.copytree(whole, folder)
    return CommandLine(f"sqlite:///{folder}/fundtrail.db", folder)


def test_verify_says_from_which_position_a_log_cannot_be_read_and_goes_on(fundtrail: CommandLine) -> None:
    sound = damage_page_of(fundtrail.folder / "fundtrail.db", LARGE, DAMAGED)
    found = fundtrail("verify")
    assert found.code == 1
    first = first_unreadable(fundtrail.folder / "fundtrail.db", LARGE)
    assert f"{LARGE} position {first}: entry: cannot be read from here on: database disk image is malformed" in (
        found.output
    )
    assert f"{SMALL}: sound; log to position 56" in found.output
    assert "access log: sound" in found.output
    assert "storage: fundtrail.db" in found.output
    assert fundtrail("verify", "--ledger", SMALL).code == 1, "the file is one: what SQLite says of it concerns each"

    with running_server(fundtrail.url, self_check_interval_s=0) as server:
        check = server.services.transparency.self_check
        for _ in range(40):
            check.look()
        said = server.client.get("/readyz").json()
        assert list(check.unreadable) == [LARGE]
        (fundtrail.folder / "fundtrail.db").write_bytes(sound)
        server.services.database.log_reader.dispose()
        check.look()
        assert check.unreadable == {}
    codes = {each["code"] for each in said["problems"] if each["check"] == "self_check"}
    # What SQLite says of its own files, and what reading met.
    assert codes == {"self-check-failed", "self-check-unreadable"}
    assert (said["ready"], said["self_check"]) == (False, False)


@full_only
def test_an_index_that_lacks_rows_is_found_and_not_backed_up(fundtrail: CommandLine) -> None:
    assert fundtrail("backup", "--output", "before").code == 0
    leave_rows_out_of_an_index(fundtrail.folder / "fundtrail.db")
    found = fundtrail("verify", "--json")
    assert (found.code, found.json["sound"]) == (1, False)
    first = found.json["storage"][0]
    assert first["detail"] == f"row {UNINDEXED} missing from index log_entry_event_id"
    assert (first["file"], first["table"], first["ledger_id"]) == ("fundtrail.db", "log_entry", LARGE)
    assert first["position"] == UNINDEXED
    with running_server(fundtrail.url) as server:
        server.services.transparency.self_check.look()
        assert server.client.get("/readyz").json()["self_check"] is False
    refused = fundtrail("backup", "--output", "after")
    assert (refused.code, (fundtrail.folder / "after").exists()) == (1, False)
    assert "missing from index" in refused.messages
    checked = fundtrail("restore-check", "--unproven", "--json")
    assert checked.code == 1
    assert any("missing from index" in reason for reason in checked.json["reasons"])


@pytest.mark.parametrize("begin", [0, VIEWS_PAGE_BYTES])
def test_a_damaged_access_log_is_said_and_the_ledgers_are_looked_at(fundtrail: CommandLine, begin: int) -> None:
    damage(fundtrail.folder / "fundtrail-access.db", begin)
    found = fundtrail("verify", "--json")
    assert (found.code, found.json["access_log"]["sound"]) == (1, False)
    assert [each["sound"] for each in found.json["ledgers"]] == [True, True]


def test_a_log_of_which_nothing_can_be_read_is_said_and_the_access_log_is_looked_at(fundtrail: CommandLine) -> None:
    damage(fundtrail.folder / "fundtrail.db", 0)
    found = fundtrail("verify", "--json")
    assert (found.code, found.json["sound"], found.json["access_log"]["sound"]) == (1, False, True)
    assert [each["file"] for each in found.json["storage"]] == ["fundtrail.db"]


@pytest.mark.parametrize("begin", [0, VIEWS_PAGE_BYTES])
def test_damaged_views_are_named_and_may_be_deleted(fundtrail: CommandLine, begin: int) -> None:
    views = fundtrail.folder / "fundtrail-views.db"
    damage(views, begin)
    found = fundtrail("verify", "--json")
    assert found.code == 1
    for verdict in found.json["ledgers"]:
        assert verdict["position"] == 56
        (difference,) = verdict["differences"]
        assert difference["part"] == "views"
        assert f"delete {views}" in difference["detail"]
    for command in ("rebuild", "serve"):
        refused = fundtrail(command)
        assert refused.code == 1
        assert f"delete {views}" in refused.messages
    for each in fundtrail.folder.glob("fundtrail-views.db*"):
        each.unlink()
    assert fundtrail("rebuild").code == 0
    assert fundtrail("verify").code == 0


def changed(file: Path, *statements: str) -> None:
    """By somebody with every right on the file."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for each in statements:
            connection.execute(each)


@pytest.mark.parametrize(
    ("statement", "words"),
    sampled(
        [
            ("DROP TABLE {facts}", "no such table"),
            ("ALTER TABLE {facts} RENAME COLUMN position TO place", "no such column"),
            ("DROP TABLE projection_position", "no such table"),
        ],
        one_in=3,
    ),
)
def test_a_table_or_column_that_the_views_lack_is_named_for_each_ledger_and_made_anew(
    fundtrail: CommandLine, statement: str, words: str
) -> None:
    views = fundtrail.folder / "fundtrail-views.db"
    with closing(sqlite3.connect(views)) as connection:
        # Of the generation that is read.
        query = "SELECT max(name) FROM sqlite_master WHERE type = 'table' AND name GLOB 'fact_g[0-9]*'"
        (facts,) = connection.execute(query).fetchone()
    changed(views, statement.format(facts=facts))
    found = fundtrail("verify", "--json")
    assert (found.code, found.json["access_log"]["sound"]) == (1, True)
    for verdict in found.json["ledgers"]:
        (difference,) = verdict["differences"]
        assert (verdict["position"], difference["part"], words in difference["detail"]) == (56, "views", True)
    assert fundtrail("migrate").code == 0
    assert fundtrail("rebuild").code == 0
    assert fundtrail("verify").code == 0


@pytest.mark.parametrize(
    ("kind", "statement"),
    [
        ("trigger", "CREATE TRIGGER other AFTER INSERT ON projection_position BEGIN SELECT 1; END"),
        ("view", "CREATE VIEW other AS SELECT * FROM projection_position"),
    ],
)
def test_what_could_run_in_the_file_of_the_views_is_named_and_nothing_starts(
    fundtrail: CommandLine, kind: str, statement: str
) -> None:
    views = fundtrail.folder / "fundtrail-views.db"
    changed(views, statement)
    named = f"{kind} other in the file of the views is none of this version's"
    found = fundtrail("verify", "--json")
    assert (found.code, found.json["guards"]) == (1, [named])
    refused = fundtrail("serve", "--port", "0")
    assert (refused.code, named in refused.messages) == (1, True)
    changed(views, f"DROP {kind} other")
    assert fundtrail("verify").code == 0


def test_a_second_state_of_the_schema_is_said_in_words(fundtrail: CommandLine) -> None:
    changed(fundtrail.folder / "fundtrail.db", "INSERT INTO alembic_version VALUES ('0001')")
    for command in ("verify", "serve", "restore-check", "migrate"):
        refused = fundtrail(command)
        assert (refused.code, refused.messages.count("\n"), "Traceback" in refused.messages) == (1, 1, False)
        assert "alembic_version" in refused.messages


def damage(file: Path, begin: int) -> None:
    """Overwrites the file from there to its end."""
    with file.open("r+b") as opened:
        opened.seek(begin)
        opened.write(b"\xff" * (file.stat().st_size - begin))


def damage_page_of(file: Path, ledger_id: str, position: int) -> bytes:
    """Overwrites the page that the entry is in; returns what the file was."""
    with closing(sqlite3.connect(file)) as connection:
        query = "SELECT entry FROM log_entry WHERE ledger_id = ? AND position = ?"
        (entry,) = connection.execute(query, (ledger_id, position)).fetchone()
    sound = file.read_bytes()
    at = sound.index(entry) // LOG_PAGE_BYTES * LOG_PAGE_BYTES
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(b"\xff" * LOG_PAGE_BYTES)
    return sound


def first_unreadable(file: Path, ledger_id: str) -> int:
    """The first position whose entry SQLite cannot read."""
    with closing(sqlite3.connect(file)) as connection:
        for position in range(1, DAMAGED + 1):
            query = "SELECT entry FROM log_entry WHERE ledger_id = ? AND position = ?"
            try:
                connection.execute(query, (ledger_id, position)).fetchone()
            except sqlite3.DatabaseError:
                return position
    raise AssertionError("nothing is damaged")


def leave_rows_out_of_an_index(file: Path) -> None:
    """As somebody with every right can: it looks as it did, and has the first five rows only."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'log_entry_event_id'").fetchone()
        connection.execute("DROP INDEX log_entry_event_id")
        connection.execute(f"{sql} WHERE position <= 5")
        connection.execute("PRAGMA writable_schema = 1")
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'log_entry_event_id'", (sql,))
        connection.execute("PRAGMA writable_schema = RESET")
