"""A log goes away: its file under a running server, its file before a start, one ledger, a whole database."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.database import open_database
from tests.support.caller import UNIT, new_caller, problem
from tests.support.command_line import CommandLine
from tests.support.effort import full_only, quick_on_sqlite_only
from tests.support.keys import keys_folder_of
from tests.support.server import RunningServer, running_server
from tests.support.tampering import LOG_TABLES, look_everywhere, take_triggers_away

SIGNED = {"checkpoint_interval_ms": 10}


@pytest.fixture
def opened(database_url: str) -> str:
    """The id of a ledger of the database that was signed, beside another one."""
    with running_server(database_url, **SIGNED) as server:
        signed_ledger(server)
        return signed_ledger(server)


def signed_ledger(server: RunningServer) -> str:
    ledger = new_caller(server.client)
    ledger.record("/units", UNIT)
    services = server.services
    assert services.transparency.checkpointer.wait_until(ledger.ledger_id, 2, 10) is not None
    return ledger.ledger_id


def test_a_file_that_is_moved_away_takes_no_more_writes_with_it(sqlite_url: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with running_server(sqlite_url) as server:
        ledger = new_caller(server.client)
        ledger.record("/units", UNIT)
        assert server.client.get("/readyz").status_code == 200
        for each in tmp_path.glob("fundtrail.db*"):
            each.rename(elsewhere / each.name)
        problem(ledger.post("/units", UNIT | {"unit_id": "U2"}), 503, "database-unavailable")
        problem(
            server.client.post("/v1/ledgers", json={"ledger_id": "n", "name": "新"}, headers={"Idempotency-Key": "n"}),
            503,
            "database-unavailable",
        )
        found = server.client.get("/readyz").json()
        assert (found["writes"], [each["code"] for each in found["problems"] if each["check"] == "writes"]) == (
            False,
            ["database-replaced"],
        )
        assert not (tmp_path / "fundtrail.db").exists(), "no other one is made in its place"
        for each in elsewhere.iterdir():
            each.rename(tmp_path / each.name)
        ledger.record("/units", UNIT | {"unit_id": "U2"})
        assert server.client.get("/readyz").json()["writes"]


def test_no_empty_log_is_made_where_one_has_vanished(sqlite_url: str, tmp_path: Path) -> None:
    fundtrail = CommandLine(sqlite_url, tmp_path)
    with running_server(sqlite_url, **SIGNED) as server:
        ledger_id = signed_ledger(server)
    for each in tmp_path.glob("fundtrail.db*"):
        each.unlink()
    for command in ("serve", "migrate", "project"):
        refused = fundtrail(command)
        assert refused.code == 1
        assert f"{tmp_path}/fundtrail.db is not there" in refused.messages
        assert "fundtrail-access.db" in refused.messages
        assert ledger_id in refused.messages
    (tmp_path / "fundtrail-access.db").unlink()
    (tmp_path / "fundtrail.db").touch()
    refused = fundtrail("keys", "create", "--role", "admin")
    assert (refused.code, "fundtrail-access.db" in refused.messages) == (1, False)
    shutil.move(tmp_path / "fundtrail-keys", tmp_path / "kept")
    assert fundtrail("migrate").code == 0


def test_no_empty_access_log_is_made_where_one_has_vanished(sqlite_url: str, tmp_path: Path) -> None:
    fundtrail = CommandLine(sqlite_url, tmp_path)
    with running_server(sqlite_url) as server:
        new_caller(server.client)
    shutil.move(tmp_path / "fundtrail-access.db", tmp_path / "kept.db")
    for command in ("serve", "migrate"):
        refused = fundtrail(command)
        assert (refused.code, "setup_" in refused.messages) == (1, False)
        assert "its access log, " in refused.messages
    assert fundtrail("verify").code == 1
    shutil.copy(tmp_path / "kept.db", tmp_path / "fundtrail-access.db")
    assert fundtrail("verify").code == 0


@quick_on_sqlite_only
def test_a_ledger_that_was_signed_and_is_not_there_is_named(database_url: str, opened: str, tmp_path: Path) -> None:
    fundtrail = CommandLine(database_url, tmp_path)
    assert fundtrail("verify").code == 0
    take_away(database_url, opened)
    assert fundtrail("migrate").code == 0, "the guards are up again, as if nothing had been done"
    found = fundtrail("verify", "--json")
    assert (found.code, found.json["sound"]) == (1, False)
    (missing,) = [each for each in found.json["ledgers"] if not each["sound"]]
    assert (missing["ledger_id"], missing["position"]) == (opened, None)
    assert "its first 2 entries were signed here" in missing["differences"][0]["detail"]
    assert fundtrail("verify", "--ledger", opened).code == 1

    checked = fundtrail("restore-check", "--unproven", "--json")
    assert any(each.startswith(f"{opened}: a log of that name was signed here") for each in checked.json["reasons"])
    accepted = fundtrail("restore-check", "--unproven", "--accept-loss", "--json")
    assert not any(opened in each for each in accepted.json["reasons"])
    with running_server(database_url, self_check_interval_s=0) as server:
        said = server.client.get("/readyz")
    assert [(each["code"], each["ledgers"]) for each in said.json()["problems"] if each["check"] == "self_check"] == [
        ("ledger-missing", 1)
    ]
    assert opened not in said.text

    (folder,) = Path(fundtrail_keys(database_url, tmp_path)).glob(f"{opened}.*")
    shutil.move(folder, tmp_path / "given-up")
    assert opened not in fundtrail("verify").output


@full_only
@pytest.mark.parametrize("other", [{"FUNDTRAIL_DEPLOYMENT": "other.example"}, {}])
def test_databases_may_share_a_folder_of_keys(sqlite_url: str, tmp_path: Path, other: dict[str, str]) -> None:
    keys = {"keys_folder": str(tmp_path / "shared")}
    with running_server(sqlite_url, **keys, **SIGNED) as server:
        signed_ledger(server)
    second = CommandLine(f"sqlite:///{tmp_path}/second.db", tmp_path)
    environment = {"FUNDTRAIL_KEYS_FOLDER": keys["keys_folder"]} | other
    assert second("migrate", environment=environment).code == 0
    assert second("verify", environment=environment).code == 0
    with running_server(second.url, **keys, deployment=other.get("FUNDTRAIL_DEPLOYMENT", "fundtrail.local")) as server:
        assert server.client.get("/readyz").status_code == 200


def take_away(database_url: str, ledger_id: str) -> None:
    """As somebody with every right can: nothing of the ledger is left in the log or its views."""
    database = open_database(database_url)
    try:
        take_triggers_away(database)
        prefix = "" if database.is_sqlite else "log."
        with database.log_writer.begin() as connection:
            look_everywhere(connection)
            for table in LOG_TABLES:
                connection.execute(text(f"DELETE FROM {prefix}{table} WHERE ledger_id = :id"), {"id": ledger_id})
    finally:
        database.dispose()


def fundtrail_keys(database_url: str, folder: Path) -> str:
    return keys_folder_of(database_url) or str(folder / "fundtrail-keys")
