"""Rows that the service's own role can add: bytes that name another place, and a head at no place or instant."""

from pathlib import Path

from sqlalchemy import text

from tests.support.caller import SPRING, Caller, new_caller, problem
from tests.support.command_line import CommandLine
from tests.support.server import RunningServer, running_server

_COPY = (
    "INSERT INTO log_entry SELECT ledger_id, {place}, zeroblob(16), type, effective_date, {instant}, corrects, "
    "leaf_hash, entry FROM log_entry WHERE ledger_id = '{ledger}' AND position = 5"
)
_HEAD = "UPDATE ledger_head SET position = {place}, recorded_at_us = {instant} WHERE ledger_id = '{ledger}'"
_INSTANT = "(SELECT recorded_at_us + 1 FROM ledger_head WHERE ledger_id = '{ledger}')"
UNIT = {"effective_date": SPRING, "unit_id": "U9", "name": "青石县水利局", "kind": "department"}


def run(server: RunningServer, ledger: Caller, *statements: str, place: int, instant: str = _INSTANT) -> None:
    """As the service itself, whose triggers stay where they are."""
    with server.services.database.log_writer.begin() as connection:
        for statement in statements:
            named = statement.replace("{instant}", instant)
            connection.execute(text(named.format(place=place, ledger=ledger.ledger_id)))


def test_an_entry_that_names_another_position_leads_no_reader_back(sqlite_url: str, tmp_path: Path) -> None:
    with running_server(sqlite_url) as server:
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

        command_line = CommandLine(sqlite_url, tmp_path)
        exported = command_line("export", "--ledger", ledger.ledger_id, "--output", "all.jsonl")
        assert (exported.code, list(tmp_path.glob("all*"))) == (1, [])
        assert "log-damaged: " in exported.messages
        assert f"position {head + 1} says that it is another one" in exported.messages
