"""`fundtrail ledgers, verify, rebuild, migrate`: what they answer, and how they end."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.command_line import EXAMPLES, CommandLine
from tests.support.command_rows import GROUND


@pytest.fixture
def fundtrail(sqlite_url: str, tmp_path: Path) -> CommandLine:
    return CommandLine(sqlite_url, tmp_path)


@pytest.fixture
def with_ledger(fundtrail: CommandLine) -> CommandLine:
    assert fundtrail("import", EXAMPLES / "story.jsonl", "--ledger", "x", "--name", "青石县").code == 0
    assert fundtrail("rebuild").code == 0
    return fundtrail


@pytest.mark.parametrize("command", ["ledgers", "verify", "export", "rebuild"])
def test_reading_creates_no_database(without_database: CommandLine, command: str) -> None:
    refused = without_database(command)
    assert refused.code == 1
    assert "fundtrail migrate" in refused.messages
    assert not (without_database.folder / "fundtrail.db").exists()


def test_migrate_makes_the_database(without_database: CommandLine) -> None:
    assert without_database("migrate").code == 0
    assert without_database("migrate").code == 0
    assert without_database("ledgers", "--json").json == {"items": []}
    verified = without_database("verify", "--json").json
    assert (verified["sound"], verified["ledgers"], verified["access_log"]["sound"]) == (True, [], True)
    assert verified["guards"] == []


def test_a_database_without_our_schema_names_migrate(without_database: CommandLine) -> None:
    with closing(sqlite3.connect(without_database.folder / "fundtrail.db")) as connection:
        connection.execute("CREATE TABLE other (id INTEGER)")
    refused = without_database("ledgers")
    assert refused.code == 1
    assert "fundtrail migrate" in refused.messages


def test_a_ledger_is_listed_for_people_and_machines(with_ledger: CommandLine) -> None:
    listed = with_ledger("ledgers")
    assert "青石县" in listed.output
    assert "56" in listed.output
    (ledger,) = with_ledger("ledgers", "--json").json["items"]
    assert ledger.keys() == {
        "ledger_id",
        "name",
        "currency",
        "time_zone",
        "region_code",
        "demo",
        "log_id",
        "opened_at",
        "position",
    }


def test_a_sound_ledger_is_one_line(with_ledger: CommandLine) -> None:
    verified = with_ledger("verify")
    assert verified.code == 0
    ledger, access_log = verified.output.splitlines()
    assert ledger == "x: sound; log to position 56, view balances to 56, view facts to 56"
    assert access_log == "access log: sound; no record yet"


def test_a_changed_row_of_a_view_is_found_and_rebuilt(with_ledger: CommandLine) -> None:
    change(
        with_ledger, "fundtrail-views.db", "UPDATE balance_lane_g2 SET disbursed = disbursed + 1 WHERE position = 23"
    )
    found = with_ledger("verify", "--json")
    assert found.code == 1
    (verdict,) = found.json["ledgers"]
    assert not verdict["sound"]
    assert {each["position"] for each in verdict["differences"]} == {23}
    rebuilt = with_ledger("rebuild", "balances", "--json")
    assert (rebuilt.code, [each["name"] for each in rebuilt.json]) == (0, ["balances"])
    assert rebuilt.json[0]["different_rows"] > 0
    assert with_ledger("verify").code == 0


def test_a_changed_entry_of_the_log_is_found_with_its_position(with_ledger: CommandLine) -> None:
    change(
        with_ledger,
        "fundtrail.db",
        "DROP TRIGGER log_entry_no_update",
        "UPDATE log_entry SET entry = CAST(replace(CAST(entry AS TEXT), '30000000', '30000001') AS BLOB)"
        " WHERE position = 23",
    )
    found = with_ledger("verify", "--ledger", "x")
    assert found.code == 1
    assert "x position 23: " in found.output


def test_a_ledger_that_lost_its_head_is_still_looked_at(with_ledger: CommandLine) -> None:
    change(with_ledger, "fundtrail.db", "DROP TRIGGER ledger_head_no_delete", "DELETE FROM ledger_head")
    found = with_ledger("verify")
    assert found.code == 1
    assert "no head" in found.output


def test_unknown_names_are_refused(with_ledger: CommandLine) -> None:
    assert with_ledger("verify", "--ledger", "y").code == 1
    assert with_ledger("rebuild", "nothing").code == 2
    assert with_ledger("nothing").code == 2


def test_settings_that_are_none_are_wrong_usage(fundtrail: CommandLine) -> None:
    refused = fundtrail("ledgers", environment={"FUNDTRAIL_PORT": "many"})
    assert refused.code == 2
    assert "FUNDTRAIL_PORT" in refused.messages
    broken = CommandLine("nonsense", fundtrail.folder)("ledgers")
    assert broken.code == 1
    assert "FUNDTRAIL_DATABASE_URL" in broken.messages


def test_a_database_that_cannot_be_reached_is_said_without_its_password(fundtrail: CommandLine) -> None:
    away = CommandLine("postgresql+psycopg://user:secret@127.0.0.1:1/none", fundtrail.folder)
    path = fundtrail.file("rows.jsonl", GROUND)
    for arguments in (["ledgers"], ["migrate"], ["import", path, "--ledger", "x"]):
        refused = away(*arguments)
        assert refused.code == 1
        assert "secret" not in refused.messages
        assert "refused" in refused.messages


def change(fundtrail: CommandLine, file: str, *statements: str) -> None:
    with closing(sqlite3.connect(fundtrail.folder / file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
