"""Rows that are no longer where the log says: bytes that name another place, and a head at no place or instant."""

from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from api.daily_digest import DailyDigest
from tests.support.caller import SPRING, Caller, new_caller, problem
from tests.support.command_line import CommandLine
from tests.support.effort import quick_on_sqlite_only, sampled
from tests.support.server import RunningServer, running_server
from tests.support.tampering import take_triggers_away

_COPY = (
    "INSERT INTO {log}log_entry SELECT ledger_id, {place}, {id}, type, effective_date, {instant}, corrects, "
    "leaf_hash, entry FROM {log}log_entry WHERE ledger_id = '{ledger}' AND position = 5"
)
_HEAD = "UPDATE {log}ledger_head SET position = {place}, recorded_at_us = {instant} WHERE ledger_id = '{ledger}'"
_INSTANT = "(SELECT recorded_at_us + 1 FROM {log}ledger_head WHERE ledger_id = '{ledger}')"
UNIT = {"effective_date": SPRING, "unit_id": "U9", "name": "青石县水利局", "kind": "department"}


def run(server: RunningServer, ledger: Caller, *statements: str, place: int, instant: str = _INSTANT) -> None:
    is_sqlite = server.services.database.is_sqlite
    parts = {"log": "", "id": "zeroblob(16)"} if is_sqlite else {"log": "log.", "id": "decode(md5('x'), 'hex')"}
    with server.services.database.log_writer.begin() as connection:
        for statement in statements:
            named = statement.replace("{instant}", instant)
            connection.execute(text(named.format(place=place, ledger=ledger.ledger_id, **parts)))


@quick_on_sqlite_only
def test_an_entry_that_names_another_position_leads_no_reader_back(database_url: str, tmp_path: Path) -> None:
    with running_server(database_url) as server:
        ledger = new_caller(server.client)
        ledger.found()
        ledger.read("/projects")
        head = ledger.head()
        run(server, ledger, _COPY, _HEAD, place=head + 1)

        problem(ledger.ask(f"/events?after={head - 1}"), 503, "log-damaged")
        problem(ledger.ask(f"/events/{head + 1}"), 503, "log-damaged")
        problem(ledger.post("/units", UNIT), 503, "log-damaged")
        assert [each["position"] for each in ledger.read("/events", at_position=head)["items"]][-1] == head
        with server.client.stream("GET", f"/v1/ledgers/{ledger.ledger_id}/events/stream?after={head}") as stream:
            for piece in stream.iter_bytes():
                assert b"data:" not in piece, "an event is sent once more"

        command_line = CommandLine(database_url, tmp_path)
        exported = command_line("export", "--ledger", ledger.ledger_id, "--output", "all.jsonl")
        assert (exported.code, list(tmp_path.glob("all*"))) == (1, [])
        assert "log-damaged: " in exported.messages
        assert f"position {head + 1} says that it is another one" in exported.messages


@pytest.mark.parametrize(
    ("place", "instant"),
    sampled([(2**63 - 1, None), (None, 2**63 - 1), (None, -(2**63))], one_in=3),
    ids=["position that no entry can have", "instant beyond every date", "instant before every date"],
)
def test_a_head_at_no_place_or_instant_is_damage(sqlite_url: str, place: int | None, instant: int | None) -> None:
    with running_server(sqlite_url) as server:
        ledger, other = new_caller(server.client), new_caller(server.client)
        for each in (ledger, other):
            each.record("/units", UNIT)
        head = ledger.head()
        take_triggers_away(server.services.database)
        run(server, ledger, _HEAD, place=place or head, instant=_INSTANT if instant is None else str(instant))

        for path in ("/events", "/lines", f"/events?known_at={SPRING}"):
            problem(ledger.ask(path), 503, "log-damaged")
        problem(ledger.post("/units", UNIT | {"unit_id": "U10"}), 503, "log-damaged")
        other.record("/units", UNIT | {"unit_id": "U10"})

        services = server.services
        digest = DailyDigest(services.database.log_reader, services.feed, services.log, services.clock)
        with capture_logs() as said:
            digest.look()
            digest.look()
        assert [each["event"] for each in said].count("log-damaged") == 1
        assert other.read("/events", type="ledger-digest.v1")["items"]

        self_check = services.transparency.self_check
        while ledger.ledger_id not in self_check.unreadable:
            self_check.look()
        codes = [each["code"] for each in server.client.get("/readyz").json()["problems"]]
        assert "self-check-unreadable" in codes
