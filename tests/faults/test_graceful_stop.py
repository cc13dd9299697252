"""The server is told to stop while it works: everything under way is answered, what comes meanwhile is told so."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import httpx

from tests.support.effort import effort, quick_on_sqlite_only
from tests.support.http_writes import (
    CONNECTION_LOST,
    CREATED,
    LEDGER,
    Caller,
    Write,
    caller,
    open_lines,
    payment,
    single,
)
from tests.support.processes import DEADLINE_S, Server, serving
from tests.support.steady_clerks import CLERKS, LINES, assert_kept

STOPS = effort(quick=1, full=5)
WRITES_BEFORE = effort(quick=40, full=400)
RECORDED = "recorded"
LONGEST_S = 10.0
"""Requests under way are given so long; none needs it."""


@quick_on_sqlite_only
def test_a_stop_under_load_answers_everyone(database_url: str, tmp_path: Path) -> None:
    writes: list[Write] = []
    for stop in range(STOPS):
        with serving(tmp_path, database_url) as server:
            if stop == 0:
                open_lines(server.url, LINES)
            told: Counter[str] = Counter()
            writes += stop_under_load(server, f"stop-{stop}", told)
            print(f"stop {stop + 1}: {dict(told)}")  # noqa: T201 (the counts are what the test shows)
            assert told["lost"] == 0, "a request was neither answered nor refused"
            assert told["stream ended"] == 1
    assert_kept(database_url, [write for write in writes if write.answer is not None])


def stop_under_load(server: Server, name: str, told: Counter[str]) -> list[Write]:
    """What clerks sent until they were told that the server stops."""
    enough, streaming = threading.Semaphore(0), threading.Event()

    def work(number: int) -> list[Write]:
        with caller(server.url) as clerk:
            sent: list[Write] = []
            for key in (f"{name}-{number}-{each}" for each in count()):
                sent.append(single(key, "/disbursements", payment(f"L{number}", "0.01", key)))
                what = outcome_of(clerk, sent[-1])
                told[what] += 1
                if what != RECORDED:
                    break
                enough.release()
            return sent

    with ThreadPoolExecutor(CLERKS + 1) as pool:
        reader = pool.submit(read_stream, server, streaming)
        assert streaming.wait(DEADLINE_S), server.said()
        running = [pool.submit(work, number) for number in range(CLERKS)]
        for _ in range(WRITES_BEFORE):
            assert enough.acquire(timeout=DEADLINE_S), server.said()
        begin = time.monotonic()
        server.stop()
        assert time.monotonic() - begin < LONGEST_S
        reader.result(DEADLINE_S)
        told["stream ended"] += 1
        return [write for each in running for write in each.result()]


def outcome_of(clerk: Caller, write: Write) -> str:
    """What the clerk learned of the write; "lost" is what must not be."""
    try:
        answer = clerk.post(write)
    except ConnectionRefusedError:
        return "connection refused"
    except CONNECTION_LOST:
        return "lost"
    return RECORDED if answer.status == CREATED else str(answer.json["code"])


def read_stream(server: Server, streaming: threading.Event) -> None:
    """Reads the ledger's events until the stream ends."""
    with httpx.stream("GET", f"{server.url}/v1/ledgers/{LEDGER}/events/stream", timeout=DEADLINE_S) as events:
        streaming.set()
        events.read()
