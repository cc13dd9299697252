"""An import is killed again and again, and started anew each time: every row is recorded once, as without the kills."""

import hashlib
import json
import random
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from domain.access import LOCAL_ACTOR
from domain.event import EventReversed, RecordedEvent
from tests.support.command_line import CommandLine
from tests.support.command_rows import DAY, GROUND, payment
from tests.support.effort import full_only
from tests.support.processes import FUNDTRAIL, started, wait_for
from tests.support.seeds import seeded
from tests.support.whole_log import assert_dense, assert_sound, by_key, stored_events

PAYMENTS = 20_000
KILLS = 10
LATEST_KILL_S = 0.05
"""A kill comes so long after the moment at which so many rows are recorded, at most."""


@full_only
def test_a_killed_import_is_gone_on_with_and_records_every_row_once(database_url: str, tmp_path: Path) -> None:
    command_line = CommandLine(database_url, tmp_path)
    path = command_line.file("rows.jsonl", rows())
    chance = seeded("moments of the kills")
    recorded = [kill_at(command_line, path, position, chance) for position in positions(chance)]
    print(f"killed at {recorded} events")  # noqa: T201 (the counts are part of what the test shows)
    assert recorded == sorted(recorded)
    assert 0 < recorded[-1] < PAYMENTS

    resumed = command_line("import", path, "--ledger", "killed", "--json").json
    assert (resumed["complete"], resumed["replayed"]) == (True, recorded[-1] - 1)
    whole = command_line("import", path, "--ledger", "whole", "--json").json
    assert (whole["complete"], whole["replayed"]) == (True, 0)
    assert resumed["accepted"] == whole["accepted"] == resumed["rows"]

    events = stored_events(database_url, "killed")
    assert_dense(events)
    assert [len(positions) for positions in by_key(events, "killed", LOCAL_ACTOR.subject, keys(path))] == [1] * (
        resumed["rows"]
    )
    assert facts(events) == facts(stored_events(database_url, "whole"))
    assert_sound(database_url, "killed", tmp_path)


def rows() -> Iterator[dict[str, Any]]:
    """Payments, with a key or without; every tenth is followed by the reversal of one before."""
    yield from GROUND
    yield {**GROUND[-1], "amount": "50000.00", "stage": "additional"}
    for number in range(PAYMENTS):
        key = {"key": f"k{number}"} if number % 2 else {}
        yield payment(f"v{number}", **key)
        if number % 10 == 9:
            reverse = {"command": "reverse-event", "effective_date": DAY, "reason": "重复录入"}
            yield {**reverse, "event_key": f"k{number - 4}"}


def keys(path: Path) -> list[str]:
    content = path.read_bytes()
    name = hashlib.sha256(content).hexdigest()
    lines = enumerate(content.splitlines(), 1)
    return [json.loads(line).get("key", f"{name}/{number}") for number, line in lines]


def positions(chance: random.Random) -> list[int]:
    """Where the kills are, from the first unit to the last."""
    return sorted(chance.randint(1, PAYMENTS - 4_500) for _ in range(KILLS))


def kill_at(command_line: CommandLine, path: Path, position: int, chance: random.Random) -> int:
    """How many events there are after an import was killed that had got past the position."""
    before = command_line.position("killed")
    command = [*FUNDTRAIL, "import", str(path), "--ledger", "killed"]
    with started(command, command_line.folder, command_line.url) as child:
        past = max(position, before)
        wait_for("some rows are recorded", lambda: command_line.position("killed") > past, child)
        threading.Event().wait(chance.uniform(0, LATEST_KILL_S))  # the moment itself, not a wait for anything
        child.kill()
    return command_line.position("killed")


def facts(events: Sequence[RecordedEvent]) -> list[Any]:
    """What the events say, without ids: those follow from the ledger's."""
    return [(event.type, event.tags, event.effective_date, _without_ids(event.data)) for event in events[1:]]


def _without_ids(data: Any) -> Any:
    return replace(data, reverses=replace(data.reverses, id="")) if isinstance(data, EventReversed) else data
