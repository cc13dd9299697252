"""`fundtrail access-log` and its part of `fundtrail verify`."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.access.api_keys import hash_of
from adapters.access.encoding import START, record_hash
from adapters.event_log.encoding import microseconds
from domain.access_log import LEAST_DAYS
from tests.support.access import access_book, refused
from tests.support.attacks_on_keys import INVENTED, REVOKED_BY_HAND, SECRET, STRANGER
from tests.support.command_line import CommandLine
from tests.support.command_rows import GROUND, payment


@pytest.fixture
def fundtrail(sqlite_url: str, tmp_path: Path) -> CommandLine:
    return CommandLine(sqlite_url, tmp_path)


@pytest.fixture
def overspent(fundtrail: CommandLine) -> CommandLine:
    """An import in which two of three payments were refused."""
    rows = [*GROUND, payment("1", "99999.00"), payment("2"), payment("3", "88888.00")]
    assert fundtrail("import", fundtrail.file("rows.jsonl", rows), "--ledger", "x", "--partial").code == 1
    return fundtrail


def test_an_import_leaves_its_refusals(overspent: CommandLine) -> None:
    document = overspent("access-log", "show", "--json").json
    found = [(each["action"], each["subject"], each["figures"]["requested"]) for each in document["items"]]
    assert found == [("record-disbursement", "local", "99999.00"), ("record-disbursement", "local", "88888.00")]
    assert document["head"]["sequence"] == 2


def test_a_rehearsed_import_leaves_none(fundtrail: CommandLine) -> None:
    path = fundtrail.file("rows.jsonl", [*GROUND, payment("1", "99999.00")])
    assert fundtrail("import", path, "--ledger", "x", "--dry-run").code == 1
    assert fundtrail("import", fundtrail.file("ground.jsonl", GROUND), "--ledger", "x").code == 0
    assert fundtrail("import", path, "--ledger", "x", "--dry-run").code == 1
    assert fundtrail("access-log", "show", "--json").json["items"] == []


def test_records_are_chosen_and_told_in_a_line(overspent: CommandLine) -> None:
    shown = overspent("access-log", "show", "--ledger", "x", "--kind", "refused", "--after", "1")
    (line,) = shown.output.splitlines()
    for part in ("2  ", "refused", "insufficient-funds", "local", "in x", "line:l", "requested 88888.00"):
        assert part in line
    assert "head 2:" in shown.messages
    assert overspent("access-log", "show", "--kind", "denied").output == ""
    assert overspent("access-log", "show", "--ledger", "y").output == ""
    assert "there are more: --after 1" in overspent("access-log", "show", "--limit", "1").messages


def test_an_export_holds_the_bytes_that_the_chain_covers(overspent: CommandLine) -> None:
    done = overspent("access-log", "export")
    previous = START
    for line in done.output.splitlines():
        record = json.loads(line)
        entry = line[line.index('"entry":') + len('"entry":') : -1].encode()
        at = microseconds(datetime.fromisoformat(record["recorded_at"]))
        previous = record_hash(previous, record["sequence"], at, entry)
        assert record["hash"] == previous.hex()
    assert done.messages.endswith(f"2 records; head 2:{previous.hex()}\n")
    told = overspent("access-log", "export", "--output", "log.jsonl", "--json").json
    assert (overspent.folder / "log.jsonl").read_text("utf-8") == done.output
    assert told == {"records": 2, "beginning": f"0:{START.hex()}", "head": f"2:{previous.hex()}", "file": "log.jsonl"}
    assert overspent("access-log", "export", "--output", "log.jsonl").code == 1, "no file is written over"


def test_verify_follows_the_chain_and_says_where_it_ends(overspent: CommandLine) -> None:
    head = overspent("access-log", "show", "--json").json["head"]
    done = overspent("verify")
    assert done.code == 0
    assert f"access log: sound; records 1 to 2, head 2:{head['hash']}" in done.output
    document = overspent("verify", "--json").json["access_log"]
    assert (document["sound"], document["head"], document["differences"]) == (True, head, [])
    assert "access log" not in overspent("verify", "--ledger", "x").output


def test_verify_finds_a_changed_record(overspent: CommandLine) -> None:
    change(overspent, "UPDATE access_record SET ledger_id = 'y' WHERE sequence = 1")
    done = overspent("verify")
    assert done.code == 1
    assert "access log record 1: kind or ledger beside the entry is not that of the entry" in done.output
    assert overspent("verify", "--json").json["sound"] is False


def test_verify_names_a_key_that_no_record_tells_of(fundtrail: CommandLine) -> None:
    made = fundtrail("keys", "create", "--role", "clerk", "--json").json
    assert fundtrail("verify", "--json").json["access_log"]["left_out"] == []
    with closing(sqlite3.connect(fundtrail.folder / "fundtrail-access.db")) as connection, connection:
        connection.execute(INVENTED.format(""), {"hash": hash_of(SECRET)})
        connection.execute(REVOKED_BY_HAND.format(""), {"standing": made["key_id"]})
    done = fundtrail("verify")
    assert done.code == 1
    assert f"access log, key {STRANGER}: no record says that it was made" in done.output
    assert f"access log, key {made['key_id']}: it is revoked, and no record says so" in done.output
    named = {each["key_id"] for each in fundtrail("verify", "--json").json["access_log"]["differences"]}
    assert named == {STRANGER, made["key_id"]}


def test_verify_compares_with_a_head_that_was_noted_down(overspent: CommandLine) -> None:
    head = overspent("access-log", "show", "--json").json["head"]
    noted = f"{head['sequence']}:{head['hash']}"
    assert overspent("verify", "--access-head", noted).code == 0
    change(overspent, "DELETE FROM access_record WHERE sequence = 2")
    cut = "SELECT sequence, recorded_at_us, hash FROM access_record"
    change(overspent, f"UPDATE access_head SET (sequence, recorded_at_us, hash) = ({cut})")
    # What is left is a chain: only the triggers that were dropped for it are missed.
    assert "access log: sound" in overspent("verify").output
    done = overspent("verify", "--access-head", noted)
    assert (done.code, "record 2: was noted down, and is not there" in done.output) == (1, True)
    assert overspent("verify", "--access-head", "2:abc").code == 2


def test_prune_takes_away_what_is_older_than_set(fundtrail: CommandLine) -> None:
    with access_book(fundtrail.url) as book:
        book.keep(refused(1), refused(2))
        book.clock.instant = datetime.now(UTC)
        book.keep(refused(3))
    asked = fundtrail("access-log", "prune")
    assert (asked.code, asked.output.startswith("2 records are older than is set")) == (1, True)
    assert "--yes" in asked.messages
    assert fundtrail("access-log", "prune", "--json").json == {"records": 0, "due": 2}
    assert len(fundtrail("access-log", "show", "--json").json["items"]) == 3
    assert fundtrail("access-log", "prune", "--yes").output == "2 records taken away\n"
    assert fundtrail("access-log", "prune", "--yes", "--json").json == {"records": 0}
    assert fundtrail("access-log", "prune").code == 0
    shown = fundtrail("access-log", "show")
    assert "records up to 2 were taken away" in shown.messages
    assert "records-taken-away  local (local)  access-log-prune  last_sequence 2, records 2" in shown.output
    assert fundtrail("verify").code == 0


def test_mend_lets_the_log_go_on_behind_a_record_that_somebody_put_in(overspent: CommandLine) -> None:
    assert overspent("access-log", "mend").output == "the last record is the head: nothing is in the way\n"
    stray = (
        "INSERT INTO access_record SELECT 3, recorded_at_us + 1, kind, ledger_id, x'00', entry "
        "FROM access_record WHERE sequence = 2"
    )
    with closing(sqlite3.connect(overspent.folder / "fundtrail-access.db")) as connection, connection:
        connection.execute(stray)
    assert overspent("keys", "create", "--role", "clerk").code == 1, "nothing can be written down"
    assert overspent("access-log", "mend", "--json").json == {"first": 3, "last": 3}
    asked = overspent("access-log", "mend")
    assert (asked.code, asked.output) == (1, "records 3 to 3 are behind the head: nothing can be added\n")
    done = overspent("access-log", "mend", "--yes")
    assert (done.code, done.output) == (0, "records 3 to 3 are behind the head: the log goes on behind them\n")
    assert overspent("keys", "create", "--role", "clerk").code == 0
    verified = overspent("verify", "--json").json["access_log"]
    assert [(each["sequence"], each["detail"]) for each in verified["differences"]] == [
        (3, "its hash does not follow from it and the one before")
    ]
    said = overspent("access-log", "show", "--after", "3", "--json").json["items"]
    assert [(each["code"], each["figures"].get("last_sequence")) for each in said] == [
        ("records-behind-the-head", 3),
        ("key-created", None),
    ]


def test_a_shorter_time_than_six_months_is_refused_with_the_reason(fundtrail: CommandLine) -> None:
    assert fundtrail("migrate").code == 0
    for command in (("access-log", "prune"), ("serve",)):
        done = fundtrail(*command, environment={"FUNDTRAIL_ACCESS_LOG_DAYS": str(LEAST_DAYS - 1)})
        assert done.code == 2
        assert "FUNDTRAIL_ACCESS_LOG_DAYS" in done.messages
        assert "six months" in done.messages


def test_a_damaged_log_is_not_shown_as_if_it_were_whole(overspent: CommandLine) -> None:
    change(overspent, "DELETE FROM access_head")
    for command in ("show", "export"):
        done = overspent("access-log", command)
        assert (done.code, "`fundtrail verify` says how" in done.messages) == (1, True), command
    assert "access log: has no head" in overspent("verify").output


def test_an_import_whose_refusals_cannot_be_kept_ends_and_goes_on_later(overspent: CommandLine) -> None:
    path = overspent.file("more.jsonl", [payment("4"), payment("5", "77777.00", key="five"), payment("6")])
    columns = "id || ',' || sequence || ',' || recorded_at_us || ',' || quote(hash)"
    with closing(sqlite3.connect(overspent.folder / "fundtrail-access.db")) as connection:
        (head,) = connection.execute(f"SELECT {columns} FROM access_head").fetchone()
    change(overspent, "DELETE FROM access_head")
    # Without its guards nothing would begin at all.
    assert overspent("migrate").code == 0
    cut_off = overspent("import", path, "--ledger", "x", "--partial")
    assert (cut_off.code, "access-log-unavailable" in cut_off.messages) == (1, True)
    change(overspent, f"INSERT INTO access_head VALUES ({head})")
    assert overspent("migrate").code == 0
    done = overspent("import", path, "--ledger", "x", "--partial", "--json").json
    assert (done["accepted"], done["replayed"], done["refused"]) == (2, 2, 1)
    assert [each["figures"]["requested"] for each in overspent("access-log", "show", "--json").json["items"]] == [
        "99999.00",
        "88888.00",
        "77777.00",
    ]


def change(fundtrail: CommandLine, statement: str) -> None:
    """What whoever has the file can do."""
    with closing(sqlite3.connect(fundtrail.folder / "fundtrail-access.db", isolation_level=None)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
