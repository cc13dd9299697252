"""The server is killed while it writes, again and again. What was answered is there once, and nothing by halves."""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice
from pathlib import Path

from tests.support.effort import effort
from tests.support.http_writes import (
    CALLER,
    CONNECTION_LOST,
    DAY,
    LEDGER,
    Caller,
    Write,
    batch,
    caller,
    open_lines,
    payment,
    positions_told,
    single,
)
from tests.support.processes import DEADLINE_S, Server, serving
from tests.support.seeds import seeded
from tests.support.whole_log import assert_dense, assert_sound, by_write, stored_events

KILLS = effort(quick=1, full=30)
CLIENTS = 4
LATEST_KILL_WRITES = effort(quick=60, full=400)
LEAST_ACKNOWLEDGED = effort(quick=1, full=5_000)
"""Commands in all: half of what is expected when each kill comes at a moment left to chance."""
LATEST_KILL_S = 0.02
"""A kill comes so long after so many acknowledged writes, at most."""
WRITES_MAX = 5_000
"""A client that is not killed before has enough."""

LINES = [f"L{number}" for number in range(3)]


def test_a_killed_server_has_kept_every_answer_and_nothing_by_halves(database_url: str, tmp_path: Path) -> None:
    chance = seeded("moments of the kills")
    writes: list[Write] = []
    for kill in range(KILLS):
        with serving(tmp_path, database_url) as server:
            if kill == 0:
                open_lines(server.url, dict.fromkeys(LINES, "90000000.00"))
            writes += write_until_killed(server, kill, chance)
    before = stored_events(database_url, LEDGER)
    assert_dense(before)
    stored = by_write(before, LEDGER, CALLER, writes)
    assert_acknowledged_is_stored(writes, stored)

    with serving(tmp_path, database_url) as server:
        retry_all(server, writes, stored)
    after = stored_events(database_url, LEDGER)
    assert after[: len(before)] == before
    assert_dense(after)
    assert all(
        len(each) == len(write.item_keys)
        for write, each in zip(writes, by_write(after, LEDGER, CALLER, writes), strict=True)
    )
    assert len(after) - len(before) == sum(
        len(write.item_keys) for write, positions in zip(writes, stored, strict=True) if not positions
    )
    assert_sound(database_url, LEDGER, tmp_path)


def write_until_killed(server: Server, kill: int, chance: random.Random) -> list[Write]:
    """What the clients sent until the server was killed, at a moment left to chance."""
    acknowledged = count()
    enough = threading.Event()
    after_writes = chance.randint(1, LATEST_KILL_WRITES)

    def told() -> None:
        if next(acknowledged) + 1 >= after_writes:
            enough.set()

    orders = [different_writes(f"{kill}-{client}", random.Random(chance.random())) for client in range(CLIENTS)]  # noqa: S311 (chance, not a secret)
    moment_s = chance.uniform(0, LATEST_KILL_S)
    with ThreadPoolExecutor(CLIENTS) as pool:
        running = [pool.submit(write_until_lost, server.url, each, told) for each in orders]
        try:
            assert enough.wait(DEADLINE_S), server.said()
            threading.Event().wait(moment_s)  # the moment itself, not a wait for anything
        finally:
            server.kill()
        sent = [write for each in running for write in each.result()]
    answered = sum(write.answer is not None for write in sent)
    print(f"kill {kill + 1}: {len(sent)} writes sent, {answered} acknowledged")  # noqa: T201 (the counts are part of what the test shows)
    assert answered < len(sent), "the kill found none under way"
    return sent


def write_until_lost(url: str, writes: Iterator[Write], told: Callable[[], None]) -> list[Write]:
    """What was sent until the connection was lost, the last one without an answer."""
    sent = []
    with caller(url) as clerk:
        for write in writes:
            sent.append(write)
            try:
                answer = clerk.record(write)
            except CONNECTION_LOST:
                break
            assert not answer.is_replay
            told()
    return sent


def different_writes(name: str, chance: random.Random) -> Iterator[Write]:
    """Payments, units and allocations, alone or a few together."""
    return islice(_endless_writes(name, chance), WRITES_MAX)


def _endless_writes(name: str, chance: random.Random) -> Iterator[Write]:
    number = 0
    while True:
        number += 1
        key = f"{name}-{number}"
        pay = payment(chance.choice(LINES), f"{chance.randint(1, 99)}.05", key)
        unit = DAY | {"unit_id": f"U-{key}", "name": "青石县水利局", "kind": "department"}
        money = DAY | {"line_id": chance.choice(LINES), "amount": "7.00", "stage": "additional", "document_no": "2号"}
        second = payment(chance.choice(LINES), "0.07", f"{key}-b")
        yield chance.choice(
            [
                single(key, "/disbursements", pay),
                single(key, "/units", unit),
                batch(
                    key,
                    {"command": "register-unit", **unit},
                    {"command": "allocate-funds", **money},
                    {"command": "record-disbursement", **pay},
                    {"command": "record-disbursement", **second},
                ),
            ]
        )


def assert_acknowledged_is_stored(writes: Sequence[Write], stored: Sequence[list[int]]) -> None:
    """Each acknowledged write is there once, at the positions it was told; others are there once or not at all."""
    counts = {"acknowledged": 0, "stored without an answer": 0, "neither": 0}
    for write, positions in zip(writes, stored, strict=True):
        assert len(positions) in (0, len(write.item_keys)), f"{write.key} by halves: {positions}"
        assert positions == list(range(positions[0], positions[0] + len(positions))) if positions else True
        if write.answer is not None:
            assert positions == positions_told(write.answer)
            counts["acknowledged"] += 1
        else:
            counts["stored without an answer" if positions else "neither"] += 1
    commands = sum(len(write.item_keys) for write in writes if write.answer is not None)
    print(f"{KILLS} kills, {len(writes)} writes: {counts}; {commands} commands acknowledged, 0 lost, 0 half, 0 double")  # noqa: T201 (the counts are part of what the test shows)
    assert commands >= LEAST_ACKNOWLEDGED


def retry_all(server: Server, writes: Sequence[Write], stored: Sequence[list[int]]) -> None:
    """Every key again: what is stored answers as it did (or would have), what is not is now accepted."""

    def retry(clerk: Caller, write: Write, positions: list[int]) -> None:
        first = write.answer
        answer = clerk.record(write)
        assert answer.is_replay == bool(positions), write.key
        assert first is None or answer.content == first
        assert not positions or positions_told(answer.content) == positions

    def retry_some(share: Sequence[tuple[Write, list[int]]]) -> None:
        with caller(server.url) as clerk:
            for write, positions in share:
                retry(clerk, write, positions)

    pairs = list(zip(writes, stored, strict=True))
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(retry_some, [pairs[start::CLIENTS] for start in range(CLIENTS)]))
